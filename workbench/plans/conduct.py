"""Carry a plan out through the door, go on with it from the log, and sum it up from the log without a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from casefiles.status import Refusal
from workbench.contract.actor import Actor
from workbench.contract.comparison import Array
from workbench.contract.progress import Progress, Silent
from workbench.door.session import Session
from workbench.log.entry import Entry, Records
from workbench.log.records import FindingRecord, Hypothesis, Intent, Note, ResultRecord
from workbench.plans.plan import Answered, Ask, Claim, Move, Plan, Remark, Summary, Suppose
from workbench.probes import asked, found

ArraysOf = Callable[[Entry], Mapping[str, Array]]


@dataclass(frozen=True)
class Conducted:
    """How far a plan came, and what it found."""

    answered: tuple[Answered, ...]
    summary: Summary
    finished: bool
    refusal: Refusal | None = None
    """What it stopped at, if not at its end or at a wish to stop."""


class Book:
    """What a log already holds of one plan: its answered steps, and what was written down on the way."""

    def __init__(self, plan: Plan, records: Records, arrays: ArraysOf) -> None:
        self._arrays = arrays
        self._steps: dict[str, tuple[Intent, Entry]] = {}
        self._written: set[tuple[str, str]] = set()
        intents: dict[int, Intent] = {}
        for entry in records.entries(("intent", "result", "note", "hypothesis", "finding")):
            match entry.record:
                case Intent() as intent if intent.plan is not None and intent.plan.digest == plan.digest:
                    intents[entry.seq] = intent
                case ResultRecord(intent=seq, status="ok") if seq in intents and intents[seq].plan is not None:
                    self._steps[intents[seq].plan.step] = intents[seq], entry  # type: ignore[union-attr]
                case Note() | Hypothesis() | FindingRecord() as written:
                    self._written.add(_written(written))
                case _:
                    pass

    def answer(self, ask: Ask) -> Answered | None:
        """What came of a step, if the log holds it whole and it asked just this."""
        intent, entry = self._steps.get(ask.key, (None, None))
        if intent is None or entry is None or asked(intent.probe, intent.version, intent.arguments) != ask.probe:
            return None
        result = found(intent.probe, intent.version, entry.data["result"])
        if result is None:
            return None
        return Answered(ask.key, entry.seq, ask.probe, result.with_arrays(self._arrays(entry)))

    def holds(self, record: Note | Hypothesis | FindingRecord) -> bool:
        """Whether this was written down already."""
        return _written(record) in self._written


def _written(record: Note | Hypothesis | FindingRecord) -> tuple[str, str]:
    told = record.finding if isinstance(record, FindingRecord) else record
    return record.kind, told.model_dump_json(exclude={"actor"})


def conduct(plan: Plan, session: Session, *, actor: Actor, progress: Progress | None = None) -> Conducted:
    """Carry out what the log does not hold yet. A step that the rules refuse is an answer too; a spent budget, an
    engine that fails or a wish to stop ends the plan where it stands."""
    progress, book = progress or Silent(), Book(plan, session.log, session.arrays)

    def put(ask: Ask) -> Answered:
        progress.at(ask.done, ask.key)
        outcome = session.run(ask.probe, actor=actor, progress=_Within(progress), plan=plan.step(ask.key))
        refusal = outcome.refusal
        if outcome.status == "cancelled" or (refusal is not None and _ends(refusal)):
            raise _StoppedError(refusal)
        seq = outcome.entry.seq if outcome.result is not None else None
        return Answered(ask.key, seq, ask.probe, outcome.result, refusal)

    def write(move: Move) -> None:
        match move:
            case Remark(text) if not book.holds(Note(text=text)):
                session.note(text, actor=actor)
            case Suppose(hypothesis) if not book.holds(hypothesis):
                session.hypothesise(hypothesis.model_copy(update={"actor": actor}))
            case Claim(finding):
                session.claim(finding, actor=actor)

    return _walk(plan, book, put, write, progress)


def summed_up(plan: Plan, records: Records, arrays: ArraysOf) -> Conducted:
    """What a plan found, from the log alone: without a model, as far as the log holds it."""

    def missing(_: Ask) -> Answered:
        raise _StoppedError(None)

    return _walk(plan, Book(plan, records, arrays), missing, lambda _: None, Silent())


class _Within:
    """The progress of one step: the plan's own tells how far all of it is."""

    def __init__(self, whole: Progress) -> None:
        self.cancel, self._whole = whole.cancel, whole

    def at(self, done: float, note: str = "") -> None:
        pass

    def text(self, sample: int, piece: str) -> None:
        self._whole.text(sample, piece)


class _StoppedError(Exception):
    """The plan ends where it stands."""

    def __init__(self, refusal: Refusal | None) -> None:
        self.refusal = refusal


def _ends(refusal: Refusal) -> bool:
    """Whether a plan cannot go on: what the rules forbid is an answer, a spent budget or a failed engine is not."""
    return refusal.code not in ("rules.affordance", "rules.input", "model.unsupported")


def _walk(
    plan: Plan, book: Book, put: Callable[[Ask], Answered], write: Callable[[Move], None], progress: Progress
) -> Conducted:
    """Step through a plan, taking from the book what stands in it and having the rest put and written."""
    answered: list[Answered] = []
    moves, reply = plan.moves(), None  # type: Any, Answered | None
    finished, refusal = False, None
    try:
        while not progress.cancel.is_set():
            move = moves.send(reply)
            reply = None
            if isinstance(move, Ask):
                reply = book.answer(move) or put(move)
                answered.append(reply)
            else:
                write(move)
    except StopIteration:
        finished = True
    except _StoppedError as stopped:
        refusal = stopped.refusal
    finally:
        moves.close()
    return Conducted(tuple(answered), plan.sum_up(answered), finished, refusal)
