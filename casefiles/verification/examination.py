"""Examining one file of records by itself, so that several processes can each take some.

Everything that needs only the file and its place in the log is decided here; what needs the records before it is left
to the caller, as facts in the order of the records. The place is known beforehand, from the signatures' file sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from typing import Any, Final, NamedTuple

from casefiles.log import record
from casefiles.log.auditlog import SegmentFiles
from casefiles.log.ledger import subtrees
from casefiles.status import Refusal

FILES_EACH: Final = 4
"""A process takes as long to start as to read a few files."""


@dataclass(frozen=True)
class Assignment:
    """One file of records, and what the caller wants to know of it."""

    files: SegmentFiles
    session: str
    cited: frozenset[int]
    """Records whose leaf is wanted."""
    cuts: tuple[int, ...]
    """Sizes of the log, within this file, at which the caller wants the root."""
    all_leaves: bool = False


class IntentSeen(NamedTuple):
    """An intent."""

    seq: int


class ResultSeen(NamedTuple):
    """A result: the intent it answers and its arrays, as it says and not yet checked."""

    seq: int
    intent: Any
    arrays: Any


@dataclass
class Facts:
    """What is in a file of records, up to its first flaw."""

    grafts: list[tuple[int, list[tuple[int, bytes]]]] = field(default_factory=list)
    """For each cut and the end of the file: its size, and the subtrees that lead there."""
    leaves: list[bytes] = field(default_factory=list)
    cited: dict[int, bytes] = field(default_factory=dict)
    genesis: dict[str, Any] | None = None
    probes: list[IntentSeen | ResultSeen] = field(default_factory=list)
    """The intents and results, in order."""
    reports: list[str] = field(default_factory=list)
    """Digests of the reports that it says were handed in, in order."""
    first_us: int = 0
    last_us: int = 0
    backwards: int = 0
    first_back: int = 0
    signatures: bytes = b""
    problem: tuple[str, str] | None = None
    """Code and words of the first flaw."""


def examine(task: Assignment) -> Facts:
    """Read one file of records. A flaw is among the facts, so that those before it are not lost."""
    facts = Facts()
    try:
        lines, facts.signatures = task.files.read()
        _read(task, lines, facts)
    except Refusal as refusal:
        facts.problem = refusal.code, refusal.why
    return facts


def examine_all(tasks: Iterable[Assignment], processes: int) -> Iterator[Facts]:
    """The facts of each file in order, found by up to that many processes; by this one if the log is short."""
    todo = list(tasks)
    processes = min(processes, len(todo) // FILES_EACH)
    if processes < 2:
        yield from map(examine, todo)
        return
    # Not forked: a desktop holds threads and an engine, which do not survive it.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(examine, todo)
        except BrokenProcessPool:
            raise Refusal(
                "io.failed", "The log could not be verified.", "A process that read a part of it died.",
                "Try again with a single process; if it dies too, the log may be made to do that.",
            ) from None  # fmt: skip
        finally:
            pool.shutdown(cancel_futures=True)


def _read(task: Assignment, lines: list[bytes], facts: Facts) -> None:
    values, session = record.values, task.session
    leaves: list[bytes] = []
    seq, last_us = task.files.start, -1
    for line in lines:
        try:
            data, kind, found_seq, found_session, ts_us = values(line)
        except record.SpellingError as error:
            facts.problem = "log.canonical", f"Record {seq}: {error}."
            return
        except ValueError as error:
            facts.problem = "log.record", f"Record {seq}: {error}."
            return
        if found_session != session:
            facts.problem = "log.session", f"Record {seq} is of session {found_session}."
            return
        if found_seq != seq:
            facts.problem = "log.sequence", f"Record {seq} says it is number {found_seq}."
            return
        if (kind == record.GENESIS) != (seq == 0):
            facts.problem = "log.genesis", f"Record {seq} is of kind {kind}."
            return
        if kind == "intent":
            facts.probes.append(IntentSeen(seq))
        elif kind == "result":
            facts.probes.append(ResultSeen(seq, data.get("intent"), data.get("blobs")))
        elif kind == "report":
            facts.reports.append(str(data.get("report")))
        elif kind == record.GENESIS:
            facts.genesis = data
        if ts_us < last_us:
            facts.first_back = facts.first_back if facts.backwards else seq
            facts.backwards += 1
        elif last_us < 0:
            facts.first_us = ts_us
        last_us = ts_us
        leaves.append(sha256(b"\x00" + line).digest())
        seq += 1
    facts.last_us = last_us
    _divide(task, leaves, facts)


def _divide(task: Assignment, leaves: list[bytes], facts: Facts) -> None:
    """Fold the leaves into subtrees, apart from those that are wanted as they are."""
    start = position = task.files.start
    for cut in (*task.cuts, task.files.stop):
        facts.grafts.append((cut, subtrees(leaves[position - start : cut - start], position)))
        position = cut
    for seq in task.cited:
        facts.cited[seq] = leaves[seq - start]
    if task.all_leaves:
        facts.leaves = leaves
