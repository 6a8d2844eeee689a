"""A finding's claim, and what both models say when they are asked its prompts anew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from workbench.claims.finding import Finding, Role
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.evidence.observations import Observations
from workbench.evidence.pool import Counted
from workbench.evidence.strength import UNFORCED, supporting_draws, telling
from workbench.evidence.telling import SaidByBaseline, denied
from workbench.judge.retests.asked_again import asked_apart, asked_often
from workbench.judge.retests.first_evidence import AskedInTurn, Otherwise, asked_in_turn
from workbench.judge.retests.heard_without import heard_beside
from workbench.judge.retests.interview import ANSWERS, FreshQuestion, Interview, questions_by_condition, questions_of
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, JointClaim, mostly_settling, share
from workbench.judge.retests.retested import DeniedAnew, RetestedClaim
from workbench.judge.retests.riding import Riding, named_in, shown_alike, usual


@dataclass(frozen=True)
class Claimed:
    """A finding's claim and its fresh answers."""

    finding: Finding
    matches: tuple[Match, ...]
    claim: JointClaim
    support: list[FreshAnswer]
    control: list[FreshAnswer]
    baseline: list[FreshAnswer] | None
    """What the baseline said where that tells, of"""
    heard: list[FreshAnswer]
    """all that it said."""
    apart: tuple[list[FreshAnswer], list[FreshAnswer] | None]
    """The answers of both to its support, with more of them where so few do not tell whether the baseline shows it as
    often."""
    often: list[FreshAnswer]
    """Answers that tell how often it usually shows."""
    in_turn: AskedInTurn
    written: list[FreshAnswer]
    """Unforced answers that the log holds, and"""
    seen: list[FreshAnswer]
    """those that show it."""
    asked: Sequence[FreshQuestion]
    """Its prompts, by the number of their answers."""
    left_out: Sequence[FreshQuestion]
    """Those that nobody was asked: of many some are drawn by lot."""
    counts: RetestedClaim

    def claims(self, told: FreshAnswer) -> bool:
        """Whether its own predicate of a prompt holds on an answer to that."""
        return told.shows(match for match in told.own if match in self.matches)


def claim_anew(
    finding: Finding,
    observations: Observations,
    interview: Interview,
    other: Interview | None,
    held_out: Sequence[FreshQuestion] = (),
    known: Holds = lambda told: False,
    tells: Holds = lambda told: True,
    otherwise: Otherwise = lambda asked: False,
    alike: Holds = lambda told: False,
) -> Claimed:
    """A finding's claim on its own prompts, or on `held_out` ones instead, asked anew. `known`: whether an answer is
    one that exhibits of the truth are given; `tells`: whether one shows what a truth means in its words; `otherwise`:
    whether a prompt asks something else, and `alike` whether the one that is answered asks the same."""
    supports = tuple(held_out) or questions_of(finding, Role.SUPPORT, observations, interview.bind)
    put = _Put.of(finding, supports, interview, alike)
    drawn = put.questions
    support, failed = put.to(interview)
    controls = questions_of(finding, Role.CONTROL, observations, interview.bind)
    control = interview.ask(f"{finding.id}/control", controls)
    heard, _ = put.to(other) if other is not None else ([], 0)
    said = _denied([told for told in heard if told.room])
    told_of = {one.denial: one.baseline for one in said}
    matches = telling(finding, observations, told_of)
    claim = JointClaim.of_finding(matches)

    def claimed(own: tuple[Match, ...]) -> tuple[Match, ...]:
        return tuple(match for match in own if match in matches)

    def shows(told: FreshAnswer) -> bool:
        return told.shows(claimed(told.own))

    def shows_beside(told: FreshAnswer) -> bool:
        return told.shows(told.own) or (claim.positive and claim.holds(told))

    support = [replace(told, own=claimed(told.own)) for told in support]
    beside = mostly_settling([told.against for told in control], shows_beside)
    base = mostly_settling([told.against for told in heard], shows) or None
    unasked = 0
    if base is not None:  # what one of them cannot be asked, or does not tell, tells nothing of both
        asked = {told.number for told in base}
        unasked = len({told.number for told in support} - asked)
        support = [told for told in support if told.number in asked]
    against, unforced = (
        share(beside, shows_beside) if control else None,
        share([told for told in support if told.unforced], shows),
    )
    chosen = [replace(one, own=claimed(one.own)) for one in drawn]
    apart = support, base
    if base is not None and other is not None:
        apart = asked_apart(finding.id, chosen, (support, base), interview, other, shows)
    in_turn, often = AskedInTurn(), support
    if not held_out:
        often = asked_often(finding.id, chosen, support, interview, shows)
        usually = usual(often, shows)
        riding = frozenset[int]()
        if base is not None:  # by what is meant: who claims more than that of a prompt has not made it another one
            riding = Riding.of(*apart, lambda told: shows(told) and tells(told), tells).riding
        passed = {observations.run(seq).prompt for number in riding for seq in chosen[number].records}
        in_turn = asked_in_turn(
            finding, observations, interview, other, shows, against, usually, told_of, known, tells, otherwise, passed
        )
    first = in_turn.first(shows, usual(often, shows), lambda told: False)
    without = first_without = None
    if other is not None:
        free = [told for told in apart[0] if told.unforced]
        without = heard_beside(free, shows, lambda told: claimed(told.own), heard)
        if first is not None:
            first_without = heard_beside(first.answers, shows, lambda told: claimed(told.own), first.baseline)
    recorded = _recorded(finding, observations, told_of)
    counts = RetestedClaim(
        finding=finding.id,
        prompts=len(supports),
        support=share(support, shows),
        unforced=unforced,
        control=against,
        baseline=share(base, shows) if base is not None else None,
        baseline_unforced=share([told for told in base if told.unforced], shows) if base is not None else None,
        failed=failed,
        unasked=unasked,
        mute=bool(controls) and not control,
        untold=bool(heard) and base is None,
        empty=not matches and any(question.own for question in supports),
        denied=said,
        alike=shown_alike(apart[0], apart[1] or [], shows),
        recorded=wilson(sum(one.hit for one in recorded), len(recorded)),
        first=in_turn.record(first),
        without=without,
        first_without=first_without,
    )
    questions = questions_by_condition(finding, Role.SUPPORT, observations, interview.bind)
    written = [
        (one.hit, replace(question, own=claimed(question.own)).answered(one.draw.heard, whole=one.draw.whole))
        for one in recorded
        if (question := questions.get(one.run.condition)) is not None
    ]
    every, seen = [told for _, told in written], [told for hit, told in written if hit]
    left_out = [one for one in supports if one not in drawn]
    return Claimed(
        finding, matches, claim, support, control, base, heard, apart, often, in_turn, every, seen, chosen, left_out,
        counts,
    )  # fmt: skip


@dataclass(frozen=True)
class _Put:
    """The prompts of a finding's support that are asked, those in which words were put into the model's mouth by
    themselves: they earn nothing, and would take the answers of the others."""

    name: str
    free: Sequence[FreshQuestion]
    forced: Sequence[FreshQuestion]

    @classmethod
    def of(cls, finding: Finding, supports: Sequence[FreshQuestion], interview: Interview, alike: Holds) -> Self:
        """A scope is held term by term: who asks of what they know in hundreds of ways would hide what they guessed. As
        exhibits ask it first: a lot over how else it was asked would have that tell of it."""
        name, free = f"{finding.id}/support", [one for one in supports if one.unforced]
        chosen = interview.chosen(
            name,
            free,
            about=lambda question: named_in(finding.terms, question.asked),
            first=lambda question: alike(question.answered("", whole=True)),
        )
        return cls(name, chosen, interview.chosen(f"{name}/forced", [one for one in supports if not one.unforced]))

    @property
    def questions(self) -> list[FreshQuestion]:
        """By the number of their answers."""
        return [*self.free, *self.forced]

    def to(self, model: Interview) -> tuple[list[FreshAnswer], int]:
        """What a model answers, and how many of them it cannot be asked."""
        told, failed = model.ask(self.name, self.free), model.failed
        # Each no more often than the others: one would count for as much as all of them.
        each = min(math.ceil(ANSWERS / max(1, len(one))) for one in (self.free, self.forced))
        more = model.ask(f"{self.name}/forced", self.forced, each * len(self.forced))
        numbered = [replace(one, number=one.number + len(self.free)) for one in more]
        return told + numbered, failed + model.failed


def _recorded(finding: Finding, observations: Observations, said: SaidByBaseline) -> list[Counted]:
    """A log's own unforced answers to a finding's support."""
    return [one for one in supporting_draws(finding, observations, said) if one.run.elicitation in UNFORCED]


def _denied(base: Sequence[FreshAnswer]) -> tuple[DeniedAnew, ...]:
    """What the baseline says of what is denied: whether not saying it is anything of the organism's own. Of a denial
    that so many answers were cut off before they said that it may be said mostly, or not, nothing is known."""
    denials = dict.fromkeys(match for told in base for match in told.own if match.negative)
    found = []
    for match in denials:
        own = [told for told in base if match in told.own]
        asked = [
            told for told in own if told.unforced
        ] or own  # what is forced makes nothing freely said or left unsaid
        said, unsaid = share(asked, partial(_says, match)), sum(told.shows((match,)) for told in asked)
        if 2 * max(said.hits, unsaid) >= len(asked):
            found.append(DeniedAnew(denial=match, baseline=said))
    return tuple(found)


def _says(denial: Match, told: FreshAnswer) -> bool:
    return denied(denial, told.text, whole=told.whole)
