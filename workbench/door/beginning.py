"""How a session begins and is gone on with: its first record, whose it is, and what was spent in it before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from casefiles.case.bundle import Case
from casefiles.custody.ticket import Ticket
from casefiles.keys.identity import Identity
from casefiles.log.restriction import widening
from casefiles.status import Refusal
from workbench.contract.actor import Actor
from workbench.contract.rules import Cost, Rules
from workbench.log.audit_log import AuditLog
from workbench.log.records import Declared, Genesis, Intent, Permit, Person
from workbench.probes import PROBES
from workbench.version import VERSION
from workbench.visible import quoted


def first_record(
    case: Case, auditor: Identity, ticket: Ticket | None, restriction: Rules | None, actor: Actor | None
) -> Genesis:
    """Everything that this session is held to. Raises Refusal `rules.widened` if a restriction allows more than the
    case, and `case.manifest` if the case's own rules are none."""
    rules = case.manifest.rules
    Rules.sealed(rules)
    if restriction is not None and (wider := widening(rules, restriction.model_dump(mode="json"))):
        raise Refusal(
            "rules.widened", "The restriction allows more than the case.", f"{wider}.",
            "A session can only be held to less than its case allows: narrow the restriction.",
        )  # fmt: skip
    return Genesis(
        workbench=VERSION,
        case=case.digest,
        title=case.manifest.title,
        specification=case.manifest.specification,
        model=case.model_digest,
        rules=dict(rules),
        restriction=restriction,
        auditor=Person.of(auditor.public),
        judge=Person.of(case.manifest.judge),
        ticket=Permit.of(ticket) if ticket else None,
        probes={probe.kind: Declared(version=probe.version, digest=probe.digest()) for probe in PROBES},
        actor=actor or holder(auditor),
    )


def check_belongs(genesis: Genesis, case: Case, auditor: Identity, folder: Path) -> None:
    """Raises Refusal if a session is another case's or another auditor's."""
    if genesis.case != case.digest:
        raise Refusal(
            "session.other-case", f"{folder} belongs to another case.", f"It was started on {quoted(genesis.title)}.",
            "Open the case it was started on, or start a new session.",
        )  # fmt: skip
    if genesis.auditor != Person.of(auditor.public):
        raise Refusal(
            "session.other-auditor", f"{folder} is another auditor's session.",
            "Its records are signed with another key.", "Use the key it was started with, or start a new session.",
        )  # fmt: skip


def holder(identity: Identity) -> Actor:
    """The person whose key it is."""
    return Actor(name=identity.name)


def spent_in(log: AuditLog, orphans: Iterable[int]) -> Cost:
    """What the log says was spent; an intent without a result costs what it reserved."""
    # In SQL, because a long session would take many seconds to read record by record.
    sums = ", ".join(f"coalesce(sum(cost_{name}), 0)::BIGINT" for name in Cost.model_fields)
    ((*found,),) = log.query(f"SELECT {sums} FROM result")
    spent = Cost(**dict(zip(Cost.model_fields, found, strict=True)))
    for seq in orphans:
        spent = spent + log.entry(seq).read(Intent).reserved
    return spent
