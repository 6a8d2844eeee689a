"""`workbench replay`: run a recorded log again and compare."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from views import console, options
from workbench.visible import quoted


@click.command(name="replay")
@click.argument("log", type=options.FILE)
@click.argument("case", type=options.FILE)
@options.replay_options
@console.json_option
def command(log: Path, case: Path, as_json: bool, **given: Any) -> None:
    """Run a recorded log again and compare.

    LOG is an exported log. Every record is run on the engine and in the number format that it names, unless --backend
    or --dtype say otherwise. Exits with 1 if any record diverged.
    """
    from casefiles.status import Refusal
    from casefiles.verify import verify
    from workbench.judge.verdicts.procedure import not_allowed, replay_log, terms_of
    from workbench.log.imported_log import imported
    from workbench.log.records import Genesis

    opened = options.open_case(case)
    engines = options.recorded_engines(given, opened)
    with imported(log, verify(log)) as records:
        genesis = records.entry(0).read(Genesis)
        if genesis.case != opened.digest:
            raise Refusal(
                "session.other-case", "The log is about another case.", f"It names {quoted(genesis.title)}.",
                "Name the case it was recorded on.",
            )  # fmt: skip
        with console.bar("Replaying") as at:
            broken = not_allowed(records, terms_of(opened, engines, records))
            replayed = replay_log(records, engines, at, case=opened, without=broken)
        opened.check_unchanged()
    value = {"holds": replayed.holds, "counts": replayed.counts, **replayed.model_dump(mode="json")}
    console.emit(value, f"{text(replayed)}\nnext: {_step(log, case, replayed)}", as_json)
    if not replayed.holds:
        sys.exit(console.REFUSED)


def _step(log: Path, case: Path, replayed: Any) -> str:
    """What is done next, as a command."""
    wrong = next((record.seq for record in replayed.records if record.agreement == "diverged"), None)
    if wrong is not None:
        return f"read what it says: workbench log {console.typed(log)} --record {wrong}"
    return f"the judge: workbench judge verdict {console.typed(log)} {console.typed(case)} VERDICT"


def text(replayed: Any) -> str:
    """A replay for people."""
    from workbench.visible import line

    lines = [
        f"{record.seq:>5}  {line(record.probe):<12} {record.agreement.value:<12} {line(record.note)}"
        for record in replayed.records
    ]
    claimed = sorted({record.tolerance.claimed for record in replayed.records} - {""})
    if claimed:
        lines.append(f"Bounds are wider for records that say they were made in {line(', '.join(claimed))}.")
    told = " · ".join(f"{count} {agreement.value}" for agreement, count in replayed.counts.items() if count)
    return "\n".join([*lines, told or "Nothing to replay."])
