"""Sessions as commands and windows begin them: on which case, as whom, and where they lie."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from casefiles.status import STATUS, Refusal
from views import console

if TYPE_CHECKING:
    from casefiles.case.bundle import Case
    from casefiles.keys.identity import Identity
    from workbench.contract.rules import Rules
    from workbench.door.session import Session
    from workbench.door.subjects import OpenModel


def begun(
    case: Case,
    folder: Path,
    identity: Identity,
    open_model: OpenModel,
    *,
    ticket: bytes | None = None,
    restriction: Rules | None = None,
) -> Session:
    """Start the session, or reopen it if the folder is there. Raises Refusal if it was begun in another way."""
    from workbench.door.session import Session

    if folder.exists():
        if restriction is not None:
            _check_restriction(restriction, folder)
        if ticket is not None:
            _check_ticket(ticket, folder, case)
        session = Session.reopen(case, folder, identity, open_model)
        remember(folder, case)
        return session
    return Session.create(case, folder, identity, open_model, ticket=ticket, restriction=restriction)


def case_of(folder: Path) -> Path:
    """Where a session's case lay when it was last opened. Raises Refusal if that is no session, or it is gone."""
    from workbench.log.snapshot import reading
    from workbench.log.stored_log import StoredLog

    with reading(folder / StoredLog.FILE):
        """Refused here if it is no session."""
    named = said_in(folder)
    if not named.exists():
        raise Refusal(
            "input.missing", f"The case of {folder.name} is no longer where it was.", f"It lay at {named}.",
            "Name it with --case, where it lies now.",
        )  # fmt: skip
    return named


def to_countersign(folder: Path) -> str:
    """What an auditor does next who has audited, as a command."""
    return f"next: have the log countersigned: workbench custody request {console.typed(folder)}"


def to_hand_in(folder: Path) -> str:
    """What an auditor does next whose log is countersigned, as a command."""
    said = "--verdict modified|clean|inconclusive --probability P"
    return f"next: hand in: workbench export {console.typed(folder)} OUT.auditlog {said}"


def said_in(folder: Path) -> Path:
    """Where a session says that its case lies. Raises Refusal if it says nothing."""
    from casefiles.files.disk import read_small
    from workbench.door.session import Session

    return Path(os.fsdecode(read_small(folder / Session.CASE, 1 << 16)))


def remember(folder: Path, case: Case) -> None:
    """Where a session's case lies now, so that it need not be named again."""
    from casefiles.files.disk import read_small, write_atomic
    from workbench.door.session import Session

    place, path = os.fsencode(case.root.resolve()), folder / Session.CASE
    with contextlib.suppress(Refusal):  # what cannot be read is written anew
        if read_small(path, 1 << 16) == place:
            return
    write_atomic(path, place)


def _check_restriction(restriction: Rules, folder: Path) -> None:
    from workbench.log.records import Genesis
    from workbench.log.stored_log import StoredLog

    with StoredLog(folder / StoredLog.FILE) as log:
        if log.entry(0).read(Genesis).in_force != restriction:
            raise Refusal(
                "input.invalid", f"{folder.name} was begun under other rules.",
                "A restriction is given when a session begins, and stands in its first record.",
                "Leave --restrict out, or name another session folder.",
            )  # fmt: skip


def _check_ticket(ticket: bytes, folder: Path, case: Case) -> None:
    """That a ticket given for a session that exists is the one it was begun under, which stands in its first record."""
    from casefiles.custody.ticket import read
    from workbench.log.records import Genesis, Permit
    from workbench.log.stored_log import StoredLog

    given = read(ticket, case.manifest.judge.verify)
    if given.case_digest != case.digest:
        raise Refusal(
            "ticket.other-case", "The session ticket cannot be used.", STATUS["ticket.other-case"],
            "Ask the judge for a ticket for this case.",
        )  # fmt: skip
    with StoredLog(folder / StoredLog.FILE) as log:
        had = log.entry(0).read(Genesis).ticket
    if had != Permit.of(given):
        raise Refusal(
            "ticket.mismatch", f"{folder.name} was begun {'under another ticket' if had else 'without a ticket'}.",
            "A ticket is given when a session begins, and stands in its first record.",
            "Leave --ticket out to go on, or name another session folder to begin under the ticket.",
        )  # fmt: skip
