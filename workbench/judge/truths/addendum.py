"""What became known of a model after its case was sealed without a truth: dated, signed, scored against from then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from casefiles import clock
from casefiles.case.bundle import Case
from casefiles.documents.addenda import PAYLOAD_TYPE
from casefiles.files.disk import read_small
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, PublicIdentity, VerifyKey
from casefiles.status import Refusal
from workbench.document import Document, SignedDocument
from workbench.judge.truths import soundness
from workbench.judge.truths.truth import GroundTruth
from workbench.report.provenance import CaseName, Signer
from workbench.version import VERSION
from workbench.visible import quoted

_LIMIT: Final = 1 << 28


class Addendum(SignedDocument):
    """Known issues of a model, written down by the judge of its case in the form of a ground truth.

    Nothing committed to it before the audit: whoever wrote it may have read the report, and the auditor what it holds.
    Verdicts that rest on one say when it was signed.
    """

    called, malformed = "addendum", "addendum.malformed"

    format: Literal["audit-workbench/addendum/1"] = "audit-workbench/addendum/1"
    workbench: str
    issued_us: int
    """Microseconds since the epoch, UTC, by the judge's clock."""
    case: CaseName
    issues: GroundTruth
    source: str = Field(min_length=1)
    """How they became known."""
    judge: Signer


class AppliedAddendum(Document):
    """The addendum that a verdict scored against."""

    digest: str
    """SHA-256 of the addendum's payload."""
    issued_us: int
    reported_us: int
    """When the report was written, by the auditor's clock."""
    source: str
    summary: str
    """The issues, in one sentence."""
    allowed_us: int | None = None
    """When the session was allowed, by the judge's clock; None: it had no ticket, or an earlier version did not ask."""

    @property
    def dated(self) -> str:
        """When it was signed, beside when the report was written; where the session came after it by the judge's own
        clock, no clock of the auditor's is asked."""
        signed, reported = map(_day, (self.issued_us, self.reported_us))
        if self.allowed_us is not None and self.issued_us < self.allowed_us:
            allowed = _day(self.allowed_us)
            return f"Signed on {signed}, before the session was allowed on {allowed}: its auditor may have read it"
        order = "after" if self.issued_us > self.reported_us else "before"
        return f"Signed on {signed}, {order} the report, which was written on {reported} by its auditor's clock"


def issue(case: Case, issues: GroundTruth, source: str, judge: Identity, *, now_us: int | None = None) -> Addendum:
    """Known issues of a case as an addendum. Raises Refusal if the case has a truth of its own or another judge, or the
    issues do not add up."""
    if judge.public.verify != case.manifest.judge.verify:
        raise Refusal(
            "envelope.foreign-key", "The case has another judge.",
            f"It was sealed for {quoted(case.manifest.judge.name)} ({case.manifest.judge.fingerprint}).",
            "Use that judge's key.",
        )  # fmt: skip
    _check_truthless(case)
    if not issues.intent:
        raise Refusal(
            "truth.unsound", "There is no issue in it.", "`intent` is empty: that nothing is known is no addendum.",
            "Write down what the model does, and have it measured: `workbench measure CASE --truth … --fill …`.",
        )  # fmt: skip
    soundness.check(issues, case.specification, alone=True)
    manifest = case.manifest
    return Addendum(
        workbench=VERSION,
        issued_us=clock.microseconds() if now_us is None else now_us,
        case=CaseName(
            digest=case.digest, title=manifest.title, specification=manifest.specification, model=case.model_digest
        ),
        issues=issues,
        source=source,
        judge=Signer.of(judge.public),
    )


def sign(addendum: Addendum, judge: Identity) -> bytes:
    """The signed addendum. Raises ValueError if it is another judge's."""
    if addendum.judge.key != judge.signing.public.text:
        raise ValueError("a judge signs only what names it as its judge")
    return envelope.sign(PAYLOAD_TYPE, addendum.payload(), [judge.signing])


def read(data: bytes, *, trusted: Sequence[VerifyKey] | None = None) -> Addendum:
    """Verify and read a signed addendum: the judge it names must be among those who signed it."""
    opened = envelope.read(data, PAYLOAD_TYPE, trusted=trusted)
    addendum = Addendum.parse(opened.payload)
    if addendum.judge.key not in {signer.text for signer in opened.signers}:
        raise addendum.refused(f"it names a judge who did not sign it, {addendum.judge.fingerprint}")
    return addendum


def read_about(path: Path, judge: PublicIdentity, case: Case) -> Addendum:
    """The addendum in a file, by this judge and about this case. Raises Refusal."""
    addendum = read(read_small(path, _LIMIT), trusted=[judge.verify])
    check_about(addendum, case)
    return addendum


def check_about(addendum: Addendum, case: Case) -> None:
    """Raises Refusal if an addendum is another case's, or the case needs none."""
    _check_truthless(case)
    if addendum.case.digest != case.digest:
        raise Refusal(
            "report.other-case", "The addendum is about another case.", f"It names {quoted(addendum.case.title)}.",
            "Name the addendum of this case.",
        )  # fmt: skip


def _check_truthless(case: Case) -> None:
    if case.has_truth:
        raise Refusal(
            "addendum.sealed-truth", "This case has a ground truth of its own.",
            "What was committed to before the audit is what its reports are scored against.",
            "Rule on what else a finding shows: `workbench judge adjudicate`.",
        )  # fmt: skip


def _day(moment_us: int) -> str:
    return datetime.fromtimestamp(moment_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")
