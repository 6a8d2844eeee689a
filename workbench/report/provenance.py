"""Where a document comes from: the case, the log, the people, the engines, and what was done and spent."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator

from casefiles.keys.identity import PublicIdentity, VerifyKey
from workbench.contract.rules import Cost
from workbench.document import Document


class CaseName(Document):
    """The case a document is about, by its digests."""

    digest: str
    title: str
    specification: str
    """SHA-256 of `spec.md`."""
    model: str
    """Digest of the weights and the tokenizer."""


class LogState(Document):
    """The state of the audit log that a document rests on."""

    origin: str
    session: str
    size: int = Field(ge=1)
    root: str
    """RFC 6962 root over the first `size` records, hexadecimal."""
    witnessed: int = Field(0, ge=0)
    """Records up to which somebody else has countersigned the log, going by the receipts its author holds."""
    witnesses: tuple[str, ...] = ()
    """Who countersigned: whether it is the case's judge or another key that was named, its name and its fingerprint; in
    documents of 0.1.0 names alone, which anybody can give a key."""

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.witnessed > self.size:
            raise ValueError(f"witnessed to {self.witnessed} of {self.size}")
        return self

    @property
    def unwitnessed(self) -> int:
        """Records past the last receipt: signed by their author, and by nobody else."""
        return self.size - self.witnessed


class Signer(Document):
    """Who signs a document. What people compare is the fingerprint: it is that of the key, whoever wrote it down."""

    name: str
    key: str
    fingerprint: str

    @model_validator(mode="after")
    def _of_its_key(self) -> Self:
        VerifyKey.shown(self.key, self.fingerprint, self.name)
        return self

    @classmethod
    def of(cls, identity: PublicIdentity) -> Self:
        return cls(name=identity.name, key=identity.verify.text, fingerprint=identity.verify.fingerprint)


class Spent(Document):
    """What one kind of probe was used for."""

    probe: str
    runs: int
    cost: Cost


class SeedUse(Document):
    """Where the noise of a session's draws comes from: seeds follow from ticket and prompt, unless somebody picks."""

    noisy: int
    """Probes whose answers depend on a seed."""
    chosen: int
    """Those of them whose seed somebody picked."""


class Activity(Document):
    """What happened in the session, so that what was not cited can be seen too."""

    first_us: int
    last_us: int
    """Times of the first and last record, µs since the epoch, UTC."""
    ok: int
    failed: int
    cancelled: int
    refused: int
    orphans: tuple[int, ...]
    """Intents that never got a result: the process ended while the probe ran."""
    resumed: int
    spent: Cost
    """All that was spent; an orphan costs what it had reserved."""
    by_probe: tuple[Spent, ...]
    seeds: SeedUse | None = None
    """None: in a report of 0.1.0."""


class Environment(Document):
    """An environment in which probes ran, as the engine described itself."""

    first: int
    """The first result record made in it."""
    runs: int
    values: dict[str, JsonValue]
