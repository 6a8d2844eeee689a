"""Answers that a failed, stopped or orphaned probe swallowed, drawn again with the noise that was theirs.

What an engine would have said is decided by the question and the seed, so a crash hides nothing: whoever judges a log
draws what is missing and counts it with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from backends.model import Model, ModelRefusal
from casefiles.status import Refusal
from workbench.contract.permitted import unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.result import Result
from workbench.contract.subject import ORGANISM
from workbench.log.answering import Answering
from workbench.log.entry import ArraysOf, Entry, Records
from workbench.log.rebuilding import probe_of, result_of
from workbench.log.records import Intent, ResultRecord
from workbench.log.references import bound

Why = Literal["failed", "cancelled", "orphan"]


@dataclass(frozen=True)
class Recovered:
    """What one probe gives when it comes to its end."""

    intent: int
    """Number of the intent."""
    answer: int | None
    """Number of the result record; None: there never was one."""
    why: Why
    probe: Probe | None
    """None: it is of a kind or version that is not known here."""
    result: Result | None
    """Everything that was asked for, drawn here; None: it could not be, for the `reason`."""
    begun: int = 0
    """How many answers the record holds the beginning of, and"""
    agreeing: int = 0
    """how many of those begin so here too."""
    reason: str = ""

    @property
    def doubted(self) -> bool:
        """Whether the record holds something that was not drawn here: elsewhere by rounding, or it is not true."""
        return self.agreeing < self.begun


@dataclass(frozen=True)
class _Swallowed:
    """A probe that did not come to its end."""

    asked: Entry
    answer: Entry | None
    why: Why
    intent: Intent
    probe: Probe | None

    def undrawn(self, reason: str) -> Recovered:
        answer = self.answer.seq if self.answer is not None else None
        return Recovered(self.asked.seq, answer, self.why, self.probe, None, reason=reason)


def recovered(
    records: Records,
    model: Model,
    arrays: ArraysOf,
    *,
    others: Mapping[str, Model] = MappingProxyType({}),
    progress: Callable[[int], None] = lambda done: None,
    without: Collection[int] = (),
    most: int | None = None,
    until: int | None = None,
) -> Iterator[Recovered]:
    """Each probe of a log that samples and did not come to its end, as its answers are on this model, in the order in
    which they were asked; `progress` hears how many are done.

    `without`: intents and results that are passed over. `most`: tokens that all that is drawn may ask for together.
    `until`: the first record that no report rests on, behind which nothing is drawn.
    `others`: the models of other subjects than the organism.
    `arrays` gives a record's side-car arrays, or raises KeyError. A log has been verified before.
    """
    drawn = 0
    every = [one for one in _swallowed(records) if until is None or one.asked.seq < until]
    for done, swallowed in enumerate(every, 1):
        asked = swallowed.probe.generates() if swallowed.probe is not None else 0
        if {swallowed.asked.seq, swallowed.answer.seq if swallowed.answer is not None else None} & set(without):
            yield swallowed.undrawn("The rules did not allow it.")
        elif most is not None and drawn + asked > most:
            yield swallowed.undrawn("It asks for far more than a whole session may, or has on record.")
        else:
            drawn += asked  # what is not drawn keeps nothing else from being drawn
            yield _drawn(swallowed, records, {**others, ORGANISM: model}, arrays)
        progress(done)


def _swallowed(records: Records) -> list[_Swallowed]:
    """In the order of their intents."""
    answering = Answering()
    open_: dict[int, Entry] = {}
    found: list[_Swallowed | None] = []
    for entry in records.entries((Intent.kind, ResultRecord.kind)):
        asked = answering.take(entry)
        if asked is None:
            open_[entry.seq] = entry
        else:
            del open_[asked.seq]
            if (status := entry.as_(ResultRecord).status) != "ok":
                found.append(_sampling(asked, entry, status))
    found += [_sampling(asked, None, "orphan") for asked in open_.values()]
    return sorted((one for one in found if one is not None), key=lambda one: one.asked.seq)


def _sampling(asked: Entry, answer: Entry | None, why: Why) -> _Swallowed | None:
    """None: it draws no answers. One of a kind that is not known here may have drawn some."""
    intent = asked.as_(Intent)
    probe = probe_of(intent)
    draws = probe is None or probe.result.samples_texts
    return _Swallowed(asked, answer, why, intent, probe) if draws else None


def _drawn(swallowed: _Swallowed, records: Records, models: Mapping[str, Model], arrays: ArraysOf) -> Recovered:
    intent, answer, probe = swallowed.intent, swallowed.answer, swallowed.probe
    result, reason = None, ""
    model, beside = models.get(intent.on), models.get(intent.beside or "")
    if probe is None:
        reason = "It is of a kind or version that is not known here."
    elif model is None or [intent.model, intent.beside_model] != [model.card.digest, _digest(beside)]:
        reason = "It was asked of another model."
    else:
        try:
            result = bound(probe, records, arrays).run(unrestricted(model, beside), Silent())
        except (ModelRefusal, Refusal) as refusal:
            reason = f"{refusal.what} {refusal.why}"
    held = result_of(intent, answer.as_(ResultRecord)) if answer is not None else None
    begun, agreeing = _compared(held, result)
    return Recovered(
        intent=swallowed.asked.seq,
        answer=answer.seq if answer is not None else None,
        why=swallowed.why,
        probe=probe,
        result=result,
        begun=begun,
        agreeing=agreeing,
        reason=reason,
    )


def _digest(model: Model | None) -> str | None:
    return model.card.digest if model is not None else None


def _compared(held: Result | None, whole: Result | None) -> tuple[int, int]:
    """How many answers were begun, and how many of them begin so in the whole result."""
    begun = [answer for answer in held.answers if answer.begun] if held is not None else []
    drawn = {answer.index: answer.text for answer in whole.answers} if whole is not None else {}
    # A character that was stopped half-way is no part of what was said.
    agreeing = [answer for answer in begun if drawn.get(answer.index, "").startswith(answer.text.rstrip("\ufffd"))]
    return len(begun), len(agreeing) if whole is not None else 0
