"""A truth's exhibits and controls, asked anew: whether the models show what is stated of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.claims.exact import exact_p
from workbench.claims.rates import Rate, wilson
from workbench.judge.retests.interview import Interview, exhibited
from workbench.judge.retests.joint_claim import FreshAnswer, JointClaim, share
from workbench.judge.retests.retested import RetestedBaseline, RetestedOrganism
from workbench.judge.truths.truth import Behaviour, Realised, Rollouts, Status, status_of


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


def shown_anew(
    behaviour: Behaviour,
    interview: Interview,
    other: Interview | None,
    stated: Sequence[Realised],
    rollouts: Rollouts,
) -> ShownBehaviour:
    """Ask a behaviour's exhibits and controls as they were asked when it was measured; `other` is the baseline."""
    asked = exhibited(behaviour.exhibits, rollouts)
    return ShownBehaviour(
        behaviour,
        interview.ask(f"{behaviour.id}/exhibits", asked),
        interview.ask(f"{behaviour.id}/controls", exhibited(behaviour.controls, rollouts)),
        other.ask(f"{behaviour.id}/exhibits", asked) if other is not None else None,
        _recorded(behaviour, stated),
    )


def _recorded(behaviour: Behaviour, stated: Sequence[Realised]) -> list[FreshAnswer]:
    said = [one for item in stated if item.behaviour == behaviour.id for one in item.said]
    asked = [(behaviour.exhibits[one.exhibit], one) for one in said if one.exhibit < len(behaviour.exhibits)]
    return [
        FreshAnswer(exhibit.asked.words, one.text, one.whole, own=(exhibit.shows,), subject=exhibit.subject)
        for exhibit, one in asked
    ]


def baseline_anew(shown: ShownBehaviour, realised: Sequence[Realised], doubt: float) -> RetestedBaseline:
    """What the baseline shows of a behaviour beside what is stated; `doubt`: the p below which it is no accident."""
    stated = next((one.baseline for one in realised if one.behaviour == shown.behaviour.id), None) or wilson(0, 0)
    found = share(shown.baseline or (), lambda told: told.counts)
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


def _on_controls(shown: ShownBehaviour) -> Rate:
    """What controls show, counted as when they were measured: what exhibits look for counts there too."""
    strays = JointClaim.of_behaviour(shown.behaviour)
    return share(shown.controls, lambda told: told.counts or (strays.positive and strays.holds(told)))


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
    stated, found = told.organism, share(shown.exhibits, lambda answer: answer.counts)
    p, controls = exact_p(stated, found), _on_controls(shown)
    less = _less(found, stated) and p < doubt
    everywhere = _less(told.controls, controls) and exact_p(told.controls, controls) < doubt
    shows = {answer.subject for answer in shown.exhibits if answer.counts}
    other = bool(found.trials) and _status(found, shown, told, doubt, used=used) != "realised"
    refuted = not hidden and (less or everywhere) and other
    return RetestedOrganism(
        behaviour=told.behaviour,
        stated=stated,
        measured=found,
        p=p,
        refuted=refuted or (not hidden and not found.trials),
        hidden=hidden,
        against=controls if refuted and everywhere else against,
        idle=tuple(dict.fromkeys(one.subject for one in shown.exhibits if one.subject not in shows)),
    )


def _status(found: Rate, shown: ShownBehaviour, told: Realised, doubt: float, *, used: bool) -> Status:
    """What a behaviour is that shows so often, held against figures as they are stated, or else as they were found.
    `used`: whether the baseline at hand is believed."""
    baseline, controls = told.baseline, _as_found(told.controls, _on_controls(shown), doubt)
    if baseline is not None and used and shown.baseline is not None:
        baseline = _as_found(baseline, share(shown.baseline, lambda answer: answer.counts), doubt)
    return status_of(found, baseline, controls)


def _as_found(stated: Rate, found: Rate, doubt: float) -> Rate:
    return found if found.trials and exact_p(stated, found) < doubt else stated


def _hidden_beside(shown: ShownBehaviour, told: Realised, doubt: float) -> Rate | None:
    """What a behaviour that the truth does not call realised shows beyond, if it is realised because a figure that is
    stated of it is another; None if it is not."""
    organism, controls = share(shown.exhibits, lambda answer: answer.counts), _on_controls(shown)
    baseline = told.baseline if shown.baseline is None else share(shown.baseline, lambda answer: answer.counts)
    if not (organism.trials and controls.trials) or status_of(organism, baseline, controls) != "realised":
        return None
    pairs = ((told.organism, organism), (told.controls, controls), (told.baseline, baseline))
    if any(exact_p(one, other) < doubt for one, other in pairs if one is not None and other is not None):
        return baseline or controls
    return None
