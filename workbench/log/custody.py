"""What others have countersigned of a session's log: requests out, receipts in, "witnessed to N of M"."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from casefiles.counted import counted
from casefiles.custody.receipt import Receipt, witnessed
from casefiles.custody.witnessing import Request
from casefiles.files.disk import guarded, read_small, write_atomic
from casefiles.keys.identity import PublicIdentity, VerifyKey
from casefiles.log.checkpoint import Checkpoint
from casefiles.status import Refusal
from workbench.log.stored_log import StoredLog
from workbench.visible import quoted


class Custody:
    """The receipts of one session, kept beside its log; they count only if they fit it."""

    RECEIPTS = "receipts"
    WITNESSES = "witnesses"

    def __init__(self, folder: Path, log: StoredLog, judge: PublicIdentity) -> None:
        self._folder, self._log, self._judge = folder, log, judge

    @property
    def witnesses(self) -> tuple[PublicIdentity, ...]:
        """Whose receipts are known here: the judge's, and those of teammates whose key was named."""
        named = sorted((self._folder / self.WITNESSES).glob("*.pub"))
        return (self._judge, *(PublicIdentity.load(path) for path in named))

    @property
    def notes(self) -> tuple[bytes, ...]:
        """The receipts as signed notes. Raises Refusal if a file there is none."""
        return tuple(map(_note, sorted((self._folder / self.RECEIPTS).glob("*.note"))))

    @property
    def witnessed(self) -> int:
        """N of "witnessed to N of M"."""
        return self._witnessed_by(*self._keys())

    @property
    def by(self) -> tuple[str, ...]:
        """Who countersigned, in words."""
        return countersigned(self._log, self.notes, self.witnesses, self._judge.verify, "the auditor")

    def request(self, witness: PublicIdentity | None = None, since: int | None = None) -> str:
        """The code that asks a witness (the judge, if none is named) to countersign the log as it stands.

        `since`: how many records they saw last, if they say so; by default as the receipts say that came back. Raises
        Refusal if there are not as many.
        """
        checkpoint, signature = self._log.signed_checkpoint()
        if since is None:
            since = self._witnessed_by((witness or self._judge).verify)  # what this witness, and not another, saw last
        if not 0 <= since <= checkpoint.size:
            raise Refusal(
                "input.invalid", f"There is no request since record {since}.",
                f"The log has {counted(checkpoint.size, 'record')}.", "Give the number that the witness saw last.",
            )  # fmt: skip
        return Request.of(checkpoint, signature, self._log.leaves(), since).code()

    def take(self, code: str, witness: PublicIdentity | None = None) -> Receipt:
        """Keep a receipt that came back; `witness` names whoever gave it, if not the judge.

        Raises Refusal if it is mistyped, by somebody unknown, or for another log or another history of this one.
        """
        keys = [*self._keys(), *([witness.verify] if witness else [])]
        receipt = Receipt.from_code(code, self._checkpoint_at, keys)
        with guarded(f"{self._folder.name} could not be written."):
            (self._folder / self.RECEIPTS).mkdir(exist_ok=True)
            if witness is not None and receipt.signed_by(witness.verify):
                (self._folder / self.WITNESSES).mkdir(exist_ok=True)
                name = witness.fingerprint.replace(":", "")
                write_atomic(self._folder / self.WITNESSES / f"{name}.pub", witness.encoded())
        note = receipt.note()
        write_atomic(self._folder / self.RECEIPTS / f"{hashlib.sha256(note).hexdigest()}.note", note)
        return receipt

    def _witnessed_by(self, *keys: VerifyKey) -> int:
        receipts = [Receipt.parse(note) for note in self.notes]
        return witnessed(receipts, keys, self._root_at, self._log.checkpoint().origin)

    def _keys(self) -> Sequence[VerifyKey]:
        return [witness.verify for witness in self.witnesses]

    def _checkpoint_at(self, size: int) -> Checkpoint:
        root = self._root_at(size)
        if root is None:
            raise KeyError(size)
        return Checkpoint(self._log.checkpoint().origin, size, root)

    def _root_at(self, size: int) -> bytes | None:
        return self._log.root_at(size)


def countersigned(
    log: StoredLog,
    notes: Sequence[bytes],
    known: Sequence[PublicIdentity],
    judge: VerifyKey,
    named_by: str,
    until: int | None = None,
) -> tuple[str, ...]:
    """Those of some people who countersigned a log, in words, and how far where somebody else did so further.

    `judge`: of the log's case. `named_by`: whoever named the other keys. `until`: records of the log that are told of.
    """
    receipts, people = [Receipt.parse(note) for note in notes], dict[VerifyKey, PublicIdentity]()
    for one in known:
        people.setdefault(one.verify, one)
    origin, size = log.checkpoint().origin, log.size if until is None else until
    reach = {key: min(size, witnessed(receipts, [key], log.root_at, origin)) for key in people}
    furthest = max(reach.values(), default=0)
    return tuple(
        as_witness(one, judge, named_by) + ("" if reach[key] == furthest else f" to {reach[key]}")
        for key, one in people.items()
        if reach[key]
    )


def as_witness(one: PublicIdentity, judge: VerifyKey, named_by: str) -> str:
    """A witness in words. Anybody can give a key the name of somebody else, so the name comes last."""
    whose = "the case's judge" if one.verify == judge else f"a key that {named_by} named,"
    return f"{whose} {quoted(one.name)} ({one.fingerprint})"


def _note(path: Path) -> bytes:
    note = read_small(path, 1 << 16)
    try:
        Receipt.parse(note)
    except ValueError as error:
        raise Refusal(
            "receipt.malformed", f"{path.name} is no receipt.", f"{error}.",
            "Move it out of that folder, or restore it as it came.",
        ) from None  # fmt: skip
    return note
