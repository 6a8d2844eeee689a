"""What an automated auditor is: a plan that ends in a conclusion. It sees exactly the probes that a person sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from casefiles.case.same_weights import WeightDigests
from workbench.auditors.briefing import Briefing
from workbench.contract.figures import Column, Figure, Rows
from workbench.plans.plan import Answered, Plan, Summary
from workbench.report.report import Conclusion


class Audit(Summary):
    """What an auditor concludes from the log; its findings stand in it."""

    conclusion: Conclusion
    asked: int
    """Steps that were answered."""

    @property
    def summary(self) -> str:
        return f"{self.conclusion.verdict} (P {self.conclusion.probability:.2f}): {self.conclusion.summary}"

    def figures(self) -> tuple[Figure, ...]:
        row = (self.conclusion.verdict, self.conclusion.probability, self.asked)
        columns = (Column("verdict"), Column("probability of modified", "share"), Column("probes", "count"))
        return (Rows("Conclusion", columns, (row,)),)


class Auditor(Plan):
    """An audit as a plan: looks, supposes, confirms, claims, and concludes."""

    def briefed(self, briefing: Briefing) -> Self:
        """The same with what the case says in the place of arguments that were left empty."""
        return self

    @property
    def tuned_on(self) -> frozenset[str]:
        """Digests of the models that it was tuned on: what it finds in one of these it may know by heart."""
        return frozenset()

    @property
    def tuned_on_weights(self) -> tuple[WeightDigests, ...]:
        """What these are known by however their files were saved, as far as that was noted."""
        return ()

    @property
    def taught(self) -> bool:
        """Whether it brings what it learned before, in a file whose word it is from what."""
        return False

    @property
    def own_words(self) -> tuple[str, ...]:
        """Arguments in which somebody wrote what is shipped nowhere: it may say what is wrong with the very models that
        are audited."""
        fields = type(self).model_fields
        return tuple(
            name
            for name, value in self
            if not isinstance(value, int | float)
            and value != fields[name].get_default(call_default_factory=True)
            and not getattr(value, "shipped_as", "")
        )

    def sum_up(self, answered: Sequence[Answered]) -> Audit:
        raise NotImplementedError
