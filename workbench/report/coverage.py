"""Which clause was looked into by what: a table of what was asked, so that “clean” is earned and not presumed.

A record belongs to the clauses that its plan named for it, that a finding which cites it names, and that it is tagged
with. These are its author's words and count for nothing in a score; how much was asked is counted from the log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from pydantic import Field

from casefiles.counted import counted
from workbench.claims.finding import Finding
from workbench.contract.figures import Column, Figure, Rows
from workbench.contract.rules import Elicitation
from workbench.contract.subject import ORGANISM
from workbench.document import Document
from workbench.evidence.observations import Observations, Run
from workbench.evidence.standing import recorded
from workbench.log.entry import Entry, Records
from workbench.log.records import Intent, Tag


class Covered(Document):
    """What one kind of probe asked about one clause, in one class of elicitation."""

    clause: str
    """Empty: about none that anybody named."""
    instrument: str
    on: str
    """Who was asked."""
    elicitation: Elicitation
    records: int = Field(ge=0)
    prompts: int = Field(ge=0)
    """Different ones."""
    draws: int = Field(ge=0)
    """Answers that were drawn; none by what only reads."""


class Coverage(Document):
    """Every clause, and what was asked about it."""

    clauses: tuple[str, ...]
    """Those of the specification, in its order, then those that only the log names."""
    covered: tuple[Covered, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Clauses about which nothing was asked."""
        asked = {one.clause for one in self.covered}
        return tuple(clause for clause in self.clauses if clause not in asked)

    @property
    def summary(self) -> str:
        if not self.covered:
            return "Nothing was asked yet."
        named = [one for one in self.covered if one.clause]
        said = f"{len(self.clauses) - len(self.missing)} of {len(self.clauses)} clauses were looked into"
        if self.missing:
            said += f"; nothing was asked about {', '.join(self.missing)}"
        unnamed = sum(one.records for one in self.covered) - sum(one.records for one in named)
        return said + (
            f" · {counted(unnamed, 'record is', 'records are')} about no clause that was named" if unnamed else ""
        )

    def figures(self) -> tuple[Figure, ...]:
        columns = (Column("clause"), Column("instrument"), Column("asked"), Column("class"),
                   Column("records", "count"), Column("prompts", "count"), Column("answers", "count"))  # fmt: skip
        return (Rows("What was looked into", columns, tuple(self.rows)),)

    @property
    def rows(self) -> Iterator[tuple[str | int | None, ...]]:
        """Clause, probe, who was asked, class, and how many records, prompts and answers; a line for each clause about
        which nothing was asked."""
        for clause in (*self.clauses, ""):
            here = [one for one in self.covered if one.clause == clause]
            if not here and clause:
                yield clause, "nothing", None, None, 0, 0, 0
            for one in here:
                yield (clause or "none named", one.instrument, one.on, one.elicitation.value, one.records, one.prompts,
                       one.draws)  # fmt: skip


def coverage(
    records: Records, clauses: Collection[str], observations: Observations | None = None, until: int | None = None
) -> Coverage:
    """What the first `until` records of a log, or all, asked about each clause. `clauses`: those that the specification
    states; `observations`: of the same records, if somebody has made them."""
    seen = observations or Observations.of(records, until=until)
    named = _Named(clauses, recorded(records, until=until))
    for entry in records.entries((Intent.kind, Tag.kind)):
        if until is None or entry.seq < until:
            named.take(entry)
    runs: defaultdict[tuple[str, str, str, Elicitation], list[Run]] = defaultdict(list)
    for run in seen.runs:
        # What failed looked into nothing, and what others say is nothing of the organism's.
        told = run.on == ORGANISM and (run.draws or run.status == "ok")
        for clause in (named.of(run) if told else ()) or ("",):
            runs[clause, run.kind, run.on, run.elicitation].append(run)
    found = dict.fromkeys((*clauses, *sorted(clause for clause, *_ in runs if clause)))
    order = {clause: number for number, clause in enumerate(found)} | {"": len(found)}
    classes = list(Elicitation)
    return Coverage(
        clauses=tuple(found),
        covered=tuple(
            _covered(*key, runs[key])
            for key in sorted(runs, key=lambda key: (order[key[0]], key[1], key[2], classes.index(key[3])))
        ),
    )


class _Named:
    """Which clauses the records of a log are about."""

    def __init__(self, clauses: Collection[str], findings: Collection[Finding]) -> None:
        self._clauses = frozenset(clauses)
        self._by_record: defaultdict[int, set[str]] = defaultdict(set)
        for finding in findings:
            for citation in finding.citations:
                if finding.clause:
                    self._by_record[citation.seq].add(finding.clause)

    def take(self, entry: Entry) -> None:
        """Take in an intent, or a tag that is called as a clause."""
        if entry.kind == Intent.kind:
            intent = entry.read(Intent)
            if intent.plan is not None and intent.plan.clause:
                self._by_record[entry.seq].add(intent.plan.clause)
        elif (tag := entry.read(Tag)).label in self._clauses:
            self._by_record[tag.record].add(tag.label)

    def of(self, run: Run) -> tuple[str, ...]:
        return tuple(sorted(self._by_record[run.seq] | self._by_record[run.intent]))


def _covered(clause: str, instrument: str, on: str, elicitation: Elicitation, runs: list[Run]) -> Covered:
    return Covered(
        clause=clause,
        instrument=instrument,
        on=on,
        elicitation=elicitation,
        records=len(runs),
        prompts=len({run.prompt for run in runs}),
        draws=sum(len(run.draws) for run in runs),
    )
