"""Memory that ran out: how libraries say so, and how a person is told."""

from __future__ import annotations

import re
from typing import Final

from backends.model import ModelRefusal

_SAID: Final = re.compile(
    r"resource temporarily unavailable|allocate memory|bad_alloc|(unable|failed) to allocate|cannot allocate"
    r"|out of memory",
    re.I,
)
"""A thread has no room for its stack, a mapping or a buffer none at all."""


def ran_out(said: str) -> bool:
    """Whether what a library complained about is that there was no more memory."""
    return _SAID.search(said) is not None


def does_not_fit() -> ModelRefusal:
    """The refusal to load a model that is too large for the memory it may have."""
    return ModelRefusal(
        "model.unsupported",
        "The model does not fit in memory.",
        "Memory ran out while it was being loaded.",
        "Use a smaller dtype or another device, or raise the engine's memory limit.",
    )
