"""Replay: put every recorded question to the model again, and say per record how the answers compare."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from backends.disagreement import Chance
from backends.model import Model, ModelRefusal
from workbench.contract.probe import Agreement, Array, Comparison, Probe, Result, Silent
from workbench.contract.tolerance import Calibration, Tolerance, most
from workbench.document import Document
from workbench.log.entry import Entry, Records
from workbench.probes import BY_KIND

Arrays = Callable[[Entry], Mapping[str, Array]]


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
    records: Records, model: Model, arrays: Arrays, *, progress: Callable[[int], None] | None = None
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
    records: Records, model: Model, arrays: Arrays, calibration: Calibration
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
    entry: Entry, intent: dict[str, Any], model: Model, arrays: Arrays, calibration: Calibration
) -> ReplayedRecord:
    environment = entry.data.get("environment")
    tolerance = calibration.tolerance(environment if isinstance(environment, dict) else {})
    try:
        probe, recorded = _rebuilt(entry, intent, model, arrays)
        if probe.unfinished(recorded) and entry.data.get("status") != "cancelled":
            note = "It holds less than was asked for, and does not say that it was cancelled."
            comparison = Comparison(agreement=Agreement.DIVERGED, note=note)
        else:
            comparison = probe.replay(model, recorded, tolerance, Silent())
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


class UnreplayableError(Exception):
    """Why a record cannot be put to this model again."""


def _rebuilt(entry: Entry, intent: dict[str, Any], model: Model, arrays: Arrays) -> tuple[Probe, Result]:
    """The probe as it was asked and the result as it was recorded. Raises UnreplayableError."""
    if not intent:
        raise UnreplayableError("It answers no question of this log, or one that another record answers.")
    if intent.get("model") != model.card.digest:
        raise UnreplayableError("It was run on another model.")
    if entry.data.get("result") is None:
        raise UnreplayableError(f"The probe ended as “{entry.data.get('status')}”; there is nothing to compare.")
    probe = BY_KIND.get(str(intent.get("probe")))
    if probe is None or probe.version != intent.get("version"):
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
