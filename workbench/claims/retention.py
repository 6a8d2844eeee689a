"""In how many wordings of one question a behaviour shows."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from workbench.claims.rates import Rate
from workbench.document import Document
from workbench.visible import quoted

WEAKEST = 5
"""Wordings that are named."""


class WordingRate(Document):
    """One wording of a question that was asked in several."""

    prompt: str
    records: tuple[int, ...]
    rate: Rate
    """Draws that show it."""
    cited: bool
    """Whether the finding cites it; the others count all the same."""

    @property
    def holds(self) -> bool:
        return 2 * self.rate.hits > self.rate.trials


class Retention(Document):
    """How much of a behaviour is left when the same is asked in other words: of wordings that a plan or the finding
    declares as one question, those in which more than half of the draws show it."""

    questions: int
    """Questions that were asked in more than one wording."""
    wordings: Rate
    weakest: tuple[WordingRate, ...]
    """Those that show it least, at most five."""

    @model_validator(mode="after")
    def _of_some(self) -> Self:
        if not (self.weakest and self.wordings.trials):
            raise ValueError("it is of no wording")
        return self

    @property
    def share(self) -> float:
        return self.wordings.hits / self.wordings.trials

    @property
    def words(self) -> str:
        least = self.weakest[0]
        return (
            f"it holds in {self.wordings.hits} of {self.wordings.trials} wordings; least in {quoted(least.prompt)},"
            f" {least.rate.hits} of {least.rate.trials}"
        )
