"""A record in words: the one line that desktop and command line show for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from workbench.contract.rules import Cost
from workbench.contract.subject import ORGANISM, spoken
from workbench.log.entry import Entry
from workbench.log.rebuilding import probe_of
from workbench.log.records import (
    Asked,
    Brought,
    FindingRecord,
    Genesis,
    Hypothesis,
    Imported,
    Intent,
    Note,
    RefusalRecord,
    ReportRecord,
    ResultRecord,
    Resumed,
    Tag,
    Withdrawn,
)
from workbench.visible import line as one_line
from workbench.visible import quoted

NOTHING: Final = "—"


@dataclass(frozen=True)
class LogLine:
    """One line of the audit log: a probe with its outcome, or another record."""

    seq: int
    ts_us: int
    label: str
    """The probe, or the kind of record."""
    what: str
    elicitation: str
    cost: str
    result: str
    tone: str
    """bad, warn, ok, accent or empty."""
    tags: tuple[str, ...] = ()


def line_of(entry: Entry, intent: Entry | None = None, tags: tuple[str, ...] = ()) -> LogLine:
    """The line of a record, and of the intent it answers if it is a result.

    Never fails: what a newer workbench wrote, or a forger, is shown by its kind and whatever plain values it holds.
    """
    try:
        label, what, elicitation, cost, result, tone = _SAID[entry.kind](entry, intent)
    except (KeyError, ValueError):
        label, what, elicitation, cost, result, tone = _other(entry.kind, _plain(entry.data))
    # Whoever writes a log may name a probe that there is not, and put a line of their own into its name.
    return LogLine(entry.seq, entry.ts_us, one_line(label), what, elicitation, cost, result, tone, tags)


def spoken_cost(cost: Cost) -> str:
    """What was spent, as a log line has room for."""
    return f"{cost.tokens:,} tok" if cost.tokens else NOTHING


_Said = tuple[str, str, str, str, str, str]
"""Label, what, elicitation, cost, result, tone."""


def asked_of(asked: Asked) -> str:
    """Who was asked, in a few words; with whom it was compared."""
    return spoken(asked.on) if asked.beside is None else f"{spoken(asked.on)} against {spoken(asked.beside)}"


def _asked(asked: Asked) -> tuple[str, str, str]:
    """Label, what was asked in its own words, and the class of it; what it states of its class is not believed."""
    probe = probe_of(asked)
    label = asked.probe if (whom := asked_of(asked)) == ORGANISM else f"{asked.probe} ({whom})"
    return (label, probe.title, probe.elicitation().value) if probe else (label, NOTHING, NOTHING)


def _result(entry: Entry, intent: Entry | None) -> _Said:
    answer = entry.as_(ResultRecord)
    asked = _asked(intent.as_(Intent)) if intent is not None else (answer.probe, NOTHING, NOTHING)
    said, tone = answer.summary or "", ""
    if answer.error is not None:
        held = f"; it holds {said[:1].lower()}{said[1:]}" if said else ""
        said, tone = f"failed: {answer.error.what.rstrip('.') if held else answer.error.what}{held}", "bad"
    elif answer.status == "cancelled":
        said, tone = f"stopped: {said}", "warn"
    return *asked, spoken_cost(answer.cost), said, tone


def _intent(entry: Entry, _: Entry | None) -> _Said:
    intent = entry.as_(Intent)
    return *_asked(intent), spoken_cost(intent.reserved), "no result yet", "warn"


def _refusal(entry: Entry, _: Entry | None) -> _Said:
    refusal = entry.as_(RefusalRecord)
    label, what, _class = _asked(refusal)
    # That the rules refuse is plain, and what they miss is told second; of an engine it is the other way round.
    reason = refusal.why if refusal.code.startswith("rules.") else refusal.what
    return label, what, NOTHING, NOTHING, f"refused: {reason}", "bad"


def _finding(entry: Entry, _: Entry | None) -> _Said:
    said = entry.as_(FindingRecord)
    rate = said.strength.reproduction
    counted = f"reproduced {rate.hits} of {rate.trials}" if rate else "nothing counted yet"
    return "finding", said.finding.title, NOTHING, NOTHING, counted, "accent"


def _hypothesis(entry: Entry, _: Entry | None) -> _Said:
    hypothesis = entry.as_(Hypothesis)
    locked = f"{hypothesis.expected} often than the control; only what comes later can confirm it"
    return "hypothesis", f"{hypothesis.id}: {hypothesis.claim}", NOTHING, NOTHING, locked, "accent"


def _other(kind: str, what: str) -> _Said:
    return kind, what, NOTHING, NOTHING, "", ""


def _imported(entry: Entry) -> str:
    said = entry.as_(Imported)
    return f"{said.what} {quoted(said.name)} taken in, {said.sha256[:16]}…{f': {said.note}' if said.note else ''}"


def _brought(entry: Entry) -> str:
    said = entry.as_(Brought)
    trained = f", trained on {said.data_size:,} bytes" if said.data is not None else ""
    return (
        f"model {quoted(said.name)} brought, {said.weights:,} weights, {said.model[:16]}…{trained}: {said.provenance}"
    )


def _withdrawn(entry: Entry) -> str:
    said = entry.as_(Withdrawn)
    return f"finding {said.finding} withdrawn{f': {said.reason}' if said.reason else ''}"


def _genesis(entry: Entry) -> str:
    genesis = entry.as_(Genesis)
    narrowed = " under narrower rules" if genesis.restriction is not None else ""
    return f"session started on {quoted(genesis.title)} by {quoted(genesis.auditor.name)}{narrowed}"


def _tag(entry: Entry) -> str:
    tag = entry.as_(Tag)
    return f"#{tag.record} tagged {quoted(tag.label)}"


def _in_one(words: Callable[[Entry], str]) -> Callable[[Entry, Entry | None], _Said]:
    return lambda entry, _: _other(entry.kind, words(entry))


_SAID: Final[dict[str, Callable[[Entry, Entry | None], _Said]]] = {
    Genesis.kind: _in_one(_genesis),
    Resumed.kind: _in_one(lambda entry: "session resumed"),
    Intent.kind: _intent,
    ResultRecord.kind: _result,
    RefusalRecord.kind: _refusal,
    Note.kind: _in_one(lambda entry: entry.as_(Note).text),
    Tag.kind: _in_one(_tag),
    Hypothesis.kind: _hypothesis,
    FindingRecord.kind: _finding,
    Withdrawn.kind: _in_one(_withdrawn),
    Imported.kind: _in_one(_imported),
    Brought.kind: _in_one(_brought),
    ReportRecord.kind: _in_one(lambda entry: "report signed"),
}


def _plain(data: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in data.items() if isinstance(value, str | int))
