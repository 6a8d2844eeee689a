"""A case that has been opened: where it lies, what it says of itself and who vouches for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from casefiles.case import refusals, sealed_truth, specification
from casefiles.case.manifest import SPECIFICATION, TRUTH, Manifest
from casefiles.files import disk, hashing, names
from casefiles.keys.identity import PublicIdentity, SealingKey, VerifyKey
from casefiles.quotation import quoted
from casefiles.status import Refusal

Stamp = tuple[int, ...]


def stamp_of(path: Path) -> Stamp:
    """What differs once a file or folder was exchanged or written: no program sets back when an inode changed."""
    found = os.lstat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@dataclass(frozen=True)
class Case:
    """A case whose every file was verified when it was opened."""

    root: Path
    manifest: Manifest
    digest: str
    """Hex SHA-256 of the signed manifest: the case's identity, whoever countersigns it."""
    signers: tuple[VerifyKey, ...]
    as_opened: Mapping[str, Stamp] = field(default_factory=dict, compare=False, repr=False)
    """Each of its files and folders as it was before it was read."""

    def check_unchanged(self) -> None:
        """Raises Refusal if any file was exchanged since the case was opened: engines and checks read it by its name,
        after it was verified, and it may lie where others write. Its bytes are read once more, for who writes through a
        mapping leaves no stamp."""
        with disk.guarded(f"{self.root.name} could not be read."):
            for name, stamp in self.as_opened.items():
                if stamp_of(self.root / name) != stamp:
                    raise refusals.exchanged(name)
            listed = [entry for entry in self.manifest.files if entry.path in self.as_opened]
            again = hashing.digest([self.root / entry.path for entry in listed], sha256_for=())
        for entry, found in zip(listed, again, strict=True):
            if found.blake3 != entry.blake3:
                raise refusals.exchanged(entry.path)

    def parts_of(self, key: VerifyKey) -> tuple[str, ...]:
        """What somebody is to the case: its attacker, its judge, both or neither."""
        parties = (("attacker", self.manifest.attacker), ("judge", self.manifest.judge))
        return tuple(name for name, party in parties if party.verify == key)

    @property
    def accepted(self) -> bool:
        """Whether the judge has test-opened the ground truth and countersigned."""
        return self.manifest.judge.verify in self.signers

    @property
    def model_digest(self) -> str:
        """One name for the organism: its weights and tokenizer."""
        return self.manifest.model

    def path(self, name: str) -> Path:
        """Where a file or folder of the case lies."""
        names.check_name(name)
        return self.root / name

    @property
    def specification(self) -> str:
        """What its model is to do, as written. Raises Refusal if the file is gone by now."""
        return specification.read(self.path(SPECIFICATION))

    @property
    def has_truth(self) -> bool:
        """Whether a ground truth was sealed with it: of a model found in the wild nobody knows one."""
        return self.manifest.ground_truth is not None

    def check_recipient(self, own: PublicIdentity) -> None:
        """Raises Refusal if the case names somebody as its judge beside another's sealing key."""
        judge = self.manifest.judge
        if own.verify == judge.verify and own.recipient != judge.recipient:
            raise Refusal(
                "case.other-recipient",
                f"The case is sealed to another key than that of its judge, {quoted(judge.name)}.",
                f"It names your verify key beside {judge.recipient.text}, which is not yours: somebody changed your"
                " public key on its way to the attacker, and whoever owns that one can read what was sealed to it.",
                "Hand the attacker your public key by another way, as `workbench keys public KEY` writes it, to seal"
                " anew: a truth that was sealed so counts as known, and another one is needed.",
            )

    def open_truth(self, key: SealingKey) -> bytes:
        """The ground truth, if the key is the judge's; only judges call this."""
        return self.reveal(key).plaintext

    def words_beside_truth(self) -> tuple[str, ...]:
        """What the seal of the ground truth says in the open."""
        return sealed_truth.words_beside(self._ciphertext()) if self.manifest.ground_truth is not None else ()

    def _ciphertext(self) -> bytes:
        return disk.read_small(self.path(TRUTH), sealed_truth.CIPHERTEXT_LIMIT)

    def reveal(self, key: SealingKey) -> sealed_truth.Opening:
        """The ground truth with the nonce: what a judge publishes so that all can check the commitment."""
        reference = self.manifest.ground_truth
        if reference is None:
            raise refusals.without_truth()
        ciphertext = self._ciphertext()
        if sha256(ciphertext).hexdigest() != reference.ciphertext_sha256:
            raise refusals.changed(TRUTH)
        if key.recipient != reference.recipient:
            raise Refusal(
                "case.truth-unopenable",
                "The sealed ground truth cannot be opened with this key.",
                f"The case was sealed for {quoted(self.manifest.judge.name)} ({self.manifest.judge.fingerprint}).",
                "Use that judge's key.",
            )
        return sealed_truth.reveal(ciphertext, key, reference.commitment)
