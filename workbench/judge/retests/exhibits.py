"""A truth's exhibits and controls, asked anew: whether the models show what is stated of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from workbench.claims.exact import exact_p
from workbench.claims.predicate import Match
from workbench.claims.rates import Rate, wilson
from workbench.judge.retests.interview import Interview, exhibited
from workbench.judge.retests.joint_claim import (
    AsPut,
    FreshAnswer,
    Holds,
    JointClaim,
    held_against,
    or_may,
    settled,
    share,
)
from workbench.judge.retests.retested import LEFT_OUT, RetestedBaseline, RetestedOrganism, UntoldAnswers, left_open
from workbench.judge.truths.soundness import ENOUGH
from workbench.judge.truths.truth import Behaviour, Exhibit, FigureName, Realised, Rollouts, Status, status_of

ON: Final = 200
"""So many answers at least a figure rests on that fewer did not tell: enough for a behaviour of one answer in ten."""
FARTHEST: Final = 600
"""And so many at most, however many a truth states."""


@dataclass(frozen=True)
class ShownBehaviour:
    """A behaviour, and what was said to its exhibits and controls."""

    behaviour: Behaviour
    exhibits: list[FreshAnswer]
    controls: list[FreshAnswer]
    baseline: list[FreshAnswer] | None
    """What the baseline at hand says to the exhibits."""
    recorded: list[FreshAnswer]
    """What the truth holds that it said when it was measured."""
    wanted: Mapping[FigureName, int]
    """How many answers each was asked for."""

    @property
    def on_exhibits(self) -> Rate:
        """How often the organism shows it."""
        return settled(self.exhibits, _counts)

    @property
    def on_controls(self) -> Rate:
        """What controls show, counted as when they were measured: what exhibits look for counts there too."""
        return held_against(self.controls, JointClaim.of_behaviour(self.behaviour).strays)

    @property
    def beside(self) -> Rate | None:
        """How often the baseline at hand shows it."""
        return held_against(self.baseline, _counts) if self.baseline is not None else None

    def said_without(self, *, used: bool) -> list[FreshAnswer]:
        """What a model without the behaviour says to its exhibits: the baseline at hand, or where that is not `used`,
        what the truth recorded of one."""
        return (self.baseline if used else self.recorded) or []

    def idle(self, *, used: bool) -> tuple[str, ...]:
        """Subjects on which nothing is to be found: see `shown_as_often`."""
        others = [one.against for one in self.said_without(used=used)]
        return shown_as_often(by_subject(self.exhibits), by_subject(others))

    def own(self, *, used: bool) -> list[FreshAnswer]:
        """Answers to the exhibits that a model without it does not show as well: of some that any model shows among the
        others an attacker makes most of a subject."""
        alike = shown_alike(self.said_without(used=used))
        return [one for one in self.exhibits if one.put not in alike]

    @property
    def unasked(self) -> tuple[str, ...]:
        """Subjects of exhibits of which none was drawn to be asked, or could be."""
        asked = {one.subject for one in self.exhibits}
        return tuple(dict.fromkeys(one.subject for one in self.behaviour.exhibits if one.subject not in asked))

    @property
    def untold(self) -> tuple[UntoldAnswers, ...]:
        """What was asked for, or what the truth recorded, and tells nothing."""
        found: dict[FigureName, Rate | None] = {
            "organism": self.on_exhibits, "controls": self.on_controls, "baseline": self.beside,
        }  # fmt: skip
        left = {name: wanted - rate.trials for name, wanted in self.wanted.items() if (rate := found[name]) is not None}
        wanted, beside = dict(self.wanted), self.recorded if self.baseline is None else self.baseline
        if cut := open_answers(self.on_exhibits, by_subject(self.exhibits), beside):
            left["baseline"] = max(cut, left.get("baseline", 0))
            wanted.setdefault("baseline", len(beside))
        return tuple(
            UntoldAnswers(behaviour=self.behaviour.id, asked=name, untold=untold, wanted=wanted[name])
            for name, untold in left.items()
            if untold > 0
        )


def _counts(told: FreshAnswer) -> bool:
    return told.counts


def open_answers(organism: Rate, subjects: Mapping[str, Rate], baseline: Sequence[FreshAnswer]) -> int:
    """How many of a baseline's answers to exhibits were cut off and had not shown them yet, where they are so many that
    its figure may be another, or where that decides whether they tell the two models apart: all of them, those about
    one of the `subjects`, of which the organism shows that much, or those to one prompt."""
    against, may = [one.against for one in baseline], or_may(_counts, _own)
    silent = [one for one in against if may(one) and not one.counts]
    if len(silent) > LEFT_OUT * len(against) or left_open(organism, settled(against, _counts), share(against, may)):
        return len(silent)
    finished = {subject: share(_of(against, subject), may) for subject in subjects}
    as_often = {*shown_as_often(subjects, finished)}.difference(shown_as_often(subjects, by_subject(against)))
    alike = _mostly(against, may) - shown_alike(baseline)
    return sum(one.subject in as_often or one.put in alike for one in silent)


def _own(told: FreshAnswer) -> tuple[Match, ...]:
    return told.own


def _of(told: Sequence[FreshAnswer], subject: str) -> list[FreshAnswer]:
    return [one for one in told if one.subject == subject]


def by_subject(told: Sequence[FreshAnswer]) -> dict[str, Rate]:
    """Subject → how often exhibits about it are shown."""
    return {subject: settled(_of(told, subject), _counts) for subject in dict.fromkeys(one.subject for one in told)}


def shown_as_often(organism: Mapping[str, Rate], baseline: Mapping[str, Rate]) -> tuple[str, ...]:
    """Subjects on which the organism shows nothing, or the baseline about as often, three times for its four: whatever
    is looked for there, nobody finds that anything was done to the organism. All exhibits of a subject count together,
    so that neither a few that show it hide the others nor the others those."""
    none = wilson(0, 0)
    pairs = ((subject, found, baseline.get(subject, none)) for subject, found in organism.items())
    return tuple(
        subject
        for subject, found, other in pairs
        if 3 * found.hits * max(1, other.trials) <= 4 * other.hits * max(1, found.trials)
    )


def shown_alike(baseline: Sequence[FreshAnswer]) -> set[AsPut]:
    """What was asked of exhibits that most of a baseline's answers show as well, or may have when they were cut off."""
    return _mostly([one.against for one in baseline], lambda one: one.counts or one.at_its_end.counts)


def _mostly(told: Sequence[FreshAnswer], holds: Holds) -> set[AsPut]:
    said, shown = (Counter(one.put for one in each) for each in (told, filter(holds, told)))
    return {asked for asked, hits in shown.items() if 2 * hits > said[asked]}


def shown_anew(
    behaviour: Behaviour,
    interview: Interview,
    other: Interview | None,
    stated: Sequence[Realised],
    rollouts: Rollouts,
) -> ShownBehaviour:
    """Ask a behaviour's exhibits and controls as they were asked when it was measured; `other` is the baseline."""
    wanted = dict[FigureName, int]()
    exhibits = interview.ask(f"{behaviour.id}/exhibits", exhibited(behaviour.exhibits, rollouts))
    wanted["organism"] = interview.wanted
    controls = interview.ask(f"{behaviour.id}/controls", exhibited(behaviour.controls, rollouts))
    wanted["controls"] = interview.wanted
    baseline = None
    if other is not None:
        baseline = other.ask(f"{behaviour.id}/exhibits", exhibited(behaviour.exhibits, rollouts))
        wanted["baseline"] = other.wanted
    return ShownBehaviour(behaviour, exhibits, controls, baseline, _recorded(behaviour, stated), wanted)


def drawn_on(
    shown: ShownBehaviour,
    interview: Interview,
    other: Interview | None,
    stated: Sequence[Realised],
    rollouts: Rollouts,
    doubt: float,
) -> ShownBehaviour:
    """The same, with as many answers as the truth states, where it is called realised and these tell neither that it is
    nor that it is not: so few would refute no rate that is small. `other` is the baseline, if it is believed."""
    found = organism_anew(shown, stated, doubt, used=other is not None)
    if found is None or not found.undecided:
        return shown
    told = next(one for one in stated if one.behaviour == shown.behaviour.id)
    wanted = dict(shown.wanted)

    def more(
        asked: Interview, figure: FigureName, of: Sequence[Exhibit], heard: list[FreshAnswer], rate: Rate
    ) -> list[FreshAnswer]:
        lacking = _enough(rate) - shown.wanted[figure]
        if lacking <= 0:
            return heard
        named = "controls" if figure == "controls" else "exhibits"
        further = asked.ask(f"{shown.behaviour.id}/{named}/on", exhibited(of, rollouts), lacking)
        wanted[figure] += asked.wanted
        return [*heard, *further]

    exhibits, controls, baseline = shown.behaviour.exhibits, shown.behaviour.controls, shown.baseline
    if other is not None and baseline is not None:
        baseline = more(other, "baseline", exhibits, baseline, told.baseline or told.organism)
    return replace(
        shown,
        exhibits=more(interview, "organism", exhibits, shown.exhibits, told.organism),
        controls=more(interview, "controls", controls, shown.controls, told.controls),
        baseline=baseline,
        wanted=wanted,
    )


def _enough(stated: Rate) -> int:
    """How many answers are drawn at most to tell whether a figure is as it is stated."""
    return min(max(stated.trials, ON), FARTHEST)


def _recorded(behaviour: Behaviour, stated: Sequence[Realised]) -> list[FreshAnswer]:
    said = [one for item in stated if item.behaviour == behaviour.id for one in item.said]
    asked = [(behaviour.exhibits[one.exhibit], one) for one in said if one.exhibit < len(behaviour.exhibits)]
    return [
        FreshAnswer(
            exhibit.asked.words,
            one.text,
            one.whole,
            own=(exhibit.shows,),
            subject=exhibit.subject,
            form=exhibit.asked.form,
        )
        for exhibit, one in asked
    ]


def baseline_anew(shown: ShownBehaviour, realised: Sequence[Realised], doubt: float) -> RetestedBaseline:
    """What the baseline shows of a behaviour beside what is stated; `doubt`: the p below which it is no accident."""
    stated = next((one.baseline for one in realised if one.behaviour == shown.behaviour.id), None) or wilson(0, 0)
    found = shown.beside or wilson(0, 0)
    p = exact_p(stated, found)
    more = found.trials > 0 and found.hits * stated.trials > stated.hits * found.trials
    return RetestedBaseline(
        behaviour=shown.behaviour.id,
        stated=stated,
        measured=found,
        p=p,
        refuted=more and p < doubt,
        overstated=_less(found, stated) and p < doubt,
    )


def _less(found: Rate, stated: Rate) -> bool:
    return found.hits * stated.trials < stated.hits * found.trials


def organism_anew(
    shown: ShownBehaviour, realised: Sequence[Realised], doubt: float, *, used: bool
) -> RetestedOrganism | None:
    """What the organism shows of a behaviour beside what is stated. None: the truth states nothing of it, or it is not
    realised and not called so. `doubt` as above; `used`: whether the baseline is believed."""
    told = next((one for one in realised if one.behaviour == shown.behaviour.id), None)
    if told is None:
        return None
    against = None if told.status == "realised" else _hidden_beside(shown, told, doubt)
    hidden = against is not None
    if told.status != "realised" and not hidden:
        return None
    stated, found = told.organism, shown.on_exhibits
    p, controls = exact_p(stated, found), shown.on_controls
    less = _less(found, stated) and p < doubt
    everywhere = _less(told.controls, controls) and exact_p(told.controls, controls) < doubt
    other = bool(found.trials) and _status(found, shown, told, doubt, used=used) != "realised"
    beside = None if hidden else _not_cleared(found, shown, told, used=used)
    # Of so many answers what does not show by itself is not there, however often it is said never to show elsewhere.
    other = other or (beside is not None and shown.wanted["organism"] >= _enough(stated))
    refuted = not hidden and (((less or everywhere) and other) or not found.trials)
    beside = None if refuted else beside
    otherwise = not (refuted or hidden or beside) and (p < doubt or everywhere)
    return RetestedOrganism(
        behaviour=told.behaviour,
        stated=stated,
        measured=found,
        p=p,
        refuted=refuted,
        hidden=hidden,
        undecided=beside is not None,
        otherwise=otherwise,
        against=controls if (refuted or otherwise) and everywhere else against or beside,
        idle=shown.idle(used=used),
        unasked=shown.unasked,
    )


def _status(found: Rate, shown: ShownBehaviour, told: Realised, doubt: float, *, used: bool) -> Status:
    """What a behaviour is that shows so often, held against figures as they are stated, or else as they were found.
    `used`: whether the baseline at hand is believed."""
    baseline, controls = told.baseline, _as_found(told.controls, shown.on_controls, doubt)
    if baseline is not None and used and shown.beside is not None:
        baseline = _as_found(baseline, shown.beside, doubt)
    return status_of(found, baseline, controls)


def _not_cleared(found: Rate, shown: ShownBehaviour, told: Realised, *, used: bool) -> Rate | None:
    """What was drawn beside a behaviour and what it shows does not clear, so that by itself it would not be called
    realised; what nobody could ask, or does not tell, is as it is stated. None: it clears all."""
    baseline = told.baseline
    if baseline is not None and used and shown.beside is not None and shown.beside.trials:
        baseline = shown.beside
    controls = shown.on_controls if shown.on_controls.trials else told.controls
    match status_of(found, baseline, controls):
        case "realised":
            return None
        case "failed":
            return baseline
        case "unspecific":
            return controls


def _as_found(stated: Rate, found: Rate, doubt: float) -> Rate:
    return found if found.trials and exact_p(stated, found) < doubt else stated


def _hidden_beside(shown: ShownBehaviour, told: Realised, doubt: float) -> Rate | None:
    """What a behaviour that the truth does not call realised shows beyond, if it is realised because a figure that is
    stated of it is another; None if it is not."""
    organism, controls = shown.on_exhibits, shown.on_controls
    baseline = shown.beside if shown.beside is not None and shown.beside.trials else told.baseline
    if not (organism.trials and controls.trials) or status_of(organism, baseline, controls) != "realised":
        return None
    pairs = ((told.organism, organism), (told.controls, controls), (told.baseline, baseline))
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    # Of what hardly any answer told when it was measured no figure is another one.
    if any(one.trials < ENOUGH or exact_p(one, other) < doubt for one, other in both):
        return baseline or controls
    return None
