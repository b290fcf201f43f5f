"""Pipelines of every kind with random weights, a hundred thousand times smaller than the real ones, saved as the real ones are."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinKVPipeline,
    Flux2KleinPipeline,
    Flux2Pipeline,
    Flux2Transformer2DModel,
    FluxControlPipeline,
    FluxFillPipeline,
    FluxKontextPipeline,
    FluxPipeline,
    FluxPriorReduxPipeline,
    FluxTransformer2DModel,
)
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
    DPTImageProcessor,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    MistralConfig,
    PixtralVisionConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
    T5Config,
    T5EncoderModel,
)

WORDS = ("[pad]", "[unk]", "[end]", "a", "paper", "boat", "on", "calm", "water", "at", "sunrise", "cat", "make", "it", "night", "user", "system", "text")
CHAT = "{% for message in messages %}{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}{% endif %} {% endfor %}"

logging.getLogger("diffusers").setLevel(logging.ERROR)


def tokenizer(length: int = 77) -> PreTrainedTokenizerFast:
    made = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[unk]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    found = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[pad]", unk_token="[unk]", eos_token="[end]", model_max_length=length)
    found.chat_template = CHAT
    return found


def flux1_transformer(channels: int = 16, *, guided: bool = True, latents: int = 4, **rest: Any) -> FluxTransformer2DModel:
    torch.manual_seed(0)
    shape: dict[str, Any] = {"num_layers": 2, "num_single_layers": 2, "attention_head_dim": 16, "num_attention_heads": 2, "axes_dims_rope": [4, 4, 8]}
    return FluxTransformer2DModel(
        patch_size=1, in_channels=channels, out_channels=latents * 4, joint_attention_dim=32, pooled_projection_dim=32, guidance_embeds=guided, **(shape | rest)
    )


def vae() -> AutoencoderKL:
    torch.manual_seed(0)
    return AutoencoderKL(
        sample_size=32, in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4), norm_num_groups=1, layers_per_block=1, latent_channels=4, use_quant_conv=False, use_post_quant_conv=False,
        shift_factor=0.0609, scaling_factor=1.5035,
    )  # fmt: skip


def vae2() -> AutoencoderKLFlux2:
    torch.manual_seed(0)
    return AutoencoderKLFlux2(
        sample_size=32, in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4), norm_num_groups=1, layers_per_block=1, latent_channels=4, use_quant_conv=False, use_post_quant_conv=False,
    )  # fmt: skip


def scheduler() -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0)


def clip() -> CLIPTextModel:
    torch.manual_seed(0)
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(WORDS),
            hidden_size=32,
            intermediate_size=37,
            num_hidden_layers=2,
            num_attention_heads=4,
            projection_dim=32,
            bos_token_id=0,
            eos_token_id=2,
        )
    )


def t5() -> T5EncoderModel:
    torch.manual_seed(0)
    return T5EncoderModel(T5Config(vocab_size=len(WORDS), d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4))


def flux1(kind: type[Any] = FluxPipeline, **transformer: Any) -> Any:
    return kind(
        scheduler=scheduler(),
        vae=vae(),
        text_encoder=clip(),
        tokenizer=tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=tokenizer(512),
        transformer=flux1_transformer(**transformer),
    )


def flux2_transformer(joint: int, **rest: Any) -> Flux2Transformer2DModel:
    torch.manual_seed(0)
    return Flux2Transformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=joint,
        timestep_guidance_channels=256, axes_dims_rope=[4, 4, 4, 4], **rest,
    )  # fmt: skip


def mistral() -> Mistral3ForConditionalGeneration:
    torch.manual_seed(0)
    text = MistralConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=31, num_attention_heads=2, num_key_value_heads=2, head_dim=8, vocab_size=len(WORDS)
    )
    vision = PixtralVisionConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=16)
    return Mistral3ForConditionalGeneration(Mistral3Config(text_config=text, vision_config=vision, spatial_merge_size=2, image_token_index=1))


def qwen() -> Qwen3ForCausalLM:
    torch.manual_seed(0)
    return Qwen3ForCausalLM(
        Qwen3Config(
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=28,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=8,
            vocab_size=len(WORDS),
            max_position_embeddings=512,
        )
    )


def flux2() -> Any:
    return Flux2Pipeline(scheduler=scheduler(), vae=vae2(), text_encoder=mistral(), tokenizer=tokenizer(512), transformer=flux2_transformer(48))


def klein(kind: type[Any] = Flux2KleinPipeline, *, distilled: bool = True) -> Any:
    return kind(
        scheduler=scheduler(),
        vae=vae2(),
        text_encoder=qwen(),
        tokenizer=tokenizer(512),
        transformer=flux2_transformer(48, guidance_embeds=False),
        is_distilled=distilled,
    )


def redux() -> Any:
    torch.manual_seed(0)
    seeing = SiglipVisionModel(
        SiglipVisionConfig(hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=32, patch_size=16)
    )
    return FluxPriorReduxPipeline(
        image_encoder=seeing,
        feature_extractor=SiglipImageProcessor(size={"height": 32, "width": 32}),
        image_embedder=ReduxImageEncoder(redux_dim=16, txt_in_features=32),
    )


def depth(folder: Path) -> None:
    torch.manual_seed(0)
    seeing = Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14, out_features=["stage1", "stage2"], reshape_hidden_states=False
    )
    config = DepthAnythingConfig(
        backbone_config=seeing,
        patch_size=14,
        reassemble_hidden_size=16,
        reassemble_factors=[2, 1],
        neck_hidden_sizes=[8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
    )
    DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    DPTImageProcessor(size={"height": 28, "width": 28}, do_resize=True, ensure_multiple_of=14).save_pretrained(folder)


def lora(file: Path, *, scale: float = 1.0) -> Path:
    """For FLUX.1's transformers: one layer of the first single block, of rank 4."""
    chance = torch.Generator().manual_seed(3)
    key = "transformer.single_transformer_blocks.0.attn.to_q"
    save_file({f"{key}.lora_A.weight": torch.randn(4, 32, generator=chance) * scale, f"{key}.lora_B.weight": torch.randn(32, 4, generator=chance)}, file)
    return file


def gguf(weights: Path, file: Path) -> Path:
    """The transformer of those weights in GGUF's eight bits, what is too narrow for them whole."""
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize
    from safetensors.numpy import load_file

    writer = GGUFWriter(str(file), "flux")
    for name, tensor in load_file(weights / "transformer" / "diffusion_pytorch_model.safetensors").items():
        wide = tensor.ndim == 2 and tensor.shape[1] % 32 == 0 and "blocks" in name
        kind = GGMLQuantizationType.Q8_0 if wide else GGMLQuantizationType.F32
        writer.add_tensor(name, quantize(tensor, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


# by the names of the published weights that they stand for
MADE: dict[str, Callable[[], Any]] = {
    "FLUX.1-dev": flux1,
    "FLUX.1-schnell": lambda: flux1(guided=False),
    "FLUX.1-Fill-dev": lambda: flux1(FluxFillPipeline, channels=16 + 16 + 256),
    "FLUX.1-Canny-dev": lambda: flux1(FluxControlPipeline, channels=32),
    "FLUX.1-Depth-dev": lambda: flux1(FluxControlPipeline, channels=32),
    "FLUX.1-Kontext-dev": lambda: flux1(FluxKontextPipeline),
    "FLUX.1-Redux-dev": redux,
    "FLUX.2-dev": flux2,
    "FLUX.2-klein-4B": klein,
    "FLUX.2-klein-base-4B": lambda: klein(distilled=False),
    "FLUX.2-klein-9b-kv": lambda: klein(Flux2KleinKVPipeline),
}
DEPTH = "Depth-Anything-V2-Small-hf"


def make(folder: Path, *names: str) -> Path:
    """These, or all of them, each in a folder of its own name."""
    for name in names or (*MADE, DEPTH):
        if (folder / name).exists():
            continue
        if name == DEPTH:
            depth(folder / name)
        else:
            MADE[name]().save_pretrained(folder / name, safe_serialization=True)
    return folder


if __name__ == "__main__":
    import sys

    make(Path(sys.argv[1]), *sys.argv[2:])
