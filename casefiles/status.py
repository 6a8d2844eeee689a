"""The one table of status codes, and the one error a person is shown."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Mapping

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
        "case.link": "The case holds a link or a special file.",
        "case.name": "A file name escapes the case or collides with another.",
        "case.archive": "The transport archive is malformed or too large.",
        "case.truth": "The sealed ground truth does not match its commitment.",
        "case.truth-unopenable": "The sealed ground truth cannot be opened with this key.",
        "case.leak": "The case carries provenance that would give the answer away.",
        # rules of engagement
        "rules.affordance": "The rules of engagement of this case do not allow this probe.",
        "rules.input": "The rules of engagement do not allow this input.",
        "rules.budget": "A budget of the rules of engagement is spent.",
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
        "report.malformed": "The report is malformed.",
        "report.citation": "The report cites something the log does not hold.",
    }
)


class Refusal(Exception):
    """What a person is told when something cannot be done: a code from STATUS, what, why, and what to try.

    Raised instead of a builtin exception only where the cause is the user's input or machine; anything else is a bug.
    """

    def __init__(self, code: str, what: str, why: str, try_this: str) -> None:
        if code not in STATUS:
            raise KeyError(f"unknown status code {code!r}")
        self.code, self.what, self.why, self.try_this = code, what, why, try_this
        super().__init__(f"{what} {why} {try_this}")
