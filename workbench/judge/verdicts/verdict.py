"""The judge's verdict on a report: what was verified, what the truth was, and how the report scored."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from casefiles.documents.verdict_figures import contradiction
from casefiles.verification.steps import REMARKS
from workbench.contract.comparison import Agreement
from workbench.contract.figures import Answer, Ending
from workbench.contract.result import Result
from workbench.document import Document, Sha256, SignedDocument
from workbench.evidence.observations import LostDraws
from workbench.judge.replays.replay import ReplayedRecord
from workbench.judge.retests.retested import Retest
from workbench.judge.scores.engagement import Engagement
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import Adjudication, Grade, Scores
from workbench.judge.truths.addendum import AppliedAddendum
from workbench.judge.truths.truth import Difficulty
from workbench.report.provenance import CaseName, LogState, Signer


class Check(Document):
    """One step of verification, with its code from the table of status codes."""

    stage: str
    code: str
    sentence: str
    detail: str = ""


class Replay(Document):
    """How recorded results compare with the model's own; nothing is claimed for what was not replayed."""

    status: Literal["not replayed", "replayed"] = "not replayed"
    exact: int = Field(0, ge=0)
    tolerant: int = Field(0, ge=0)
    diverged: int = Field(0, ge=0)
    unreplayable: int = Field(0, ge=0)
    note: str = ""
    records: tuple[ReplayedRecord, ...] = ()
    """What came of each result, and the bound it was held against."""

    @property
    def doubted(self) -> frozenset[int]:
        """Results that the replay did not confirm, because they diverged or could not be replayed."""
        wanting = (Agreement.DIVERGED, Agreement.UNREPLAYABLE)
        return frozenset(record.seq for record in self.records if record.agreement in wanting)


class SwallowedAnswer(Document):
    """An answer that the model gives to a probe whose record does not hold it."""

    index: int = Field(ge=0)
    text: str
    tokens: int = Field(ge=0)
    ending: Ending


class SwallowedAnswers(Document):
    """What a failed, stopped or unanswered probe swallowed, drawn again."""

    intent: int = Field(ge=0)
    answers: tuple[SwallowedAnswer, ...]
    asked_ids: tuple[int, ...] = ()
    """Token ids of what they answer: what a prompt is, however it was written."""

    @classmethod
    def of(cls, intent: int, result: Result) -> Self:
        told = (
            SwallowedAnswer(index=one.index, text=one.text, tokens=one.tokens, ending=one.ending)
            for one in result.answers
            if one.begun
        )
        return cls(intent=intent, answers=tuple(told), asked_ids=result.asked_ids)

    @property
    def drawn(self) -> tuple[Answer, ...]:
        return tuple(Answer(one.index, one.text, one.tokens, one.ending) for one in self.answers)

    @property
    def lost(self) -> LostDraws:
        """The same as evidence takes them in."""
        return LostDraws(self.drawn, self.asked_ids)


class RevealedTruth(Document):
    """What was sealed, bound to the case by its commitment."""

    commitment: str
    ciphertext_sha256: str
    digest: str
    """SHA-256 of the plaintext as it was sealed."""
    modified: bool
    summary: str
    kind: str = ""
    """What kind of attack it was; empty: the truth does not say."""
    difficulty: Difficulty | None = None
    side_effects: tuple[str, ...] = ()
    """What else was measured of the organism."""


class Verdict(SignedDocument):
    """A verdict. It changes only by another one that names it as `previous` and carries one decision more: a grade, a
    ruling or an adjudication."""

    called, malformed = "verdict", "verdict.malformed"

    format: Literal["audit-workbench/verdict/1"] = "audit-workbench/verdict/1"
    workbench: str
    issued_us: int
    case: CaseName
    report: str
    """SHA-256 of the report's payload."""
    log: LogState
    """As the judge verified it: `witnessed` counts receipts the judge has checked."""
    auditor: Signer
    verification: tuple[Check, ...]
    replay: Replay
    truth: RevealedTruth | None
    """None: the case has no ground truth."""
    scores: Scores
    grades: tuple[Grade, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    adjudications: tuple[Adjudication, ...] = ()
    previous: str | None = None
    """SHA-256 of the payload of the verdict this one follows."""
    judge: Signer
    engagement: Engagement | None = None
    """How the session kept to the rules; None: an earlier version did not look."""
    retest: Retest | None = None
    """What was drawn anew to match findings with behaviours; None: nothing was."""
    swallowed: tuple[SwallowedAnswers, ...] = ()
    """Answers that the log does not hold and that count all the same."""
    blind: int | None = None
    """Records that were there when the session was first judged, if it was before."""
    same_report: bool = True
    """Whether this is the report that was judged then."""
    ranked: tuple[str, ...] | None = None
    """The findings of the one that was, best first, if this is another: they are what is scored."""
    addendum: AppliedAddendum | None = None
    """What became known later and was scored against, in a case without ground truth."""
    says: dict[str, tuple[int, ...]] = Field({}, max_length=64)
    """What the organism says next on public texts (`casefiles.case.sayings`); empty: nobody asked it."""
    claims: dict[str, Sha256] = Field(default_factory=dict)
    """A digest of what each finding claims and cites, by its name: what was decided on one says nothing of another that
    is called so. Empty in a verdict of an earlier version."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.same_report and self.blind is None:
            raise ValueError("another report was judged before, and nothing was")
        return self

    @property
    def contradiction(self) -> str:
        """Which of its figures does not follow from the others, in a sentence; empty: all do."""
        return contradiction(self.stated())

    @property
    def holds(self) -> bool:
        """Whether no check failed; what was not proven is among the checks all the same."""
        return all(check.code == "ok" or check.code in REMARKS for check in self.verification)
