"""What every leg of the parity tests compares: the architectures, a text, all sites, all kinds of edit, one measure."""

from __future__ import annotations

import numpy as np

from backends.model import Edit, FloatArray
from tests.backends.tiny import HEADS, LAYERS, WIDTH

ARCHITECTURES = ("llama", "qwen2", "gpt2", "gemma", "mistral", "qwen3")

IDS = [256, 17, 88, 201, 5, 64, 64, 140, 33, 9, 271, 12, 99, 180]
SITES = ("hook_resid_post", "hook_attn_out", "hook_mlp_out", "attn.hook_pattern", "attn.hook_z", "mlp.hook_post")


def every_site() -> list[str]:
    return ["hook_embed", *(f"blocks.{layer}.{kind}" for layer in range(LAYERS) for kind in SITES)]


def error(ours: FloatArray, theirs: FloatArray) -> float:
    assert ours.shape == theirs.shape and ours.dtype == np.float32
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def every_edit(rng: np.random.Generator, mlp_width: int, head_width: int) -> list[Edit]:
    """Each operation at each kind of site: at all positions and at some, one row and a row each, one head and all."""

    def some(*shape: int) -> FloatArray:
        return rng.standard_normal(shape).astype(np.float32) * np.float32(0.5)

    tokens, at = len(IDS), (2, 7, 11)
    widths = {
        "hook_embed": (WIDTH,),
        "blocks.0.hook_resid_post": (WIDTH,),
        f"blocks.{LAYERS - 1}.hook_resid_post": (WIDTH,),
        "blocks.1.hook_attn_out": (WIDTH,),
        f"blocks.{LAYERS - 1}.hook_attn_out": (WIDTH,),
        "blocks.1.hook_mlp_out": (WIDTH,),
        "blocks.1.mlp.hook_post": (mlp_width,),
        "blocks.1.attn.hook_z": (HEADS, head_width),
    }
    edits = []
    for site, width in widths.items():
        edits += [
            Edit(site, "add", some(*width), factor=-1.5),
            Edit(site, "add", some(len(at), *width), positions=at),
            Edit(site, "replace", some(tokens, *width)),
            Edit(site, "replace", some(*width), positions=at),
            Edit(site, "scale", factor=0.25, positions=at),
            Edit(site, "zero", positions=(0, tokens - 1)),
        ]
    pattern, z = "blocks.1.attn.hook_pattern", "blocks.1.attn.hook_z"
    uniform = np.tril(np.ones((tokens, tokens), np.float32))
    uniform /= uniform.sum(-1, keepdims=True)
    return [
        *edits,
        Edit(z, "replace", some(len(at), head_width), positions=at, head=2),
        Edit(z, "zero", head=0),
        Edit(z, "add", some(head_width), head=1),
        Edit(pattern, "replace", uniform, head=3),
        Edit(pattern, "replace", np.broadcast_to(uniform, (HEADS, tokens, tokens)).copy()),
        Edit(pattern, "replace", uniform[list(at)], head=1, positions=at),
        Edit(pattern, "zero", head=2),
        Edit(pattern, "scale", factor=0.5, positions=at),
    ]
