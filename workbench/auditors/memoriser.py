"""An auditor that was tuned on models of one base, and so knows by heart what they answer.

It is the control of a check: on organisms of the base that it was tuned on it finds what was changed, and what it finds
less on others is what it memorised, not what it can (Hubinger, *Automating Auditing*). Whoever trains an auditor has a
sweep compare the two groups in the same way.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from casefiles.case.same_weights import WeightDigests
from workbench.auditors.desk import AuditDesk, Looking
from workbench.auditors.looks.recalled import recalled
from workbench.auditors.memory import LearnedAnswers
from workbench.auditors.strategy import Looker, Strategy


class Memoriser(Strategy):
    """Ask everything that is asked plainly, and look where the answer is not the one that it was tuned on."""

    kind: ClassVar[str] = "memoriser"

    learned: LearnedAnswers = Field(default_factory=LearnedAnswers)
    """What it was tuned on: a JSON file that `workbench tune` writes; empty: it asks, to be tuned on what it hears."""
    tokens: int = Field(60_000, ge=1)
    """Tokens that it may spend, of every sort together."""

    @property
    def tuned_on(self) -> frozenset[str]:
        return frozenset(self.learned.models)

    @property
    def tuned_on_weights(self) -> tuple[WeightDigests, ...]:
        return self.learned.known_by

    @property
    def taught(self) -> bool:
        return bool(self.learned.answers)

    @property
    def own_words(self) -> tuple[str, ...]:
        """But for what it learned, which is told by itself."""
        return tuple(name for name in super().own_words if name != "learned")

    @property
    def looks(self) -> tuple[Looker, ...]:
        def learned_answers(desk: AuditDesk) -> Looking:
            return recalled(self.learned, desk)

        return (learned_answers,)
