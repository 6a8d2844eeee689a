"""What the start window opens: a session on a case, as somebody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backends.settings import EngineSettings
from casefiles.case.bundle import Case, open_case
from casefiles.files.disk import free_name, read_small
from casefiles.keys.identity import Identity
from views.sessions import begun, case_of
from workbench import places
from workbench.demo import GameTable, lay_table
from workbench.door.opener import Opener, read_by
from workbench.door.session import Session
from workbench.listener import Listener


@dataclass(frozen=True)
class Seat:
    """A case or a session, and what it takes to sit down at it."""

    case: Path | None
    """None: the case that the session was begun on."""
    session: Path | None = None
    """None: the one where sessions on this case go."""
    ticket: Path | None = None

    def verified(self, listener: Listener) -> Case:
        """The case, every byte of it read. Raises Refusal; so may the listener, who hears how far it is."""
        if (path := self.case) is None:
            assert self.session is not None
            path = case_of(self.session)
        return open_case(path, progress=lambda done, whole: listener(done / max(1, whole), "verifying the case"))

    def folder(self, case: Case) -> Path:
        """Where the session on it lies, or will."""
        return self.session or places.sessions() / f"{case.manifest.case_id}.session"

    def open(self, case: Case, auditor: Identity) -> Session:
        """Begin on the verified case, or go on. Raises Refusal."""
        folder = self.folder(case)
        ticket = read_small(self.ticket, 1 << 20) if self.ticket is not None else None
        settings = read_by(EngineSettings(), case.path("weights"))
        return begun(case, folder, auditor, Opener.of(case, settings), ticket=ticket)


def open_demo() -> Session:
    """The demo's case, under a ticket of its judge, in a folder of its own. Raises Refusal."""
    demos = places.sessions().parent / "demos"
    demos.mkdir(parents=True, exist_ok=True)
    return lay_table(free_name(demos / "audit-demo")).session(EngineSettings())


def demo_auditor(session: Path) -> Identity | None:
    """Whose a demo's session is; None where it is no demo's. Raises Refusal."""
    table = GameTable.around(session)
    return table.auditor if table is not None else None


def own_keys() -> tuple[Path, ...]:
    """The private keys of whoever works here."""
    return tuple(sorted(places.keys().glob("*.key")))
