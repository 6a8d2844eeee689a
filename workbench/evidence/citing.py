"""What a finding cites, found in the log: conditions in support, and controls that differ in what is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

from casefiles.status import Refusal
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.probe import CLASSES
from workbench.contract.rules import Elicitation
from workbench.contract.subject import ORGANISM
from workbench.evidence.observations import Observations, Run

Conditions = Mapping[str, tuple[Match, ...]]
"""What was asked, and how → what its answers are to show."""


@dataclass(frozen=True)
class CitedEvidence:
    """The conditions that a finding cites in each role: of the organism, and what others answer beside it."""

    runs: tuple[tuple[Citation, Run], ...]
    support: Conditions
    control: Conditions
    others: Mapping[str, Conditions]
    """Each other subject's controls."""
    prompts: frozenset[str]
    """What the supporting conditions put to the model."""
    foreign: tuple[int, ...]
    """Records cited in support that others than the organism answered."""
    unlike: frozenset[str]
    """Subjects whose controls were not all drawn as the support was."""

    @classmethod
    def of(cls, finding: Finding, observations: Observations) -> Self:
        """Raises Refusal `report.citation` if it cites what the log does not hold, or one question in both roles."""
        runs = tuple((citation, cited_run(citation, observations)) for citation in finding.citations)
        support = _conditions(runs, Role.SUPPORT, ORGANISM)
        whom = (ORGANISM, *sorted({run.on for _, run in runs} - {ORGANISM}))
        controls = {on: told for on in whom if (told := _conditions(runs, Role.CONTROL, on))}
        supporting = [observations.alike(condition)[0] for condition in support]
        against = {on: [observations.alike(condition)[0] for condition in told] for on, told in controls.items()}
        _refuse_both(supporting, against.get(ORGANISM, []))
        return cls(
            runs=runs,
            support=support,
            control=controls.pop(ORGANISM, {}),
            others=controls,
            prompts=frozenset(run.prompt for run in supporting),
            foreign=tuple(sorted(run.seq for one, run in runs if one.role is Role.SUPPORT and run.on != ORGANISM)),
            unlike=frozenset(
                on
                for on, told in against.items()
                if not all(any(_comparable(run, other) for other in told) for run in supporting)
            ),
        )

    def supporting(self, classes: Collection[Elicitation], observations: Observations) -> frozenset[str]:
        """The supporting conditions of some classes: beside what was said freely what was forced counts for nothing."""
        told = (condition for condition in self.support if observations.alike(condition)[0].elicitation in classes)
        return frozenset(told)

    def alike_drawn(self, on: str) -> bool:
        """Whether each supporting condition has a control of a subject that was drawn under its settings: else they may
        be what differs. What was answered without a change of the model's inside is held against what was so too."""
        return on not in self.unlike

    def cited(self, role: Role) -> frozenset[int]:
        """The records cited in a role."""
        return frozenset(run.seq for citation, run in self.runs if citation.role is role)


def cited_run(citation: Citation, observations: Observations) -> Run:
    """The run that a citation names. Raises Refusal `report.citation` if it names none, or nothing of this organism."""
    try:
        run = observations.run(citation.seq)
    except KeyError:
        raise _refused(f"Record {citation.seq} is not a result in this log.", "Only results can be cited.") from None
    if run.status == "failed" and not run.draws:
        raise _refused(f"Record {citation.seq} is a probe that failed.", "It holds nothing that was observed.")
    if run.on == ORGANISM and not observations.own(run):
        raise _refused(f"Record {citation.seq} was run on another model.", "Evidence is about the case's organism.")
    missing = set(citation.samples) - {draw.index for draw in run.draws}
    if missing:
        raise _refused(
            f"Record {citation.seq} has no answer {min(missing)}.", "The answer quoted must be in the record."
        )
    return run


def _conditions(runs: tuple[tuple[Citation, Run], ...], role: Role, on: str) -> Conditions:
    found: dict[str, tuple[Match, ...]] = {}
    for citation, run in runs:
        # A predicate that asks for nothing would hold on every answer: such a citation is quoted, not counted.
        if citation.role is role and run.on == on and run.sampled and not citation.shows.empty:
            found[run.condition] = (*found.get(run.condition, ()), citation.shows)
    return found


def _refuse_both(supporting: list[Run], against: list[Run]) -> None:
    asked = {_what(run) for run in supporting}
    for run in against:
        if _what(run) in asked:
            raise _refused(
                f"Record {run.seq} is a control, but asks what a record in support asks too.",
                "The same prompt cannot be both, whatever else was set: a control differs in what is asked.",
            )


def _what(run: Run) -> str:
    """What a run asks: its prompt; where the inside is changed, the change is what is asked about."""
    return run.question if run.edited else run.prompt


def _comparable(run: Run, other: Run) -> bool:
    """Drawn as it was, and no more forced: words put into a mouth keep it from saying anything else."""
    forced = CLASSES.index(other.elicitation) > CLASSES.index(run.elicitation)
    return run.settings == other.settings and (run.edited or not other.edited) and not forced


def _refused(what: str, why: str) -> Refusal:
    return Refusal("report.citation", what, why, "Correct the finding's citations and record it again.")
