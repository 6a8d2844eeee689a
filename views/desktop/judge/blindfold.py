"""What is kept from a judge who wants to judge blind: who did it, and with which instruments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from casefiles.status import STATUS
from workbench.visible import cell, line, quoted

HIDDEN: Final = "●●●"
"""What stands in the place of a name."""
_FINGERPRINT: Final = re.compile(r"\b(?:[0-9a-f]{2}:){7}[0-9a-f]{2}\b")
_WORD: Final = re.compile(r"\w+")
_USUAL: Final = frozenset(word for said in STATUS.values() for word in _WORD.findall(said.casefold()))
"""Words of our own sentences, which say something without whoever is called so."""


def _place(name: str) -> re.Pattern[str]:
    """Where a name stands: whole, and one that is a usual word only where it was filled in."""
    whole = rf"(?<!\w){re.escape(name)}(?!\w)"
    return re.compile(rf"\A{whole}\Z|(?<=“){whole}(?=”)" if name.casefold() in _USUAL else whole)


class Blindfold:
    """Takes names out of whatever is shown while it is on."""

    def __init__(self, on: bool = False) -> None:
        self.on = on
        self._names: tuple[str, ...] = ()

    def hide(self, names: Iterable[str]) -> None:
        """From now on these are names, however they are spelled where they are shown; the longest first, for one may
        stand in another."""
        spelled = {shown for name in names if name for shown in (name, line(name), cell(name), quoted(name)[1:-1])}
        self._names = tuple(sorted({*self._names, *spelled}, key=len, reverse=True))

    def words(self, text: str) -> str:
        """A text as it may be shown."""
        for name in self._names if self.on else ():
            text = _place(name).sub(HIDDEN, text)
        return _FINGERPRINT.sub(HIDDEN, text) if self.on else text  # also before it is known whose they are
