"""The lines of a log as the panes show them, and the search for them. Runs on the log's worker; knows no Qt."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.contract.rules import Cost
from workbench.evidence.finding import Finding
from workbench.log.entry import Entry
from workbench.log.filter import Filter
from workbench.log.stored_log import StoredLog, entry_of
from workbench.probes import BY_KIND

CHUNK: Final = 20_000
"""Records looked through in one step, so that a long search gives way to whatever else is asked."""


@dataclass(frozen=True)
class Line:
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


@dataclass(frozen=True)
class News:
    """What has come since the last look: new lines (newest first), and whether marks or findings changed."""

    size: int
    lines: tuple[int, ...]
    answered: tuple[int, ...]
    """Intents whose lines give way to their results."""
    marked: bool
    claimed: bool
    tokens_per_second: float | None
    environment: dict[str, Any] | None


@dataclass(frozen=True)
class Shown:
    """A record as a room of the workspace shows it."""

    entry: Entry
    intent: Entry | None
    probe: Probe | None
    """None: not a probe's record, or of a version that this workbench does not know."""
    result: Result | None
    leaf: str
    signature: str


class Reader:
    """Everything a window asks of its log. One worker thread calls it."""

    def __init__(self, log: StoredLog) -> None:
        self.log = log
        self.size = 0
        self._unanswered: set[int] = set()
        self._tags: dict[int, list[str]] = {}
        self._findings: dict[str, Finding] = {}

    # -- keeping up

    def start(self) -> News:
        """Where a window begins: marks, findings and unanswered intents, without reading every record."""
        self.size = self.log.size
        self._unanswered = self._orphans()
        for entry in self._some("kind IN ('tag', 'finding', 'withdrawn') AND seq < ?", [self.size]):
            self._mark(entry)
        latest = self._some("kind = 'result' AND seq < ? ORDER BY seq DESC LIMIT 20", [self.size])
        speed, environment = _measured(reversed(latest))
        return News(self.size, (), (), True, True, speed, environment)

    def _orphans(self) -> set[int]:
        """Intents without a result. Counting is cheap; only if the counts differ are all results read."""
        counts = dict(
            self.log.query(
                "SELECT kind, count(*) FROM record WHERE seq < ? AND kind IN ('intent', 'result') GROUP BY kind",
                [self.size],
            )
        )
        if counts.get("intent", 0) == counts.get("result", 0):
            return set()
        rows = self.log.query(
            "SELECT seq FROM record WHERE kind = 'intent' AND seq < ? AND seq NOT IN ("
            "SELECT CAST(json_extract(decode(body), '$.data.intent') AS BIGINT) FROM record WHERE kind = 'result')",
            [self.size],
        )
        return {int(row[0]) for row in rows}

    def catch_up(self) -> News:
        """What was appended since. Cheap when nothing was."""
        size = self.log.size
        new = list(self.log.page(self.size, size))
        answered, lines = [], []
        for entry in new:
            if entry.kind == "intent":
                self._unanswered.add(entry.seq)
            if entry.kind == "result" and int(entry.data["intent"]) in self._unanswered:
                self._unanswered.discard(int(entry.data["intent"]))
                answered.append(int(entry.data["intent"]))
            self._mark(entry)
            lines.append(entry.seq)
        self.size = size
        speed, environment = _measured([entry for entry in new if entry.kind == "result"][-1:])
        kinds = {entry.kind for entry in new}
        return News(
            size, tuple(seq for seq in reversed(lines) if seq not in answered), tuple(answered),
            "tag" in kinds, bool(kinds & {"finding", "withdrawn", "result"}), speed, environment,
        )  # fmt: skip

    def _mark(self, entry: Entry) -> None:
        try:
            if entry.kind == "tag":
                labels = self._tags.setdefault(int(entry.data["record"]), [])
                labels.append(str(entry.data["label"]))
            elif entry.kind == "finding":
                finding = Finding.model_validate(entry.data["finding"])
                self._findings[finding.id] = finding
            elif entry.kind == "withdrawn":
                self._findings.pop(str(entry.data["finding"]), None)
        except (KeyError, ValidationError, ValueError):  # written by another version: it shows as a plain record
            return

    # -- lines

    def find(self, wanted: Filter, start: int, stop: int) -> array[int]:
        """The numbers of the lines among some records, newest first."""
        sql, parameters = wanted.query(start, stop, sorted(self._unanswered))
        return array("q", (int(row[0]) for row in self.log.query(sql, parameters)))

    def lines(self, numbers: Sequence[int]) -> list[Line]:
        """Those lines, in words."""
        entries = self._numbered(numbers)
        asked = {entry.data["intent"] for entry in entries.values() if entry.kind == "result"}
        intents = self._numbered(sorted(asked))
        return [
            self._line(entry, intents.get(entry.data.get("intent", -1)))
            for number in numbers
            if (entry := entries.get(number)) is not None
        ]

    def effort(self, buckets: int) -> list[tuple[int, int, int, int, int]]:
        """The log in equal stretches: first and last record, first and last time, tokens spent."""
        if self.size == 0:
            return []
        width = max(1, -(-self.size // buckets))
        rows = self.log.query(
            "SELECT seq // ?, min(seq), max(seq), min(ts_us), max(ts_us), "
            "sum(coalesce(CAST(json_extract(decode(body), '$.data.cost.generated_tokens') AS BIGINT), 0) + "
            "coalesce(CAST(json_extract(decode(body), '$.data.cost.forward_tokens') AS BIGINT), 0)) "
            "FROM record WHERE seq < ? GROUP BY 1 ORDER BY 1",
            [width, self.size],
        )
        return [(int(r[1]), int(r[2]), int(r[3]), int(r[4]), int(r[5])) for r in rows]

    def _line(self, entry: Entry, intent: Entry | None) -> Line:
        tags = tuple(self._tags.get(entry.seq, ())) + tuple(
            f"finding {rank}"
            for rank, finding in enumerate(self._findings.values(), 1)
            if any(citation.seq == entry.seq for citation in finding.citations)
        )
        try:
            return _WORDS.get(entry.kind, _plain)(entry, intent, tags)
        except (KeyError, ValueError, TypeError):
            return _plain(entry, intent, tags)

    def show(self, seq: int, blobs: Any) -> Shown:
        """A record with everything that belongs to it. Raises KeyError if there is none."""
        entry = self.log.entry(seq)
        row = self.log.query("SELECT leaf, sig FROM record WHERE seq = ?", [seq])[0]
        intent = self.log.entry(int(entry.data["intent"])) if entry.kind == "result" else None
        asked = intent or (entry if entry.kind in ("intent", "refusal") else None)
        probe = _probe(asked.data) if asked is not None else None
        result = _result(asked.data, entry.data) if asked is not None and entry.kind == "result" else None
        if result is not None:
            try:
                result = result.with_arrays(blobs.get(entry.data.get("blobs", {})))
            except KeyError:  # the side-car is gone: the JSON fields still stand
                result = result if not entry.data.get("blobs") else None
        return Shown(entry, intent, probe, result, bytes(row[0]).hex(), bytes(row[1]).hex())

    def _numbered(self, numbers: Sequence[int]) -> dict[int, Entry]:
        if not numbers:
            return {}
        found = self._some("seq BETWEEN ? AND ? AND list_contains(?, seq)", [min(numbers), max(numbers), list(numbers)])
        return {entry.seq: entry for entry in found}

    def _some(self, where: str, parameters: list[Any]) -> list[Entry]:
        order = "" if "ORDER BY" in where else " ORDER BY seq"
        rows = self.log.query(f"SELECT seq, ts_us, kind, body FROM record WHERE {where}{order}", parameters)
        return [entry_of(row) for row in rows]


def _probe(asked: dict[str, Any]) -> Probe | None:
    """The probe that was asked, if this workbench knows its kind in that version."""
    known = BY_KIND.get(asked.get("probe", ""))
    if known is None or known.version != asked.get("version"):
        return None
    try:
        return known.model_validate(asked["arguments"])
    except ValidationError:
        return None


def _result(asked: dict[str, Any], data: dict[str, Any]) -> Result | None:
    known = BY_KIND.get(asked.get("probe", ""))
    if known is None or known.version != asked.get("version") or data.get("result") is None:
        return None
    try:
        return known.result.model_validate(data["result"])
    except ValidationError:
        return None


def spoken_cost(cost: Cost) -> str:
    """What was spent, as a log line has room for."""
    if cost.generated_tokens:
        return f"{cost.generated_tokens + cost.forward_tokens:,} tok"
    return f"{cost.forward_tokens:,} tok" if cost.forward_tokens else "—"


def _measured(results: Iterable[Entry]) -> tuple[float | None, dict[str, Any] | None]:
    """Generated tokens per second, and the environment, of the last result given."""
    speed, environment = None, None
    for entry in results:
        environment = entry.data.get("environment")
        tokens, elapsed = entry.data["cost"]["generated_tokens"], entry.data["elapsed_us"]
        if entry.data["status"] == "ok" and tokens and elapsed:
            speed = tokens / (elapsed / 1e6)
    return speed, environment


def _of_result(entry: Entry, intent: Entry | None, tags: tuple[str, ...]) -> Line:
    assert intent is not None
    probe, status, tone = _probe(intent.data), entry.data["status"], ""
    said = str(entry.data.get("summary") or "")
    if status == "failed":
        said, tone = f"failed: {entry.data['error']['what']}", "bad"
    elif status == "cancelled":
        said, tone = f"stopped: {said}", "warn"
    return Line(
        entry.seq, entry.ts_us, str(intent.data["probe"]), probe.title if probe else "—",
        str(intent.data["elicitation"]), spoken_cost(Cost.model_validate(entry.data["cost"])), said, tone, tags,
    )  # fmt: skip


def _of_intent(entry: Entry, _: Entry | None, tags: tuple[str, ...]) -> Line:
    probe = _probe(entry.data)
    return Line(
        entry.seq, entry.ts_us, str(entry.data["probe"]), probe.title if probe else "—",
        str(entry.data["elicitation"]), spoken_cost(Cost.model_validate(entry.data["reserved"])),
        "no result yet", "warn", tags,
    )  # fmt: skip


def _of_refusal(entry: Entry, _: Entry | None, tags: tuple[str, ...]) -> Line:
    probe = _probe(entry.data)
    # That the rules refuse is plain, and what they miss is told second; of an engine it is the other way round.
    reason = entry.data["why" if str(entry.data["code"]).startswith("rules.") else "what"]
    return Line(
        entry.seq, entry.ts_us, str(entry.data["probe"]), probe.title if probe else "—", "—", "—",
        f"refused: {reason}", "bad", tags,
    )  # fmt: skip


def _of_finding(entry: Entry, _: Entry | None, tags: tuple[str, ...]) -> Line:
    finding, rate = entry.data["finding"], (entry.data.get("strength") or {}).get("reproduction")
    said = f"reproduced {rate['hits']} of {rate['trials']}" if rate else "nothing counted yet"
    return Line(entry.seq, entry.ts_us, "finding", str(finding["title"]), "—", "—", said, "accent", tags)


def _plain(entry: Entry, _: Entry | None, tags: tuple[str, ...]) -> Line:
    data = entry.data
    words: dict[str, Callable[[], str]] = {
        "genesis": lambda: f"session started on {data['title']}",
        "resumed": lambda: "session resumed",
        "note": lambda: str(data["text"]),
        "tag": lambda: f"#{data['record']} tagged “{data['label']}”",
        "withdrawn": lambda: f"finding {data['finding']} withdrawn",
        "report": lambda: "report signed",
    }
    try:
        what = words.get(entry.kind, lambda: "")()
    except KeyError:
        what = ""
    return Line(entry.seq, entry.ts_us, entry.kind, what, "—", "—", "", "", tags)


_WORDS: Final = {
    "result": _of_result, "intent": _of_intent, "refusal": _of_refusal, "finding": _of_finding,
}  # fmt: skip
