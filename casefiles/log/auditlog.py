"""An audit log as it leaves the auditor's machine: the folder `NAME.auditlog/`.

    export.dsse.json            the auditor's signed, closed list of all other files with their SHA-256
    records-00000.ndjson.zst …  the records: each line the RFC 8785 text of one, its leaf SHA-256(0x00‖line)
    signatures-00000.bin …      the auditor's signature over the checkpoint at each record, 64 bytes each
    checkpoints.note            a signed note for the checkpoint at the end of each file of records
    ticket.dsse.json            the judge's session ticket, if there was one
    receipts/SHA256.note        witnesses' countersignatures
    blobs/SHA256.safetensors    arrays that records name
    report.dsse.json            the finding report, if it is written

The signature at each record leaves with it, so that any beginning of a log can be held against its auditor. Whoever
has the records and signatures can write the folder again byte for byte, given the auditor's key or the old list.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casefiles.files.disk import copy_into, guarded, hollow, listing, new_folder, open_plain, read_small
from casefiles.files.hashing import ByteListener
from casefiles.files.hashing import digest as digest_files
from casefiles.keys import envelope as dsse
from casefiles.keys.identity import SigningKey, VerifyKey
from casefiles.log import export, segment
from casefiles.log.checkpoint import Checkpoint, note
from casefiles.log.export import Export, ExportedFile
from casefiles.log.ledger import Ledger, leaf_hash
from casefiles.status import STATUS, Refusal

SMALL: Final = 64 * 1024 * 1024
"""The most bytes of a signed document or of all checkpoints."""
_HEAD: Final = 18
"""The most bytes of a frame's header (RFC 8878, 3.1.1.1) with its magic number."""
ENTRIES: Final = 4_000_000
"""The most files of an export."""


@dataclass(frozen=True)
class Record:
    """One record of a log: its canonical body, its leaf, the root after it, and the auditor's signature over that."""

    body: bytes
    leaf: bytes
    root: bytes
    sig: bytes


def write(
    out: Path,
    records: Iterable[Record],
    *,
    origin: str,
    seal: SigningKey | bytes,
    ticket: bytes | None = None,
    receipts: Sequence[bytes] = (),
    blobs: Iterable[tuple[str, Path]] = (),
    report: bytes | None = None,
    heard: Callable[[float, str], object] = lambda done, note: None,
) -> Export:
    """Write the folder `out`, whole or not at all.

    The records are asked for last, once everything else lies there, and the last of them when all others are written.
    `heard` is told the share of the arrays that is copied, and may raise to end it.

    `seal` is the auditor's key or, for somebody who writes an imported log again, the signed list it came with.
    `receipts` are notes (`Receipt.note()`), `blobs` pairs of SHA-256 and file. Raises Refusal if the records do not add
    up to their own roots, or if the list that was given is not that of these files.
    """
    if out.suffix != export.SUFFIX:
        raise Refusal(
            "input.invalid", f"{out.name} cannot be the name of an exported log.",
            f"Such a folder ends in {export.SUFFIX}.", f"Name it {out.stem}{export.SUFFIX}.",
        )  # fmt: skip
    key = seal.public if isinstance(seal, SigningKey) else _opened(seal, None).auditor
    with new_folder(out) as folder:
        writing = _Writing(folder)
        writing.copies(dict(blobs), heard)
        for name, data in ((export.TICKET, ticket), (export.REPORT, report)):
            if data is not None:
                writing.file(name, data)
        for data in set(receipts):
            writing.file(export.receipt_name(hashlib.sha256(data).hexdigest()), data)
        checkpoint = writing.records(records, origin, key)
        written = Export(checkpoint, key, tuple(sorted(writing.files, key=lambda file: file.path)))
        signed = written.sign(seal) if isinstance(seal, SigningKey) else seal
        if _opened(signed, None) != written:
            raise refused("log.export", "These are not the files that the auditor's list names.")
        writing.file(export.EXPORT, signed)
    return written


class _Writing:
    """A folder being filled: writes files durably and takes down their digests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: list[ExportedFile] = []

    def file(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.files.append(ExportedFile(name, len(data), hashlib.sha256(data).hexdigest()))

    def copies(self, blobs: Mapping[str, Path], heard: Callable[[float, str], object]) -> None:
        """Copy files of arrays, and hold each copy against its digest; they are durable when the folder is."""
        names = {export.blob_name(digest): path for digest, path in blobs.items()}
        copy_into(self._folder, names, lambda done, note: heard(done / 2, note))
        found = digest_files(
            [self._folder / name for name in names],
            progress=lambda done, whole: heard((1 + done / max(1, whole)) / 2, "reading the copied arrays"),
        )
        for (name, source), wanted, copy in zip(names.items(), blobs, found, strict=True):
            if copy.sha256 != wanted:
                raise refused("log.damaged", f"The file of arrays {source.name} is not what its records say.")
            self.files.append(ExportedFile(name, copy.size, wanted))

    def records(self, records: Iterable[Record], origin: str, key: VerifyKey) -> Checkpoint:
        """Write records, signatures and checkpoints; returns the last checkpoint."""
        ledger, signatures, notes = Ledger(), bytearray(), bytearray()

        def lines() -> Iterator[bytes]:
            text = 0
            for record in records:
                if record.leaf != leaf_hash(record.body) or record.root != ledger.append(record.leaf):
                    raise refused("log.damaged", f"Record {ledger.size} does not belong where it stands.")
                if len(record.sig) != 64 or b"\n" in record.body:
                    raise refused("log.damaged", f"Record {ledger.size - 1} or its signature is malformed.")
                if (text := text + len(record.body) + 1) > segment.WHOLE:
                    raise _too_large(text)
                signatures.extend(record.sig)
                yield record.body

        for number, segment_lines in enumerate(segment.divide(lines())):
            self.file(export.records_name(number), segment.compress(segment_lines))
            self.file(export.signatures_name(number), bytes(signatures))
            checkpoint = Checkpoint(origin, ledger.size, ledger.root)
            last = bytes(signatures[-64:])
            if not checkpoint.verify(last, key):
                raise refused("log.damaged", f"The signature at record {ledger.size - 1} is not the auditor's.")
            notes += note(checkpoint, origin, key, last)
            signatures.clear()
        if not ledger.size:
            raise refused("log.damaged", "The log holds no record.")
        self.file(export.CHECKPOINTS, bytes(notes))
        return Checkpoint(origin, ledger.size, ledger.root)


@dataclass(frozen=True)
class AuditLogFiles:
    """An exported log on disk. `open` and `check_files` have to come first; everything here is read strictly."""

    path: Path
    export: Export
    envelope: bytes = field(repr=False)
    """The signed list, as it must be kept to write the log again."""

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the list: what it holds beside the records too, report, receipts and arrays."""
        return hashlib.sha256(self.export.payload()).hexdigest()

    @classmethod
    def open(cls, path: Path, trusted: Sequence[VerifyKey] | None) -> AuditLogFiles:
        """Read the signed list and check its signature; Refusal if it does not hold."""
        if (path / export.EXPORT).is_symlink():
            raise refused("log.link", export.EXPORT)
        if not (path / export.EXPORT).is_file():
            raise refused("log.not-a-log", f"{path.name} holds no {export.EXPORT}.")
        data = read_small(path / export.EXPORT, SMALL)
        return cls(path, _opened(data, trusted), data)

    def check_files(self, progress: ByteListener | None = None) -> None:
        """That the folder holds exactly the files of the list, with their bytes; Refusal otherwise."""
        self._check_names()
        with guarded("The exported log could not be read."):
            self._check_sizes()
            paths = [self.path / file.path for file in self.export.files]
            found = digest_files(paths, progress=progress)
        for file, digest in zip(self.export.files, found, strict=True):
            if (file.size, file.sha256) != (digest.size, digest.sha256):
                raise refused("log.file-changed", file.path)

    def _check_sizes(self) -> None:
        """Before anything is read: a file of another size is another one, and one that is not there has no end."""
        for file in self.export.files:
            found = os.lstat(self.path / file.path)
            if found.st_size != file.size:
                raise refused("log.file-changed", file.path)
            if why := hollow(found):
                raise refused("log.file-sparse", f"{file.path} {why}.")

    def _check_names(self) -> None:
        with guarded("The exported log could not be read."):
            try:
                there = listing(self.path, limit=ENTRIES)
            except ValueError as error:
                raise refused("log.file-extra", str(error)) from None
        if there.links:
            raise refused("log.link", min(there.links))
        listed = self.export.paths | {export.EXPORT}
        folders = {path.rpartition("/")[0] for path in listed if "/" in path}
        if extra := (there.files - listed) | (there.folders - folders):
            raise refused("log.file-extra", min(extra))
        if missing := listed - there.files:
            raise refused("log.file-missing", min(missing))

    def read(self, name: str) -> bytes:
        """A listed file, whole, and checked against the list as it is read."""
        [listed] = [file for file in self.export.files if file.path == name]
        return _read(self.path, listed, SMALL)

    def optional(self, name: str) -> bytes | None:
        """A file that an export need not have."""
        return self.read(name) if name in self.export.paths else None

    def segments(self) -> list[SegmentFiles]:
        """The files of records, in order, with their places in the log."""
        listed = {file.path: file for file in self.export.files}
        found, start, text = [], 0, 0
        for number in range(self.export.segments):
            signatures = listed[export.signatures_name(number)]
            count, rest = divmod(signatures.size, 64)
            if rest or not 0 < count <= segment.RECORDS:
                raise refused("log.segments", signatures.path)
            is_last = number == self.export.segments - 1
            records = listed[export.records_name(number)]
            text += segment.stated(self._head(records.path))
            found.append(SegmentFiles(self.path, records, signatures, start, start + count, is_last))
            start += count
        if text > segment.WHOLE:
            raise _too_large(text)
        return found

    def _head(self, name: str) -> bytes:
        """As much of a file as tells of the rest."""
        with guarded(f"{name} could not be read."), open_plain(self.path / name) as file:
            return file.read(_HEAD)

    def records(self) -> Iterator[Record]:
        """The records with their leaves, roots and signatures, as somebody who builds an own log wants them.

        Their bytes are those of the list; that they are a log is for `casefiles.verify` to say, beforehand.
        """
        ledger = Ledger()
        for part in self.segments():
            lines, signatures = part.read()
            for index, line in enumerate(lines):
                leaf = leaf_hash(line)
                yield Record(line, leaf, ledger.append(leaf), signatures[64 * index : 64 * index + 64])
        if (ledger.size, ledger.root) != (self.export.checkpoint.size, self.export.checkpoint.root):
            raise refused("log.root", "The files changed while they were read.")

    def receipts(self) -> tuple[bytes, ...]:
        """The receipts as notes."""
        return tuple(self.read(name) for name in self.export.receipts)

    def blob(self, digest: str) -> Path:
        """Where the arrays of that digest lie."""
        return self.path / export.blob_name(digest)


@dataclass(frozen=True)
class SegmentFiles:
    """One file of records and that of its signatures, and their place in the log."""

    folder: Path
    records: ExportedFile
    signatures: ExportedFile
    start: int
    """The number of the first record; it follows from the sizes of the signatures' files, 64 bytes a record."""
    stop: int
    is_last: bool

    def read(self) -> tuple[list[bytes], bytes]:
        """The records' lines and the signatures at them; Refusal if the files are malformed."""
        try:
            lines = segment.decompress(_read(self.folder, self.records, 2 * segment.LIMIT))
        except ValueError as error:
            raise refused("log.compression", f"{self.records.path}: {error}.") from None
        signatures = _read(self.folder, self.signatures, 64 * segment.RECORDS)
        if len(lines) != self.stop - self.start or not segment.is_divided_rightly(lines, self.is_last):
            raise refused("log.segments", self.records.path)
        return lines, signatures


def read(path: Path, *, trusted: Sequence[VerifyKey] | None = None) -> AuditLogFiles:
    """An exported log whose list is signed and whose files are those of the list.

    Whoever imports it runs `casefiles.verify.verify` first, and compares its `digest` with that of the one that was
    verified: it may lie where others write.
    """
    files = AuditLogFiles.open(path, trusted)
    files.check_files()
    return files


def _read(folder: Path, listed: ExportedFile, limit: int) -> bytes:
    data = read_small(folder / listed.path, limit)
    if hashlib.sha256(data).hexdigest() != listed.sha256:
        raise refused("log.file-changed", listed.path)
    return data


def _opened(data: bytes, trusted: Sequence[VerifyKey] | None) -> Export:
    """The list of a signed document, which its auditor must be among the signers of."""
    opened = dsse.read(data, export.PAYLOAD_TYPE, trusted=trusted)
    try:
        found = Export.parse(opened.payload)
    except ValueError as error:
        raise refused("log.export", f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    if opened.signers != (found.auditor,):
        raise refused("log.export", "It is not signed by the auditor it names, and by nobody else.")
    return found


def _too_large(text: int) -> Refusal:
    return Refusal(
        "log.too-large", STATUS["log.too-large"], f"It may hold {segment.WHOLE} bytes, and holds {text}.",
        "Hand in a shorter session, with fewer or shorter answers.",
    )  # fmt: skip


def refused(code: str, why: str) -> Refusal:
    """What a reader of an exported log is told when it does not hold."""
    return Refusal(
        code, STATUS[code], why, "Ask the auditor to export the log again, and copy the folder byte for byte."
    )
