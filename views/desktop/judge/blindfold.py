"""What is kept from a judge who wants to judge blind: who did it, and with which instruments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

HIDDEN: Final = "●●●"
"""What stands in the place of a name."""
_FINGERPRINT: Final = re.compile(r"\b(?:[0-9a-f]{2}:){7}[0-9a-f]{2}\b")


class Blindfold:
    """Takes names out of whatever is shown while it is on."""

    def __init__(self, on: bool = False) -> None:
        self.on = on
        self._names: tuple[str, ...] = ()

    def hide(self, names: Iterable[str]) -> None:
        """From now on these are names; the longest first, for one may stand in another."""
        self._names = tuple(sorted({*self._names, *(name for name in names if name)}, key=len, reverse=True))

    def words(self, text: str) -> str:
        """A text as it may be shown."""
        for name in self._names if self.on else ():
            text = text.replace(name, HIDDEN)
        return _FINGERPRINT.sub(HIDDEN, text) if self.on else text  # also before it is known whose they are
