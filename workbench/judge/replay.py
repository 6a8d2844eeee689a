"""Replay: put every recorded question to the model again, and say per record how the answers compare."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from backends.disagreement import Chance
from backends.model import Model, ModelRefusal
from casefiles.status import Refusal
from workbench.contract.comparison import Agreement, Comparison, Redrawn, diverged
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.result import Result
from workbench.contract.tolerance import Calibration, Tolerance, most
from workbench.document import Document
from workbench.log.answering import Answering
from workbench.log.entry import ArraysOf, Entry, Records
from workbench.log.records import Intent, ResultRecord
from workbench.log.references import bound
from workbench.probes import known


class ReplayedRecord(Document):
    """What came of one result record."""

    seq: int
    probe: str
    agreement: Agreement
    note: str
    figures: dict[str, float]
    tolerance: Tolerance


class Replayed(Document):
    """A whole log replayed."""

    records: tuple[ReplayedRecord, ...]
    model: str
    """Digest of the model it was replayed on."""
    environment: dict[str, str | int | bool]
    """Where it was replayed."""

    @property
    def counts(self) -> dict[Agreement, int]:
        found = Counter(record.agreement for record in self.records)
        return {agreement: found[agreement] for agreement in Agreement}

    @property
    def holds(self) -> bool:
        """Whether nothing that could be replayed came out differently."""
        return self.counts[Agreement.DIVERGED] == 0


def replay(
    records: Records, model: Model, arrays: ArraysOf, *, progress: Callable[[int], None] | None = None
) -> Replayed:
    """Replay every result of a log on a model; `progress` hears how many are done.

    `arrays` gives a record's side-car arrays, or raises KeyError.
    """
    calibration, found = Calibration(model), []
    for done, checked in enumerate(_each(records, model, arrays, calibration), 1):
        found.append(checked)
        if progress:
            progress(done)
    return Replayed(records=_pooled(found), model=model.card.digest, environment=dict(model.environment))


@dataclass(frozen=True)
class _Checked:
    """One record replayed; where its tokens were redrawn, how near they came, and what they are about."""

    record: ReplayedRecord
    redrawn: Redrawn | None
    about: str


def _pooled(every: Sequence[_Checked]) -> tuple[ReplayedRecord, ...]:
    """The records with those diverged that are near enough one by one, but of whose like there are too many."""
    near = [(one, one.redrawn) for one in every if one.record.agreement is Agreement.TOLERANT and one.redrawn]
    alike: defaultdict[str, float] = defaultdict(float)
    for one, redrawn in near:
        alike[one.about] += redrawn.spread
    expected = Chance(math.fsum(redrawn.expected for _, redrawn in near), math.hypot(*alike.values()))
    otherwise, allowed = sum(redrawn.otherwise for _, redrawn in near), most(expected.at_most)
    if otherwise <= allowed:
        return tuple(one.record for one in every)
    note = f"In all the log {otherwise} tokens are not the ones drawn here; rounding explains at most {allowed}."
    doubted = {one.record.seq for one, redrawn in near if redrawn.otherwise}
    told = {"agreement": Agreement.DIVERGED, "note": note}
    return tuple(one.record.model_copy(update=told) if one.record.seq in doubted else one.record for one in every)


def _each(records: Records, model: Model, arrays: ArraysOf, calibration: Calibration) -> Iterator[_Checked]:
    """Every result replayed."""
    answering = Answering()
    for entry in records.entries((Intent.kind, ResultRecord.kind)):
        try:
            asked = answering.take(entry)
        except ValueError:
            asked = None
        if entry.kind == ResultRecord.kind:
            yield _checked(entry, asked, records, model, arrays, calibration)


def _checked(
    entry: Entry, asked: Entry | None, records: Records, model: Model, arrays: ArraysOf, calibration: Calibration
) -> _Checked:
    environment = entry.data.get("environment")
    tolerance = calibration.tolerance(environment if isinstance(environment, dict) else {})
    probe: Probe | None = None
    try:
        intent, answer = _read(entry, asked, model)
        probe, recorded = _rebuilt(entry, intent, answer, records, arrays)
        flaw = _flaw(answer, intent, probe, recorded, model)
        comparison = diverged(flaw) if flaw else probe.replay(model, recorded, tolerance, Silent())
    except FalseRecordError as reason:
        comparison = diverged(str(reason))
    except UnreplayableError as reason:
        comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=str(reason))
    except ModelRefusal as refusal:
        comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=f"{refusal.what} {refusal.why}")
    record = ReplayedRecord(
        seq=entry.seq,
        probe=str(asked.data.get("probe", "")) if asked is not None else "",
        agreement=comparison.agreement,
        note=comparison.note,
        figures=comparison.figures,
        tolerance=tolerance,
    )
    prompts = probe.prompts() if probe is not None else ()
    return _Checked(record, comparison.redrawn, prompts[0].model_dump_json() if prompts else "")


def _envelope(answer: ResultRecord, intent: Intent, probe: Probe, recorded: Result) -> Iterator[str]:
    """What a result record says around its result and what does not follow from it, in sentences."""
    if answer.probe != intent.probe:
        yield "It names another probe than was asked."
    if answer.error is not None or answer.status not in ("ok", "cancelled"):
        yield "It holds a result, and states that the probe failed."
    elif probe.unfinished(recorded) != (answer.status == "cancelled"):
        stopped = answer.status == "cancelled"
        held, said = ("all that", "states") if stopped else ("less than", "does not say")
        yield f"It holds {held} was asked for, and {said} that it was cancelled."
    if answer.summary != recorded.summary:
        yield "Its summary is not that of its result."
    if answer.cost != recorded.cost:
        yield "It states another cost than its result shows."
    stated = {name: (ref.dtype, ref.shape) for name, ref in answer.blobs.items()}
    if stated != {name: (str(array.dtype), array.shape) for name, array in recorded.arrays.items()}:
        yield "Its arrays are not of the types and shapes it states."


def _flaw(answer: ResultRecord, intent: Intent, probe: Probe, recorded: Result, model: Model) -> str:
    """What in a record does not follow from its own raw part, in a sentence; empty if nothing."""
    try:
        if flaw := next(_envelope(answer, intent, probe, recorded), ""):
            return flaw
        told = recorded.told(model).model_dump() == recorded.model_dump()
    except (ValueError, TypeError, LookupError, OverflowError, AttributeError):
        return "It holds what this question cannot give."
    return "" if told else "Its words do not follow from its tokens and readings."


class FalseRecordError(Exception):
    """What in a record cannot be, whatever the model says."""


class UnreplayableError(Exception):
    """Why a record cannot be put to this model again."""


def _read(entry: Entry, asked: Entry | None, model: Model) -> tuple[Intent, ResultRecord]:
    """What was asked and what is said to have come of it. Raises UnreplayableError."""
    if asked is None:
        raise UnreplayableError("It answers no question of this log, or one that another record answers.")
    try:
        intent, answer = asked.as_(Intent), entry.as_(ResultRecord)
    except ValueError as error:
        raise UnreplayableError(f"The record is not one of this workbench: {_first(error)}") from None
    if intent.model != model.card.digest:
        raise UnreplayableError("It was run on another model.")
    if answer.result is None:
        if answer.cost != intent.reserved:
            raise FalseRecordError("It observed nothing, and states another cost than what it had reserved.")
        raise UnreplayableError(f"The probe ended as “{answer.status}”; there is nothing to compare.")
    return intent, answer


def _rebuilt(
    entry: Entry, intent: Intent, answer: ResultRecord, records: Records, arrays: ArraysOf
) -> tuple[Probe, Result]:
    """The probe as it was asked and the result as it was recorded. Raises UnreplayableError."""
    kind = known(intent.probe, intent.version)
    if kind is None:
        raise UnreplayableError(f"This workbench does not know version {intent.version} of {intent.probe}.")
    try:
        recorded, asked = kind.result.model_validate(answer.result), kind.model_validate(intent.arguments)
    except ValidationError as error:
        raise UnreplayableError(f"The record is not one of {kind.kind}: {_first(error)}") from None
    try:
        return bound(asked, records, arrays), recorded.with_arrays(arrays(entry))
    except Refusal as refusal:
        raise UnreplayableError(f"{refusal.what} {refusal.why}") from None
    except KeyError as error:
        raise UnreplayableError(f"The array {error} is missing.") from None
    except (ValueError, TypeError, AttributeError) as error:  # a side-car may come from somebody else
        raise UnreplayableError(f"Its arrays cannot be read ({type(error).__name__}).") from None


def _first(error: ValueError) -> str:
    said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
    return f"{said}."
