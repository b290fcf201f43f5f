"""The Flux models as Replicate offers them. Numbers: its public schema dump of 2025-01, cog-flux, and model pages of 2025-26."""

from __future__ import annotations

from mezzotint.core.catalogue.shared import (
    IMAGE_PROMPT_STRENGTH,
    PROMPT,
    PROMPT_UPSAMPLING,
    RAW,
    SAFETY_TOLERANCE,
    SEED,
    ModelCard,
    Price,
    Sizing,
    Surface,
    integer,
    number,
    picture,
    switch,
    text,
)
from mezzotint.core.parameters import REQUIRED, Kind, Parameter, named
from mezzotint.core.rules import CustomNeedsSize, OneOf

DUMP = "Replicate's schema dump 2025-01"
COG = f"{DUMP}, cog-flux 2025-07"
PAGE = "replicate.com model page 2025-26"
GUESSED = f"{PAGE} (ratios inferred from its siblings)"

OPEN_RATIOS = ("1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21")
PRO_RATIOS = ("custom", "1:1", "16:9", "3:2", "2:3", "4:5", "5:4", "9:16", "3:4", "4:3")
ULTRA_RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16", "9:21")
KONTEXT_RATIOS = ("match_input_image", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4", "21:9", "9:21", "2:1", "1:2")
FLUX2_RATIOS = ("match_input_image", *PRO_RATIOS)
KLEIN_RATIOS = (*OPEN_RATIOS, "match_input_image")

RATIO = text("aspect_ratio", "Width by height of the picture.", default="1:1", choices=OPEN_RATIOS)
PRO_RATIO = RATIO.but(choices=PRO_RATIOS)
FLUX2_RATIO = RATIO.but(choices=FLUX2_RATIOS)
KLEIN_RATIO = RATIO.but(choices=KLEIN_RATIOS)
KONTEXT_RATIO = RATIO.but(default="match_input_image", choices=KONTEXT_RATIOS)
MEGAPIXELS = text("megapixels", "About how many megapixels the picture has.", default="1", choices=("1", "0.25"))
TOOL_MEGAPIXELS = MEGAPIXELS.but(choices=("1", "0.25", "match_input"))
OUTPUTS = integer("num_outputs", "How many pictures.", 1, 4, default=1)
STEPS = integer("num_inference_steps", "Denoising steps: more is finer and slower.", 1, 50, default=28, means="steps")
FEW_STEPS = STEPS.but(default=4, maximum=4)
PRO_STEPS = STEPS.but(name="steps", means="", default=25)
GUIDANCE = number("guidance", "How closely the picture follows the prompt.", 0, 10, default=3)
FORMAT = text("output_format", "File format of the picture.", default="webp", choices=("webp", "jpg", "png"))
PRO_FORMAT = FORMAT.but(default="jpg", choices=("jpg", "png"))
QUALITY = integer("output_quality", "JPEG and WebP quality; png has none.", 0, 100, default=80)
NO_CHECKER = switch("disable_safety_checker", "Do not check the picture.", default=False)
GO_FAST = switch("go_fast", "Faster arithmetic; seeds do not repeat across it.", default=True)
TOLERANCE = SAFETY_TOLERANCE.but(minimum=1, about="Moderation from 1 (strictest) to the model's most permissive.")
TOLERANCE_5 = TOLERANCE.but(maximum=5)
PROMPT_STRENGTH = number("prompt_strength", "How far to leave the picture: 1 forgets it.", 0, 1, default=0.8, means="strength")
LORA = (text("lora_weights", "LoRA weights to load.", nullable=True), number("lora_scale", "How much the LoRA counts.", -1, 3, default=1))
EXTRA_LORA = (
    text("extra_lora", "A second LoRA.", nullable=True, note="added by 2025-07"),
    number("extra_lora_scale", "How much the second LoRA counts.", -1, 3, default=1, note="added by 2025-07"),
)
INTERVAL = number("interval", "Variance: higher is more varied and less faithful.", 1, 4, default=2)
SIZE = (
    integer("width", "Pixels across, with aspect_ratio custom.", 256, 1440, nullable=True, note="only with aspect_ratio custom"),
    integer("height", "Pixels down, with aspect_ratio custom.", 256, 1440, nullable=True, note="only with aspect_ratio custom"),
)
LARGE_SIZE = tuple(side.but(maximum=2048) for side in SIZE)
RESOLUTION = text("resolution", "About how many megapixels the picture has.", default="1 MP",
                  choices=("match_input_image", "0.5 MP", "1 MP", "2 MP", "4 MP"))  # fmt: skip


def _uri(name: str, about: str, **rest: object) -> Parameter:
    return picture(name, about, **{"format": "uri", **rest})


IMAGE = _uri("image", "A picture to start from.")
NEEDED_IMAGE = _uri("image", "The picture to work on.", default=REQUIRED, nullable=False)
MASK = _uri("mask", "Where to paint: white is repainted.")
IMAGE_PROMPT = _uri("image_prompt", "A picture that guides style and content.")
CONTROL_IMAGE = _uri("control_image", "The picture whose structure is followed.", default=REQUIRED, nullable=False)
REDUX_IMAGE = _uri("redux_image", "The picture to vary.", note="the schema lists it as optional, the model needs it")
INPUT_IMAGE = _uri("input_image", "The picture to edit.")


def _pictures(name: str, most: int) -> Parameter:
    return Parameter(name, Kind.STRINGS, f"Pictures to edit or refer to, at most {most}.", default=(), image=True, format="uri", max_items=most)


def _card(model: str, family: str, about: str, *parameters: Parameter | tuple[Parameter, ...], source: str = COG, **rest: object) -> ModelCard:
    details = {"sizing": Sizing.FORMAT, "aliases": (model,), **rest}
    return ModelCard(f"black-forest-labs/{model}", Surface.REPLICATE, family, about, named(*parameters), source, **details)  # type: ignore[arg-type]  # fields by name, which dataclasses check


FLUX1 = (
    _card("flux-schnell", "flux-1", "FLUX.1 [schnell]: four steps.",
          PROMPT, RATIO, OUTPUTS, FEW_STEPS, SEED, FORMAT, QUALITY, NO_CHECKER, GO_FAST, MEGAPIXELS,
          output="list", comet=True, version="53d5d1586a229bd033e060941789bfb0c177cefd5ef638f34b3099658343a897"),
    _card("flux-dev", "flux-1", "FLUX.1 [dev]: text to image, or from a picture.",
          PROMPT, RATIO, IMAGE, PROMPT_STRENGTH, OUTPUTS, STEPS, GUIDANCE, SEED, FORMAT, QUALITY, NO_CHECKER, GO_FAST, MEGAPIXELS,
          output="list", comet=True, version="7863d1ba11a1bb115732a12488486eb8bb3d54ae62cff189f1677a31dbcdfd2e"),
    _card("flux-pro", "flux-1", "FLUX.1 [pro].",
          PROMPT, IMAGE_PROMPT, PRO_RATIO, SIZE, PRO_STEPS, GUIDANCE.but(minimum=2, maximum=5), INTERVAL, TOLERANCE, PROMPT_UPSAMPLING, SEED, FORMAT,
          QUALITY, source=DUMP, rules=(CustomNeedsSize(),), comet=True, version="a57823497a8beebcd222c20dd78af15a90c0415c36a5bfc88ee763c67155310e"),
    _card("flux-1.1-pro", "flux-1", "FLUX 1.1 [pro].",
          PROMPT, IMAGE_PROMPT, PRO_RATIO, SIZE, TOLERANCE, SEED, PROMPT_UPSAMPLING, FORMAT, QUALITY,
          source=DUMP, rules=(CustomNeedsSize(),), comet=True, version="badb73d13c01c716f59b538fae81023a6c0a4f3aaedd00d477602c204c9e1232"),
    _card("flux-1.1-pro-ultra", "flux-1", "FLUX 1.1 [pro] ultra: about 4 MP.",
          PROMPT, IMAGE_PROMPT, IMAGE_PROMPT_STRENGTH, RATIO.but(choices=ULTRA_RATIOS), TOLERANCE, SEED, RAW, PRO_FORMAT,
          source=DUMP, pixels=4_194_304, comet=True, version="352185dbc99e9dd708b78b4e6870e3ca49d00dc6451a32fc6dd57968194fae5a"),
    _card("flux-schnell-lora", "flux-1", "FLUX.1 [schnell] with a LoRA.",
          PROMPT, RATIO, OUTPUTS, FEW_STEPS, SEED, FORMAT, QUALITY, NO_CHECKER, GO_FAST, LORA, MEGAPIXELS,
          output="list", version="19482ef1ede20d3cf897574262c0e5b961e7e4216f7f143d419c39d0636a75ba"),
    _card("flux-dev-lora", "flux-1", "FLUX.1 [dev] with one or two LoRAs.",
          PROMPT, RATIO, IMAGE, PROMPT_STRENGTH, OUTPUTS, STEPS, GUIDANCE, SEED, FORMAT, QUALITY, NO_CHECKER, GO_FAST, LORA, MEGAPIXELS, EXTRA_LORA,
          output="list", version="9dbd61f957fb7f5026588ae306b1db961f2d1d3ba314f05bc92ded2158df0b17"),
    _card("flux-fill-dev", "flux-1", "Repaints the white part of a mask.",
          PROMPT, NEEDED_IMAGE, MASK, OUTPUTS, STEPS, GUIDANCE.but(default=30, maximum=100), SEED, TOOL_MEGAPIXELS, FORMAT, QUALITY, NO_CHECKER, LORA,
          output="list", sizing=Sizing.INPUT, version="a66f7be50c6ab5c9fca9af82a73034a5413143fd18f28e0aab5657b116123180"),
    _card("flux-fill-pro", "flux-1", "Repaints the white part of a mask, or paints around a picture.",
          PROMPT, NEEDED_IMAGE, MASK,
          text("outpaint", "Paint around the picture.", default="None",
               choices=("None", "Zoom out 1.5x", "Zoom out 2x", "Make square", "Left outpaint", "Right outpaint", "Top outpaint", "Bottom outpaint")),
          SEED, PRO_STEPS.but(default=50), PROMPT_UPSAMPLING, GUIDANCE.but(minimum=2, maximum=5), TOLERANCE, PRO_FORMAT,
          source=DUMP, sizing=Sizing.INPUT, version="9609ba7331ed872c99f81c92c69a9ee52a50d8aba99f636173e0674d997efd0c"),
    _card("flux-canny-dev", "flux-1", "Follows the edges of a picture.",
          PROMPT, CONTROL_IMAGE, OUTPUTS, STEPS, GUIDANCE.but(default=30, maximum=100), SEED, FORMAT, QUALITY, NO_CHECKER, TOOL_MEGAPIXELS,
          output="list", sizing=Sizing.INPUT, version="33ba5ec347347b22d091ba1b063221a71d140007d1491622061b5d2f5eae1445"),
    _card("flux-canny-pro", "flux-1", "Follows the edges of a picture.",
          PROMPT, CONTROL_IMAGE, SEED, PRO_STEPS.but(default=50, minimum=15), PROMPT_UPSAMPLING, GUIDANCE.but(default=30, minimum=1, maximum=50), TOLERANCE,
          PRO_FORMAT, source=DUMP, sizing=Sizing.INPUT, version="b0a59442583d6a8946e4766836f11b8d3fc516fe847c22cf11309c5f0a792111"),
    _card("flux-depth-dev", "flux-1", "Follows the depth of a picture.",
          PROMPT, CONTROL_IMAGE, OUTPUTS, STEPS, GUIDANCE.but(default=10, maximum=100), SEED, FORMAT, QUALITY, NO_CHECKER, TOOL_MEGAPIXELS,
          output="list", sizing=Sizing.INPUT, version="6c9c6d40f94361ad4e4aa537e3165770a83254c7f8e93f4b72c9c04287a4e4f5"),
    _card("flux-depth-pro", "flux-1", "Follows the depth of a picture.",
          PROMPT, CONTROL_IMAGE, SEED, PRO_STEPS.but(default=50, minimum=15), PROMPT_UPSAMPLING, GUIDANCE.but(default=10, minimum=1, maximum=50), TOLERANCE,
          PRO_FORMAT, source=DUMP, sizing=Sizing.INPUT, version="c86388b54d5d9eea8c9cfb70a7ee0d40a55c7a3010ecec8e14c21c9bd64d3af8"),
    _card("flux-redux-dev", "flux-1", "Varies a picture.",
          REDUX_IMAGE, RATIO, OUTPUTS, STEPS, GUIDANCE, SEED, FORMAT, QUALITY, NO_CHECKER, MEGAPIXELS,
          output="list", rules=(OneOf(("redux_image",)),), version="0e522c0b709bd26a0727a7b7c38391e50cef5ef4016550c93fdd29a72d147981"),
    _card("flux-redux-schnell", "flux-1", "Varies a picture in four steps.",
          REDUX_IMAGE, RATIO, OUTPUTS, FEW_STEPS, SEED, FORMAT, QUALITY, NO_CHECKER, MEGAPIXELS,
          output="list", rules=(OneOf(("redux_image",)),), version="39b438ada2ef04507604f2b6fe76f442ee0a1b64783037ba61de1f23e4c55ade"),
    _card("flux-krea-dev", "flux-1", "FLUX.1 Krea [dev]: a more natural look.",
          PROMPT, RATIO, IMAGE, PROMPT_STRENGTH, OUTPUTS, STEPS, GUIDANCE, SEED, FORMAT, QUALITY, NO_CHECKER, GO_FAST, MEGAPIXELS,
          output="list", source="cog-flux 2025-07"),
)  # fmt: skip

KONTEXT = (
    *(_card(f"flux-kontext-{grade}", "flux-1-kontext", "Edits a picture by instruction.",
            PROMPT, INPUT_IMAGE, KONTEXT_RATIO, SEED, PRO_FORMAT.but(default="png"), SAFETY_TOLERANCE, PROMPT_UPSAMPLING,
            source=f"{PAGE}, CometAPI", comet=True) for grade in ("pro", "max")),
    _card("flux-kontext-dev", "flux-1-kontext", "Edits a picture by instruction, open weights.",
          PROMPT, INPUT_IMAGE.but(default=REQUIRED, nullable=False), KONTEXT_RATIO, STEPS.but(default=30, minimum=4), GUIDANCE.but(default=2.5), SEED, FORMAT,
          QUALITY, NO_CHECKER, GO_FAST, source=PAGE),
)  # fmt: skip

FLUX2 = (
    *(_card(f"flux-2-{grade}", "flux-2", about,
            PROMPT, _pictures("input_images", 8), FLUX2_RATIO, RESOLUTION, LARGE_SIZE, TOLERANCE_5, SEED, FORMAT, QUALITY,
            source=PAGE, rules=(CustomNeedsSize(),), comet=grade == "pro", version=version)
      for grade, about, version in (("pro", "FLUX.2 [pro].", "285631b5"), ("max", "FLUX.2 [max].", "9c23b0aa"))),
    _card("flux-2-flex", "flux-2", "FLUX.2 [flex]: with steps and guidance to set.",
          PROMPT, _pictures("input_images", 10), FLUX2_RATIO, RESOLUTION, LARGE_SIZE, TOLERANCE_5, SEED, PRO_STEPS.but(default=30),
          GUIDANCE.but(default=4.5, minimum=1.5), PROMPT_UPSAMPLING.but(default=True), FORMAT, QUALITY,
          source=f"{PAGE}, CometAPI", rules=(CustomNeedsSize(),), price=Price(19.2), comet=True),
    _card("flux-2-dev", "flux-2", "FLUX.2 [dev]: open weights.",
          PROMPT, _pictures("input_images", 4), FLUX2_RATIO, SIZE, GO_FAST, SEED, FORMAT, QUALITY, NO_CHECKER,
          source=GUESSED, rules=(CustomNeedsSize(),), comet=True),
)  # fmt: skip

KLEIN_MEGAPIXELS = text("output_megapixels", "About how many megapixels the picture has.", default="1", note="its choices are not established")
KLEIN_INPUTS = (PROMPT, _pictures("images", 5), KLEIN_RATIO, KLEIN_MEGAPIXELS, SEED, GO_FAST.but(default=False))
KLEIN_OUTPUTS = (FORMAT.but(default="jpg"), QUALITY.but(default=95), NO_CHECKER)
KLEIN = (
    *(_card(f"flux-2-klein-{size}", "flux-2-klein", f"FLUX.2 [klein] {size.upper()}: small and fast.", KLEIN_INPUTS, KLEIN_OUTPUTS, source=GUESSED, output="list")
      for size in ("4b", "9b")),
    _card("flux-2-klein-9b-base", "flux-2-klein", "FLUX.2 [klein] 9B before distillation, with guidance.",
          KLEIN_INPUTS, GUIDANCE.but(default=4, minimum=1), KLEIN_OUTPUTS, source=GUESSED, output="list"),
)  # fmt: skip

CARDS = (*FLUX1, *KONTEXT, *FLUX2, *KLEIN)
