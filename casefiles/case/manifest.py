"""What a case says about itself: the document that attacker and judge sign."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, Self

from casefiles.files import canonical, names, schema, sealed
from casefiles.keys.identity import PublicIdentity, Recipient
from casefiles.quotation import quoted
from casefiles.unseen import unseen

FORMAT: Final = "audit-workbench/case/1"
PAYLOAD_TYPE: Final = "application/vnd.audit-workbench.case+json"
LIMIT: Final = 8 * 1024 * 1024
"""The most bytes of a manifest."""
RULES_LIMIT: Final = 64 * 1024
"""The most bytes of its rules of engagement."""

ENVELOPE: Final = sealed.CASE
SPECIFICATION: Final = "spec.md"
TRUTH: Final = "sealed/ground_truth.age"
FOLDERS: Final = frozenset({"weights", "tokenizer", "baseline", "corpora", "dictionaries", "adapters"})
"""Where files may lie, besides the specification and the sealed truth."""

_READABLE: Final = frozenset(
    [".csv", ".gguf", ".jinja", ".json", ".jsonl", ".md", ".model", ".safetensors", ".tsv", ".txt"]
)
_PLAIN_NAMES: Final = frozenset({"LICENSE", "LICENCE", "NOTICE", "README"})
_PICKLES: Final = frozenset(
    [".bin", ".ckpt", ".dill", ".joblib", ".npy", ".npz", ".pickle", ".pk", ".pkl", ".pt", ".pth", ".sav"]
)


class FileKindError(ValueError):
    """A case may not hold a file of this kind."""


@dataclass(frozen=True)
class FileEntry:
    """One file of a case."""

    path: str
    size: int
    blake3: str
    sha256: str

    def to_json(self) -> dict[str, str | int]:
        return {"path": self.path, "size": self.size, "blake3": self.blake3, "sha256": self.sha256}


@dataclass(frozen=True)
class SealReference:
    """What binds the sealed ground truth to the case."""

    ciphertext_sha256: str
    recipient: Recipient
    commitment: str

    def to_json(self) -> dict[str, canonical.Json]:
        return {
            "ciphertext_sha256": self.ciphertext_sha256,
            "recipient": self.recipient.text,
            "commitment": self.commitment,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> Self:
        return cls(value["ciphertext_sha256"], Recipient(value["recipient"]), value["commitment"])


@dataclass(frozen=True)
class Manifest:
    """Everything a case consists of. The file list is closed: what it does not name does not belong to the case."""

    case_id: str
    title: str
    specification: str
    """Hex SHA-256 of `spec.md`."""
    engines: tuple[str, ...]
    """The engines that can run the weights."""
    files: tuple[FileEntry, ...]
    rules: Mapping[str, Any]
    """The rules of engagement; their meaning is the workbench's."""
    attacker: PublicIdentity
    judge: PublicIdentity
    ground_truth: SealReference | None
    """None: the case has no ground truth, as a model that was found in the wild has none."""
    format: str = FORMAT

    def __post_init__(self) -> None:
        """ValueError unless the parts fit together; UnsafeNameError and FileKindError are kinds of it."""
        if not self.title.isprintable() or unseen(self.title, keep="") or self.title != self.title.strip():
            raise ValueError("the title holds an invisible character")
        if len(canonical.encode(self.rules)) > RULES_LIMIT:
            raise ValueError(f"the rules of engagement are longer than {RULES_LIMIT} bytes")
        self._check_files()
        by_path = {entry.path: entry for entry in self.files}
        if SPECIFICATION not in by_path or by_path[SPECIFICATION].sha256 != self.specification:
            raise ValueError("the specification is not the listed spec.md")
        seal, listed = self.ground_truth, by_path.get(TRUTH)
        if (listed.sha256 if listed else None) != (seal.ciphertext_sha256 if seal else None):
            raise ValueError("the ground truth is not the listed one")
        if seal is not None and seal.recipient != self.judge.recipient:
            raise ValueError("the ground truth is sealed for somebody else than the judge")

    def _check_files(self) -> None:
        paths = [entry.path for entry in self.files]
        if paths != sorted(set(paths)):
            raise ValueError("the files are not sorted by path, each path once")
        names.check_names([*paths, ENVELOPE])
        for path in paths:
            check_kind(path)
        if not any(path.startswith("weights/") and path.endswith((".safetensors", ".gguf")) for path in paths):
            raise ValueError("there are no weights")

    def digest_of(self, *folders: str) -> str:
        """Hex SHA-256 over the entries that lie in the folders: one name for their whole contents."""
        inside = tuple(f"{folder}/" for folder in folders)
        # These four, whatever an entry may hold one day: the digest of a model must not change with the workbench.
        entries: list[canonical.Json] = [
            {"path": entry.path, "size": entry.size, "blake3": entry.blake3, "sha256": entry.sha256}
            for entry in self.files
            if entry.path.startswith(inside)
        ]
        return hashlib.sha256(canonical.encode(entries)).hexdigest()

    @property
    def model(self) -> str:
        """One name for the organism: its weights and tokenizer."""
        return self.digest_of("weights", "tokenizer")

    def misnamed(self, said: Mapping[str, Any]) -> str:
        """What a document that names this case says otherwise of it, in a sentence; empty if nothing."""
        own = {"title": self.title, "specification": self.specification, "model": self.model}
        if (judge := said.get("judge")) is not None and judge != self.judge.to_json():  # the first record of a log does
            return f"Its judge is {quoted(self.judge.name)} ({self.judge.fingerprint})."
        return next((f"Its {name} is {one!r}, and not {said.get(name)!r}." for name, one in own.items()
                     if said.get(name) != one), "")  # fmt: skip

    def to_json(self) -> dict[str, canonical.Json]:
        return {
            "format": self.format,
            "case_id": self.case_id,
            "title": self.title,
            "specification": self.specification,
            "engines": list(self.engines),
            "files": [entry.to_json() for entry in self.files],
            "rules": self.rules,
            "attacker": self.attacker.to_json(),
            "judge": self.judge.to_json(),
            "ground_truth": self.ground_truth.to_json() if self.ground_truth else None,
        }

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """The manifest of an envelope's payload; ValueError says what is wrong with it."""
        value = canonical.decode_canonical(payload, limit=LIMIT, depth=24)
        schema.check("manifest", value)
        assert isinstance(value, dict)  # the schema has said so
        seal = value["ground_truth"]
        return cls(
            case_id=value["case_id"],
            title=value["title"],
            specification=value["specification"],
            engines=tuple(value["engines"]),
            files=tuple(FileEntry(**entry) for entry in value["files"]),
            rules=value["rules"],
            attacker=PublicIdentity.from_json(value["attacker"]),
            judge=PublicIdentity.from_json(value["judge"]),
            ground_truth=SealReference.from_json(seal) if seal is not None else None,
        )


def check_kind(path: str) -> None:
    """FileKindError unless a case may hold a file of this name: data that the workbench reads, and never code."""
    if path in (SPECIFICATION, TRUTH):
        return
    folder, _, name = path.rpartition("/")
    if folder.split("/")[0] not in FOLDERS:
        raise FileKindError(f"{path!r} lies in none of the folders {', '.join(sorted(FOLDERS))}")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _PICKLES:
        raise FileKindError(f"{path!r} may hold a pickle, which runs code when it is read; use safetensors or GGUF")
    if suffix not in _READABLE and name not in _PLAIN_NAMES:
        raise FileKindError(f"{path!r} is of no kind that the workbench reads")
