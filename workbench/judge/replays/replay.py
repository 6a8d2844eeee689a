"""Replay: put every recorded question to the model again, and say per record how the answers compare."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from pydantic import ValidationError

from backends.disagreement import Chance
from backends.model import Model, ModelRefusal
from casefiles.status import Refusal
from workbench.contract.comparison import Agreement, Comparison, Redrawn, beyond, diverged, same_arrays
from workbench.contract.environment import environment_of
from workbench.contract.permitted import Allowance, OverspentError, Permitted, unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.result import CONTRADICTORY, Result
from workbench.contract.subject import Subject, spoken
from workbench.contract.tolerance import Calibration, Tolerance, most
from workbench.document import RECORDED, Document
from workbench.judge.replays.engines import Made, every_result, results_of
from workbench.log.entry import ArraysOf, Entry, Records
from workbench.log.records import Genesis, Intent, ResultRecord
from workbench.log.references import bound
from workbench.log.releases import EARLIER, StatedReleases
from workbench.probes import found, known
from workbench.version import VERSION
from workbench.visible import quoted

TIMES: Final = 4
"""How many times what a record says that it took its replay may take: mostly as much, and twice as much where tokens
are settled by drawing them again, or what a record names is read beside what comes first."""


class ReplayedRecord(Document):
    """What came of one result record."""

    seq: int
    probe: str
    agreement: Agreement
    note: str
    figures: dict[str, float]
    tolerance: Tolerance
    release: str = ""
    """The version of the workbench that the log says wrote it, where that is another than replays it."""


class Replayed(Document):
    """A whole log replayed."""

    records: tuple[ReplayedRecord, ...]
    model: str
    """Digest of the model it was replayed on."""
    environments: tuple[dict[str, str | int | bool], ...]
    """Where it was replayed: one for every engine and number format."""

    @property
    def counts(self) -> dict[Agreement, int]:
        found = Counter(record.agreement for record in self.records)
        return {agreement: found[agreement] for agreement in Agreement}

    @property
    def holds(self) -> bool:
        """Whether nothing that could be replayed came out differently."""
        return self.counts[Agreement.DIVERGED] == 0

    @classmethod
    def joined(cls, parts: Sequence[Replayed]) -> Replayed:
        """What was replayed on several engines, as one."""
        records = sorted((record for part in parts for record in part.records), key=lambda record: record.seq)
        environments = tuple(environment for part in parts for environment in part.environments)
        return cls(records=tuple(records), model=parts[0].model, environments=environments)


def replay(
    records: Records,
    model: Model,
    arrays: ArraysOf,
    *,
    beside: Model | None = None,
    made: Made = every_result,
    hear: Callable[[ReplayedRecord], None] = lambda record: None,
    without: Collection[int] = (),
) -> Replayed:
    """Replay the results of a log that were `made` so on a model; each is heard of once it is done, as it is found by
    itself: what all of them show together may still speak against it.

    `arrays` gives a record's side-car arrays, or raises KeyError. `beside`: the model that was compared with.
    `without`: results that the rules did not allow, which are not asked again.
    """
    replaying, every = _Replaying(records, model, beside, arrays, made, frozenset(without)), []
    for entry, asked in _each(records, made):
        every.append(replaying.checked(entry, asked))
        hear(every[-1].record)
    environments = tuple(dict(one.environment) for one in (model, beside) if one is not None)
    return Replayed(records=_pooled(every), model=model.card.digest, environments=environments)


def without_files(records: Records, missing: Mapping[int, str]) -> Replayed:
    """What can be said of results whose subject is not at hand: number → who that is."""
    why = "is not here: its files were not handed in. Name them with --subject."
    every = tuple(
        ReplayedRecord(
            seq=entry.seq,
            probe=str(asked.data.get("probe", "")) if asked is not None else "",
            agreement=Agreement.UNREPLAYABLE,
            note=f"The {spoken(missing[entry.seq])} {why}",
            figures={},
            tolerance=Tolerance(logits=0, measured=0, same_environment=False),
        )
        for entry, asked in results_of(records)
        if entry.seq in missing
    )
    return Replayed(records=every, model=records.entry(0).read(Genesis).model, environments=())


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
    return tuple(_beyond(one.record, note) if one.record.seq in doubted else one.record for one in every)


def _beyond(record: ReplayedRecord, note: str) -> ReplayedRecord:
    judged = beyond(note, record.figures, record.tolerance)
    return record.model_copy(update={"agreement": judged.agreement, "note": judged.note})


def _each(records: Records, made: Made) -> Iterator[tuple[Entry, Entry | None]]:
    """Every result that was made so, and the intent that it answers."""
    return ((entry, asked) for entry, asked in results_of(records) if made(entry, asked))


class _Replaying:
    """A log put to one model."""

    def __init__(
        self,
        records: Records,
        model: Model,
        beside: Model | None,
        arrays: ArraysOf,
        made: Made,
        without: frozenset[int],
    ) -> None:
        self._records, self._arrays, self._without = records, arrays, without
        self._model, self._beside = model, beside
        self._subject = unrestricted(model, beside)  # to spell and to count by; what is asked again has an allowance
        self._calibration = Calibration(model, self._passages(made))
        self._other_calibration = Calibration(beside, self._passages(made)) if beside is not None else None
        self._releases = StatedReleases(records)
        self._possible = not any(self._releases.anachronisms())
        self._steady: dict[str, bool] = {}
        """Kind of probe → whether the model answers one twice alike."""

    def checked(self, entry: Entry, asked: Entry | None) -> _Checked:
        release, tolerance = self._releases.of(entry.seq), self._tolerance(entry)
        probe: Probe | None = None
        try:
            if entry.seq in self._without:  # it counts for nothing, and would cost its judge what nobody might spend
                raise UnreplayableError("The rules did not allow it, so that it is not asked again.")
            intent, answer = _read(entry, asked, self._model, self._beside)
            probe, recorded = _rebuilt(entry, intent, answer, self._records, self._arrays)
            if flaw := _flaw(answer, intent, probe, recorded, self._subject):
                raise FalseRecordError(flaw)
            for calibration, environment in self._calibrated(entry):
                if reason := calibration.incomparable(environment):
                    raise UnreplayableError(reason)
            comparison = self._compared(probe, recorded, tolerance)
            if comparison.agreement is Agreement.DIVERGED and self._earlier(release) and tolerance.same_environment:
                comparison = self._elsewhere(probe, recorded, entry, release, comparison)
        except FalseRecordError as reason:
            comparison = diverged(str(reason))
        except UnreplayableError as reason:
            comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=str(reason))
        except ModelRefusal as refusal:
            comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=f"{refusal.what} {refusal.why}")
        except CONTRADICTORY as error:  # what it takes from other records may be nothing that can be computed with
            note = f"Asked again, it comes to nothing that can be recorded ({type(error).__name__})."
            comparison = Comparison(agreement=Agreement.UNREPLAYABLE, note=note)
        record = ReplayedRecord(
            seq=entry.seq,
            probe=str(asked.data.get("probe", "")) if asked is not None else "",
            agreement=comparison.agreement,
            note=comparison.note,
            figures=comparison.figures,
            tolerance=tolerance,
            release=release if release != VERSION else "",
        )
        prompts = probe.prompts() if probe is not None else ()
        return _Checked(record, comparison.redrawn, prompts[0].model_dump_json() if prompts else "")

    def _tolerance(self, entry: Entry, **apart: str) -> Tolerance:
        """The bound for a record; of one that compares two models, what both may be off by."""
        return reduce(Tolerance.beside, (one.tolerance(where | apart) for one, where in self._calibrated(entry)))

    def _calibrated(self, entry: Entry) -> Iterator[tuple[Calibration, dict[str, object]]]:
        """The calibration of each model that was asked, and where the record says that it was run."""
        yield self._calibration, dict(environment_of(entry.data))
        if self._other_calibration is not None:
            yield self._other_calibration, dict(environment_of(entry.data, "beside_environment"))

    def _replayed(self, probe: Probe, recorded: Result, tolerance: Tolerance) -> Comparison:
        """Held against the model, for as long as that takes little more than the record says it took: what was dear
        would be within a budget by the word of a record, and cost whoever replays it what nobody was to spend."""
        allowance = _allowance(recorded)
        try:
            return probe.replay(self._held_to(allowance), recorded, tolerance, Silent())
        except OverspentError:
            raise FalseRecordError(
                f"It took {allowance.enough:,} tokens by its own account, and its question takes more than"
                f" {allowance.most:,}."
            ) from None

    def _held_to(self, allowance: Allowance) -> Permitted:
        return unrestricted(self._model, self._beside, allowance)

    def _steadily(self, probe: Probe, recorded: Result) -> bool:
        """Whether the model says twice the same, as far as the record goes."""
        try:
            one, other = (self._as_far(probe, recorded) for _ in range(2))
        except OverspentError:
            return True
        return one.model_dump() == other.model_dump() and same_arrays(one.arrays, other.arrays)

    def _as_far(self, probe: Probe, recorded: Result) -> Result:
        allowance, watched = _allowance(recorded), Silent()
        watched.cancel = allowance.stop
        return probe.run(self._held_to(allowance), watched)

    def _compared(self, probe: Probe, recorded: Result, tolerance: Tolerance) -> Comparison:
        comparison = self._replayed(probe, recorded, tolerance)
        if not tolerance.same_environment or comparison.agreement is not Agreement.DIVERGED:
            return comparison
        if probe.kind not in self._steady:
            self._steady[probe.kind] = self._steadily(probe, recorded)
        if self._steady[probe.kind]:
            return comparison
        raise UnreplayableError("This engine does not give the same answer twice, so no answer can be held against it.")

    def _earlier(self, release: str) -> bool:
        """Whether another version may have computed otherwise: not where the log holds what it could not write."""
        return release in EARLIER and self._possible

    def _elsewhere(self, probe: Probe, recorded: Result, entry: Entry, release: str, exact: Comparison) -> Comparison:
        """What an earlier version is said to have recorded in this very environment, and is not equal: as near as
        rounding, it may be that version's, and nobody here can say so."""
        apart = self._tolerance(entry, workbench=release)
        if self._replayed(probe, recorded, apart).agreement is Agreement.DIVERGED:
            return exact
        raise UnreplayableError(
            f"The log says that version {release} wrote it, in this very environment. It is near what comes out here,"
            " but not equal: replay it with that version."
        )

    def _passages(self, made: Made) -> Iterator[tuple[int, ...]]:
        """What the model went through, as recorded, for a calibration that wants to know."""
        for entry, asked in _each(self._records, made):
            if entry.seq in self._without:
                continue
            intent = asked.data if asked is not None else {}
            result = found(intent.get("probe"), intent.get("version"), entry.data.get("result"))
            if result is not None:
                yield from result.passages


def _envelope(answer: ResultRecord, intent: Intent, probe: Probe, recorded: Result) -> Iterator[str]:
    """What a result record says around its result and what does not follow from it, in sentences."""
    if answer.probe != intent.probe:
        yield "It names another probe than was asked."
    if (answer.beside_environment is None) != (intent.beside is None):
        yield "It does not say where the model was run that it compares with, or says so of none."
    failed = answer.status == "failed"
    if failed != (answer.error is not None):
        yield "It does not say in one way whether the probe failed."
    elif not failed and probe.unfinished(recorded) != (answer.status == "cancelled"):
        stopped = answer.status == "cancelled"
        held, said = ("all that", "states") if stopped else ("less than", "does not say")
        yield f"It holds {held} was asked for, and {said} that it was cancelled."
    # Before, what a model said stood in summaries with its own quotation marks and breaks: those count as equal.
    if answer.summary is None or quoted(answer.summary) != quoted(recorded.summary):
        yield "Its summary is not that of its result."
    # What a failed probe gave before it failed is not all that the model may have been shown.
    if answer.cost != (intent.reserved if failed else recorded.cost):
        yield "It states another cost than its result shows."
    stated = {name: (ref.dtype, ref.shape) for name, ref in answer.blobs.items()}
    if stated != {name: (str(array.dtype), array.shape) for name, array in recorded.arrays.items()}:
        yield "Its arrays are not of the types and shapes it states."


def _flaw(answer: ResultRecord, intent: Intent, probe: Probe, recorded: Result, subject: Subject) -> str:
    """What in a record does not follow from its own raw part, in a sentence; empty if nothing."""
    try:
        if flaw := next(_envelope(answer, intent, probe, recorded), ""):
            return flaw
        told = recorded.told(subject).model_dump() == recorded.model_dump()
    except CONTRADICTORY:
        return "It holds what this question cannot give."
    return "" if told else "Its words do not follow from its tokens and readings."


def _allowance(recorded: Result) -> Allowance:
    """What asking again may take of what was recorded."""
    cost = recorded.cost
    took = cost.forward_tokens + cost.generated_tokens + cost.backward_tokens
    return Allowance(most=TIMES * took, enough=took)


class FalseRecordError(Exception):
    """What in a record cannot be, whatever the model says."""


class UnreplayableError(Exception):
    """Why a record cannot be put to this model again."""


def _read(entry: Entry, asked: Entry | None, model: Model, beside: Model | None) -> tuple[Intent, ResultRecord]:
    """What was asked and what is said to have come of it. Raises UnreplayableError."""
    if asked is None:
        raise UnreplayableError("It answers no question of this log, or one that another record answers.")
    try:
        intent, answer = asked.as_(Intent), entry.as_(ResultRecord)
    except ValueError as error:
        raise UnreplayableError(f"The record is not one of this workbench: {_first(error)}") from None
    if intent.model != model.card.digest:
        raise UnreplayableError("It was run on another model.")
    if intent.beside_model != (beside.card.digest if beside is not None else None):
        raise UnreplayableError("It was compared with another model.")
    if answer.result is None:
        if answer.cost != intent.reserved:
            raise FalseRecordError("It observed nothing, and states another cost than what it had reserved.")
        raise UnreplayableError(f"The probe ended as {quoted(answer.status)}; there is nothing to compare.")
    return intent, answer


def _rebuilt(
    entry: Entry, intent: Intent, answer: ResultRecord, records: Records, arrays: ArraysOf
) -> tuple[Probe, Result]:
    """The probe as it was asked and the result as it was recorded. Raises UnreplayableError."""
    kind = known(intent.probe, intent.version)
    if kind is None:
        raise UnreplayableError(f"This workbench does not know version {intent.version} of {intent.probe}.")
    try:
        recorded = kind.result.model_validate(answer.result)
        asked = kind.model_validate(intent.arguments, context=RECORDED)
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
