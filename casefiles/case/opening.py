"""Opening: a case is verified to the last byte before anything of it is used, and a judge accepts it by signing too."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from casefiles.case import leaks, refusals, specification
from casefiles.case.case import Case, Stamp, stamp_of
from casefiles.case.manifest import ENVELOPE, PAYLOAD_TYPE, SPECIFICATION, TRUTH, Manifest
from casefiles.case.manifest import LIMIT as MANIFEST_LIMIT
from casefiles.files import disk, hashing, names
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, VerifyKey
from casefiles.quotation import quoted
from casefiles.status import Refusal

_ENVELOPE_LIMIT: Final = 2 * MANIFEST_LIMIT


def open_case(
    path: Path,
    *,
    trusted: Sequence[VerifyKey] | None = None,
    progress: hashing.ByteListener | None = None,
    full: bool = False,
) -> Case:
    """Verify a case and open it; nothing is written, and no byte of its models is read twice.

    Every byte of every file is checked by its BLAKE3; the specification and the sealed truth, which other documents
    name by their SHA-256, by that too. `full` checks SHA-256 everywhere, which takes as long as SHA-256 takes: at
    intake, and when a case is verified rather than used.
    """
    return _open(path, trusted, progress, full=full)[0]


Examine = Callable[[Case, bytes | None], None]
"""Looks at a case and its opened ground truth, None if it has none; Refusal where a judge should not countersign."""


def _nothing_more(case: Case, truth: bytes | None) -> None:
    """Where the bytes are all that is asked about."""


def accept(case_path: Path, judge: Identity, *, examine: Examine = _nothing_more) -> Case:
    """The judge's intake: verify everything, open the ground truth once, `examine` both, then countersign. Raises
    Refusal too if anything was exchanged meanwhile: what was examined is what was verified."""
    disk.sweep_file(case_path / ENVELOPE)  # else a countersigning that was killed would be a file too many
    case, data = _open(case_path, None, None, full=True)
    if judge.public.verify != case.manifest.judge.verify:
        raise Refusal(
            "case.truth-unopenable",
            "The case is not for this judge.",
            f"It was sealed for {quoted(case.manifest.judge.name)} ({case.manifest.judge.fingerprint}).",
            "Use that judge's key.",
        )
    case.check_recipient(judge.public)
    if not case.accepted and not os.access(case_path, os.W_OK):
        raise Refusal(
            "io.failed", f"{case_path.name} cannot be countersigned.", "Nothing can be written into its folder.",
            "Copy it to where you may write.",
        )  # fmt: skip
    opening = case.reveal(judge.sealing) if case.has_truth else None
    examine(case, opening.plaintext if opening else None)
    case.check_unchanged()
    if case.accepted:
        return case
    if opening is not None and opening.tells_its_length:
        raise Refusal(
            "case.leak",
            "The case would give its answer away.",
            f"Its ground truth was padded to {opening.size} bytes, by which anybody sees how much it has to say.",
            "Ask the attacker to seal it again with this version.",
        )
    signed = envelope.countersign(data, judge.signing)  # the very bytes that were verified, not what lies there by now
    disk.write_atomic(case_path / ENVELOPE, signed)
    with disk.guarded(f"{case_path.name} could not be written."):
        os.utime(case_path / ENVELOPE, (leaks.MTIME, leaks.MTIME))
        os.utime(case_path, (leaks.MTIME, leaks.MTIME))
    signers = envelope.read(signed, PAYLOAD_TYPE, trusted=[judge.public.verify]).signers
    return replace(case, signers=signers, as_opened=_stamps(case_path, case.manifest))


def _open(
    path: Path, trusted: Sequence[VerifyKey] | None, progress: hashing.ByteListener | None, *, full: bool
) -> tuple[Case, bytes]:
    """The case, and the envelope as it was read."""
    data = _read_envelope(path)
    signed = envelope.read(data, PAYLOAD_TYPE, trusted=trusted)
    try:
        manifest = Manifest.read(signed.payload)
    except ValueError as error:
        raise refusals.unlistable(error) from None
    _check_signers(manifest, signed.signers)
    with disk.guarded(f"{path.name} could not be read."):
        _check_listing(path, manifest)
        as_opened = _stamps(path, manifest)
        _check_listing(path, manifest)  # once more: what was put there before the stamps shows in none of them
        _check_sizes(path, manifest)
        _check_bytes(path, manifest, progress, full)
    specification.read(path / SPECIFICATION)
    return Case(path, manifest, sha256(signed.payload).hexdigest(), signed.signers, as_opened), data


def _read_envelope(path: Path) -> bytes:
    manifest = path / ENVELOPE
    if manifest.is_symlink():
        raise refusals.not_plain({ENVELOPE})
    if not manifest.is_file():
        raise Refusal(
            "case.not-a-case",
            f"{path.name} is not a case file.",
            f"A case is a folder with `{ENVELOPE}` in it.",
            "Name the `.case` folder itself; unpack a `.case.zip` first.",
        )
    if manifest.stat().st_size > _ENVELOPE_LIMIT:
        raise refusals.bad_manifest("it is longer than any manifest can be")
    return disk.read_small(manifest, _ENVELOPE_LIMIT)


def _check_signers(manifest: Manifest, signers: Collection[VerifyKey]) -> None:
    if manifest.attacker.verify not in signers:
        raise refusals.bad_manifest("the attacker it names has not signed it")
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
        found = disk.listing(path, limit=4 * (len(listed) + len(folders)))
    except Refusal:
        raise refusals.unlisted("It holds far more files and folders than are listed.") from None
    if found.links:
        raise refusals.not_plain(found.links)
    if extra := sorted((found.files - listed) | (found.folders - folders)):
        raise refusals.unlisted(f"Not listed: {refusals.some(extra)}.")
    if missing := sorted(listed - found.files):
        raise Refusal(
            "case.file-missing",
            "A file of the case is missing.",
            f"Listed, but not there: {refusals.some(missing)}.",
            "Copy the case again from where it came.",
        )


def _stamps(path: Path, manifest: Manifest) -> dict[str, Stamp]:
    listed = [entry.path for entry in manifest.files]
    folders = {folder for name in listed for folder in names.parents(name)}
    return {name: stamp_of(path / name) for name in ("", *sorted(folders), *listed)}


def _check_sizes(path: Path, manifest: Manifest) -> None:
    for entry in manifest.files:
        found = os.lstat(path / entry.path)
        if found.st_size != entry.size:
            raise refusals.changed(entry.path)
        if why := disk.hollow(found):
            raise Refusal(
                "case.file-sparse",
                "A file of the case is hollow.",
                f"{entry.path} {why}.",
                "Weights are not like that: do not use this case.",
            )


def _check_bytes(path: Path, manifest: Manifest, progress: hashing.ByteListener | None, full: bool) -> None:
    paths = [path / entry.path for entry in manifest.files]
    named = (SPECIFICATION, TRUTH) if manifest.ground_truth else (SPECIFICATION,)
    both = None if full else [path / name for name in named]
    for entry, found in zip(manifest.files, hashing.digest(paths, sha256_for=both, progress=progress), strict=True):
        if (found.size, found.blake3) != (entry.size, entry.blake3) or found.sha256 not in ("", entry.sha256):
            raise refusals.changed(entry.path)
