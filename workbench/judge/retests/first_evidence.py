"""Which record of a finding's support first tells of what it claims.

A word turns up by chance among the answers to anything, and whoever cites those too has found nothing with them. So
each prompt, in the order in which they were asked, is asked anew as often as all of them together, until one shows the
claim by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workbench.claims.exact import exact_p
from workbench.claims.finding import Finding, Role
from workbench.claims.rates import Rate
from workbench.evidence.observations import Observations
from workbench.evidence.pool import Counted
from workbench.evidence.strength import UNFORCED, supporting_draws
from workbench.evidence.telling import SaidByBaseline
from workbench.judge.retests.interview import Interview, questions_by_condition
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, held_against, share
from workbench.judge.retests.retested import beyond

_MOST: Final = 12
"""Prompts that are asked by themselves; where none of them shows it, all of them together have to."""
_ERROR: Final = 0.05
"""How often any of them all may seem to show it by luck."""
_TOLD: Final = 2
"""So many that show it end that: the first may ask of something else than the truth does."""


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
        """Whether what shows is the organism's own, whatever is asked: beside a baseline, and no single draw."""
        return bool(self.baseline) and len(self.answers) > 1

    def shows(
        self,
        holds: Holds,
        control: Rate | None,
        usual: float,
        known: Holds,
        says: Holds | None = None,
        otherwise: Otherwise = lambda asked: False,
    ) -> bool:
        """Whether something holds of its answers, beyond the baseline's or, without one, the finding's controls', and
        half as often at least as is `usual`. `known`: whether an answer is one that the truth's exhibits are given,
        which most have to be that no baseline tells from what any model says, or a single one. A single one beside no
        baseline shows nothing. `says`: whether the baseline says it, if that is told otherwise than by `holds`.
        `otherwise`: whether it asks something else than the truth."""
        says = says or holds
        hits = [told for told in self.answers if holds(told)]
        if not self.tells and 2 * sum(map(known, hits)) <= len(hits):
            return False
        if len(self.answers) == 1:  # drawn without noise: asked again it would say the same
            return bool(hits and self.baseline) and not any(map(says, self.baseline))
        often = 2 * len(hits) >= usual * len(self.answers)
        own, other = share(self.answers, holds), held_against(self.baseline, says) if self.baseline else control
        if otherwise(self):
            return False
        # Of a dozen prompts that are tried in turn one may seem to show it by luck. (Fisher's test, Bonferroni's bound)
        return often and other is not None and beyond(own, other) and exact_p(own, other) < _ERROR / _MOST


Otherwise = Callable[[AskedAlone], bool]


@dataclass(frozen=True)
class AskedInTurn:
    """The prompts of a finding's support that were asked by themselves, up to the first that shows it."""

    alone: tuple[AskedAlone, ...] = ()
    last: int | None = None
    """The last record whose unforced answers show the claim; None: none does."""
    control: Rate | None = None

    def first(
        self,
        holds: Holds,
        usual: float,
        known: Holds,
        says: Holds | None = None,
        otherwise: Otherwise = lambda asked: False,
    ) -> AskedAlone | None:
        """The first prompt that shows something by itself. `usual`, `known`, `says`, `otherwise`: as above."""
        shown = (one for one in self.alone if one.shows(holds, self.control, usual, known, says, otherwise))
        return next(shown, None)

    def record(self, first: AskedAlone | None) -> int | None:
        """The record of that, or the last where there is none."""
        return first.record if first is not None else self.last


def asked_in_turn(
    finding: Finding,
    observations: Observations,
    interview: Interview,
    other: Interview | None,
    holds: Holds,
    control: Rate | None,
    usual: float,
    said: SaidByBaseline,
    known: Holds,
    tells: Holds,
    otherwise: Otherwise,
    passed: Collection[str] = (),
) -> AskedInTurn:
    """Ask a finding's prompts by themselves, oldest first, until some show what it claims. `control`: how often that
    `holds` of its controls. `said`: what the baseline says of what is denied. `usual`, `known`: as above. `tells`:
    whether what shows is what a truth means, in its words. `otherwise`: whether a prompt asks something else. `passed`:
    prompts that the baseline is known to show it on, which date nothing and keep none behind them from it."""
    hits = [one for one in supporting_draws(finding, observations, said) if one.hit]
    hits = sorted((one for one in hits if one.run.elicitation in UNFORCED), key=lambda one: one.draw.seq)
    telling = _firsts(one for one in hits if one.run.prompt not in passed)
    alone, shown = list[AskedAlone](), 0
    for asked in _alone(finding, observations, interview, other, telling):
        alone.append(asked)
        shown += asked.shows(lambda told: holds(told) and tells(told), control, usual, known) and not otherwise(asked)
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
