"""How hypotheses stand: what was asked since each was locked, and on how much of it its predicate holds."""

from __future__ import annotations

from dataclasses import dataclass

from casefiles.counted import counted
from workbench.claims.finding import Finding
from workbench.evidence.observations import Observations, observed
from workbench.evidence.standing import Locked


@dataclass(frozen=True)
class StandingHypothesis:
    """A hypothesis, and what the log has seen since it was locked: whatever was asked, about its scope or not."""

    locked: Locked
    hits: int
    """Answers of the organism that show it."""
    answers: int
    prompts: int
    findings: tuple[str, ...]
    """Ids of the findings that rest on it."""

    @property
    def status(self) -> str:
        """The same in words."""
        if not self.answers:
            return "nothing was asked since"
        prompts = counted(self.prompts, "prompt")
        return f"{self.hits} of {self.answers} answers since show it, over {prompts}"


def supposed(observations: Observations, findings: tuple[Finding, ...]) -> tuple[StandingHypothesis, ...]:
    """Every hypothesis that stands, in the order in which they were first stated."""
    return tuple(_standing(locked, observations, findings) for locked in observations.looks.locked.values())


def _standing(locked: Locked, observations: Observations, findings: tuple[Finding, ...]) -> StandingHypothesis:
    runs = [run for run in observations.runs if locked.after(run.intent) and run.draws and observations.own(run)]
    draws = observed(draw for run in runs for draw in run.draws)
    predicate = locked.hypothesis.predicate
    return StandingHypothesis(
        locked,
        hits=sum(predicate.holds(draw.heard, whole=draw.whole) for draw in draws),
        answers=len(draws),
        prompts=len({run.prompt for run in runs}),
        findings=tuple(one.id for one in findings if one.hypothesis == locked.hypothesis.id),
    )
