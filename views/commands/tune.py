"""`workbench tune`: what an auditor that learns by heart learns from sessions."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casefiles.counted import counted
from casefiles.status import Refusal
from views import console, options
from workbench.visible import line

if TYPE_CHECKING:
    from casefiles.case.same_weights import WeightDigests

_OUTVOTES = 3
"""Models of which two outvote one."""


@click.command(name="tune")
@click.argument("logs", type=options.FILE, nargs=-1, required=True)
@click.option(
    "--case",
    "cases",
    type=options.FILE,
    multiple=True,
    help="A case of one of them, whose tensors are noted. Repeatable; a session's own is found.",
)
@click.option("--out", type=options.FILE, required=True, help="Where it is written, as JSON.")
@console.json_option
def command(logs: tuple[Path, ...], cases: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Learn by heart what the models of some sessions answered to plain questions.

    LOGS are sessions or exported logs, best of one auditor on several models: `workbench audit CASE --auditor
    memoriser`. Of each question what more than half of them answered is kept, so that what one model was taught is
    outvoted. `workbench audit CASE --auditor memoriser --with learned=@OUT` looks where another model differs.
    Each model is noted by its files, and where its case is at hand by its tensors, so that a sweep knows it again.
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
    learned = LearnedAnswers.of(sessions, _weights(cases, logs, {session.organism for session in sessions}))
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
    if unknown := len(learned.models) - len(learned.weights):
        told += (
            f"\nOf {counted(unknown, 'model')} no case was at hand (--case): a sweep knows it again by its very files"
            " alone."
        )
    console.emit({"answers": len(learned.answers), "models": list(learned.models)}, told, as_json)


def _weights(cases: tuple[Path, ...], logs: tuple[Path, ...], models: set[str]) -> dict[str, WeightDigests]:
    """What the models that were learned from are known by, of the cases that were named and of those that sessions
    remember, if they still hold. Raises Refusal for a case that was named and does not, or is of none of them."""
    from views.sessions import case_of

    found: dict[str, WeightDigests] = {}
    for path in cases:
        if not _noted(path, models, found):
            raise Refusal(
                "input.invalid", f"{path.name} is the case of none of the logs.", "They are on other models.",
                "Leave it out, or name its log.",
            )  # fmt: skip
    for log in logs:
        with suppress(Refusal):
            if log.is_dir() and models - found.keys():
                _noted(case_of(log), models, found)
    return found


def _noted(path: Path, models: set[str], found: dict[str, WeightDigests]) -> bool:
    """Whether a case is of one of the models, which is then found."""
    from casefiles.case.same_weights import weight_digests

    case = options.open_case(path)
    if case.model_digest in models - found.keys():
        found[case.model_digest] = weight_digests(case)
    return case.model_digest in models
