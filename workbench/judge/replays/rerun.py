"""A recorded question put to the model once more, whole, so that a person can read both answers side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from backends.model import ModelRefusal
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench import probes
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Progress, Silent
from workbench.contract.result import Result
from workbench.door.dictionaries import with_case
from workbench.door.subjects import OpenModel
from workbench.judge.replays.engines import models, portions, results_of
from workbench.log.imported_log import ImportedLog
from workbench.log.references import bound

STOPPED: Final = "It was stopped before it was drawn whole."


@dataclass(frozen=True)
class Rerun:
    """What the model says here to the question of one record. It is to be looked at: the replay judges."""

    seq: int
    result: Result | None
    reason: str = ""
    """Why there is none, in sentences."""


def rerun(log: ImportedLog, seq: int, open_model: OpenModel, case: Case, progress: Progress | None = None) -> Rerun:
    """Ask again what a result record answers, of whom and on the engine it names, with the noise that was its own. What
    is stopped on the way shows nothing: a part of an answer looks like another one."""
    watched = progress or Silent()
    entry, asked = next((pair for pair in results_of(log) if pair[0].seq == seq), (None, None))
    if entry is None or asked is None:
        return Rerun(seq, None, "It answers no question of this log.")
    portion = next(one for one in portions(open_model, log) if one.made(entry, asked))
    if portion.open_model is None:
        return Rerun(seq, None, "The files of whom it was asked of are not here.")
    try:
        with models(portion.open_model, portion.open_beside) as (model, beside):
            probe = probes.asked(asked.data.get("probe"), asked.data.get("version"), asked.data.get("arguments"))
            if probe is None:
                return Rerun(seq, None, "It is of a kind or version that is not known here.")
            if watched.cancel.is_set():  # while the model was opened
                return Rerun(seq, None, STOPPED)
            asking = bound(probe, log, with_case(case, log.arrays))
            found = asking.run(unrestricted(model, beside), watched)
            return Rerun(seq, None, STOPPED) if watched.cancel.is_set() else Rerun(seq, found)
    except (ModelRefusal, Refusal) as refusal:
        return Rerun(seq, None, f"{refusal.what} {refusal.why}")
