"""The one table of status codes, and the one error a person is shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STATUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # code: the sentence that explains it, whoever raised it
        "ok": "Everything that was checked holds.",
        # arguments and the machine
        "input.invalid": "The request itself is malformed.",
        "input.unknown-probe": "There is no probe of that name.",
        "input.missing": "A file or folder that was named does not exist.",
        "io.disk-full": "The disk is full; nothing was acknowledged after the last durable record.",
        "io.failed": "The operating system reported an error while reading or writing.",
        "internal": "A defect of this program; the details are in the crash file.",
        "interrupted": "The user interrupted the command; what was acknowledged before is kept.",
        "paper.missing": "The renderer that divides pages into sheets of PDF is not installed.",
        "paper.failed": "The renderer that divides pages into sheets of PDF gave up.",
        # keys and envelopes
        "key.unreadable": "The file is not a key of this workbench.",
        "key.passphrase": "The key file is encrypted and the passphrase is missing or wrong.",
        "envelope.malformed": "The signed envelope cannot be parsed strictly.",
        "envelope.payload-type": "The envelope holds another kind of document than expected.",
        "envelope.signature": "A signature does not verify.",
        "envelope.foreign-key": "The document is signed by a key that is not trusted here.",
        # cases
        "case.not-a-case": "The path is not a case file.",
        "case.manifest": "The case manifest is malformed.",
        "case.file-missing": "A file the manifest lists is missing.",
        "case.file-extra": "The case holds a file or folder the manifest does not list.",
        "case.file-changed": "A file's bytes are not the ones that were sealed.",
        "case.file-kind": "The case holds a kind of file that may run code or that no part of the workbench reads.",
        "case.file-sparse": "A file claims far more bytes than the disk holds for it.",
        "case.exists": "Something exists already where the case is to be written.",
        "case.link": "The case holds a link or a special file.",
        "case.name": "A file name escapes the case or collides with another.",
        "case.archive": "The transport archive is malformed or too large.",
        "case.truth": "The sealed ground truth does not match its commitment.",
        "case.truth-unopenable": "The sealed ground truth cannot be opened with this key.",
        "case.unrunnable": "No engine can run the model of the case, so nobody could judge it.",
        "case.unlike": "The case brings its model in two formats, and they are not one model.",
        "case.not-accepted": "The judge has not yet test-opened and countersigned the case.",
        "case.leak": "The case carries provenance that would give the answer away.",
        # ground truths
        "truth.unsound": "The ground truth is malformed, contradicts itself or names what the specification lacks.",
        "truth.baseline": "The baseline shows what the truth says it does not: findings were not held against it.",
        "truth.none": "The case has no ground truth: all is verified as in any other, and nothing can be scored.",
        "truth.addendum": "Scored against issues that became known later: nothing committed to them before the audit.",
        "truth.otherwise": "The ground truth states figures that the sealed weights do not show.",
        "truth.contradicted": "The truth says clean, and findings show what the baseline does not: the judge rules.",
        "truth.set-aside": "Findings show what the truth does not call realised, so that it counts in no recall.",
        "truth.unrealised": "Nothing of what the truth intends shows: whether a report says clean is not counted.",
        # rules of engagement
        "rules.affordance": "The rules of engagement of this case do not allow this probe.",
        "rules.brought": "The rules of engagement do not allow a model such as this to be brought.",
        "rules.input": "The rules of engagement do not allow this input.",
        "rules.budget": "A budget of the rules of engagement is spent.",
        "rules.widened": "A restriction allows more than the rules of engagement it is to narrow.",
        "rules.broken": "Probes were run that the rules of engagement do not allow: what they show counts for nothing.",
        "rules.findings": "The report holds more findings than the rules allow.",
        # models
        "model.unreadable": "The model files cannot be loaded.",
        "model.unsupported": "This engine cannot do what the probe needs on this model.",
        "model.input": "The model cannot take this input.",
        "model.crashed": "The engine process died; the session is intact.",
        # sessions, logs, reports
        "session.not-a-session": "The folder is not a session.",
        "session.other-case": "The session belongs to another case.",
        "session.other-auditor": "The session belongs to another auditor.",
        "session.locked": "Another process is using this session.",
        "session.exists": "A session already exists there.",
        "log.damaged": "The rows of the log do not add up to its own root.",
        "log.not-a-log": "The path is not an exported audit log.",
        "sweep.incomplete": "Some audits of a sweep came to no verdict; what did is kept.",
        "sweep.other-cell": "The log or verdict that stands for an audit of a sweep is another audit's.",
        # exported audit logs: what a reader of NAME.auditlog finds
        "log.export": "The export's signed list of files is malformed.",
        "log.file-missing": "A file the export lists is missing.",
        "log.file-extra": "The export holds a file or folder it does not list.",
        "log.file-changed": "A file's bytes are not the ones the auditor exported.",
        "log.link": "The export holds a link or a special file.",
        "log.name": "A file of the export has a name that does not belong there.",
        "log.compression": "A file of records is not one plain zstd frame of the expected size.",
        "log.segments": "The records are not divided into files as every export is.",
        "log.canonical": "A record is not in the one canonical spelling.",
        "log.record": "A record lacks a field, has one too many, or is of an unknown kind.",
        "log.sequence": "The records are not numbered without a gap: one was removed, moved or repeated.",
        "log.session": "A record belongs to another session.",
        "log.genesis": "The log does not begin with the one record that says what is audited, by whom and how.",
        "log.rules": "The log states other rules of engagement than its case.",
        "log.restriction": "The session was begun under rules that allow more than its case's.",
        "log.other-version": "The log says that another version of the workbench wrote it, or a part of it.",
        "log.anachronism": "The log holds what the version that it names could not have written.",
        "log.class-stated": "Records state another elicitation class than their own arguments show; that one counts.",
        "log.door": "A result answers no open intent: it did not come through the door.",
        "log.truncated": "The log holds fewer or more records than its export states.",
        "log.root": "The records do not add up to the root the auditor signed.",
        "log.clock": "The clock of the auditor's machine went backwards between records; their order is not affected.",
        "log.record-too-long": "The answer is longer than a record may be; it was kept whole, beside the log.",
        "log.orphans": "Probes were begun whose result was never recorded.",
        "log.unwitnessed": "Nobody but the auditor vouches for the records past the last receipt.",
        "log.unwitnessed-end": "Past the last receipt there is only how the session ended: its report signed.",
        "checkpoint.malformed": "A signed checkpoint cannot be parsed strictly.",
        "checkpoint.other-log": "A checkpoint belongs to another log.",
        "checkpoint.root": "A checkpoint states another size or root than the records have.",
        "checkpoint.signature": "The auditor's signature under a checkpoint does not verify.",
        # session tickets
        "ticket.none": "The session has no ticket: its auditor may have started others and shown only this one.",
        "ticket.malformed": "The session ticket is malformed.",
        "ticket.signature": "A signature under the session ticket does not verify.",
        "ticket.other-judge": "The session ticket was not issued by this judge.",
        "ticket.unknown-judge": "The ticket is signed, but nobody said which judge to trust.",
        "ticket.other-case": "The ticket was issued for another case.",
        "ticket.other-auditor": "The ticket was issued to another auditor.",
        "ticket.other-session": "The session is not the one the ticket allows.",
        "ticket.mismatch": "The log was not begun under the ticket that is shown with it.",
        "ticket.reused": "The ticket was used before, for a log with another history.",
        "ticket.second": "This auditor's other session on this case or model was judged before: it told the truth.",
        "ticket.unseen": "This auditor was allowed other sessions on this case or model: they were not handed in.",
        "ticket.own-case": "The auditor sealed this case or is its judge: what its truth says was theirs to know.",
        "ticket.after-verdict": "The ticket came after a verdict on this case or model: who read it knew the truth.",
        "ticket.judged": "The session was judged before: what was added since was not done blind, and earns nothing.",
        # receipts and witnesses
        "receipt.none": "No witness ever countersigned this log.",
        "receipt.malformed": "A receipt cannot be parsed strictly.",
        "receipt.mistyped": "The code was mistyped or is incomplete.",
        "receipt.other-log": "A receipt belongs to another log.",
        "receipt.root": "A witness countersigned another history than the one shown.",
        "receipt.cut": "The log is shorter than what a witness has seen of it.",
        "receipt.signature": "A witness' signature does not verify.",
        "receipt.unknown-witness": "A receipt by a witness not known here counts for nothing until their key is named.",
        "receipt.older": "The log asks to be witnessed at a smaller size than it was before.",
        "receipt.inconsistent": "The log is not a continuation of what was witnessed before.",
        "receipt.unknown-log": "The witness knows neither this log nor its auditor's key.",
        "register.unknown-ticket": "The judge's register knows nothing of the ticket: it is another file, or key.",
        "register.damaged": "The witness' register was altered or is incomplete.",
        "register.changed": "Another hand-in of this session was judged while this one was looked into.",
        "register.locked": "Another process is writing to the register.",
        # reports, verdicts and what they rest on
        "report.other-log": "The report was written on another log.",
        "report.root": "The report states another size or root than the log has.",
        "report.other-case": "The report is about another case.",
        "report.strength": "The report says something else about its evidence than the log does.",
        "report.several": "The log names several reports: its auditor wrote more than the one that was handed in.",
        "report.earlier": "The report is on an earlier state of its log; what was recorded later is no part of it.",
        "report.counted-earlier": "Strengths counted by an earlier rule were not compared; no score rests on them.",
        "report.none": "The log holds no report.",
        "report.not-checked": "The report was checked without the log it cites.",
        "addendum.malformed": "The addendum of known issues is malformed.",
        "addendum.not-checked": "The addendum was checked without the case that it is about.",
        "addendum.sealed-truth": "The case has a sealed ground truth, to which an addendum adds nothing.",
        "verdict.malformed": "The verdict is malformed.",
        "verdict.other-report": "The verdict is about another report or log.",
        "verdict.unread": "Nothing here tells what some findings claim from what any model says: a judge reads them.",
        "verdict.no-baseline": "No model without the implant was asked the findings' prompts: read what they ask.",
        "verdict.provisional": "Nothing was replayed, so nothing is earned yet: what the log says may be invented.",
        "verdict.unknown-judge": "The case of a verdict is not at hand: anybody may have signed it as its judge.",
        "verdict.not-checked": "The verdict was checked without the documents it speaks of.",
        "blob.missing": "The arrays of a cited record are missing.",
        "blob.unnamed": "A file of arrays is one no record names.",
        "blob.malformed": "A file of arrays does not hold what its record says.",
        "blob.left-out": "Arrays that no citation needs stayed on the auditor's machine.",
        "replay.diverged": "Records say what the model does not answer.",
        "replay.other-model": "Records say that another model than the case's was asked: they count for nothing.",
        "replay.unreplayable": "Records hold results that could not be put to the model again: they count for nothing.",
        "replay.lost": "What failed or stopped probes would have answered could not be drawn again here.",
        "replay.not-checked": "Whether the model answers as recorded was not checked here: replay shows that.",
        "truth.not-checked": "The sealed ground truth was not opened here, so its commitment was not checked.",
        "report.malformed": "The report is malformed.",
        "report.citation": "The report cites something the log does not hold.",
    }
)


class Refusal(Exception):  # noqa: N818 the word a person reads, not an error of the program
    """What a person is told when something cannot be done: a code from STATUS, what, why, and what to try.

    Raised instead of a builtin exception only where the cause is the user's input or machine; anything else is a bug.
    """

    def __init__(self, code: str, what: str, why: str, try_this: str) -> None:
        if code not in STATUS:
            raise KeyError(f"unknown status code {code!r}")
        self.code, self.what, self.why, self.try_this = code, what, why, try_this
        super().__init__(f"{what} {why} {try_this}")
