"""What a witness remembers: which tickets they issued, and how far they have seen each log.

The register is the judge's defence against a log that was begun twice or rewritten: a file of one JSON entry a line,
each signed over the ledger of all entries so far, written durably before a receipt leaves. It is append-only by its
signatures, but nothing inside a file can show that its last lines were cut off: keep a copy elsewhere.
"""

from __future__ import annotations

import base64
import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from casefiles.case.same_weights import WeightDigests, alike
from casefiles.case.sayings import UNASKED, ModelSayings, say_the_same
from casefiles.custody.receipt import Receipt
from casefiles.custody.ticket import Ticket
from casefiles.custody.witnessing import Request
from casefiles.files import canonical
from casefiles.files.disk import check_new, guarded, open_plain, sync_folder
from casefiles.files.holding import PATIENCE, locked
from casefiles.keys.identity import SigningKey, VerifyKey
from casefiles.log.checkpoint import Checkpoint, origin_of
from casefiles.log.ledger import Ledger, leaf_hash
from casefiles.status import STATUS, Refusal

ORIGIN_PREFIX: Final = "audit-workbench-register/"
LARGEST: Final = 1 << 28
"""The most bytes of a register: some hundred thousand sessions."""

_SAID: Final = "said"
"""The kind of entries that are of a case, and of no log."""


@dataclass(frozen=True)
class Known:
    """What the register knows of one log."""

    origin: str
    auditor: VerifyKey
    last: Checkpoint | None = None
    """The latest state that was witnessed or received."""
    ticket_id: str | None = None
    seen: tuple[Checkpoint, ...] = ()
    """Every state that is remembered, the latest last."""
    witnessed: Checkpoint | None = None
    """The latest state that was countersigned here."""
    judged: Checkpoint | None = None
    """The state in which the log was handed in first."""
    case: str | None = None
    """Digest of the case it is on; None: an earlier version did not note it."""
    model: str | None = None
    """Digest of that case's model, which may have been sealed more than once; None: nobody noted it."""
    weights: WeightDigests = ()
    """The same of its tensors alone, however its files were written; empty: nobody noted them."""
    report: str | None = None
    """Digest of the report that was handed in first; None: an earlier version did not note it."""
    ranked: tuple[str, ...] | None = None
    """The findings of that report, best first; None: an earlier version did not note them."""
    decided: tuple[str, ...] = ()
    """The findings on which the judge decided since, whatever of them, as far as it was noted."""
    heard: int = 0
    """The number of the entry that first spoke of it, and"""
    told: int | None = None
    """of the one before its verdict, which tells the truth of its case; None: it was not judged."""


@dataclass(frozen=True)
class HandIn:
    """A log that was handed in and verified here (`casefiles.verify`, with this register, said ok)."""

    begun: Checkpoint
    """The log after its first record: with that a second log under the same ticket is told from a shorter copy."""
    checkpoint: Checkpoint
    """As it was handed in."""
    auditor: VerifyKey
    root_at: Callable[[int], bytes | None]
    """Its root at another size; None past its end."""
    before: Checkpoint | None = None
    """The hand-in that was judged before, as far as was known when it was verified."""
    case: str | None = None
    """Digest of the case it is on."""
    model: str | None = None
    """Digest of its model, and"""
    weights: WeightDigests = ()
    """of its tensors."""
    report: str | None = None
    """Digest of the report that came with it."""
    ranked: tuple[str, ...] | None = None
    """Its findings, best first: who has read the truth ranks them otherwise."""


class Register:
    """A witness' memory in one file; several processes may use it, one at a time."""

    def __init__(self, path: Path, key: SigningKey | VerifyKey) -> None:
        """With a SigningKey the register can be written, with its VerifyKey only read. A missing file is empty."""
        self._path = path
        self._key = key if isinstance(key, SigningKey) else None
        self._public = key.public if isinstance(key, SigningKey) else key
        self._origin = ORIGIN_PREFIX + self._public.fingerprint.replace(":", "")

    # -- reading

    def known(self, origin: str) -> Known | None:
        """What is known of a log, or None. Raises Refusal if the register does not verify."""
        if not self._path.exists():
            return None
        with guarded(f"{self._path.name} could not be read."), open_plain(self._path) as file:
            return self._load(file).logs.get(origin)

    def every(self) -> tuple[Known, ...]:
        """What is known of every log, in the order in which they were first heard of."""
        if not self._path.exists():
            return ()
        with guarded(f"{self._path.name} could not be read."), open_plain(self._path) as file:
            return tuple(self._load(file).logs.values())

    def others(
        self, origin: str, auditor: VerifyKey, case: str, model: str | None = None, weights: WeightDigests = ()
    ) -> tuple[Known, ...]:
        """Other sessions of the same auditor on the same case, or on another one of the same `model` or `weights`."""
        return tuple(one for one in self._on(origin, case, model, weights) if one.auditor == auditor)

    def says(self, case: str) -> ModelSayings:
        """What the model of a case says next on public texts, as far as anybody noted it."""
        return self._said().get(case, UNASKED)

    def alike(
        self,
        origin: str,
        auditor: VerifyKey,
        case: str,
        model: str | None,
        weights: WeightDigests,
        says: ModelSayings,
    ) -> tuple[Known, ...]:
        """Sessions on none of these that are on a model which `says` the same next: those of the same auditor, and
        those of others that were judged before this log was heard of."""
        every, said = self.every(), self._said()
        heard = next((one.heard for one in every if one.origin == origin), math.inf)
        same = {one.origin for one in self._on(origin, case, model, weights)} | {origin}
        return tuple(
            one
            for one in every
            if one.origin not in same
            and (one.auditor == auditor or (one.told is not None and one.told < heard))
            and say_the_same(said.get(one.case or "", UNASKED), says)
        )

    def _said(self) -> Mapping[str, ModelSayings]:
        if not self._path.exists():
            return {}
        with guarded(f"{self._path.name} could not be read."), open_plain(self._path) as file:
            return self._load(file).said

    def told_before(
        self, origin: str, case: str, model: str | None = None, weights: WeightDigests = ()
    ) -> tuple[Known, ...]:
        """Sessions on a case, or on another one of the same `model` or `weights`, that were judged before its judge
        first heard of this log: whoever read their verdicts knew the truth when it was begun. Of a log that nobody
        heard of all of them."""
        heard = next((one.heard for one in self.every() if one.origin == origin), math.inf)
        judged = ((one, one.told) for one in self._on(origin, case, model, weights))
        return tuple(one for one, told in judged if told is not None and told < heard)

    def _on(self, origin: str, case: str, model: str | None, weights: WeightDigests) -> Iterator[Known]:
        """Every other session on a case: one that was sealed anew over the same model has its truth, and so has one
        over the same tensors."""
        for one in self.every():
            same = one.case == case or (model is not None and one.model == model) or alike(weights, one.weights)
            if one.origin != origin and same:
                yield one

    # -- writing: each returns when it is durable

    def ready(self) -> None:
        """Raises Refusal if it cannot be read, or takes no note. For whoever does something before it does that takes
        hours or cannot be taken back."""
        if not self._path.exists():
            check_new(self._path)
            return
        with self._writing():
            pass

    def heard(self, case: str, says: ModelSayings) -> None:
        """Take note of what the model of a case says next on public texts, unless that was noted before."""
        with self._writing() as book:
            if says and case not in book.said:
                book.add({"kind": _SAID, "case": case, "says": {text: list(values) for text, values in says.items()}})

    def issued(self, ticket: Ticket, model: str | None = None, weights: WeightDigests = ()) -> None:
        """Take note of a ticket, so that its auditor's key need not be named again. `model`: digest of its case's;
        `weights`: of its tensors."""
        with self._writing() as book:
            origin = origin_of(ticket.session_id)
            if origin not in book.logs:
                known = Known(origin, ticket.auditor, None, ticket.ticket_id, case=ticket.case_digest, model=model)
                book.append("issued", replace(known, weights=weights))

    def received(self, log: HandIn) -> None:
        """Take note of a log that was handed in, before anything of the truth is shown.

        Raises Refusal, and takes no note, if it does not continue what is known by now: two hand-ins may be looked into
        at the same time.
        """
        with self._writing() as book:
            origin = log.checkpoint.origin
            known = book.logs.get(origin) or Known(origin, log.auditor)
            _check_continues(log, known)
            if known.last is None or known.last.size < log.begun.size:
                known = book.append("begun", replace(known, last=log.begun))
            if known.judged is None or known.judged.size < log.checkpoint.size:
                first = known.judged is None
                case, model = log.case or known.case, log.model or known.model
                told = replace(known, last=log.checkpoint, case=case, model=model, weights=log.weights or known.weights)
                if first:
                    told = replace(told, report=log.report, ranked=log.ranked)
                book.append("received", told)

    def decided(self, origin: str, findings: Iterable[str]) -> bool:
        """Take note that the judge decided on findings of a log that was judged here: whoever hands it in again is
        judged by one who is told so. Of any other log nothing is noted, and False is returned."""
        told, known = set(findings), self.known(origin)
        if known is None or known.judged is None:
            return False
        if not told <= set(known.decided):
            with self._writing() as book:
                known = book.logs[origin]
                book.append("decided", replace(known, decided=tuple(sorted(told | set(known.decided)))))
        return True

    def witness(self, request: Request, *, now: int, auditor: VerifyKey | None = None) -> Receipt:
        """Check that the log continues what is known of it, remember it, and countersign.

        `auditor` is needed only for a log this register never heard of. Raises Refusal, and remembers nothing, if the
        request is not the auditor's, is older than what is known, or not consistent with it. Where it only knows less
        of what was seen than the register does, that is told with a receipt of it: an earlier one may have been lost.
        """
        with self._writing() as book:
            now_at = request.checkpoint
            known = book.logs.get(now_at.origin)
            if known is None:
                if auditor is None:
                    raise _refused("receipt.unknown-log", "Name the auditor's public key.")
                known = Known(now_at.origin, auditor)
            if (auditor or known.auditor) != known.auditor:
                raise _refused("ticket.other-auditor", "Check which auditor this session belongs to.")
            if not now_at.verify(request.signature, known.auditor):
                raise _refused("checkpoint.signature", "Ask the auditor for a new request.")
            _check_history(request, known.last, lambda last: Receipt.sign(last, book.key, now))
            if known.last is None or known.last.size < now_at.size:
                book.append("witnessed", replace(known, last=now_at))
            return Receipt.sign(now_at, book.key, now)

    # -- the file

    @contextmanager
    def _writing(self) -> Iterator[_Book]:
        if self._key is None:
            raise ValueError("a register opened with a public key cannot be written")
        with guarded(f"{self._path.name} could not be written."):
            new = not self._path.exists()
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            with os.fdopen(handle, "r+b") as file:
                _lock(file)
                if new:
                    sync_folder(self._path.parent)
                yield self._load(file)

    def _load(self, file: BinaryIO | FileIO) -> _Book:
        """Read and verify every entry. A last line without its end was never acknowledged, and is left out."""
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            raise Refusal(
                "register.damaged", f"{self._path.name} cannot be relied upon.",
                f"It is no plain file of at most {LARGEST} bytes.", "Check that this is the register.",
            )  # fmt: skip
        whole, _, _torn = file.read().rpartition(b"\n")
        book = _Book(self._origin, file, self._key)
        for line in whole.split(b"\n") if whole else ():
            try:
                book.take(line, self._public)
            except (ValueError, KeyError, TypeError) as error:
                raise Refusal(
                    "register.damaged",
                    f"{self._path.name} cannot be relied upon.",
                    f"Entry {book.ledger.size}: {error}.",
                    "Go back to the last copy of it, and compare its receipts with what auditors hold.",
                ) from None
        return book


class _Book:
    """The entries of an open register."""

    def __init__(self, origin: str, file: BinaryIO | FileIO, key: SigningKey | None) -> None:
        self._origin, self._file, self._key = origin, file, key
        self.ledger = Ledger()
        self.logs: dict[str, Known] = {}
        self.said: dict[str, ModelSayings] = {}
        """Digest of each case of which it is known → what its model says next."""
        self.weights: dict[str, WeightDigests] = {}
        """Digest of each model → what its tensors are known by, as it was noted last."""
        self._end = 0

    @property
    def key(self) -> SigningKey:
        assert self._key is not None
        return self._key

    def take(self, line: bytes, public: VerifyKey) -> None:
        """Verify one line and learn from it; ValueError if it does not hold."""
        value: Any = canonical.decode_canonical(line)
        entry, signature = value["entry"], base64.b64decode(value["sig"], validate=True)
        if base64.b64encode(signature).decode() != value["sig"] or set(value) != {"entry", "sig"}:
            raise ValueError("it is not in its one spelling")
        root = self.ledger.append(leaf_hash(canonical.encode(entry)))
        if not Checkpoint(self._origin, self.ledger.size, root).verify(signature, public):
            raise ValueError("its signature does not verify, or an entry before it is missing")
        self._hear(entry)
        self._end += len(line) + 1

    def append(self, kind: str, known: Known) -> Known:
        """Make one entry durable; returns what is known of the log with it."""
        noted = self._weights(known)  # of many tensors they are long: once of a model will do
        self.add(_entry(kind, known if noted != known.weights else replace(known, weights=())))
        return self.logs[known.origin]

    def add(self, entry: dict[str, canonical.Json]) -> None:
        """Make one entry durable, and learn from it."""
        root = self.ledger.append(leaf_hash(canonical.encode(entry)))
        signature = Checkpoint(self._origin, self.ledger.size, root).sign(self.key)
        line = canonical.encode({"entry": entry, "sig": base64.b64encode(signature).decode()}) + b"\n"
        self._file.seek(self._end)
        self._file.truncate()  # a torn line that was never acknowledged
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._end += len(line)
        self._hear(entry)

    def _hear(self, entry: Any) -> None:
        """Learn from one entry, which is the last."""
        if entry["kind"] == _SAID:
            self.said[entry["case"]] = {text: tuple(map(int, values)) for text, values in entry["says"].items()}
        else:
            self._learn(entry["kind"], _known(entry))

    def _weights(self, entry: Known) -> WeightDigests:
        """What the tensors of a log's model are known by without what an entry says of them."""
        own = self.logs[entry.origin].weights if entry.origin in self.logs else ()
        return own or self.weights.get(entry.model or "", ())

    def _learn(self, kind: str, entry: Known) -> None:
        """Know of a log what an entry tells."""
        number = self.ledger.size - 1
        weights = entry.weights or self._weights(entry)
        if entry.model is not None and weights:
            self.weights[entry.model] = weights
        before = self.logs.get(entry.origin, replace(entry, heard=number))
        state = entry.last
        self.logs[entry.origin] = replace(
            entry,
            weights=weights,
            seen=(*before.seen, *([state] if state and state not in before.seen else [])),
            witnessed=state if kind == "witnessed" else before.witnessed,
            decided=tuple(sorted({*before.decided, *entry.decided})),  # an earlier version repeats none of it
            judged=(before.judged or state) if kind == "received" else before.judged,
            heard=before.heard,
            told=number if kind == "received" and before.told is None else before.told,
        )


def _check_continues(log: HandIn, known: Known) -> None:
    """That a log goes on from every state that is known by now, and that nothing was judged meanwhile. Whoever knows a
    session's number may begin another under it: that is its auditor's alone."""
    if log.auditor != known.auditor:
        raise _not_judged("receipt.other-auditor", "Ask whoever handed it in whose session it is.")
    for state in known.seen:
        if state.size > log.checkpoint.size:
            raise _not_judged("receipt.cut", "Judge the longer log.")
        if log.root_at(state.size) != state.root:
            raise _not_judged("ticket.reused", "Ask the auditor which of the logs under this ticket counts.")
    if known.judged != log.before:
        raise _not_judged("register.changed", "Judge it again: the verdict will say what was judged before.")


def _check_history(request: Request, last: Checkpoint | None, again: Callable[[Checkpoint], Receipt]) -> None:
    """That the request continues what is known; Refusal otherwise. `again`: countersigns what is known once more. That
    says nothing of the request, and of what is known what it said before, at a later time: it fits no other history."""
    size = request.checkpoint.size
    if last is None:
        # Nothing was seen before, so there is nothing to be consistent with, and no proof to carry.
        if request.since != 0 or request.proof or size == 0:
            raise _refused("receipt.inconsistent", f"Nothing was witnessed here yet. {_ask_since(0)}")
        return
    if size < last.size:
        raise _refused("receipt.older", f"{last.size} records were seen here. Ask the auditor what became of them.")
    if size == last.size and request.checkpoint == last:
        return
    if request.since != last.size:
        told = f"{last.size} records were seen here last. {_ask_since(last.size)}"
        if request.since < last.size:
            code = " ".join(again(last).code().split())
            told += (
                f" Or, if their receipt never came back, have it taken first: `workbench custody receive DIR {code}`."
            )
        raise _refused("receipt.inconsistent", told)
    if not request.continues(last):
        raise _refused("receipt.inconsistent", "Do not witness this log: records that were seen here were changed.")


def _ask_since(size: int) -> str:
    return f"Ask for a request since record {size}: `workbench custody request DIR --since {size}`."


def _entry(kind: str, known: Known) -> dict[str, canonical.Json]:
    return {
        "kind": kind,
        "origin": known.origin,
        "auditor": known.auditor.text,
        "ticket_id": known.ticket_id,
        "size": known.last.size if known.last else None,
        "root": known.last.root.hex() if known.last else None,
        **({"case": known.case} if known.case is not None else {}),
        **({"model": known.model} if known.model is not None else {}),
        **({"contents": [sorted(tensors) for tensors in known.weights]} if known.weights else {}),
        **({"report": known.report} if known.report is not None else {}),
        **({"ranked": list(known.ranked)} if known.ranked is not None else {}),
        **({"decided": list(known.decided)} if known.decided else {}),
    }


def _known(entry: Any) -> Known:
    size, root = entry["size"], entry["root"]
    last = None if size is None else Checkpoint(entry["origin"], size, bytes.fromhex(root))
    return Known(
        entry["origin"],
        VerifyKey.parse(entry["auditor"]),
        last,
        entry["ticket_id"],
        case=entry.get("case"),
        model=entry.get("model"),
        weights=tuple(map(frozenset, entry.get("contents", ()))),
        report=entry.get("report"),
        ranked=tuple(entry["ranked"]) if "ranked" in entry else None,
        decided=tuple(entry.get("decided", ())),
    )


def _lock(file: BinaryIO) -> None:
    """Keep other processes out until the file is closed. Whoever writes is done in a moment, and what waits for it may
    have taken hours."""
    if not locked(file.fileno(), PATIENCE):
        raise Refusal(
            "register.locked", "The register is in use.", STATUS["register.locked"],
            f"It did so for {PATIENCE:g} seconds: see what it is, then try again.",
        )  # fmt: skip


def _refused(code: str, try_this: str) -> Refusal:
    return Refusal(code, "The log was not countersigned.", STATUS[code], try_this)


def _not_judged(code: str, try_this: str) -> Refusal:
    return Refusal(code, "The log was not judged.", STATUS[code], try_this)
