"""A probe whose intent is on record: it runs, and whatever becomes of it is recorded."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from backends.model import ModelRefusal
from casefiles.files import canonical
from casefiles.status import Refusal
from workbench.contract.permitted import Permitted
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard
from workbench.contract.result import CutShortError, Result
from workbench.contract.rules import Cost
from workbench.door.crash import write_crash_file
from workbench.door.subjects import Opened
from workbench.log.audit_log import AuditLog
from workbench.log.blobs import Blobs
from workbench.log.entry import Entry
from workbench.log.records import Reason, ResultRecord
from workbench.visible import quoted

TOO_LONG: Final = "result"
"""The array of a record's side-car that holds a result too long for the record, as the bytes of a JSON text."""


@dataclass(frozen=True)
class Outcome:
    """How a probe went: the last record it left, and what it found or why it did not."""

    status: Literal["ok", "failed", "cancelled", "refused"]
    entry: Entry
    """The result, or the refusal."""
    result: Result | None = None
    refusal: Refusal | None = None
    cost: Cost = field(default_factory=Cost)
    """What it took of the budget."""
    alone: Entry | None = None
    """Where the organism was asked under an adapter: the result of the same question without it."""


@dataclass(frozen=True)
class IntendedRun:
    """A probe, whom it goes to, and what its intent says of it."""

    probe: Probe
    opened: Opened
    heard: Heard
    """Whether whoever is asked answered so in this session."""
    intent: Entry
    reserved: Cost

    def into(self, log: AuditLog, blobs: Blobs, progress: Progress) -> Outcome:
        """Run it, and record what it found or why it did not."""
        probe, opened = self.probe, self.opened
        result, error = None, None  # type: Result | None, Refusal | None
        try:
            result = probe.run(Permitted(opened.model, probe.needed(self.heard), opened.beside), progress)
        except CutShortError as cut:  # what came before the engine ended is kept
            result, error = cut.result, _failure(probe, cut.__cause__ or cut)
        except Exception as reason:
            error = _failure(probe, reason)
        status: Literal["ok", "failed", "cancelled"] = "ok" if error is None else "failed"
        if error is None and result is not None and progress.cancel.is_set() and probe.unfinished(result):
            status = "cancelled"  # a Stop that came too late took nothing away
        # A failed probe may have shown the model anything up to what was reserved, so that is what it costs.
        cost = result.cost if result is not None and error is None else self.reserved
        record = ResultRecord(
            intent=self.intent.seq,
            probe=probe.kind,
            status=status,
            summary=result.summary if result is not None else None,
            result=_plain(result.model_dump(mode="json")) if result is not None else None,
            error=Reason.of(error) if error is not None else None,
            cost=cost,
            environment=dict(opened.model.environment),
            beside_environment=dict(opened.beside.environment) if opened.beside is not None else None,
            blobs=blobs.put(result.arrays) if result is not None else {},
        )
        try:
            entry = log.append(record)
        except canonical.TooLongError:
            status, error = "failed", _too_long()
            entry = log.append(_kept_beside(record, Reason.of(error), blobs))
        return Outcome(status, entry, result, error, cost)


def _kept_beside(record: ResultRecord, reason: Reason, blobs: Blobs) -> ResultRecord:
    """A record whose result is too long for one, with the result kept as a text in the side-car."""
    text = json.dumps(record.result, ensure_ascii=False).encode("utf-8", "surrogatepass")
    arrays = {**blobs.get(record.blobs), TOO_LONG: np.frombuffer(text, np.uint8)}
    return record.model_copy(
        update={
            "status": "failed", "summary": None, "result": None, "error": reason, "blobs": blobs.put(arrays),
        }
    )  # fmt: skip


def _too_long() -> Refusal:
    return Refusal(
        "log.record-too-long", "The answer is too long for the log.",
        f"A record holds {canonical.LIMIT >> 20} MiB. The answer is kept whole beside the log, in the record's array "
        f"{quoted(TOO_LONG)}, as JSON; it cannot be cited.",
        "Ask for fewer or shorter answers at once.",
    )  # fmt: skip


def _failure(probe: Probe, error: BaseException) -> Refusal:
    """Why a probe failed, for people; of a defect the traceback is kept, and the session goes on."""
    if isinstance(error, ModelRefusal):
        return spoken_refusal(error)
    if isinstance(error, MemoryError):
        return Refusal("model.crashed", "The probe ran out of memory.", "It asked for more than this machine has.",
                       "Ask for less at once: fewer samples, positions or tokens.")  # fmt: skip
    where = write_crash_file("".join(traceback.format_exception(error)))
    return Refusal("internal", f"The probe {probe.kind} failed.", f"This is a defect; see {where}.",
                   "Report it; the session is intact.")  # fmt: skip


def spoken_refusal(error: Refusal | ModelRefusal) -> Refusal:
    """What a model refuses, as everybody else would."""
    return error if isinstance(error, Refusal) else Refusal(error.code, error.what, error.why, error.try_this)


def _plain(value: Any) -> Any:
    """The same JSON with -0.0 as 0.0, which RFC 8785 cannot tell apart."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
