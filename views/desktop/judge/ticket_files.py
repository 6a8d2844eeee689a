"""For whom a ticket is issued, and where it is written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from casefiles.files.disk import free_name


def ask_ticket_files(parent: QWidget, case: Path) -> tuple[Path, Path] | None:
    """The auditor's public key and the ticket to write; None if nothing was chosen."""
    auditor, _ = QFileDialog.getOpenFileName(parent, "The auditor's public key", "", "Public key (*.pub)")
    if not auditor:
        return None
    proposed = str(free_name(case.with_name(f"{Path(auditor).stem}.ticket.json")))
    out, _ = QFileDialog.getSaveFileName(parent, "Where to write the ticket", proposed, "Ticket (*.json)")
    return (Path(auditor), Path(out)) if out else None
