"""What an exported log says about itself: the signed, closed list of its files, so that no bit of it is free."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from casefiles.files import canonical, sealed
from casefiles.files.members import members
from casefiles.keys import envelope
from casefiles.keys.identity import SigningKey, VerifyKey
from casefiles.log.checkpoint import Checkpoint, session_of

PAYLOAD_TYPE: Final = "application/vnd.audit-workbench.export+json"
FORMAT: Final = "audit-workbench/auditlog/1"
SUFFIX: Final = ".auditlog"

EXPORT: Final = sealed.LOG
CHECKPOINTS: Final = "checkpoints.note"
TICKET: Final = "ticket.dsse.json"
REPORT: Final = "report.dsse.json"
RECEIPTS: Final = "receipts"
BLOBS: Final = "blobs"
_RECEIPT: Final = re.compile(r"receipts/[0-9a-f]{64}\.note")
_BLOB: Final = re.compile(r"blobs/[0-9a-f]{64}\.safetensors")
_FIELDS: Final = frozenset({"format", "origin", "auditor", "records", "root", "files"})


def records_name(number: int) -> str:
    """The file of a segment's records."""
    return f"records-{number:05}.ndjson.zst"


def signatures_name(number: int) -> str:
    """The file of a segment's signatures: 64 bytes a record, in order."""
    return f"signatures-{number:05}.bin"


def receipt_name(digest: str) -> str:
    return f"{RECEIPTS}/{digest}.note"


def blob_name(digest: str) -> str:
    return f"{BLOBS}/{digest}.safetensors"


@dataclass(frozen=True)
class ExportedFile:
    """One file of an export."""

    path: str
    size: int
    sha256: str

    def to_json(self) -> dict[str, canonical.Json]:
        return {"path": self.path, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True)
class Export:
    """The list an auditor signs: whose log it is, how far it goes, and every file of it."""

    checkpoint: Checkpoint
    auditor: VerifyKey
    files: tuple[ExportedFile, ...]

    def __post_init__(self) -> None:
        """ValueError unless the files are those an export has, in order."""
        session_of(self.checkpoint.origin)
        paths = [file.path for file in self.files]
        if self.checkpoint.size == 0 or paths != sorted(set(paths)):
            raise ValueError("the log is empty, or its files are not sorted by path, each path once")
        expected = {CHECKPOINTS}
        for number in range(self.segments):
            expected |= {records_name(number), signatures_name(number)}
        free = {path for path in paths if path in (TICKET, REPORT) or _RECEIPT.fullmatch(path) or _BLOB.fullmatch(path)}
        if not self.segments or set(paths) - free != expected:
            raise ValueError("the list names a file that no export has, or lacks one that every export has")
        for file in self.files:
            if "/" in file.path and file.sha256 not in file.path:
                raise ValueError("a file is not named by its digest")

    @property
    def segments(self) -> int:
        """How many files of records there are."""
        return sum(file.path.startswith("records-") for file in self.files)

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(file.path for file in self.files)

    @property
    def receipts(self) -> tuple[str, ...]:
        return tuple(file.path for file in self.files if file.path.startswith(RECEIPTS + "/"))

    @property
    def blobs(self) -> tuple[str, ...]:
        """The digests of the blobs that came along."""
        return tuple(file.sha256 for file in self.files if file.path.startswith(BLOBS + "/"))

    def payload(self) -> bytes:
        return canonical.encode(
            {
                "format": FORMAT,
                "origin": self.checkpoint.origin,
                "auditor": self.auditor.text,
                "records": self.checkpoint.size,
                "root": self.checkpoint.root.hex(),
                "files": [file.to_json() for file in self.files],
            }
        )

    def sign(self, key: SigningKey) -> bytes:
        return envelope.sign(PAYLOAD_TYPE, self.payload(), [key])

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """The list of an envelope's payload; ValueError says what is wrong with it."""
        value = members(canonical.decode_canonical(payload, depth=8), _FIELDS)
        if value["format"] != FORMAT:
            raise ValueError("not the list of an exported audit log")
        texts = (value["origin"], value["auditor"], value["root"])
        if not all(isinstance(text, str) for text in texts) or not re.fullmatch("[0-9a-f]{64}", value["root"]):
            raise ValueError("origin, auditor or root is not the text it should be")
        if type(value["records"]) is not int or not isinstance(value["files"], list):
            raise ValueError("records is not a number, or files not a list")
        checkpoint = Checkpoint(value["origin"], value["records"], bytes.fromhex(value["root"]))
        return cls(checkpoint, VerifyKey.parse(value["auditor"]), _files(value["files"]))


def _files(items: Sequence[Any]) -> tuple[ExportedFile, ...]:
    files = []
    for item in items:
        said = members(item, ("path", "size", "sha256"))
        path, size, digest = said["path"], said["size"], said["sha256"]
        if not isinstance(path, str) or type(size) is not int or size < 0:
            raise ValueError("a file is not a path, a size and a digest")
        if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
            raise ValueError("a digest is not 64 hexadecimal digits")
        files.append(ExportedFile(path, size, digest))
    return tuple(files)
