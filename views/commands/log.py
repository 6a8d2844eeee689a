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
@click.option("--record", type=click.IntRange(0), help="One record, whole.")
@console.json_option
def command(path: Path, kinds: tuple[str, ...], record: int | None, as_json: bool) -> None:
    """Show the records of a session or an exported log."""
    from casefiles.status import Refusal
    from workbench.log.imported_log import open_records

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
            console.emit(value, entries[0].body.decode(), as_json)
            return
        entries = list(records.entries(set(kinds) or None))
    text = "\n".join(_line(entry) for entry in entries)
    console.emit([_told(entry) for entry in entries], text or "No such records.", as_json)


def _told(entry: Any) -> dict[str, Any]:
    return {"seq": entry.seq, "ts_us": entry.ts_us, "kind": entry.kind, "data": entry.data}


def _line(entry: Any) -> str:
    from workbench.log.one_line import one_line

    at = datetime.datetime.fromtimestamp(entry.ts_us / 1e6, datetime.UTC).strftime("%H:%M:%S")
    return f"{entry.seq:>5}  {at}  {entry.kind:<9}  {one_line(entry)}"
