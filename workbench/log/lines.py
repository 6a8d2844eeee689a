"""The lines of a log as the panes show them, and the search for them. Runs on the log's worker; knows no Qt."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.claims.finding import Finding
from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.log.answering import answered
from workbench.log.entry import Entry
from workbench.log.filter import Filter
from workbench.log.rebuilding import probe_of, result_of
from workbench.log.records import Asked, FindingRecord, Hypothesis, Intent, RefusalRecord, ResultRecord, Tag, Withdrawn
from workbench.log.stored_log import StoredLog, entry_of
from workbench.log.wording import LogLine, line_of

CHUNK: Final = 20_000
"""Records looked through in one step, so that a long search gives way to whatever else is asked."""
MARKS: Final = (Tag.kind, FindingRecord.kind, Withdrawn.kind)
"""The kinds of record that mark others."""
CLAIMING: Final = frozenset({FindingRecord.kind, Withdrawn.kind, ResultRecord.kind, Hypothesis.kind})
"""The kinds by which what is claimed, or how strong it is, may change."""


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

    @property
    def asked(self) -> Asked | None:
        """What was put to the door, if it is a probe's record."""
        entry = self.intent or self.entry
        try:
            if entry.kind == RefusalRecord.kind:
                return entry.as_(RefusalRecord)
            return entry.as_(Intent) if entry.kind == Intent.kind else None
        except ValueError:  # written by another version
            return None


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
        self._unanswered = set(self.log.orphans(self.size))
        for entry in self._some("kind IN (?, ?, ?) AND seq < ?", [*MARKS, self.size]):
            self._mark(entry)
        latest = self._some("kind = ? AND seq < ? ORDER BY seq DESC LIMIT 20", [ResultRecord.kind, self.size])
        speed, environment = self._measured(reversed(latest))
        return News(self.size, (), (), True, True, speed, environment)

    def catch_up(self) -> News:
        """What was appended since. Cheap when nothing was."""
        size = self.log.size
        new = list(self.log.page(self.size, size))
        gone, lines = [], []
        for entry in new:
            if entry.kind == Intent.kind:
                self._unanswered.add(entry.seq)
            elif (intent := answered(entry)) is not None and intent in self._unanswered:
                self._unanswered.discard(intent)
                gone.append(intent)
            self._mark(entry)
            lines.append(entry.seq)
        self.size = size
        speed, environment = self._measured([entry for entry in new if entry.kind == ResultRecord.kind][-1:])
        kinds = {entry.kind for entry in new}
        return News(
            size, tuple(seq for seq in reversed(lines) if seq not in gone), tuple(gone),
            Tag.kind in kinds, bool(kinds & CLAIMING), speed,
            environment,
        )  # fmt: skip

    def _measured(self, results: Iterable[Entry]) -> tuple[float | None, dict[str, Any] | None]:
        """Generated tokens per second, and the environment, of the last result given."""
        speed, environment = None, None
        for entry in results:
            try:
                answer, asked = entry.as_(ResultRecord), self.log.entry(entry.as_(ResultRecord).intent)
            except (ValueError, KeyError):  # written by another version
                continue
            environment = answer.environment
            if answer.status == "ok" and answer.cost.generated_tokens and entry.ts_us > asked.ts_us:
                speed = answer.cost.generated_tokens / ((entry.ts_us - asked.ts_us) / 1e6)
        return speed, environment

    def _mark(self, entry: Entry) -> None:
        try:
            if entry.kind == Tag.kind:
                tag = entry.as_(Tag)
                self._tags.setdefault(tag.record, []).append(tag.label)
            elif entry.kind == FindingRecord.kind:
                finding = entry.as_(FindingRecord).finding
                self._findings[finding.id] = finding
            elif entry.kind == Withdrawn.kind:
                self._findings.pop(entry.as_(Withdrawn).finding, None)
        except ValueError:  # written by another version: it shows as a plain record
            return

    # -- lines

    def find(self, wanted: Filter, start: int, stop: int) -> array[int]:
        """The numbers of the lines among some records, newest first."""
        sql, parameters = wanted.query(start, stop, sorted(self._unanswered))
        return array("q", (int(row[0]) for row in self.log.query(sql, parameters)))

    def passing(self, wanted: Filter, numbers: Sequence[int]) -> frozenset[int]:
        """Which of some lines a filter lets pass."""
        if not numbers:
            return frozenset()
        among = Filter(f"{wanted.condition} AND list_contains(?, seq)", (*wanted.parameters, list(numbers)))
        return frozenset(self.find(among, min(numbers), max(numbers) + 1))

    def lines(self, numbers: Sequence[int]) -> list[LogLine]:
        """Those lines, in words."""
        entries = self._numbered(numbers)
        asked = {number: intent for number, entry in entries.items() if (intent := answered(entry)) is not None}
        intents = self._numbered(sorted(asked.values()))
        return [
            line_of(entries[number], intents.get(asked.get(number, number)), self._marks(number))
            for number in numbers
            if number in entries
        ]

    def effort(self, buckets: int) -> list[tuple[int, int, int, int, int]]:
        """The log in equal stretches: first and last record, first and last time, tokens spent."""
        if self.size == 0:
            return []
        width = max(1, -(-self.size // buckets))
        rows = self.log.query(
            "SELECT seq // ?, min(seq), max(seq), min(ts_us), max(ts_us), sum(tokens) FROM spending WHERE seq < ? "
            "GROUP BY 1 ORDER BY 1",
            [width, self.size],
        )
        return [(int(r[1]), int(r[2]), int(r[3]), int(r[4]), int(r[5])) for r in rows]

    def _marks(self, number: int) -> tuple[str, ...]:
        return tuple(self._tags.get(number, ())) + tuple(
            f"finding {rank}"
            for rank, finding in enumerate(self._findings.values(), 1)
            if any(citation.seq == number for citation in finding.citations)
        )

    def show(self, seq: int, blobs: Any) -> Shown:
        """A record with everything that belongs to it. Raises KeyError if there is none."""
        entry = self.log.entry(seq)
        row = self.log.query("SELECT leaf, sig FROM record WHERE seq = ?", [seq])[0]
        number = answered(entry)
        intent = self.log.entry(number) if number is not None else None
        probe, result = self._rebuilt(entry, intent, blobs)
        return Shown(entry, intent, probe, result, bytes(row[0]).hex(), bytes(row[1]).hex())

    def _rebuilt(self, entry: Entry, intent: Entry | None, blobs: Any) -> tuple[Probe | None, Result | None]:
        """The probe and the result that a record is of, as far as this workbench knows them."""
        try:
            if entry.kind == RefusalRecord.kind:
                return probe_of(entry.as_(RefusalRecord)), None
            if entry.kind == Intent.kind:
                return probe_of(entry.as_(Intent)), None
            if intent is None:
                return None, None
            asked, answer = intent.as_(Intent), entry.as_(ResultRecord)
        except ValueError:  # written by another version: it shows as a plain record
            return None, None
        probe, result = probe_of(asked), result_of(asked, answer)
        try:
            return probe, result.with_arrays(blobs.get(answer.blobs)) if result is not None else None
        except KeyError:  # the side-car is gone
            return probe, None

    def _numbered(self, numbers: Sequence[int]) -> dict[int, Entry]:
        if not numbers:
            return {}
        found = self._some("seq BETWEEN ? AND ? AND list_contains(?, seq)", [min(numbers), max(numbers), list(numbers)])
        return {entry.seq: entry for entry in found}

    def _some(self, where: str, parameters: list[Any]) -> list[Entry]:
        order = "" if "ORDER BY" in where else " ORDER BY seq"
        rows = self.log.query(f"SELECT seq, ts_us, kind, body FROM record WHERE {where}{order}", parameters)
        return [entry_of(row) for row in rows]
