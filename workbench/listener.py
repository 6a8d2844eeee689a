"""Who hears how far a long piece of work has come."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[float, str], None]
"""`listener(done, note)`: how much is done, from 0 to 1, and what is being done now."""


def part(listener: Listener, start: float, stop: float) -> Listener:
    """Hears one piece of a longer work, of which it is what lies between two shares."""
    return lambda done, note: listener(start + (stop - start) * done, note)


def silent(done: float, note: str) -> None:
    """Nobody does."""
