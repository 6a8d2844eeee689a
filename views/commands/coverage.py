"""`workbench coverage`: which clause was looked into by what."""

from __future__ import annotations

from pathlib import Path

import click

from casefiles.status import Refusal
from views import console, options
from views.tables import tables
from workbench import places
from workbench.visible import line


@click.command(name="coverage")
@click.argument("path", type=options.FILE)
@click.option(
    "--case", "case", type=options.FILE, help="The case, for its clauses. Default: where the session found it."
)
@console.json_option
def command(path: Path, case: Path | None, as_json: bool) -> None:
    """Show which clauses of the specification were looked into, and by what.

    PATH is a session, an exported log, or a case, whose own session is looked at. A record belongs to the clauses that
    its suite or plan names, that a finding which cites it names, and that it is tagged with: `workbench probe
    --clause`, `record tag`.
    """
    from workbench.log.imported_log import open_records
    from workbench.report.coverage import coverage

    session, specification = _named(path, case)
    with open_records(session) as records:
        found = coverage(records, specification)
    told = {"summary": found.summary, "clauses": found.clauses, "missing": found.missing,
            "covered": [one.model_dump(mode="json") for one in found.covered]}  # fmt: skip
    console.emit(told, f"{line(found.summary)}\n\n{tables(found.figures())}", as_json)


def _named(path: Path, case: Path | None) -> tuple[Path, tuple[str, ...]]:
    """The log that is meant, and the clauses of its case as far as the case is at hand."""
    from views.sessions import said_in
    from workbench.door.session import Session
    from workbench.report.specification import stated_clauses

    session = path
    if (path / "case.dsse.json").is_file():
        opened = options.open_case(path)
        session = places.sessions() / f"{opened.manifest.case_id}.session"
        if not session.is_dir():
            raise Refusal(
                "input.missing", f"{path.name} has no session of its own here.", f"There is no {session}.",
                "Name the session's folder.",
            )  # fmt: skip
        return session, stated_clauses(opened.specification)
    if case is None and (session / Session.CASE).is_file():
        case = said_in(session)
        case = case if case.exists() else None
    if case is None:
        return session, ()
    return session, stated_clauses(options.open_case(case).specification)
