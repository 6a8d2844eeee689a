"""Which record of a finding's support first tells of what it claims.

A word turns up by chance among the answers to anything, and whoever cites those too has found nothing with them. So
each prompt, in the order in which they were asked, is asked anew as often as all of them together, until one shows the
claim by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.claims.finding import Finding, Role
from workbench.claims.rates import Rate
from workbench.evidence.observations import Observations
from workbench.evidence.pool import Counted
from workbench.evidence.strength import UNFORCED, supporting_draws
from workbench.evidence.telling import SaidByBaseline
from workbench.judge.retests.interview import Interview, questions_by_condition
from workbench.judge.retests.joint_claim import FreshAnswer, held_against, share
from workbench.judge.retests.retested import beyond

_MOST: Final = 12
"""Prompts that are asked by themselves; where none of them shows it, all of them together have to."""
_TOLD: Final = 2
"""So many that may tell it end that: the first may ask of something else than the truth does."""


@dataclass(frozen=True)
class AskedAlone:
    """One prompt of a finding's support, asked anew by itself."""

    record: int
    """The first whose answers show the claim."""
    answers: list[FreshAnswer]
    baseline: list[FreshAnswer]
    """Empty where none was asked."""

    @property
    def tells(self) -> bool:
        """Whether what shows is the organism's own, whatever is asked: by a baseline, and no single draw."""
        return bool(self.baseline) and len(self.answers) > 1

    def shows(self, holds: Callable[[FreshAnswer], bool], control: Rate | None, together: Rate) -> bool:
        """Whether something holds of its answers, beyond the baseline's or, without one, the finding's controls', and
        half as often at least as of those to all prompts `together`."""
        if len(self.answers) == 1:  # drawn without noise: asked again it would say the same
            return holds(self.answers[0]) and not any(map(holds, self.baseline))
        shown = share(self.answers, holds)
        often = 2 * shown.hits * together.trials >= together.hits * shown.trials
        return often and beyond(shown, held_against(self.baseline, holds) if self.baseline else control)


@dataclass(frozen=True)
class AskedInTurn:
    """The prompts of a finding's support that were asked by themselves, up to the first that shows it."""

    alone: tuple[AskedAlone, ...] = ()
    last: int | None = None
    """The last record whose unforced answers show the claim; None: none does."""
    control: Rate | None = None

    def first(
        self, holds: Callable[[FreshAnswer], bool], together: Rate, about: Callable[[str], bool] = lambda asked: False
    ) -> int | None:
        """The first record whose prompt shows something, or where none does by itself the last. `together`: how often
        it holds of unforced answers to all prompts. `about`: whether a prompt asks of what the truth is about, which
        one has to that no baseline tells from what any model says, or one draw alone."""
        shown = (one for one in self.alone if one.shows(holds, self.control, together))
        return next((one.record for one in shown if one.tells or about(one.answers[0].asked)), self.last)


def asked_in_turn(
    finding: Finding,
    observations: Observations,
    interview: Interview,
    other: Interview | None,
    holds: Callable[[FreshAnswer], bool],
    control: Rate | None,
    together: Rate,
    said: SaidByBaseline,
    about: Callable[[str], bool],
) -> AskedInTurn:
    """Ask a finding's prompts by themselves, oldest first, until what it claims `holds` of some that may tell it.
    `control`, `together`: how often it does of its controls, and of all its prompts. `said`: what the baseline says of
    what is denied. `about`: whether a prompt asks of what anything of the truth is about."""
    hits = [one for one in supporting_draws(finding, observations, said) if one.hit]
    hits = sorted((one for one in hits if one.run.elicitation in UNFORCED), key=lambda one: one.draw.seq)
    alone, shown = list[AskedAlone](), 0
    for asked in _alone(finding, observations, interview, other, _firsts(hits)):
        alone.append(asked)
        if asked.shows(holds, control, together) and (asked.tells or about(asked.answers[0].asked)):
            shown += 1
        if shown == _TOLD or len(alone) == _MOST:
            break
    return AskedInTurn(tuple(alone), hits[-1].draw.seq if hits else None, control)


def _firsts(shown: Iterable[Counted]) -> Sequence[Counted]:
    """The first of each prompt."""
    found: dict[str, Counted] = {}
    for one in shown:
        found.setdefault(one.run.prompt, one)
    return list(found.values())


def _alone(
    finding: Finding,
    observations: Observations,
    interview: Interview,
    other: Interview | None,
    firsts: Iterable[Counted],
) -> Iterator[AskedAlone]:
    questions = questions_by_condition(finding, Role.SUPPORT, observations, interview.bind)
    for place, one in enumerate(firsts):
        name = f"{finding.id}/alone/{place}"
        question = [questions[one.run.condition]] if one.run.condition in questions else []
        if answers := interview.ask(name, question):
            yield AskedAlone(one.draw.seq, answers, other.ask(name, question) if other is not None else [])
