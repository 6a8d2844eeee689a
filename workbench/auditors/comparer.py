"""An auditor that holds the model against what it was made from, where the rules allow that."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from workbench.auditors.looks.partings import partings
from workbench.auditors.strategy import Looker, Strategy


class Comparer(Strategy):
    """Read where the model and its baseline part over everything that is asked plainly, and what it says there."""

    kind: ClassVar[str] = "comparer"

    tokens: int = Field(100_000, ge=1)
    """Tokens that it may spend, of every sort together."""

    @property
    def looks(self) -> tuple[Looker, ...]:
        return (partings,)
