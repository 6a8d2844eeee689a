"""Dictionaries of features that a case brings: what in them is no part of one, and whoever opens the file reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from casefiles.case import gguf_header, safetensors_header

CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"
"""As SAELens writes them, which is how they are opened."""
_FLOATS: Final = frozenset({"F64", "F32", "F16", "BF16"})
_PLACES: Final = {
    "W_enc": ("in", "features"),
    "W_gate": ("in", "features"),
    "W_dec": ("features", "out"),
    "W_skip": ("out", "in"),
    "b_dec": ("out",),
    "b_dec_out": ("out",),
}
"""How wide its parts are, slowest dimension first. Any other part has a number of each feature:"""
_OF_FEATURES: Final = frozenset({"b_enc", "b_gate", "b_mag", "log_threshold", "r_mag", "scaling_factor", "threshold"})


def misfits(tensors: Mapping[str, Any], widths: frozenset[int]) -> Iterator[str]:
    """The tensors of a dictionary that are no part of one, or not as wide as what it reads and writes. `widths`: those
    that its model has."""
    encoder, decoder = (_shape(tensors, name) for name in ("W_enc", "W_dec"))
    sizes = dict(zip(("in", "features", "out"), (*encoder, *decoder[1:]), strict=False))
    whole = len(encoder) == len(decoder) == 2 and {sizes["in"], sizes["out"]} <= widths
    for name, tensor in tensors.items():
        place = _PLACES.get(name, ("features",) if name in _OF_FEATURES else None)
        real = tensor["shape"]
        fits = whole and place is not None and [sizes[part] for part in place] == real
        # Of one that reads elsewhere than it writes, either may be taken off.
        if not (fits or (whole and name == "b_dec" and real == [sizes["in"]])) or tensor["dtype"] not in _FLOATS:
            yield name


def _shape(tensors: Mapping[str, Any], name: str) -> list[int]:
    return tensors[name]["shape"] if name in tensors else []


def widths(folder: Path, names: list[str]) -> frozenset[int]:
    """What the organism's weights have as a size, of some files of a case."""
    found = set[int]()
    for name in names:
        if name.startswith("weights/") and name.endswith(".safetensors"):
            found.update(
                size for one in safetensors_header.read(folder / name).tensors.values() for size in one["shape"]
            )
        elif name.startswith("weights/") and name.endswith(".gguf"):
            found.update(size for one in gguf_header.read(folder / name).places for size in one.shape)
    return frozenset(found)
