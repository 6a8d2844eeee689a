"""`workbench log`: show the records of a session or an exported log."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import click

from views import console, options


@click.command(name="log")
@click.argument("path", type=options.FILE)
@click.option("--kind", "kinds", multiple=True, help="Only records of this kind. Repeatable.")
@click.option("--filter", "wanted", default="", help="As in the desktop: kind:sample status:failed text:Norway.")
@click.option("--record", type=click.IntRange(0), help="One record, whole.")
@console.json_option
def command(path: Path, kinds: tuple[str, ...], wanted: str, record: int | None, as_json: bool) -> None:
    """Show the records of a session or an exported log."""
    from casefiles.status import Refusal
    from workbench.log.imported_log import open_records
    from workbench.visible import escaped

    with open_records(path) as records:
        if record is not None:
            try:
                entries = [records.entry(record)]
            except KeyError:
                raise Refusal(
                    "input.missing", f"There is no record {record}.", f"The log holds {records.size}.",
                    "Look at the list without --record.",
                ) from None  # fmt: skip
            value: Any = _told(entries[0])
            console.emit(value, escaped(entries[0].body.decode()), as_json)
            return
        entries, intents = _chosen(records, set(kinds), wanted)
    answered = {intent.seq for intent in intents.values()}
    text = "\n".join(_line(entry, intents.get(entry.seq), answered=entry.seq in answered) for entry in entries)
    console.emit([_told(entry) for entry in entries], text or "No such records.", as_json)


def _chosen(records: Any, kinds: set[str], wanted: str) -> tuple[list[Any], dict[int, Any]]:
    """The records that pass, and for the results among all records the intents that they answer."""
    from casefiles.status import Refusal
    from workbench.log.answering import answered
    from workbench.log.filter import FIELDS, FilterError, parse

    try:
        passing = parse(wanted)
    except FilterError as error:
        raise Refusal(
            "input.invalid", f"The filter cannot be read at character {error.at + 1}.", str(error),
            f"It knows {', '.join(f'{name}:' for name in FIELDS)} and, or, not, ( ).",
        ) from None  # fmt: skip
    found = None
    if passing.condition:
        sql, parameters = passing.query(0, records.size, list(records.orphans()))
        found = {int(seq) for (seq,) in records.query(sql, parameters)}
    asked: dict[int, Any] = {}
    intents: dict[int, Any] = {}
    chosen = []
    for entry in records.entries():
        if entry.kind == "intent":
            asked[entry.seq] = entry
        if (number := answered(entry)) is not None and number in asked:
            intents[entry.seq] = asked.pop(number)
        if (not kinds or entry.kind in kinds) and (found is None or entry.seq in found):
            chosen.append(entry)
    return chosen, intents


def _told(entry: Any) -> dict[str, Any]:
    return {"seq": entry.seq, "ts_us": entry.ts_us, "kind": entry.kind, "data": entry.data}


def _line(entry: Any, intent: Any, *, answered: bool) -> str:
    """`answered`: it is an intent, and what came of it stands in a record of its own."""
    from workbench.log.wording import line_of
    from workbench.visible import cell

    line = line_of(entry, intent)
    at = datetime.datetime.fromtimestamp(entry.ts_us / 1e6, datetime.UTC).strftime("%H:%M:%S")
    said = [text for text in (line.what, "" if answered else line.result) if text not in ("", "—")]
    name = line.label if line.label == entry.kind else f"{line.label} {entry.kind}"
    return f"{entry.seq:>5}  {at}  {cell(name):<17}  {'  '.join(map(cell, said))}"
