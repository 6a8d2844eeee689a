"""What a verification found: one step for each thing that was looked at, in the order in which it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from casefiles.keys.identity import VerifyKey
from casefiles.status import STATUS, Refusal


class Stage(StrEnum):
    """The stages of a verification, in their order; the first failure ends it."""

    ENVELOPE = "envelope"
    FILES = "files"
    TICKET = "ticket"
    RECORDS = "records"
    CHECKPOINTS = "checkpoints"
    RECEIPTS = "receipts"
    REPORT = "report"
    BLOBS = "blobs"
    REPLAY = "replay"
    COMMITMENT = "commitment"
    RULES = "rules"
    """For whoever knows probes: custody does not."""


StageListener = Callable[[Stage, int, int], None]
"""Told which stage is going on, and how many of how many bytes or records are done."""


REMARKS: Final = frozenset(
    {"log.clock", "log.orphans", "log.unwitnessed", "log.unwitnessed-end", "ticket.judged", "ticket.second",
     "ticket.unseen", "ticket.after-verdict", "ticket.own-case", "ticket.alike", "report.several",
     "register.unknown-ticket", "log.class-stated", "log.other-version", "ticket.none", "ticket.unknown-judge",
     "receipt.none", "receipt.unknown-witness", "report.none", "report.counted-earlier", "report.earlier",
     "report.not-checked", "report.replaced", "report.unrecorded", "ticket.decided", "verdict.unread",
     "verdict.no-baseline", "verdict.not-checked", "verdict.unasked", "verdict.decided", "verdict.dated",
     "verdict.ends", "verdict.cut-off", "verdict.empty", "verdict.unfinished", "verdict.unsaid",
     "verdict.unruled", "verdict.other-baseline",
     "verdict.provisional", "blob.left-out", "replay.not-checked", "replay.unreplayable", "replay.lost",
     "rules.unusual", "truth.none", "truth.addendum", "truth.contradicted", "truth.several", "truth.shared",
     "truth.unrealised", "truth.set-aside", "truth.weights", "truth.unearnable", "truth.not-checked",
     "truth.few-answers", "truth.undecided", "truth.unheard", "addendum.not-checked", "case.not-accepted",
     "report.classed-earlier", "verdict.unknown-judge", "rules.not-checked", "rules.stopped"}
)  # fmt: skip
"""Codes that say what is not proven; every other code but `ok` is a failure."""


class State(StrEnum):
    """How a step ended."""

    OK = "ok"
    REMARK = "remark"
    """Nothing is wrong, but less is proven than a reader may think."""
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One thing that was looked at."""

    stage: Stage
    code: str
    """From the table of status codes; `ok` if it holds."""
    sentence: str
    """What that means, for a person."""
    detail: str
    state: State


@dataclass(frozen=True)
class Verification:
    """Everything that is proven about a document, everything that is not, and where it fails if it does."""

    kind: str
    """`case`, `log`, `report`, `verdict`, `ticket` or `addendum`."""
    steps: tuple[Step, ...]
    signers: tuple[VerifyKey, ...] = ()
    """Whose signatures hold."""
    origin: str = ""
    """Of a log, or of the log a report was written on."""
    records: int = 0
    """How many records were verified."""
    witnessed: int = 0
    """Up to which of them somebody else than their author vouches. Those past it are unwitnessed, not verified."""
    root: str = ""
    digest: str = ""
    """SHA-256 of the signed payload: what was verified, by one name."""
    listed: str = ""
    """Of a log, or of what is on one, that of the list of the log's files: by this it is known when it is opened."""

    @property
    def ok(self) -> bool:
        """Whether nothing failed. What was not proven is among the remarks all the same."""
        return bool(self.steps) and all(step.state is not State.FAILED for step in self.steps)

    @property
    def code(self) -> str:
        """`ok`, or the code of the failure."""
        return self.failure.code if self.failure else "ok"

    @property
    def failure(self) -> Step | None:
        return next((step for step in self.steps if step.state is State.FAILED), None)

    @property
    def remarks(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.state is State.REMARK)

    @property
    def unwitnessed(self) -> int:
        return self.records - self.witnessed

    def to_json(self) -> dict[str, Any]:
        """For programs: the same words and codes."""
        return {
            "kind": self.kind,
            "ok": self.ok,
            "code": self.code,
            "signers": [key.text for key in self.signers],
            "origin": self.origin,
            "records": self.records,
            "witnessed": self.witnessed,
            "unwitnessed": self.unwitnessed,
            "root": self.root,
            "digest": self.digest,
            "steps": [
                {"stage": step.stage.value, "state": step.state.value, "code": step.code,
                 "sentence": step.sentence, "detail": step.detail}
                for step in self.steps
            ],
        }  # fmt: skip


@dataclass
class Findings:
    """The steps of a verification that is going on."""

    steps: list[Step] = field(default_factory=list)

    def holds(self, stage: Stage, sentence: str, detail: str = "") -> None:
        self.steps.append(Step(stage, "ok", sentence, detail, State.OK))

    def remark(self, stage: Stage, code: str, detail: str = "") -> None:
        if code not in REMARKS:
            raise KeyError(f"{code} is not the code of a remark")
        self.steps.append(Step(stage, code, STATUS[code], detail, State.REMARK))

    def fails(self, stage: Stage, refusal: Refusal) -> None:
        self.steps.append(Step(stage, refusal.code, STATUS[refusal.code], refusal.why, State.FAILED))
