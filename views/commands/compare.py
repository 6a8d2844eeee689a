"""`workbench compare`: many exported logs side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from casefiles.status import Refusal
from views import console, options
from views.commands.demo import no_window
from views.tables import tables
from workbench.visible import line


@click.command(name="compare")
@click.argument("logs", type=options.FILE, nargs=-1, required=True)
@click.option(
    "--case",
    "cases",
    type=options.FILE,
    multiple=True,
    help="A case, for its clauses, rules and judge's key. Repeatable.",
)
@click.option(
    "--verdict", "verdicts", type=options.FILE, multiple=True, help="A judge's verdict on one of them. Repeatable."
)
@click.option(
    "--trust",
    type=options.FILE,
    multiple=True,
    help="A public key whose logs are taken. Repeatable. Default: anybody's.",
)
@click.option("--html", type=options.FILE, help="Write it as a page, too.")
@click.option("--pdf", type=options.FILE, help="Write it as PDF, too.")
@click.option("--parquet", type=options.FILE, help="Write the tables it is made from into a new folder, too.")
@click.option("--window", is_flag=True, help="Open them in the team's window instead.")
@console.json_option
def command(
    logs: tuple[Path, ...], cases: tuple[Path, ...], verdicts: tuple[Path, ...], trust: tuple[Path, ...],
    html: Path | None, pdf: Path | None, parquet: Path | None, window: bool, as_json: bool,
) -> None:  # fmt: skip
    """Compare many exported logs: what came of them, and what it took.

    LOGS are folders NAME.auditlog, of one case or of many. Each is verified first; the first that does not hold is
    refused with its code, and nothing is compared. They are read into a database of this machine's own.
    """
    if window:
        _show(logs, cases, verdicts)
    from casefiles.files.disk import check_new, write_new
    from casefiles.keys.identity import PublicIdentity
    from workbench.report.paper import on_paper, ready
    from workbench.teams.comparison import compare
    from workbench.teams.database import team_database
    from workbench.teams.page import foot, render

    for out in (html, parquet):
        if out is not None:
            check_new(out)
    if pdf is not None:
        ready(pdf)
    with team_database() as database, console.bar("Comparing") as at:
        found = compare(
            logs,
            database,
            cases=[options.open_case(case) for case in cases],
            verdicts=verdicts,
            trusted=[PublicIdentity.load(key).verify for key in trust] or None,
            progress=at,
        )
        if parquet is not None:
            database.write_parquet(parquet, " ".join(found.leaves_out))
    if html is not None:
        write_new(html, render(found).encode())
    if pdf is not None:
        made_us = max(log.last_us for log in found.logs)
        write_new(pdf, on_paper(render(found), title=foot(found), made_us=made_us))
    written = {html: "to read", pdf: "for paper", parquet: "the tables"}
    told = [f"{line(str(out))}  {what}" for out, what in written.items() if out is not None]
    console.emit(found.model_dump(mode="json"), "\n\n".join([text(found), *told]), as_json)


def _show(logs: tuple[Path, ...], cases: tuple[Path, ...], verdicts: tuple[Path, ...]) -> NoReturn:
    """The team's window. Raises Refusal where none can be opened."""
    if hidden := no_window():
        why = hidden[:1].upper() + hidden[1:]
        raise Refusal("input.invalid", "No window can be opened here.", why, "Compare without --window.")
    from views.desktop.app import run_team
    from views.desktop.team.table import Laid

    sys.exit(run_team(Laid.of(logs, cases, verdicts)))


def text(found: Any) -> str:
    """A comparison for people."""
    from workbench.teams.drawings import SIDES, sections, side_by_side

    parts = []
    for section in sections(found):
        rows = section.tables
        if section.key == "logs" and len(found.logs) <= SIDES:
            rows = (side_by_side(found, range(len(found.logs))),)
        told = tables(each for each in rows if each.rows)
        parts.append(f"{section.title}\n{line(section.said)}" + (f"\n\n{told}" if told else ""))
    parts.append("\n".join(["What this comparison does not hold", *(f"  · {line(one)}" for one in found.leaves_out)]))
    return "\n\n".join(parts)
