"""Replay: put every recorded question to the model again, and say per record how the answers compare."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from backends.disagreement import Chance
from backends.model import Model, ModelRefusal
from workbench.contract.comparison import Agreement, Comparison, diverged
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.result import Result
from workbench.contract.tolerance import Calibration, Tolerance, most
from workbench.document import Document
from workbench.log.entry import ArraysOf, Entry, Records
from workbench.probes import known


class ReplayedRecord(Document):
    """What came of one result record."""

    seq: int
    probe: str
    agreement: Agreement
    note: str
    figures: dict[str, float]
    tolerance: Tolerance

    @property
    def otherwise(self) -> int:
        """How many of its tokens are not the ones drawn here."""
        return int(self.figures.get("tokens", 0) - self.figures.get("agree", 0))


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
    calibration = Calibration(model)
    found = []
    prompts: dict[int, str] = {}
    for done, (record, prompt) in enumerate(_each(records, model, arrays, calibration), 1):
        found.append(record)
        prompts[record.seq] = prompt
        if progress:
            progress(done)
    return Replayed(records=_pooled(found, prompts), model=model.card.digest, environment=dict(model.environment))


def _pooled(records: list[ReplayedRecord], prompts: Mapping[int, str]) -> tuple[ReplayedRecord, ...]:
    """The records with those diverged that are near enough one by one, but of whose like there are too many."""
    near = [record for record in records if record.agreement is Agreement.TOLERANT and "expected" in record.figures]
    alike: defaultdict[str, float] = defaultdict(float)
    for record in near:
        alike[prompts[record.seq]] += record.figures["spread"]
    expected = Chance(math.fsum(record.figures["expected"] for record in near), math.hypot(*alike.values()))
    otherwise, allowed = sum(record.otherwise for record in near), most(expected.at_most)
    if otherwise <= allowed:
        return tuple(records)
    note = f"In all the log {otherwise} tokens are not the ones drawn here; rounding explains at most {allowed}."
    doubted = {record.seq for record in near if record.otherwise}
    return tuple(
        record.model_copy(update={"agreement": Agreement.DIVERGED, "note": note}) if record.seq in doubted else record
        for record in records
    )


def _each(
    records: Records, model: Model, arrays: ArraysOf, calibration: Calibration
) -> Iterator[tuple[ReplayedRecord, str]]:
    """Every result replayed, with the prompt it is about."""
    intents: dict[int, dict[str, Any]] = {}
    for entry in records.entries(("intent", "result")):
        if entry.kind == "intent":
            intents[entry.seq] = entry.data
        else:
            answered = entry.data.get("intent")
            intent = intents.pop(answered, None) if type(answered) is int else None
            intent = intent or {}
            arguments = intent.get("arguments")
            prompt = str(arguments.get("prompt")) if isinstance(arguments, dict) else ""
            yield _replayed(entry, intent, model, arrays, calibration), prompt


def _replayed(
    entry: Entry, intent: dict[str, Any], model: Model, arrays: ArraysOf, calibration: Calibration
) -> ReplayedRecord:
    environment = entry.data.get("environment")
    tolerance = calibration.tolerance(environment if isinstance(environment, dict) else {})
    try:
        probe, recorded = _rebuilt(entry, intent, model, arrays)
        flaw = _flaw(entry, intent, probe, recorded, model)
        comparison = diverged(flaw) if flaw else probe.replay(model, recorded, tolerance, Silent())
    except FalseRecordError as reason:
        comparison = diverged(str(reason))
    except UnreplayableError as reason:
        comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=str(reason))
    except ModelRefusal as refusal:
        comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=f"{refusal.what} {refusal.why}")
    return ReplayedRecord(
        seq=entry.seq,
        probe=str(intent.get("probe", "")),
        agreement=comparison.agreement,
        note=comparison.note,
        figures=comparison.figures,
        tolerance=tolerance,
    )


def _envelope(entry: Entry, intent: dict[str, Any], probe: Probe, recorded: Result) -> Iterator[str]:
    """What a result record says around its result and what does not follow from it, in sentences."""
    data = entry.data
    status, refs = data.get("status"), data.get("blobs") or {}
    if data.get("probe") != intent.get("probe"):
        yield "It names another probe than was asked."
    if data.get("error") is not None or status not in ("ok", "cancelled"):
        yield "It holds a result, and states that the probe failed."
    elif probe.unfinished(recorded) != (status == "cancelled"):
        whole = (
            "all that was asked for, and states"
            if status == "cancelled"
            else "less than was asked for, and does not say"
        )
        yield f"It holds {whole} that it was cancelled."
    if data.get("summary") != recorded.summary:
        yield "Its summary is not that of its result."
    if data.get("cost") != recorded.cost.model_dump(mode="json"):
        yield "It states another cost than its result shows."
    stated = {name: (ref.get("dtype"), ref.get("shape")) for name, ref in refs.items()}
    if stated != {name: (str(array.dtype), list(array.shape)) for name, array in recorded.arrays.items()}:
        yield "Its arrays are not of the types and shapes it states."


def _flaw(entry: Entry, intent: dict[str, Any], probe: Probe, recorded: Result, model: Model) -> str:
    """What in a record does not follow from its own raw part, in a sentence; empty if nothing."""
    try:
        if flaw := next(_envelope(entry, intent, probe, recorded), ""):
            return flaw
        told = recorded.told(model).model_dump() == recorded.model_dump()
    except (ValueError, TypeError, LookupError, OverflowError, AttributeError):
        return "It holds what this question cannot give."
    return "" if told else "Its words do not follow from its tokens and readings."


class FalseRecordError(Exception):
    """What in a record cannot be, whatever the model says."""


class UnreplayableError(Exception):
    """Why a record cannot be put to this model again."""


def _rebuilt(entry: Entry, intent: dict[str, Any], model: Model, arrays: ArraysOf) -> tuple[Probe, Result]:
    """The probe as it was asked and the result as it was recorded. Raises UnreplayableError."""
    if not intent:
        raise UnreplayableError("It answers no question of this log, or one that another record answers.")
    if intent.get("model") != model.card.digest:
        raise UnreplayableError("It was run on another model.")
    if entry.data.get("result") is None:
        if entry.data.get("cost") != intent.get("reserved"):
            raise FalseRecordError("It observed nothing, and states another cost than what it had reserved.")
        raise UnreplayableError(f"The probe ended as “{entry.data.get('status')}”; there is nothing to compare.")
    probe = known(intent.get("probe"), intent.get("version"))
    if probe is None:
        raise UnreplayableError(
            f"This workbench does not know version {intent.get('version')} of {intent.get('probe')}."
        )
    try:
        recorded = probe.result.model_validate(entry.data["result"])
        asked = probe.model_validate(intent.get("arguments"))
    except ValidationError as error:
        raise UnreplayableError(f"The record is not one of {probe.kind}: {error.errors()[0]['msg']}.") from None
    try:
        return asked, recorded.with_arrays(arrays(entry))
    except KeyError as error:
        raise UnreplayableError(f"The array {error} is missing.") from None
    except (ValueError, TypeError, AttributeError) as error:  # a side-car may come from somebody else
        raise UnreplayableError(f"Its arrays cannot be read ({type(error).__name__}).") from None
