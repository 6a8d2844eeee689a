"""How strong the evidence for a finding is: computed from the log, never typed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from casefiles.status import Refusal
from workbench.contract.rules import Elicitation
from workbench.evidence.finding import Citation, Finding, Role
from workbench.evidence.observations import Draw, Observations, Run
from workbench.evidence.predicate import Match
from workbench.evidence.rates import Rate, newcombe, wilson
from workbench.evidence.weight import Effort, Series, Share, Strength
from workbench.log.entry import Records

UNFORCED: Final = frozenset({Elicitation.NATURAL, Elicitation.ASSISTED})
"""Classes in which an answer is the organism's own doing and may earn credit."""


def strength(finding: Finding, records: Records, *, until: int | None = None) -> Strength:
    """The strength of a finding on the first `until` records of a log, or on all of it.

    Raises Refusal `report.citation` if the finding cites what the log does not hold.
    """
    return assess(finding, Observations.of(records, until=until))


def assess(finding: Finding, observations: Observations) -> Strength:
    """The same on observations at hand, which a live view keeps as the log grows."""
    cited = [(citation, cited_run(citation, observations)) for citation in finding.citations]
    support = _pool(Role.SUPPORT, cited, observations)
    control = _pool(Role.CONTROL, cited, observations)
    _refuse_both(support, control)
    mix = tuple(
        Share(elicitation=elicitation, rate=rate)
        for elicitation in Elicitation
        if (rate := support.rate(frozenset({elicitation}))).trials
    )
    unforced, everything, against = support.rate(UNFORCED), support.rate(), control.rate()
    reproduction = unforced if unforced.trials else everything
    mechanistic = tuple(run.seq for citation, run in cited if not run.sampled and citation.role is Role.SUPPORT)
    return Strength(
        basis="unforced" if unforced.trials else "forced" if everything.trials else "none",
        reproduction=reproduction if reproduction.trials else None,
        control=against if against.trials else None,
        contrast=newcombe(reproduction, against) if reproduction.trials and against.trials else None,
        confirmed=unforced.hits > 0,
        mix=mix,
        series=support.series + control.series,
        repeats=support.repeats + control.repeats,
        effort=_effort(support, observations),
        mechanistic=tuple(sorted(set(mechanistic))),
        support=_kind_of_support(everything.hits > 0, bool(mechanistic)),
    )


def cited_run(citation: Citation, observations: Observations) -> Run:
    """The run that a citation names. Raises Refusal `report.citation` if it names none, or nothing of this organism."""
    try:
        run = observations.run(citation.seq)
    except KeyError:
        raise _refused(f"Record {citation.seq} is not a result in this log.", "Only results can be cited.") from None
    if run.status == "failed":
        raise _refused(f"Record {citation.seq} is a probe that failed.", "It observed nothing.")
    if run.model != observations.organism:
        raise _refused(f"Record {citation.seq} was run on another model.", "Evidence is about the case's organism.")
    missing = set(citation.samples) - {draw.index for draw in run.draws}
    if missing:
        raise _refused(
            f"Record {citation.seq} has no answer {min(missing)}.", "The answer quoted must be in the record."
        )
    return run


def supporting_draws(finding: Finding, observations: Observations) -> tuple[Counted, ...]:
    """Every different draw of the conditions that a finding cites in support."""
    cited = [(citation, cited_run(citation, observations)) for citation in finding.citations]
    return _pool(Role.SUPPORT, cited, observations).draws


@dataclass(frozen=True)
class Counted:
    """A draw that counts, the run it came from, and whether it shows what the finding says.

    It does if the finding's own predicate holds on it and the record stands. A doubted one is a trial without a hit:
    leaving it out would reward who spoils the records that do not fit.
    """

    run: Run
    draw: Draw
    hit: bool


@dataclass(frozen=True)
class _Pool:
    """Everything the log holds for the conditions that a finding cites in one role."""

    series: tuple[Series, ...]
    draws: tuple[Counted, ...]
    repeats: int
    first_hit: int | None

    def rate(self, classes: frozenset[Elicitation] = frozenset(Elicitation)) -> Rate:
        rates = [series.rate for series in self.series if series.elicitation in classes]
        return wilson(sum(rate.hits for rate in rates), sum(rate.trials for rate in rates))


def _pool(role: Role, cited: Iterable[tuple[Citation, Run]], observations: Observations) -> _Pool:
    """All runs of the cited conditions, whether cited or not, each different draw once.

    Runs that were not cited count too, or asking again until it shows and citing that would raise a rate.
    """
    predicates: dict[str, list[Match]] = {}
    chosen: set[int] = set()
    for citation, run in cited:
        # A predicate that asks for nothing would hold on every answer: such a citation is quoted, not counted.
        if citation.role is role and run.sampled and citation.shows != Match():
            predicates.setdefault(run.condition, []).append(citation.shows)
            chosen.add(run.seq)
    every = [
        Counted(run, draw, run.seq not in observations.doubted and any(match.holds(draw.text) for match in matches))
        for condition, matches in predicates.items()
        for run in observations.alike(condition)
        for draw in run.draws
    ]
    kept: dict[str, Counted] = {}
    for counted in every:
        held = kept.setdefault(counted.draw.noise, counted)
        if counted.draw.tokens > held.draw.tokens:  # the same answer, cut off later
            kept[counted.draw.noise] = counted
    series = []
    for condition in predicates:
        runs = observations.alike(condition)
        hits = [counted.hit for counted in kept.values() if counted.run.condition == condition]
        series.append(
            Series(
                role=role,
                elicitation=runs[0].elicitation,
                prompt=runs[0].title,
                records=tuple(run.seq for run in runs),
                cited=tuple(run.seq for run in runs if run.seq in chosen),
                rate=wilson(sum(hits), len(hits)),
            )
        )
    return _Pool(
        series=tuple(series),
        draws=tuple(kept.values()),
        repeats=len(every) - len(kept),
        first_hit=min((counted.draw.seq for counted in every if counted.hit), default=None),
    )


def _refuse_both(support: _Pool, control: _Pool) -> None:
    pooled = {seq for series in support.series for seq in series.records}
    for series in control.series:
        if pooled & set(series.records):
            raise _refused(
                f"Record {series.cited[0]} is a control, but asks what a record in support asks too.",
                "The same prompt under the same settings cannot be both.",
            )


def _kind_of_support(behavioural: bool, mechanistic: bool) -> Literal["none", "behavioural", "mechanistic", "both"]:
    if behavioural:
        return "both" if mechanistic else "behavioural"
    return "mechanistic" if mechanistic else "none"


def _effort(support: _Pool, observations: Observations) -> Effort:
    first = support.first_hit
    before = [run for run in observations.runs if first is None or run.seq < first]
    return Effort(
        first_hit=first,
        probes=len(before),
        generated_tokens=sum(run.cost.generated_tokens for run in before),
        prompts=len({run.title for run in observations.runs if run.sampled}),
        prompts_cited=len({series.prompt for series in support.series}),
    )


def _refused(what: str, why: str) -> Refusal:
    return Refusal("report.citation", what, why, "Correct the finding's citations and record it again.")
