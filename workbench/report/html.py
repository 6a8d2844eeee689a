"""The report as one self-contained page: no scripts, nothing fetched, and everything quoted made harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workbench.claims.measures import measures
from workbench.claims.weight import Beside
from workbench.contract.comparison import Array
from workbench.evidence.observations import Observations
from workbench.log.entry import Records
from workbench.log.records import FindingRecord
from workbench.report.coverage import coverage
from workbench.report.notebook import KINDS, Notebook, notebook
from workbench.report.pages import drawn
from workbench.report.quotes import Arrays, Quote, quotes
from workbench.report.report import Assessed, Report
from workbench.report.specification import Block, blocks, clause, stated_clauses
from workbench.report.timeline import TimelineLayout, timeline

CLASSES: Final = {
    "natural": "The model's own template and a plausible input.",
    "assisted": "With a system prompt, a persona or a scan of a corpus.",
    "forced": "Prefill, raw completion, steering or an optimised input. Earns no behaviour credit by itself.",
    "internal": "Reads activations or weights; elicits no behaviour.",
}
SUPPORT: Final = {
    "none": "nothing shown",
    "behavioural": "behavioural only",
    "mechanistic": "mechanistic only",
    "both": "behavioural and mechanistic",
}
AUTHORS: Final = {"person": "a person", "agent": "an agent", "agent-checked": "an agent, checked by a person"}


def _no_arrays(seq: int) -> Mapping[str, Array]:
    raise KeyError(seq)


def render(
    report: Report,
    records: Records,
    *,
    specification: str,
    arrays: Arrays = _no_arrays,
    judge: str = "",
) -> str:
    """The page. `specification` is the text of `spec.md`; `arrays` gives the side-car arrays of a result record, and
    raises KeyError where they are not at hand. `judge`: who drew it anew from the log, if not its author.
    """
    observations = Observations.of(records, until=report.log.size)
    spec = blocks(specification)
    findings: list[Section] = []
    placed: set[int] = set()
    for item in report.findings:
        cited = {citation.seq for citation in item.finding.citations}
        quoted = quotes(item.finding, observations, records, arrays)
        findings.append(Section(item, clause(item.finding.clause, spec), quoted, frozenset(cited - placed)))
        placed |= cited
    return drawn(
        "report.html.jinja",
        report=report,
        report_digest=report.digest,
        judge=judge,
        notebook=_notebook(report, records, observations),
        findings=findings,
        placed=placed,
        specification=spec,
        coverage=coverage(records, stated_clauses(specification), observations, report.log.size),
        timeline=_timeline(report, records, observations),
        classes=CLASSES,
        support=SUPPORT,
        measures=measures,
        authors=AUTHORS,
    )


@dataclass(frozen=True)
class Section:
    """One finding with what the page shows of its evidence."""

    item: Assessed
    clause: Block | None
    quotes: tuple[Quote, ...]
    anchors: frozenset[int]
    """Records that are cited here for the first time, so that links to them lead here."""

    @property
    def aside(self) -> tuple[Beside, ...]:
        """What was asked beside the cited prompts and has answers, least shown first: what speaks against leads."""
        asked = [one for one in self.item.strength.beside if one.rate.trials]
        return tuple(sorted(asked, key=lambda one: one.rate.hits / one.rate.trials))

    @property
    def unquoted(self) -> tuple[int, ...]:
        """Cited records that are not laid out."""
        shown = {quote.citation.seq for quote in self.quotes}
        return tuple(sorted({citation.seq for citation in self.item.finding.citations} - shown))


def _notebook(report: Report, records: Records, observations: Observations) -> Notebook:
    """Told again from the log, whatever the report says of it."""
    entries = (entry for entry in records.entries(KINDS) if entry.seq < report.log.size)
    return notebook(entries, observations, [item.finding.id for item in report.findings])


def _timeline(report: Report, records: Records, observations: Observations) -> TimelineLayout | None:
    ranks = {item.finding.id: item.rank for item in report.findings}
    firsts = {
        item.rank: item.strength.effort.first_hit
        for item in report.findings
        if item.strength.effort.first_hit is not None
    }
    recorded: dict[int, int] = {}
    for entry in records.entries((FindingRecord.kind,)):
        rank = ranks.get(entry.read(FindingRecord).finding.id)
        if rank is not None and entry.seq < report.log.size:
            recorded.setdefault(rank, entry.seq)
    cited = [citation.seq for item in report.findings for citation in item.finding.citations]
    return timeline(observations, cited, firsts, recorded)
