"""What a session's log holds beside the findings that are submitted: what was supposed, noted, labelled, taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.contract.actor import Actor
from workbench.document import Document
from workbench.evidence.observations import Observations
from workbench.evidence.strength import UNFORCED
from workbench.log.entry import Entry
from workbench.log.records import FindingRecord, Hypothesis, Note, Tag, Withdrawn

KINDS = (Hypothesis.kind, Note.kind, Tag.kind, FindingRecord.kind, Withdrawn.kind)
"""The kinds of record that a notebook is made of."""


class StatedHypothesis(Document):
    """A hypothesis, as it was stated or revised: only draws after it can confirm it."""

    record: int
    id: str
    claim: str
    predicate: str
    """What an answer has to do, in words."""
    scope: tuple[str, ...]
    by: Actor


class WrittenNote(Document):
    """A remark."""

    record: int
    text: str
    by: Actor | None


class TaggedRecord(Document):
    """A label on a record."""

    record: int
    """The record that has it."""
    label: str
    by: Actor | None


class DroppedFinding(Document):
    """A finding that the report does not submit: it was withdrawn, or left out of the ranking."""

    record: int
    """Where it was last written down."""
    id: str
    title: str
    behaviour: str
    withdrawn: int | None
    """The record that took it back; None: it stands, and was left out."""
    reason: str = ""


class SearchEffort(Document):
    """How much was tried in the whole session, so that what was found can be held against it."""

    probes: int
    prompts: int
    """Different prompts that were sampled."""
    answers: int
    """Different answers without force."""
    findings: int
    """Findings that were ever written down."""
    revisions: int
    """How often one of them was written down anew."""


class Notebook(Document):
    """Everything of it, oldest first."""

    hypotheses: tuple[StatedHypothesis, ...]
    notes: tuple[WrittenNote, ...]
    tags: tuple[TaggedRecord, ...]
    dropped: tuple[DroppedFinding, ...]
    effort: SearchEffort

    @property
    def empty(self) -> bool:
        return not (self.hypotheses or self.notes or self.tags or self.dropped)


def notebook(entries: Iterable[Entry], observations: Observations, submitted: Sequence[str]) -> Notebook:
    """The notebook of a log, of its records of KINDS; `submitted`: the findings in the report, by id."""
    every = list(entries)
    claims = [entry for entry in every if entry.kind in (FindingRecord.kind, Withdrawn.kind)]
    written = [entry.read(FindingRecord).finding.id for entry in claims if entry.kind == FindingRecord.kind]
    sampled = [run for run in observations.runs if run.sampled and observations.own(run)]
    own = [run for run in sampled if run.elicitation in UNFORCED]
    return Notebook(
        hypotheses=tuple(_hypothesis(entry) for entry in every if entry.kind == Hypothesis.kind),
        notes=tuple(
            WrittenNote(record=entry.seq, text=(note := entry.read(Note)).text, by=note.actor)
            for entry in every
            if entry.kind == Note.kind
        ),
        tags=tuple(
            TaggedRecord(record=(tag := entry.read(Tag)).record, label=tag.label, by=tag.actor)
            for entry in every
            if entry.kind == Tag.kind
        ),
        dropped=_dropped(claims, submitted),
        effort=SearchEffort(
            probes=sum(1 for _ in observations.runs) + len(observations.orphans),
            prompts=len({run.prompt for run in sampled}),
            answers=len({draw.noise for run in own for draw in run.draws}),
            findings=len(set(written)),
            revisions=len(written) - len(set(written)),
        ),
    )


def _hypothesis(entry: Entry) -> StatedHypothesis:
    said = entry.read(Hypothesis)
    return StatedHypothesis(
        record=entry.seq,
        id=said.id,
        claim=said.claim,
        predicate=said.predicate.words,
        scope=said.scope,
        by=said.actor,
    )


def _dropped(claims: Iterable[Entry], submitted: Sequence[str]) -> tuple[DroppedFinding, ...]:
    """Findings that were taken back, each time they were, and those that stand and are not submitted."""
    standing: dict[str, DroppedFinding] = {}
    withdrawn: list[DroppedFinding] = []
    for entry in claims:
        if entry.kind == FindingRecord.kind:
            said = entry.read(FindingRecord).finding
            standing[said.id] = DroppedFinding(
                record=entry.seq, id=said.id, title=said.title, behaviour=said.behaviour, withdrawn=None
            )
            continue
        taken = entry.read(Withdrawn)
        if (before := standing.pop(taken.finding, None)) is not None:
            withdrawn.append(before.model_copy(update={"withdrawn": entry.seq, "reason": taken.reason}))
    left = [finding for name, finding in standing.items() if name not in submitted]
    return tuple(sorted((*withdrawn, *left), key=lambda dropped: dropped.record))
