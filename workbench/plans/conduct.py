"""Carry a plan out through the door, go on with it from the log, and sum it up from the log without a model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from casefiles.status import Refusal
from workbench.contract.actor import Actor
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress, Silent
from workbench.door.session import Session
from workbench.log.answering import answered
from workbench.log.entry import ArraysOf, Entry, Records
from workbench.log.log_record import LogRecord
from workbench.log.records import Asked, Hypothesis, Intent, Note, RefusalRecord, ResultRecord
from workbench.plans.plan import Answered, Ask, Claim, Move, Moves, Plan, Remark, Summary, Suppose
from workbench.probes import as_today, asked, found

FORBIDDEN: Final = frozenset({"rules.affordance", "rules.input"})
"""What stays refused as long as a session lasts."""
UNFIT: Final = frozenset({"model.input", "model.unsupported", "input.missing"})
"""What cannot be asked as things are, such as a text that is too long for this engine, or a baseline that nobody has
brought: another engine may hold it and somebody bring one, so whoever goes on asks again."""


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

    def __init__(self, plan: Plan, records: Records, arrays: ArraysOf, refused: Collection[str] = FORBIDDEN) -> None:
        """`refused`: codes of the refusals that are taken for answers."""
        self._arrays, self._plan = arrays, plan
        self._steps: dict[str, tuple[Asked, Entry]] = {}
        self._written: set[tuple[str, str]] = set()
        intents: dict[int, Intent] = {}
        self.digest = plan.digest
        for entry in records.entries((Intent.kind, ResultRecord.kind, RefusalRecord.kind, *_WRITTEN)):
            if entry.kind == Intent.kind:
                intent = entry.as_(Intent)
                if intent.plan is not None and intent.plan.digest == self.digest:
                    intents[entry.seq] = intent
            elif entry.kind == RefusalRecord.kind:
                told = entry.as_(RefusalRecord)
                if told.plan is not None and told.plan.digest == self.digest and told.code in refused:
                    self._steps[told.plan.step] = told, entry
            elif entry.kind in _WRITTEN:
                self._written.add(_told(entry.as_(_WRITTEN[entry.kind])))
            elif (number := answered(entry)) in intents and entry.data["status"] == "ok":
                step = intents[number].plan
                assert step is not None
                self._steps[step.step] = intents[number], entry

    def answer(self, ask: Ask) -> Answered | None:
        """What came of a step, if the log holds it whole and it asked just this."""
        step, entry = self._steps.get(ask.key, (None, None))
        if step is None or entry is None or not _same_subject(ask, step):
            return None
        recorded = asked(step.probe, step.version, step.arguments)
        probe = as_today(recorded) if recorded is not None else None
        if probe is None or probe != self._seeded(ask, probe):
            return None
        if isinstance(step, RefusalRecord):
            refusal = Refusal(step.code, step.what, step.why, step.try_this)
            return Answered(ask.key, None, probe, refusal=refusal, on=ask.on)
        result = found(step.probe, step.version, entry.data["result"])
        if result is None:
            return None
        return Answered(ask.key, entry.seq, probe, result.with_arrays(self._arrays(entry)), on=ask.on)

    def _seeded(self, ask: Ask, recorded: Probe) -> Probe:
        """What is to be asked, with the seeds that were recorded, where the plan chooses none."""
        if ask.probe.kind != recorded.kind:
            return ask.probe
        return ask.probe.model_copy(update={name: getattr(recorded, name) for name in _fresh(self._plan, ask)})

    def holds(self, record: LogRecord) -> bool:
        """Whether this was written down already, whoever did."""
        return _told(record) in self._written


def _fresh(plan: Plan, ask: Ask) -> frozenset[str]:
    """Arguments of a step that get their seeds from the session."""
    return ask.probe.seeds if plan.fresh else ask.fresh


def _same_subject(ask: Ask, step: Asked) -> bool:
    """Whether a step asked the same subject, beside the same one."""
    return (step.on, step.beside) == (ask.on, ask.probe.compared_with(ask.beside))


_WRITTEN: Final[Mapping[str, type[LogRecord]]] = {record.kind: record for record in (Note, Hypothesis)}
"""What plans write down besides asking; a claim is recorded anew, with the strength it has by then."""


def _told(record: LogRecord) -> tuple[str, str]:
    return record.kind, record.model_dump_json(exclude={"actor"})


def conduct(plan: Plan, session: Session, *, actor: Actor | None = None, progress: Progress | None = None) -> Conducted:
    """Carry out what the log does not hold yet. A step that the rules refuse, or that does not fit the model, is an
    answer too; a spent budget, an engine that fails or a wish to stop ends the plan where it stands."""
    progress, actor = progress or Silent(), actor or session.actor
    book = Book(plan, session.log, session.arrays)

    def put(ask: Ask) -> Answered:
        progress.at(ask.done, ask.key)
        probe = session.seeded(ask.probe, ask.on, _fresh(plan, ask))
        outcome = session.run(
            probe,
            on=ask.on,
            beside=ask.beside,
            actor=actor,
            progress=_Within(progress),
            plan=plan.step(ask, book.digest),
        )
        refusal = outcome.refusal
        if outcome.status == "cancelled" or (refusal is not None and _ends(refusal)):
            raise _StoppedError(refusal)
        seq = outcome.entry.seq if outcome.result is not None else None
        return Answered(ask.key, seq, probe, outcome.result, refusal, on=ask.on)

    def write(move: Move) -> None:
        match move:
            case Remark(text) if not book.holds(Note(text=text)):
                session.note(text, actor=actor)
            case Suppose(hypothesis) if not book.holds(hypothesis):
                session.hypothesise(hypothesis.model_copy(update={"actor": actor}))
            case Claim(finding):
                session.claim(finding)

    return _walk(plan, book, put, write, progress)


def summed_up(plan: Plan, records: Records, arrays: ArraysOf) -> Conducted:
    """What a plan found, from the log alone: without a model, as far as the log holds it."""

    def missing(_: Ask) -> Answered:
        raise _StoppedError(None)

    return _walk(plan, Book(plan, records, arrays, FORBIDDEN | UNFIT), missing, lambda _: None, Silent())


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
    """Whether a plan cannot go on: what the rules forbid, or one question that does not fit, is an answer; a spent
    budget or a failed engine is not."""
    return refusal.code not in FORBIDDEN | UNFIT


def _walk(
    plan: Plan, book: Book, put: Callable[[Ask], Answered], write: Callable[[Move], None], progress: Progress
) -> Conducted:
    """Step through a plan, taking from the book what stands in it and having the rest put and written."""
    answered: list[Answered] = []
    moves: Moves = plan.moves()
    reply: Answered | None = None
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
