"""Who hears how far a long piece of work has come."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[float, str], None]
"""`listener(done, note)`: how much is done, from 0 to 1, and what is being done now."""


def silent(done: float, note: str) -> None:
    """Nobody does."""
