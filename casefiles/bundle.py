"""Case files: sealed by an attacker, accepted by a judge, opened by an auditor."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from casefiles import canonical, envelope, files, hashing, leaks, names, truth
from casefiles.keys import Identity, PublicIdentity, SealingKey, VerifyKey
from casefiles.manifest import (
    ENVELOPE,
    PAYLOAD_TYPE,
    SPECIFICATION,
    TRUTH,
    FileEntry,
    FileKindError,
    Manifest,
    SealReference,
    check_kind,
)
from casefiles.manifest import LIMIT as MANIFEST_LIMIT
from casefiles.status import Refusal

__all__ = ["Case", "Manifest", "accept", "open_case", "seal_case"]

SUFFIX: Final = ".case"
_ENVELOPE_LIMIT: Final = 2 * MANIFEST_LIMIT
_SPARSE_FROM: Final = 64 * 1024 * 1024
_SPARSE_RATIO: Final = (
    16  # a compressing file system may store weights in less than their length, but not in a sixteenth
)


@dataclass(frozen=True)
class Case:
    """A case whose every file was verified when it was opened."""

    root: Path
    manifest: Manifest
    digest: str
    """Hex SHA-256 of the signed manifest: the case's identity, whoever countersigns it."""
    signers: tuple[VerifyKey, ...]

    @property
    def accepted(self) -> bool:
        """Whether the judge has test-opened the ground truth and countersigned."""
        return self.manifest.judge.verify in self.signers

    @property
    def model_digest(self) -> str:
        """One name for the organism: its weights and tokenizer."""
        return self.manifest.digest_of("weights", "tokenizer")

    def path(self, name: str) -> Path:
        """Where a file or folder of the case lies."""
        names.check_name(name)
        return self.root / name

    def open_truth(self, key: SealingKey) -> bytes:
        """The ground truth, if the key is the judge's; only judges call this."""
        reference = self.manifest.ground_truth
        ciphertext = files.read_small(self.path(TRUTH), truth.CIPHERTEXT_LIMIT)
        if sha256(ciphertext).hexdigest() != reference.ciphertext_sha256:
            raise _changed(TRUTH)
        if key.recipient != reference.recipient:
            raise Refusal(
                "case.truth-unopenable",
                "The sealed ground truth cannot be opened with this key.",
                f"The case was sealed for {self.manifest.judge.name} ({self.manifest.judge.fingerprint}).",
                "Use that judge's key.",
            )
        return truth.unseal(ciphertext, key, reference.commitment)


def seal_case(
    source: Path,
    out: Path,
    *,
    title: str,
    rules: Mapping[str, Any],
    truth: bytes,
    attacker: Identity,
    judge: PublicIdentity,
    engines: Sequence[str] | None = None,
) -> Case:
    """Seal a folder as the case `out`, which must end in `.case` and not exist; the source is left as it is.

    The source holds `weights/`, `tokenizer/`, `spec.md` and perhaps `baseline/`, `corpora/`, `dictionaries/`. The copy
    is stripped of provenance; what cannot be stripped is refused.
    """
    _check_target(out)
    with files.guarded(f"{source.name} could not be read."):
        found = files.listing(source)
    _check_source(source, found)
    with files.new_folder(out) as building:
        for name in sorted(found.files):
            (building / name).parent.mkdir(parents=True, exist_ok=True)
            with files.open_plain(source / name) as original, (building / name).open("xb") as copy:
                shutil.copyfileobj(original, copy, 4 * 1024 * 1024)
        leaks.strip(building)
        _refuse_leaks(building)
        reference = _seal_truth(building, truth, judge)
        entries = _entries(building, sorted([*found.files, TRUTH]))
        try:
            manifest = Manifest(
                case_id=secrets.token_hex(16),
                title=title,
                specification=next(entry.sha256 for entry in entries if entry.path == SPECIFICATION),
                engines=tuple(engines or _engines(entries)),
                files=entries,
                rules=rules,
                attacker=attacker.public,
                judge=judge,
                ground_truth=reference,
            )
            payload = canonical.encode(manifest.to_json())
            manifest = Manifest.read(payload)  # nothing is sealed that could not be opened
        except ValueError as error:
            raise _refuse_list(error) from None
        (building / ENVELOPE).write_bytes(envelope.sign(PAYLOAD_TYPE, payload, [attacker.signing]))
        _settle(building)
    return Case(out, manifest, sha256(payload).hexdigest(), (attacker.public.verify,))


def _check_target(out: Path) -> None:
    if out.suffix != SUFFIX or out.name == SUFFIX:
        raise Refusal(
            "input.invalid",
            f"A case cannot be written as {out.name}.",
            f"The name of a case ends in `{SUFFIX}`.",
            f"Write it as `{out.stem}{SUFFIX}`.",
        )
    if os.path.lexists(out):
        raise Refusal(
            "case.exists",
            f"{out.name} exists already.",
            "A sealed case is never replaced.",
            "Choose another name, or move the old one away.",
        )


def _check_source(source: Path, found: files.Listing) -> None:
    if found.links:
        raise _refuse_links(found.links)
    try:
        names.check_names(sorted(found.files))
        for name in sorted(found.files):
            check_kind(name)
            if name == TRUTH:
                raise FileKindError("the ground truth is handed over by itself, not in the folder to be sealed")
    except ValueError as error:
        raise _refuse_list(error) from None
    for needed in (SPECIFICATION, "weights/"):
        if not any(name == needed or name.startswith(needed) for name in found.files):
            raise Refusal(
                "input.missing",
                f"{source.name} cannot be sealed as a case.",
                f"It has no `{needed}`.",
                "A case is made from a folder with `weights/`, `tokenizer/` and `spec.md`.",
            )


def _refuse_leaks(folder: Path) -> None:
    if left := [leak for leak in leaks.lint(folder) if leak.blocking]:
        raise Refusal(
            "case.leak",
            "The case would give its answer away.",
            " ".join(leak.sentence for leak in left[:5]),
            "Rename or edit these files, then seal again.",
        )


def _seal_truth(building: Path, plaintext: bytes, judge: PublicIdentity) -> SealReference:
    sealed = truth.seal(plaintext, judge.recipient)
    (building / TRUTH).parent.mkdir()
    (building / TRUTH).write_bytes(sealed.ciphertext)
    return SealReference(sealed.ciphertext_sha256, judge.recipient, sealed.commitment)


def _entries(root: Path, paths: Sequence[str]) -> tuple[FileEntry, ...]:
    digests = hashing.digest([root / path for path in paths])
    return tuple(
        FileEntry(path, found.size, found.blake3, found.sha256) for path, found in zip(paths, digests, strict=True)
    )


def _engines(entries: Sequence[FileEntry]) -> tuple[str, ...]:
    kinds = {Path(entry.path).suffix for entry in entries if entry.path.startswith("weights/")}
    return tuple(name for name, suffix in (("torch", ".safetensors"), ("llama", ".gguf")) if suffix in kinds)


def _settle(building: Path) -> None:
    """Give every file one time and one mode, and make it durable."""
    for folder, folders, plain in os.walk(building):
        for name in plain:
            with (Path(folder) / name).open("rb+") as file:
                os.fsync(file.fileno())
            (Path(folder) / name).chmod(0o644)
        for name in [*folders, *plain]:
            os.utime(Path(folder) / name, (leaks.MTIME, leaks.MTIME))
    os.utime(building, (leaks.MTIME, leaks.MTIME))


def open_case(
    path: Path,
    *,
    trusted: Sequence[VerifyKey] | None = None,
    progress: hashing.Listener | None = None,
    full: bool = False,
) -> Case:
    """Verify a case and open it; nothing is written, nothing is read twice.

    Every byte of every file is checked by its BLAKE3; the specification and the sealed truth, which other documents
    name by their SHA-256, by that too. `full` checks SHA-256 everywhere, which takes as long as SHA-256 takes: at
    intake, and when a case is verified rather than used.
    """
    data = _read_envelope(path)
    signed = envelope.read(data, PAYLOAD_TYPE, trusted=trusted)
    try:
        manifest = Manifest.read(signed.payload)
    except ValueError as error:
        raise _refuse_list(error) from None
    _check_signers(manifest, signed.signers)
    with files.guarded(f"{path.name} could not be read."):
        _check_listing(path, manifest)
        _check_sizes(path, manifest)
        _check_bytes(path, manifest, progress, full)
    return Case(path, manifest, sha256(signed.payload).hexdigest(), signed.signers)


def accept(case_path: Path, judge: Identity) -> Case:
    """The judge's intake: verify everything, open the ground truth once to see that it opens, then countersign."""
    case = open_case(case_path, full=True)
    if judge.public.verify != case.manifest.judge.verify:
        raise Refusal(
            "case.truth-unopenable",
            "The case is not for this judge.",
            f"It was sealed for {case.manifest.judge.name} ({case.manifest.judge.fingerprint}).",
            "Use that judge's key.",
        )
    case.open_truth(judge.sealing)
    if case.accepted:
        return case
    signed = envelope.countersign(_read_envelope(case_path), judge.signing)
    files.write_atomic(case_path / ENVELOPE, signed)
    with files.guarded(f"{case_path.name} could not be written."):
        os.utime(case_path / ENVELOPE, (leaks.MTIME, leaks.MTIME))
        os.utime(case_path, (leaks.MTIME, leaks.MTIME))
    return Case(
        case.root,
        case.manifest,
        case.digest,
        envelope.read(signed, PAYLOAD_TYPE, trusted=[judge.public.verify]).signers,
    )


def _read_envelope(path: Path) -> bytes:
    manifest = path / ENVELOPE
    if manifest.is_symlink():
        raise _refuse_links({ENVELOPE})
    if not manifest.is_file():
        raise Refusal(
            "case.not-a-case",
            f"{path.name} is not a case file.",
            f"A case is a folder with `{ENVELOPE}` in it.",
            "Name the `.case` folder itself; unpack a `.case.zip` first.",
        )
    if manifest.stat().st_size > _ENVELOPE_LIMIT:
        raise _refuse_manifest("it is longer than any manifest can be")
    return files.read_small(manifest, _ENVELOPE_LIMIT)


def _check_signers(manifest: Manifest, signers: Collection[VerifyKey]) -> None:
    if manifest.attacker.verify not in signers:
        raise _refuse_manifest("the attacker it names has not signed it")
    for key in signers:
        if key not in (manifest.attacker.verify, manifest.judge.verify):
            raise Refusal(
                "envelope.foreign-key",
                "The case is signed by somebody who has no part in it.",
                f"{key.fingerprint} is neither its attacker nor its judge.",
                "Ask for the case as its judge accepted it.",
            )


def _check_listing(path: Path, manifest: Manifest) -> None:
    listed = {entry.path for entry in manifest.files} | {ENVELOPE}
    folders = {folder for name in listed for folder in names.parents(name)}
    try:
        found = files.listing(path, limit=4 * (len(listed) + len(folders)))
    except ValueError as error:
        raise _refuse_extra(f"It holds {error}.") from None
    if found.links:
        raise _refuse_links(found.links)
    if extra := sorted((found.files - listed) | (found.folders - folders)):
        raise _refuse_extra(f"Not listed: {_some(extra)}.")
    if missing := sorted(listed - found.files):
        raise Refusal(
            "case.file-missing",
            "A file of the case is missing.",
            f"Listed, but not there: {_some(missing)}.",
            "Copy the case again from where it came.",
        )


def _check_sizes(path: Path, manifest: Manifest) -> None:
    for entry in manifest.files:
        found = os.lstat(path / entry.path)
        if found.st_size != entry.size:
            raise _changed(entry.path)
        occupied = getattr(found, "st_blocks", entry.size) * 512
        if entry.size >= _SPARSE_FROM and occupied * _SPARSE_RATIO < entry.size:
            raise Refusal(
                "case.file-sparse",
                "A file of the case is hollow.",
                f"{entry.path} claims {entry.size} bytes, of which the disk holds {occupied}.",
                "Weights are not like that: do not use this case.",
            )


def _check_bytes(path: Path, manifest: Manifest, progress: hashing.Listener | None, full: bool) -> None:
    paths = [path / entry.path for entry in manifest.files]
    both = None if full else [path / SPECIFICATION, path / TRUTH]
    for entry, found in zip(manifest.files, hashing.digest(paths, sha256_for=both, progress=progress), strict=True):
        if (found.size, found.blake3) != (entry.size, entry.blake3) or found.sha256 not in ("", entry.sha256):
            raise _changed(entry.path)


def _refuse_list(error: ValueError) -> Refusal:
    """The refusal of a manifest, or of a folder that would become one."""
    if isinstance(error, names.UnsafeNameError):
        return Refusal(
            "case.name",
            "A file name cannot be used in a case.",
            _sentence(error),
            "Rename the file and seal the case again.",
        )
    if isinstance(error, FileKindError):
        return Refusal(
            "case.file-kind", "A file cannot be part of a case.", _sentence(error), "Remove or convert the file."
        )
    return _refuse_manifest(str(error))


def _refuse_manifest(why: str) -> Refusal:
    return Refusal(
        "case.manifest",
        "The case manifest is not acceptable.",
        _sentence(why),
        "Ask whoever sealed the case to seal it again.",
    )


def _refuse_links(links: Collection[str]) -> Refusal:
    return Refusal(
        "case.link",
        "The case holds a link or a special file.",
        f"Not a plain file of its own: {_some(sorted(links))}.",
        "Replace it by a copy of the file itself.",
    )


def _refuse_extra(why: str) -> Refusal:
    return Refusal(
        "case.file-extra",
        "The case holds something its manifest does not list.",
        why,
        "Copy the case again from where it came; keep your own notes outside it.",
    )


def _changed(path: str) -> Refusal:
    return Refusal(
        "case.file-changed",
        "A file of the case was changed.",
        f"{path} is not what was sealed.",
        "Copy the case again from where it came; if it stays so, do not use it.",
    )


def _some(items: Sequence[str]) -> str:
    shown = ", ".join(ascii(item)[1:-1] for item in items[:5])
    return f"{shown} and {len(items) - 5} more" if len(items) > 5 else shown


def _sentence(why: object) -> str:
    text = str(why)
    return f"{text[:1].upper()}{text[1:]}."
