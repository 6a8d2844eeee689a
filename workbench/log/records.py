"""Every kind of record that an audit log holds, as one typed document each.

The published schema of records and the list of their kinds are made from these (`workbench.schemas`); the
columns a query may name, too (`columns.py`). A field added later has a default, so that older records can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, JsonValue

from casefiles.custody.ticket import Ticket
from casefiles.keys.identity import PublicIdentity
from casefiles.status import Refusal
from workbench.claims.finding import Finding
from workbench.claims.predicate import Match
from workbench.claims.weight import Strength
from workbench.contract.actor import Actor
from workbench.contract.rules import Cost, Elicitation, Rules
from workbench.contract.subject import ORGANISM, SubjectName
from workbench.document import Document, Sha256
from workbench.log.blobs import ArrayRef
from workbench.log.log_record import LogRecord

# -- the session


class Person(Document):
    """Somebody's public identity, as a key file holds it."""

    format: str
    name: str
    verify: str
    """The Ed25519 public key."""
    recipient: str
    """The age recipient."""

    @classmethod
    def of(cls, identity: PublicIdentity) -> Self:
        return cls.model_validate(identity.to_json())

    @property
    def identity(self) -> PublicIdentity:
        """The same as keys. Raises ValueError if they are none."""
        return PublicIdentity.from_json(self.model_dump())


class Permit(Document):
    """The judge's session ticket, as it was signed."""

    format: str
    ticket_id: str
    case: Sha256
    auditor: str
    issued_at: int = Field(ge=0)
    """Seconds since the epoch, UTC, by the judge's clock."""

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        return cls.model_validate(ticket.to_json())


class Declared(Document):
    """The version of a probe that was at hand, and the digest of its declaration."""

    version: int = Field(ge=1)
    digest: Sha256


class Genesis(LogRecord):
    """The first record: what is audited, by whom, and under which rules."""

    kind = "genesis"
    words = ("title",)

    workbench: str
    """Version of the workbench that began the session."""
    case: Sha256
    title: str
    specification: Sha256
    """SHA-256 of `spec.md`."""
    model: Sha256
    """Sha256 of the organism's weights and tokenizer."""
    rules: dict[str, JsonValue]
    """The case's rules of engagement, exactly as its manifest has them."""
    restriction: Rules | None = None
    """Narrower rules that this session is held under; None: the case's own."""
    auditor: Person
    judge: Person | None = None
    """Whose case it is."""
    ticket: Permit | None
    """None: the session had none, so nothing stops its author from having others."""
    probes: dict[str, Declared]
    """Every probe that was at hand."""
    actor: Actor | None = None

    @property
    def case_rules(self) -> Rules:
        return Rules.model_validate(self.rules)

    @property
    def in_force(self) -> Rules:
        """The rules that the door holds the session to."""
        return self.restriction or self.case_rules


class Resumed(LogRecord):
    """The session was opened again."""

    kind = "resumed"

    workbench: str
    actor: Actor | None = None


# -- the door


class PlanStep(Document):
    """The step of a plan that a probe is."""

    name: str = Field(min_length=1, max_length=100)
    version: int = Field(ge=1)
    digest: Sha256
    """SHA-256 of the plan's canonical arguments: what makes two runs the same plan."""
    step: str = Field(min_length=1, max_length=200)
    """Its key within the plan, so that the plan can go on where it stopped."""
    clause: str = Field("", max_length=100)
    """The clause of the specification that it looks into, as its author says: for what was covered, no evidence."""
    question: str = Field("", max_length=200)
    """What it asks, whatever the wording: steps of a plan that agree in it paraphrase each other."""


class Asked(LogRecord):
    """A probe that was put to the door."""

    words: ClassVar[tuple[str, ...]] = ("arguments",)

    probe: str
    version: int = Field(ge=1)
    arguments: dict[str, Any]
    actor: Actor
    plan: PlanStep | None = None
    """None: somebody asked it by itself."""
    on: SubjectName = ORGANISM
    """Who was asked."""
    beside: SubjectName | None = None
    """Who was asked too, by a probe that compares two."""


class Intent(Asked):
    """A probe that was let in, durable before it ran."""

    kind = "intent"

    model: str
    """Sha256 of the model that was asked."""
    beside_model: str | None = None
    """Sha256 of the model that it was compared with."""
    engine: str
    elicitation: Elicitation
    """As its author's machine saw it, for quick queries. Readers compute it from the arguments."""
    reserved: Cost
    """The most it may spend; what it costs if no result ever comes."""


class Reason(Document):
    """What a person is told of a refusal."""

    code: str
    what: str
    why: str
    try_this: str

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        return cls(code=refusal.code, what=refusal.what, why=refusal.why, try_this=refusal.try_this)


class RefusalRecord(Asked):
    """A probe that was not let in, or that no model could be asked."""

    kind = "refusal"
    words = ("arguments", "what", "why")

    code: str
    what: str
    why: str
    try_this: str


class ResultRecord(LogRecord):
    """What came of an intent; each is answered at most once."""

    kind = "result"
    words = ("result", "error")

    intent: int = Field(ge=0)
    """Number of the intent it answers."""
    probe: str = ""
    status: Literal["ok", "failed", "cancelled"]
    summary: str | None = None
    """The result in one sentence."""
    result: dict[str, Any] | None
    error: Reason | None
    cost: Cost
    environment: dict[str, JsonValue]
    """The engine as it described itself."""
    beside_environment: dict[str, JsonValue] | None = None
    """The engine of the model that was asked too."""
    blobs: dict[str, ArrayRef]
    """The arrays of the result, by name: the safetensors file that holds each."""
    elapsed_us: int | None = Field(None, ge=0, exclude=True)
    """In logs of 0.1 alone, and read by nobody: how long it took stands in the times of intent and result."""


# -- what else people and agents leave in the log


class Note(LogRecord):
    """A remark."""

    kind = "note"
    words = ("text",)

    text: str
    actor: Actor | None = None


class Tag(LogRecord):
    """A label on a record."""

    kind = "tag"
    words = ("label",)

    record: int = Field(ge=0)
    label: str
    actor: Actor | None = None


class Hypothesis(LogRecord):
    """What is expected to be seen, said before it is looked for: only draws after this record can confirm it.

    A revision keeps the `id`, and is locked anew: the last one in the log counts, from where it stands.
    """

    kind = "hypothesis"
    words = ("claim", "scope")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    claim: str = Field(min_length=1, max_length=4000)
    predicate: Match
    """Holds on an answer that shows what is claimed."""
    scope: tuple[str, ...] = Field((), max_length=200)
    """The subjects it covers, one term each."""
    expected: Literal["more", "less"] = "more"
    """Whether it should show more or less often than under the control."""
    actor: Actor


class FindingRecord(LogRecord):
    """A finding, or a revision of one, with the strength that the log gave it then."""

    kind = "finding"
    words = ("finding",)

    finding: Finding
    strength: Strength
    actor: Actor | None = None


class Withdrawn(LogRecord):
    """A finding was taken back."""

    kind = "withdrawn"
    words = ("reason",)

    finding: str
    """Its id."""
    reason: str = ""
    actor: Actor | None = None


class Imported(LogRecord):
    """Something from elsewhere was taken into the session, by its digest."""

    kind = "imported"
    words = ("name", "note")

    what: Literal["log", "report", "verdict", "ticket", "case", "file"]
    name: str = Field(min_length=1, max_length=255)
    """What it was called, without the folder it lay in."""
    sha256: Sha256
    """Of the file; of a signed document, and of a folder with a signed list, of what is signed."""
    size: int = Field(ge=0)
    """Bytes."""
    origin: str = ""
    """Of a log, or of the log that the document rests on."""
    note: str = Field("", max_length=1000)
    actor: Actor


class Brought(LogRecord):
    """A model that the auditor brought or trained; its files lie in the session, under their digest."""

    kind = "brought"
    words = ("name", "provenance")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    """What it is called in this session."""
    model: Sha256
    """Sha256 of its weights and tokenizer."""
    weights: int = Field(ge=1)
    """Numbers in all its tensors."""
    format: Literal["safetensors", "gguf"]
    provenance: str = Field(min_length=1, max_length=4000)
    """Where it is from, or how it was made, in its auditor's words."""
    data: Sha256 | None = None
    """Sha256 of what it was trained on; None: nobody says."""
    data_size: int = Field(0, ge=0)
    """Bytes of that."""
    actor: Actor


class ReportRecord(LogRecord):
    """A report was signed and handed in."""

    kind = "report"

    report: Sha256
    """SHA-256 of its payload."""
    size: int = Field(ge=1)
    """How many records it rests on."""
    root: Sha256
    actor: Actor | None = None
    says: Sha256 | None = None
    """`Report.says`: of reports that say the same its auditor shows none rather than another; None: an earlier version
    did not note it."""


RECORDS: Final[Mapping[str, type[LogRecord]]] = MappingProxyType(
    {
        record.kind: record
        for record in (
            Genesis, Resumed, Intent, ResultRecord, RefusalRecord, Note, Tag, Hypothesis, FindingRecord, Withdrawn,
            Imported, Brought, ReportRecord,
        )
    }
)  # fmt: skip
"""Kind → what a record of that kind says."""
BY_HAND: Final = (Note, Tag, Hypothesis, FindingRecord, Withdrawn, Imported, Brought)
"""What people and their programs write: no probe does."""
