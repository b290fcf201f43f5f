"""Attention for training answers and learns as PyTorch's own."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")


def a_small_network() -> Any:
    from diffusers import FluxTransformer2DModel

    torch.manual_seed(3)
    return FluxTransformer2DModel(
        patch_size=1,
        in_channels=8,
        num_layers=1,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=12,
        pooled_projection_dim=12,
        guidance_embeds=True,
        axes_dims_rope=(4, 6, 6),
    )


def answer(model: Any, tokens: int, words: int) -> Any:
    made = torch.Generator().manual_seed(tokens)
    return model(
        hidden_states=torch.randn(2, tokens, 8, generator=made),
        encoder_hidden_states=torch.randn(2, words, 12, generator=made),
        pooled_projections=torch.randn(2, 12, generator=made),
        timestep=torch.tensor([0.3, 0.8]),
        guidance=torch.tensor([1.0, 3.0]),
        img_ids=torch.arange(tokens * 3).reshape(tokens, 3).float(),
        txt_ids=torch.zeros(words, 3),
        return_dict=False,
    )[0]


def learnt(model: Any) -> dict[str, Any]:
    model.zero_grad()
    answer(model, 6, 4).square().mean().backward()
    return {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}


def test_it_answers_and_learns_as_the_fused_form_under_the_same_names() -> None:
    from training.attention import PlainAttention

    fused, plain = a_small_network(), a_small_network()
    plain.set_attn_processor(PlainAttention())
    assert list(plain.state_dict()) == list(fused.state_dict())
    for tokens, words in ((6, 4), (9, 4), (6, 7)):
        torch.testing.assert_close(answer(plain, tokens, words), answer(fused, tokens, words), rtol=1e-4, atol=1e-5)
    wanted, found = learnt(fused), learnt(plain)
    assert wanted.keys() == found.keys()
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-6, msg=name)


def test_its_way_back_is_that_of_its_way_there() -> None:
    from training.attention import attended

    made = torch.Generator().manual_seed(5)
    given = [torch.randn(2, 5, 2, 4, generator=made, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    assert torch.autograd.gradcheck(attended, given)
