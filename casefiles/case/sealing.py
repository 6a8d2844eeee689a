"""Sealing: an attacker's folder becomes a case file that nobody can change and only the judge can see through."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from casefiles.case import leaks, refusals, specification
from casefiles.case import sealed_truth as ground_truth
from casefiles.case.case import Case
from casefiles.case.leak import Leak
from casefiles.case.manifest import (
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
from casefiles.files import canonical, disk, hashing, names
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.status import Refusal

SUFFIX: Final = ".case"


CaseParts = Mapping[str, Path]
"""Name in the case → the file that it is copied from."""
LeakListener = Callable[[Leak], object]


def seal_case(
    source: Path | CaseParts,
    out: Path,
    *,
    title: str,
    rules: Mapping[str, Any],
    truth: bytes | None,
    attacker: Identity,
    judge: PublicIdentity,
    engines: Sequence[str] | None = None,
    hear: LeakListener = lambda leak: None,
    examine: Callable[[Case], None] = lambda case: None,
    listener: Callable[[float, str], object] = lambda done, note: None,
) -> Case:
    """Seal a folder, or files from several places, as the case `out`, which must end in `.case` and not exist; the
    source is left as it is.

    The source holds `weights/`, `tokenizer/`, `spec.md` and perhaps `baseline/`, `corpora/`, `dictionaries/` and
    `adapters/NAME/`. The copy is stripped of provenance; what cannot be stripped is refused. `truth`: None in a
    case that has no ground truth. `hear` is told what was stripped and what a person should look at. `examine` looks at
    the sealed case before it gets its name, and may raise Refusal: then nothing is left. So may `listener`, which hears
    how far it is, from 0 to 1, until it is examined. A judge whose public key is not signed is refused.
    """
    _check_target(out)
    judge.check_vouched()
    parts = parts_of(source) if isinstance(source, Path) else source
    _check_parts(parts, source.name if isinstance(source, Path) else "The model")
    specification.read(parts[SPECIFICATION].resolve())
    with disk.new_folder(out) as building:
        sources = {name: parts[name].resolve() for name in sorted(parts)}
        disk.copy_into(building, sources, lambda done, note: listener(0.6 * done, note))
        listener(0.6, "taking out what tells where it was made")
        for leak in (*leaks.strip(building), *_unblocked_leaks(building)):
            if leak.path != ".":  # times are the copy's
                hear(leak)
        reference = _seal_truth(building, truth, judge) if truth is not None else None
        left = [name for name in parts if (building / name).is_file()]  # what no engine opens was taken out
        entries = _entries(building, sorted([*left, *([TRUTH] if reference else [])]), listener)
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
            raise refusals.unlistable(error, refusals.OTHERWISE) from None
        (building / ENVELOPE).write_bytes(envelope.sign(PAYLOAD_TYPE, payload, [attacker.signing]))
        _settle(building)
        listener(1.0, "signed")
        case = Case(building, manifest, sha256(payload).hexdigest(), (attacker.public.verify,))
        examine(case)
    return replace(case, root=out)


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


def parts_of(source: Path) -> dict[str, Path]:
    """The files of a folder that is laid out as a case is. Raises Refusal for links."""
    with disk.guarded(f"{source.name} could not be read."):
        found = disk.listing(source)
    if found.links:
        raise refusals.not_plain(found.links)
    return {name: source / name for name in found.files}


def _check_parts(parts: CaseParts, whose: str) -> None:
    try:
        names.check_names(sorted(parts))
        for name in sorted(parts):
            check_kind(name)
            if name == TRUTH:
                raise FileKindError("the ground truth is handed over by itself, not in the folder to be sealed")
    except ValueError as error:
        raise refusals.unlistable(error, refusals.OTHERWISE) from None
    leaks.check_kinds(parts)
    for needed in (SPECIFICATION, "weights/"):
        if not any(name == needed or name.startswith(needed) for name in parts):
            raise Refusal(
                "input.missing",
                f"{whose} cannot be sealed as a case.",
                f"It has no `{needed}`.",
                "A case is made from a folder with `weights/`, `tokenizer/` and `spec.md`.",
            )


def _unblocked_leaks(folder: Path) -> Sequence[Leak]:
    """What a person should look at. Raises Refusal if anything stands in the way of sealing."""
    found = leaks.lint(folder)
    if left := [leak for leak in found if leak.blocking]:
        raise leaks.refusal(left, "Rename or edit these files, then seal again.")
    return found


def _seal_truth(building: Path, plaintext: bytes, judge: PublicIdentity) -> SealReference:
    sealed = ground_truth.seal(plaintext, judge.recipient)
    (building / TRUTH).parent.mkdir()
    (building / TRUTH).write_bytes(sealed.ciphertext)
    return SealReference(sealed.ciphertext_sha256, judge.recipient, sealed.commitment)


def _entries(root: Path, paths: Sequence[str], listener: Callable[[float, str], object]) -> tuple[FileEntry, ...]:
    digests = hashing.digest(
        [root / path for path in paths],
        progress=lambda done, whole: listener(0.8 + 0.2 * done / max(1, whole), "counting digests"),
    )
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
