"""How one family of models is written as GGUF: what llama.cpp must be told, and what its weights expect.

Names of tensors come from the `gguf` package's own maps; what stands in a family is what those don't know: the keys of
the file, and the rows that llama.cpp wants in another order or with another offset. A configuration that llama.cpp
would compute differently is refused, because it would load and give wrong numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backends.gguf.config import Config
from backends.gguf.families.experts import together
from backends.gguf.families.shapes import Shapes
from backends.gguf.safetensors_file import CheckpointTensor, StoredTensor
from backends.model import FloatArray

if TYPE_CHECKING:
    from gguf import GGUFWriter


@dataclass(frozen=True)
class GgufFamily:
    """How one family is written."""

    name: str
    """`general.architecture`."""
    model_type: str
    """What config.json must call it: transformers chooses the model by this, not by its `architectures`."""
    shapes: Callable[[Config], Shapes]
    """The tensors of a checkpoint."""
    keys: Callable[[Config, GGUFWriter], None]
    tensor: Callable[[Config, str, FloatArray], FloatArray]
    """(config, Hugging Face name, weights) → the weights as llama.cpp wants them."""
    extra: Callable[[Config], Mapping[str, FloatArray]] = lambda config: {}
    """Tensors that only llama.cpp has."""
    stem: str = "model"
    """What the names of tensors in a block begin with in transformers."""
    regrouped: Callable[[Config, Mapping[str, StoredTensor]], Mapping[str, CheckpointTensor]] = lambda config, stored: (
        together(stored)
    )
    """The tensors of a checkpoint, one for each of llama.cpp's, under names that the `gguf` package knows."""
    turned: tuple[str, ...] = ()
    """Endings of the names whose matrices Hugging Face keeps as (in, out) instead of (out, in)."""


def same(config: Config, name: str, weights: FloatArray) -> FloatArray:
    """Weights that llama.cpp wants as they are."""
    return weights
