"""How far sequences begin alike."""

from __future__ import annotations

from collections.abc import Sequence


def common(sequences: Sequence[Sequence[object]]) -> int:
    """How many items all of them begin with alike."""
    together = zip(*sequences, strict=False)
    alike = (all(item == items[0] for item in items) for items in together)
    return next((at for at, same in enumerate(alike) if not same), min(map(len, sequences), default=0))
