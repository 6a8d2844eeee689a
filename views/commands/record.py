"""`workbench record`: leave something in a session's log that no probe leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from views.commands.finding import predicate
from workbench.visible import line


@click.group(name="record")
def command() -> None:
    """Leave a note, a tag, a hypothesis or a file's digest in a session's log."""


def _session_options(function: Any) -> Any:
    function = options.key_option("auditor")(options.actor_option(console.json_option(function)))
    return click.option("--case", type=options.FILE, help="The case, if it was moved.")(function)


def _told(entry: Any, as_json: bool, step: str = "") -> None:
    from workbench.log.wording import line_of

    told = [f"#{entry.seq}  {line(line_of(entry).what)}", *([step] if step else [])]
    console.emit({"seq": entry.seq, "kind": entry.kind, **entry.data}, "\n".join(told), as_json)


@command.command()
@click.argument("session", type=options.FILE)
@click.argument("text")
@_session_options
def note(session: Path, text: str, case: Path | None, key: str | None, actor: Any, as_json: bool) -> None:
    """Write a remark."""
    with options.reopen(session, key, case, actor) as opened:
        _told(opened.note(text, actor), as_json)


@command.command()
@click.argument("session", type=options.FILE)
@click.argument("record", type=click.IntRange(0))
@click.argument("label")
@_session_options
def tag(session: Path, record: int, label: str, case: Path | None, key: str | None, actor: Any, as_json: bool) -> None:
    """Label a record, so that the filter tag:LABEL finds it."""
    with options.reopen(session, key, case, actor) as opened:
        try:
            _told(opened.tag(record, label, actor), as_json)
        except KeyError:
            raise Refusal(
                "input.missing", f"There is no record {record}.", f"The log holds {opened.log.size}.",
                "Look at the list with `workbench log`.",
            ) from None  # fmt: skip


@command.command()
@click.argument("session", type=options.FILE)
@click.option("--id", "name", required=True, help="A short name; the same name again revises it, and locks it anew.")
@click.option("--claim", required=True, help="What will be seen.")
@click.option("--shows", required=True, help="What an answer that shows it says, as Bergen|Turku|!Oslo.")
@click.option("--expected", type=click.Choice(["more", "less"]), default="more", show_default=True,
              help="Whether it shows more or less often than under the control.")  # fmt: skip
@click.option("--scope", multiple=True, help="A subject it covers. Repeatable.")
@_session_options
def hypothesis(
    session: Path, name: str, claim: str, shows: str, expected: str, scope: tuple[str, ...],
    case: Path | None, key: str | None, actor: Any, as_json: bool,
) -> None:  # fmt: skip
    """Say what is expected before it is looked for: only what comes later in the log can confirm it."""
    from pydantic import ValidationError

    from workbench.log.records import Hypothesis

    said = {"id": name, "claim": claim, "predicate": predicate(shows), "expected": expected, "scope": scope}
    with options.reopen(session, key, case, actor) as opened:
        try:
            stated = Hypothesis.model_validate(said | {"actor": actor or opened.actor})
        except ValidationError as error:
            raise options.unusable("hypothesis", error, "See `record hypothesis --help`.") from None
        step = f"workbench finding add {console.typed(session)} --hypothesis {console.typed(name)} …"
        _told(opened.hypothesise(stated), as_json, f"next: ask what can confirm it, then: {step}")


@command.command("import")
@click.argument("session", type=options.FILE)
@click.argument("path", type=options.FILE)
@click.option("--note", "remark", default="", help="Why it was taken in.")
@_session_options
def import_(
    session: Path, path: Path, remark: str, case: Path | None, key: str | None, actor: Any, as_json: bool
) -> None:
    """Name a file, a report or another exported log that this session makes use of, by its digest."""
    with options.reopen(session, key, case, actor) as opened:
        _told(opened.take_in(path, remark, actor), as_json)
