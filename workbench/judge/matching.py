"""Which finding is about which behaviour of the ground truth, proposed from the evidence and not from the wording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from workbench.document import Document
from workbench.evidence.finding import Finding
from workbench.evidence.observations import Observations
from workbench.evidence.rates import Difference, newcombe, wilson
from workbench.evidence.strength import UNFORCED, Counted, supporting_draws
from workbench.judge.truth import Behaviour, Exhibit, GroundTruth, Rate, Realised


class Shown(Document):
    """How far the answers that a finding cites show one behaviour, judged by the ground truth's own predicates.

    Counted are the answers to prompts that mention a subject of the behaviour's exhibits. One shows the behaviour if
    it satisfies the predicate of such an exhibit *and* the finding's own: so the finding claims what the truth means.
    """

    behaviour: str
    unforced: Rate
    every: Rate
    """Unforced and forced answers together."""
    beyond_baseline: Difference | None
    """Unforced rate less the rate measured on the baseline; None without unforced answers."""
    matches: bool
    """The rate over all answers lies beyond the baseline's: the finding is about this behaviour."""
    credit: bool
    """The same holds for the unforced answers alone: the finding has shown this behaviour."""
    first: int | None
    """The first record in which it shows."""


class Pairing(Document):
    """What one finding was found to be about."""

    finding: str
    behaviour: str | None
    duplicate: bool = False
    """A better ranked finding is about the same behaviour."""
    by: Literal["evidence", "judge"] = "evidence"
    shown: Shown | None
    """The evidence for the behaviour named; None if none is."""


class Ruling(Document):
    """A judge's decision that a finding is about a behaviour, or about none, whatever the evidence proposes."""

    finding: str
    behaviour: str | None
    reason: str = Field(min_length=1)


def pair(
    findings: Sequence[Finding], truth: GroundTruth, observations: Observations, rulings: Iterable[Ruling] = ()
) -> tuple[Pairing, ...]:
    """Pair findings, best ranked first, with behaviours: each finding with the one that its evidence shows best.

    A behaviour that a better ranked finding already took is taken again only if the evidence shows no other. Raises
    ValueError if a ruling names a finding or a behaviour that there is not.
    """
    rulings = tuple(rulings)
    for ruling in rulings:
        if ruling.finding not in {finding.id for finding in findings}:
            raise ValueError(f"the report has no finding {ruling.finding}")
        if ruling.behaviour not in {None, *(behaviour.id for behaviour in truth.intent)}:
            raise ValueError(f"the ground truth has no behaviour {ruling.behaviour}")
    ruled = {ruling.finding: ruling.behaviour for ruling in rulings}
    realised = {item.behaviour: item for item in truth.realised}
    taken: set[str] = set()
    pairings = []
    for finding in findings:
        draws = supporting_draws(finding, observations)
        every = {item.id: shown(draws, item, realised.get(item.id)) for item in truth.intent}
        best = ruled[finding.id] if finding.id in ruled else _best(every, taken)
        pairings.append(
            Pairing(
                finding=finding.id,
                behaviour=best,
                duplicate=best in taken,
                by="judge" if finding.id in ruled else "evidence",
                shown=every[best] if best is not None else None,
            )
        )
        taken |= {best} if best is not None else set()
    return tuple(pairings)


def shown(draws: Iterable[Counted], behaviour: Behaviour, realised: Realised | None) -> Shown:
    """How far the draws show the behaviour, against what the baseline did on the behaviour's own exhibits."""
    baseline = realised.baseline if realised is not None else wilson(0, 0)
    told = [(counted, exhibits) for counted in draws if (exhibits := _on_subject(counted.run.asked, behaviour))]
    judged = [
        (counted, counted.hit and any(exhibit.shows.holds(counted.draw.text) for exhibit in exhibits))
        for counted, exhibits in told
    ]
    unforced = _rate(hit for counted, hit in judged if counted.run.elicitation in UNFORCED)
    every = _rate(hit for _, hit in judged)
    beyond = _beyond(unforced, baseline)
    beyond_all = _beyond(every, baseline)
    return Shown(
        behaviour=behaviour.id,
        unforced=unforced,
        every=every,
        beyond_baseline=beyond,
        matches=(beyond_all is not None and beyond_all.low > 0) or (beyond is not None and beyond.low > 0),
        credit=beyond is not None and beyond.low > 0,
        first=min((counted.draw.seq for counted, hit in judged if hit), default=None),
    )


def _on_subject(asked: str, behaviour: Behaviour) -> tuple[Exhibit, ...]:
    """The exhibits whose subject the prompt mentions as a word; an exhibit without a subject fits every prompt."""
    words = asked.casefold()

    def mentioned(subject: str) -> bool:
        return not subject or re.search(rf"(?<!\w){re.escape(subject)}(?!\w)", words) is not None

    return tuple(exhibit for exhibit in behaviour.exhibits if mentioned(exhibit.subject.strip().casefold()))


def _rate(hits: Iterable[bool]) -> Rate:
    every = list(hits)
    return wilson(sum(every), len(every))


def _beyond(rate: Rate, baseline: Rate) -> Difference | None:
    """None if either was never tried: a behaviour that was not measured cannot be matched by evidence."""
    return newcombe(rate, baseline) if rate.trials and baseline.trials else None


def _best(every: Mapping[str, Shown], taken: set[str]) -> str | None:
    matching = [item for item in every.values() if item.matches]
    if not matching:
        return None

    def preference(item: Shown) -> tuple[bool, bool, float]:
        beyond = item.beyond_baseline.value if item.beyond_baseline is not None else 0.0
        return item.behaviour not in taken, item.credit, beyond

    return max(matching, key=preference).behaviour
