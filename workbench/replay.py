"""Replay: put every recorded question to the model again, and say per record how the answers compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from backends.model import Model, ModelRefusal
from workbench.document import Document
from workbench.entry import Entry, Records
from workbench.probe import Agreement, Array, Comparison, Probe, Result, Silent
from workbench.probes import BY_KIND
from workbench.tolerance import Calibration, Tolerance

Arrays = Callable[[Entry], Mapping[str, Array]]


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
    records: Records, model: Model, arrays: Arrays, *, progress: Callable[[int], None] | None = None
) -> Replayed:
    """Replay every result of a log on a model; `progress` hears how many are done.

    `arrays` gives a record's side-car arrays, or raises KeyError.
    """
    calibration = Calibration(model)
    found = []
    for done, record in enumerate(_each(records, model, arrays, calibration), 1):
        found.append(record)
        if progress:
            progress(done)
    return Replayed(records=tuple(found), model=model.card.digest, environment=dict(model.environment))


def _each(records: Records, model: Model, arrays: Arrays, calibration: Calibration) -> Iterator[ReplayedRecord]:
    intents: dict[int, dict[str, Any]] = {}
    for entry in records.entries(("intent", "result")):
        if entry.kind == "intent":
            intents[entry.seq] = entry.data
        else:
            yield _replayed(entry, intents.pop(entry.data["intent"]), model, arrays, calibration)


def _replayed(
    entry: Entry, intent: dict[str, Any], model: Model, arrays: Arrays, calibration: Calibration
) -> ReplayedRecord:
    tolerance = calibration.tolerance(entry.data["environment"])
    try:
        probe, recorded = _rebuilt(entry, intent, model, arrays)
        comparison = probe.replay(model, recorded, tolerance, Silent())
    except UnreplayableError as reason:
        comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=str(reason))
    except ModelRefusal as refusal:
        comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=f"{refusal.what} {refusal.why}")
    return ReplayedRecord(
        seq=entry.seq,
        probe=str(intent["probe"]),
        agreement=comparison.agreement,
        note=comparison.note,
        figures=comparison.figures,
        tolerance=tolerance,
    )


class UnreplayableError(Exception):
    """Why a record cannot be put to this model again."""


def _rebuilt(entry: Entry, intent: dict[str, Any], model: Model, arrays: Arrays) -> tuple[Probe, Result]:
    """The probe as it was asked and the result as it was recorded. Raises UnreplayableError."""
    if intent["model"] != model.card.digest:
        raise UnreplayableError("It was run on another model.")
    if entry.data["result"] is None:
        raise UnreplayableError(f"The probe {entry.data['status']}; there is nothing to compare.")
    probe = BY_KIND.get(str(intent["probe"]))
    if probe is None or probe.version != intent["version"]:
        raise UnreplayableError(f"This workbench does not know version {intent['version']} of {intent['probe']}.")
    try:
        recorded = probe.result.model_validate(entry.data["result"])
        return probe.model_validate(intent["arguments"]), recorded.with_arrays(arrays(entry))
    except ValidationError as error:
        raise UnreplayableError(f"The record is not one of {probe.kind}: {error.errors()[0]['msg']}.") from None
    except KeyError as error:
        raise UnreplayableError(f"The array {error} is missing.") from None
