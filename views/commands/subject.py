"""`workbench subject`: who can be asked, and models that an auditor brings or trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from views import console, options
from workbench.visible import line


@click.group(name="subject")
def command() -> None:
    """List who can be asked on a case, or bring a model of one's own."""


@command.command(name="list")
@click.argument("case", type=options.FILE)
@options.session_options
@console.json_option
def list_(case: Path, as_json: bool, **given: Any) -> None:
    """List whom the rules let a session ask, by the names that --on takes."""
    from workbench.contract.subject import BROUGHT, brought

    opening = options.SessionOptions.take(given)
    with opening.session(options.open_case(case)) as session:
        told = {brought(one.model): one for one in session.brought()}
        rows = []
        for on in session.subjects():
            name = f"{BROUGHT}:{told[on].name}" if on in told else on
            rows.append({"name": name, "on": on, "provenance": told[on].provenance if on in told else ""})
    words = (f"{line(row['name']):<24}  {line(row['provenance'])}".rstrip() for row in rows)
    console.emit(rows, "\n".join(words), as_json)


@command.command()
@click.argument("case", type=options.FILE)
@click.argument("path", type=options.FILE)
@click.option("--name", required=True, help="What it is called in this session: --on brought:NAME asks it.")
@click.option("--provenance", required=True, help="Where it is from, or how it was made.")
@click.option("--data", type=options.FILE, help="What it was trained on: a file or folder; its digest is recorded.")
@options.actor_option
@options.session_options
@console.json_option
def add(
    case: Path, path: Path, name: str, provenance: str, data: Path | None, actor: Any, as_json: bool, **given: Any
) -> None:
    """Bring a model, such as a baseline trained on one's own data, within the limits of the rules.

    PATH is a folder with weights/ and tokenizer/. Its files are copied into the session, under their digest; an export
    leaves them out, and a judge is given the folder beside it.
    """
    from workbench.contract.subject import BROUGHT
    from workbench.log.wording import line_of

    opening = options.SessionOptions.take(given)
    with opening.session(options.open_case(case)) as session:
        entry = session.bring(path, name, provenance, data, actor)
    told = f"#{entry.seq}  {line(line_of(entry).what)}\nask it with `--on {BROUGHT}:{name}`"
    console.emit({"seq": entry.seq, **entry.data}, told, as_json)
