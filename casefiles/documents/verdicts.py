"""What a signed verdict says about the documents it rests on, and whether its figures contradict each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from casefiles.case.manifest import Manifest
from casefiles.documents import signed
from casefiles.documents.decisions import Decisions
from casefiles.documents.reports import ReportClaims
from casefiles.documents.signed import DocumentKind, OpenedDocument
from casefiles.documents.verdict_figures import contradiction, misquotation
from casefiles.files import canonical
from casefiles.keys.identity import VerifyKey
from casefiles.status import Refusal

_DECISIONS: Final = ("grades", "rulings", "adjudications")
KIND: Final = DocumentKind("verdict", by="judge", author="the judge")
PAYLOAD_TYPE: Final = KIND.payload_type


@dataclass(frozen=True)
class VerdictClaims:
    """The case, the report, the log and the sealed truth that a verdict names."""

    case: str
    report: str
    """SHA-256 of the report's payload."""
    origin: str
    size: int
    root: str
    judge: VerifyKey
    auditor: VerifyKey
    """Whose report it is on, as it says."""
    digest: str
    contradiction: str
    """Which of its figures does not follow from the others, in a sentence; empty: all do."""
    _value: Mapping[str, Any]

    @property
    def named(self) -> Mapping[str, Any]:
        """What it says of its case."""
        named: Mapping[str, Any] = self._value["case"]
        return named

    @property
    def previous(self) -> str | None:
        """The digest of the verdict that it follows, whose decisions it holds; None too where nothing is said of it."""
        told: str | None = self._value.get("previous")
        return told

    @property
    def addendum(self) -> str:
        """The digest of the known issues that it scores against; empty: none."""
        told: Mapping[str, Any] | None = self._value.get("addendum")
        return told["digest"] if told is not None else ""

    @property
    def said(self) -> str:
        """What it earns and what its judge decided, whenever and by whatever means that was judged, as a digest."""
        told = {name: self._value.get(name) for name in ("scores", *_DECISIONS)}
        return hashlib.sha256(canonical.encode(told)).hexdigest()

    @property
    def decided(self) -> Decisions:
        """What its judge decided on."""
        return Decisions.of(self._value)

    @property
    def holds(self) -> bool:
        """Whether its judge decided anything in it, or it is one in which something is earned: of what nobody replayed
        nothing is."""
        return self._value["scores"].get("status") != "provisional" or any(map(self._value.get, _DECISIONS))

    def check_truth(self, manifest: Manifest) -> None:
        """Raises Refusal if it reveals another truth than the one that its case's manifest seals."""
        check_truth(self._value, manifest)

    def misquotes(self, report: ReportClaims) -> str:
        """What it says otherwise of its report's conclusion, in a sentence; empty if nothing."""
        return misquotation(self._value, report.said, report.probability)

    @classmethod
    def read(cls, data: bytes, trusted: Sequence[VerifyKey] | None) -> Self:
        """Verify a signed verdict and read what it claims; Refusal if it does not hold."""
        return signed.read(data, KIND, trusted, cls._of)

    @classmethod
    def _of(cls, document: OpenedDocument) -> Self:
        value = document.value
        log, case, report = value["log"], value["case"]["digest"], value["report"]
        commitment = value["truth"]["commitment"] if value["truth"] is not None else None
        signed.check_digests((case, report, log["root"], *([commitment] if commitment is not None else [])))
        auditor = signed.named_key(value["auditor"])
        return cls(
            case, report, log["origin"], log["size"], log["root"], document.signer, auditor, document.digest,
            contradiction(value), value,
        )  # fmt: skip


def check_truth(verdict: Mapping[str, Any], manifest: Manifest) -> None:
    """Raises Refusal if a verdict on a case reveals another truth than its manifest seals, one where it seals none or
    none where it seals one. That the truth is what it is said to be, its plaintext or the judge's key tells. `verdict`
    fits its schema."""
    seal, truth = manifest.ground_truth, verdict["truth"]
    sealed = (seal.commitment, seal.ciphertext_sha256) if seal is not None else None
    revealed = (truth["commitment"], truth["ciphertext_sha256"]) if truth is not None else None
    if revealed != sealed:
        raise other_truth(f"It names {_told(revealed)}, and its case {_told(sealed)}.")
    if seal is not None and verdict.get("addendum") is not None:
        raise other_truth("It scored against an addendum, and its case has a ground truth of its own.")


def inconsistent(why: str) -> Refusal:
    return Refusal(
        "verdict.inconsistent", "The verdict contradicts itself.", why, "Ask the judge for the one that they gave."
    )


def other_truth(why: str) -> Refusal:
    return Refusal(
        "verdict.other-truth", "The verdict is not about the truth that was sealed.", why,
        "Ask the judge for the verdict on this case.",
    )  # fmt: skip


def _told(truth: tuple[str, str] | None) -> str:
    return "no ground truth" if truth is None else f"the commitment {truth[0]} and the ciphertext {truth[1]}"
