"""`workbench tune`: what an auditor that learns by heart learns from sessions."""

from __future__ import annotations

from pathlib import Path

import click

from casefiles.counted import counted
from casefiles.status import Refusal
from views import console, options
from workbench.visible import line

_OUTVOTES = 3
"""Models of which two outvote one."""


@click.command(name="tune")
@click.argument("logs", type=options.FILE, nargs=-1, required=True)
@click.option("--out", type=options.FILE, required=True, help="Where it is written, as JSON.")
@console.json_option
def command(logs: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Learn by heart what the models of some sessions answered to plain questions.

    LOGS are sessions or exported logs, best of one auditor on several models: `workbench audit CASE --auditor
    memoriser`. Of each question what more than half of them answered is kept, so that what one model was taught is
    outvoted. `workbench audit CASE --auditor memoriser --with learned=@OUT` looks where another model differs.
    """
    from casefiles.files import disk
    from workbench.auditors.memory import LearnedAnswers
    from workbench.evidence.observations import Observations
    from workbench.log.imported_log import open_records

    disk.check_new(out)
    sessions = []
    for log in logs:
        with open_records(log) as records:
            sessions.append(Observations.of(records))
    learned = LearnedAnswers.of(sessions)
    if not learned.answers:
        raise Refusal(
            "input.invalid", "There is nothing to learn.", "No plain question was answered alike in most of the logs.",
            "Have `workbench audit CASE --auditor memoriser` ask them first.",
        )  # fmt: skip
    disk.write_new(out, learned.model_dump_json(indent=1).encode())
    models = counted(len(learned.models), "model")
    told = f"answers to {counted(len(learned.answers), 'question')}, learned from {models}, into {line(str(out))}"
    if len(learned.models) < _OUTVOTES:
        told += "\nOf fewer than three models nobody outvotes one: what it was taught is learned too."
    console.emit({"answers": len(learned.answers), "models": list(learned.models)}, told, as_json)
