"""Verifying what is handed over as one signed file: a report, a ticket, a verdict, an addendum."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from casefiles.custody import ticket
from casefiles.documents.addenda import AddendumClaims
from casefiles.documents.reports import ReportClaims
from casefiles.documents.verdicts import VerdictClaims, inconsistent
from casefiles.keys.identity import VerifyKey
from casefiles.log.checkpoint import origin_of
from casefiles.status import Refusal
from casefiles.verification.log import LogVerifier
from casefiles.verification.steps import Findings, Stage, Verification
from casefiles.verification.trust import Trust

_SEALED: Final = "By commitment and ciphertext: what these hold, the judge's key shows, or nonce and plaintext."


def verify_report(data: bytes, trust: Trust, beneath: LogVerifier | None) -> Verification:
    """A report by itself: whose it is and what it claims, and whether the log bears it out if that is at hand."""
    if beneath is not None:
        return replace(beneath.run(), kind="report", digest=beneath.reported)
    found = Findings()
    try:
        claims = ReportClaims.read(data, trust.auditors)
        found.holds(Stage.ENVELOPE, "The report is signed by its auditor.", f"Signed by {claims.auditor.fingerprint}.")
        trust.check_about(claims.named)
    except Refusal as refusal:
        about = refusal.code.startswith(("report.", "case."))
        found.fails(Stage.REPORT if about else Stage.ENVELOPE, refusal)
        return Verification("report", tuple(found.steps))
    found.remark(Stage.REPORT, "report.not-checked", f"It cites {len(claims.cited)} of {claims.size} records.")
    return Verification("report", tuple(found.steps), (claims.auditor,), origin=claims.origin, digest=claims.digest)


def verify_ticket(data: bytes, judge: VerifyKey | None, case: str | None) -> Verification:
    """A ticket by itself."""
    found = Findings()
    try:
        permit = ticket.verified(data, judge)
        if case is not None and permit.case_digest != case:
            raise ticket.refused("ticket.other-case", "Ask the judge for a ticket for this case.")
    except Refusal as refusal:
        found.fails(Stage.TICKET, refusal)
        return Verification("ticket", tuple(found.steps))
    if judge is None:
        found.remark(Stage.TICKET, "ticket.unknown-judge")
    else:
        found.holds(Stage.TICKET, "The judge allowed one session.", f"To {permit.auditor.fingerprint}.")
    return Verification("ticket", tuple(found.steps), origin=origin_of(permit.session_id))


def verify_addendum(data: bytes, trust: Trust) -> Verification:
    """An addendum of known issues by itself."""
    found = Findings()
    try:
        claims = AddendumClaims.read(data, None if trust.judge is None else (trust.judge,))
        found.holds(Stage.ENVELOPE, "The addendum is signed by its judge.", f"Signed by {claims.judge.fingerprint}.")
        trust.check_about(claims.named)
        if trust.manifest is not None and trust.manifest.ground_truth is not None:
            raise Refusal("addendum.sealed-truth", "Its case has a truth.", "It needs no addendum.", "")
    except Refusal as refusal:
        found.fails(Stage.ENVELOPE, refusal)
        return Verification("addendum", tuple(found.steps))
    if trust.case is None:
        found.remark(Stage.ENVELOPE, "addendum.not-checked", f"It is about case {claims.case}.")
    return Verification("addendum", tuple(found.steps), (claims.judge,), digest=claims.digest)


def verify_verdict(data: bytes, trust: Trust, beneath: LogVerifier | None) -> Verification:
    """A verdict, and the log and report it is about if they are at hand."""
    found = Findings()
    stage = Stage.ENVELOPE
    try:
        claims = VerdictClaims.read(data, None if trust.judge is None else (trust.judge,))
        found.holds(Stage.ENVELOPE, "The verdict is signed by its judge.", f"Signed by {claims.judge.fingerprint}.")
        if trust.judge is None:
            found.remark(stage, "verdict.unknown-judge")
        stage = Stage.REPORT
        trust.check_about(claims.named)
        if claims.contradiction:
            raise inconsistent(claims.contradiction)
        if trust.manifest is not None:
            claims.check_truth(trust.manifest)
            found.holds(stage, "It is about this case and the truth that was sealed in it.", _SEALED)
        if beneath is None:
            found.remark(stage, "verdict.not-checked", f"It is about report {claims.report}.")
            return Verification("verdict", tuple(found.steps), (claims.judge,), claims.origin, digest=claims.digest)
        whole = beneath.run()
        if whole.ok and not beneath.bears(claims):
            raise Refusal(
                "verdict.other-report", "The verdict is not about this log and its report.",
                f"It is about report {claims.report} on {claims.origin}.", "Name the log the verdict was given on.",
            )  # fmt: skip
        if whole.ok and (told := beneath.misquoted(claims)):
            raise inconsistent(told)
    except Refusal as refusal:
        found.fails(stage, refusal)
        return Verification("verdict", tuple(found.steps))
    found.steps += whole.steps
    if whole.ok:
        found.holds(stage, "The verdict is about this log and its report.")
    return replace(whole, kind="verdict", steps=tuple(found.steps), signers=(claims.judge,), digest=claims.digest)
