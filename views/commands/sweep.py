"""`workbench sweep`: many audits by one plan, judged and compared."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import Any

import click

from casefiles.status import Refusal
from views import console, options
from views.tables import tables
from workbench.visible import line, quoted


@click.command(name="sweep")
@click.argument("plan", type=options.FILE)
@click.option("--out", type=options.FILE, required=True, help="Folder for logs, verdicts and analysis; gone on with.")
@click.option(
    "--suite", "suites", type=options.FILE, multiple=True, help="A suite to take, beside the plan's. Repeatable."
)
@click.option("--workers", type=click.IntRange(1, 256), help="Processes on this machine. Default: this one alone.")
@click.option("--shard", metavar="I/N", help="Only the I-th of N parts of the organisms, for other machines to share.")
@click.option("--analyse", is_flag=True, help="Run nothing: analyse what has a verdict.")
@options.key_option("judge")
@options.engine_options
@console.json_option
def command(
    plan: Path,
    out: Path,
    suites: tuple[Path, ...],
    workers: int | None,
    shard: str | None,
    analyse: bool,
    key: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Run many audits by one plan, judge them, and say which affordances make auditors better.

    PLAN names cases or a suite, restrictions, automated auditors, seeds and the judge. Every audit is a log and a
    verdict in a folder of its own: what has one is not run again, so that the same command goes on with a sweep that
    was stopped, however it was. After a part (--shard) nothing is analysed.
    """
    settings, part = options.engine_settings(given), _part(shard)
    from workbench.sweeps.grid import SweepGrid
    from workbench.sweeps.results import ResultFiles
    from workbench.sweeps.worker import WorkOrder

    if part == (1, 1):
        ResultFiles(out).check_replaceable()
    with console.bar("Verifying the cases") as at:
        whole = SweepGrid.of(plan, at, suites)
    grid = whole.shard(*part)
    if not analyse:
        judge = options.load_key(key or whole.plan.judge or None)
        _check_judge(whole, judge)
        order = WorkOrder.of(plan, out, part, settings, judge, suites)
        _run(grid, out, judge, order, workers)
    told = {"cells": len(grid.cells), "judged": _done(grid, out)}
    if part != (1, 1):
        console.emit(told, f"{told['judged']} of {told['cells']} audits of part {line(str(shard))} are judged", as_json)
    else:
        _analyse(whole, out, as_json)
    _refuse_failed(grid, out)


def _run(grid: Any, out: Path, judge: Any, order: Any, workers: int | None) -> None:
    """Run what is left, in this process or in several."""
    from backends.settings import EngineSettings
    from workbench.sweeps import crew
    from workbench.sweeps.lending import Lending
    from workbench.sweeps.work import work

    with console.bar("Auditing") as at:
        if workers is None:
            work(grid, out, judge, partial(Lending, EngineSettings(**order.settings)), at)
            return
        # Engines that all take every core make each other wait.
        threads = order.settings["threads"] or max(1, (os.cpu_count() or 1) // workers)
        shared = order.model_copy(update={"settings": order.settings | {"threads": threads}})
        crew.run(grid, shared, workers, out, at)


def _analyse(grid: Any, out: Path, as_json: bool) -> None:
    """Write page, tables and JSON anew beside the logs, and say what they show."""
    from workbench.sweeps.drawings import sections
    from workbench.sweeps.results import write_results

    with console.bar("Analysing") as at:
        files, found = write_results(grid, out, at)
    parts = [found.headline]
    for section in sections(found):
        told = tables(each for each in section.tables if each.rows)
        parts.append(f"{section.title}\n{line(section.said)}" + (f"\n\n{told}" if told else ""))
    parts.append("\n".join(["What these figures do not hold", *(f"  · {line(one)}" for one in found.leaves_out)]))
    parts.append("\n".join(f"{line(str(path))}  {what}" for path, what in files.told))
    console.emit(found.model_dump(mode="json"), "\n\n".join(parts), as_json)


def _done(grid: Any, out: Path) -> int:
    from workbench.sweeps.work import done

    return done(grid, out)


def _refuse_failed(grid: Any, out: Path) -> None:
    from workbench.sweeps.work import failures

    if failed := failures(grid, out):
        first = failed[0]
        raise Refusal(
            "sweep.incomplete", f"{len(failed)} of {len(grid.cells)} audits came to no verdict.",
            f"The first is {first.title}: {first.what} {first.why} [{first.code}]",
            "The same command tries them again; the others are kept.",
        )  # fmt: skip


def _check_judge(grid: Any, judge: Any) -> None:
    for block in grid.blocks:
        if block.case.manifest.judge.verify != judge.public.verify:
            name = block.cells[0].organism.name
            raise Refusal(
                "envelope.foreign-key", f"{quoted(judge.name)} is not the judge of {quoted(name)}.",
                f"It was sealed for {quoted(block.case.manifest.judge.name)}.", "Name that judge's key with --key.",
            )  # fmt: skip


def _part(shard: str | None) -> tuple[int, int]:
    """Which of how many parts; the whole is the first of one."""
    if shard is None:
        return 1, 1
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", shard)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise Refusal(
            "input.invalid", f"{quoted(shard)} is no part of a sweep.", "A part is one of several, counted from 1.",
            "Write --shard 2/4 for the second of four.",
        )  # fmt: skip
    return int(found[1]), int(found[2])
