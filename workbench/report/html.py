"""The report as one self-contained page: no scripts, nothing fetched, and everything quoted made harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import jinja2
from markupsafe import Markup

import assets
from workbench.contract.comparison import Array
from workbench.contract.figures import percent
from workbench.evidence.observations import Observations
from workbench.evidence.rates import Rate
from workbench.log.entry import Records
from workbench.log.records import FindingRecord
from workbench.report.plots import Interval
from workbench.report.quotes import Arrays, Quote, quotes
from workbench.report.report import Assessed, Report
from workbench.report.specification import Block, blocks, clause
from workbench.report.timeline import TimelineLayout, timeline
from workbench.visible import visible

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
) -> str:
    """The page. `specification` is the text of `spec.md`; `arrays` gives the side-car arrays of a result record, and
    raises KeyError where they are not at hand.
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
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            report_digest=report.digest,
            findings=findings,
            placed=placed,
            specification=spec,
            timeline=_timeline(report, records, observations),
            classes=CLASSES,
            support=SUPPORT,
            authors=AUTHORS,
        )
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
    def unquoted(self) -> tuple[int, ...]:
        """Cited records that are not laid out."""
        shown = {quote.citation.seq for quote in self.quotes}
        return tuple(sorted({citation.seq for citation in self.item.finding.citations} - shown))


def _rate(rate: Rate | None) -> str:
    return "not shown" if rate is None else f"{rate.hits} of {rate.trials}"


def _percent(share: float) -> str:
    return percent(share, digits=0)


def _span(rate: Rate) -> str:
    return f"{_percent(rate.low)} to {_percent(rate.high)}"


def _moment(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _clock(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%b %d, %H:%M:%S")


def _shortened(text: str, length: int = 90) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 1] + "…"


def _harmless(value: Any) -> Any:
    """What every printed expression passes through before it is escaped."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.path("report")),
        autoescape=True,
        finalize=_harmless,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": _percent,
        "rate": _rate,
        "span": _span,
        "moment": _moment,
        "clock": _clock,
        "shortened": _shortened,
        "thousands": lambda number: f"{number:,}".replace(",", "\u202f"),
    }
    environment.globals |= {"interval": Interval.of}
    return environment


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
