"""Verifying a case: its signatures, every byte of its files and, once it may be opened, its sealed truth."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from casefiles.case import bundle
from casefiles.keys.identity import SealingKey, VerifyKey
from casefiles.status import Refusal
from casefiles.verification.steps import Findings, Stage, StageListener, Verification

_COMMITMENT: Final = b"gt-v1"


def verify_case(
    path: Path,
    trusted: Sequence[VerifyKey] | None,
    sealing: SealingKey | None,
    revealed: bytes | None,
    progress: StageListener | None,
) -> Verification:
    """A case, every byte of it; its commitment too if there is something to check it with."""
    found = Findings()
    hear = (lambda done, total: progress(Stage.FILES, done, total)) if progress else None
    try:
        opened = bundle.open_case(path, trusted=trusted, progress=hear, full=True)
    except Refusal as refusal:
        early = refusal.code.startswith("envelope.") or refusal.code in ("case.manifest", "case.not-a-case")
        found.fails(Stage.ENVELOPE if early else Stage.FILES, refusal)
        return Verification("case", tuple(found.steps))
    whose = ", ".join(key.fingerprint for key in opened.signers)
    found.holds(Stage.ENVELOPE, "The case's manifest is signed.", f"Signed by {whose}.")
    if not opened.accepted:
        found.remark(Stage.ENVELOPE, "case.not-accepted")
    found.holds(Stage.FILES, "The case holds exactly the listed files, byte for byte.", f"Case {opened.digest}.")
    try:
        _commitment(opened, sealing, revealed, found)
    except Refusal as refusal:
        found.fails(Stage.COMMITMENT, refusal)
    return Verification("case", tuple(found.steps), opened.signers, digest=opened.digest)


def _commitment(opened: bundle.Case, sealing: SealingKey | None, revealed: bytes | None, found: Findings) -> None:
    reference = opened.manifest.ground_truth
    if reference is None:
        found.remark(Stage.COMMITMENT, "truth.none")
        return
    if sealing is not None:
        opened.open_truth(sealing)
    elif revealed is not None:
        if sha256(_COMMITMENT + revealed).hexdigest() != reference.commitment:
            raise Refusal(
                "case.truth",
                "The ground truth that was revealed is not the one that was sealed.",
                "Its digest is not the case's commitment.",
                "Ask the judge for nonce and plaintext as they were sealed.",
            )
    else:
        found.remark(Stage.COMMITMENT, "truth.not-checked")
        return
    found.holds(Stage.COMMITMENT, "The ground truth is the one that was committed to when the case was sealed.")
