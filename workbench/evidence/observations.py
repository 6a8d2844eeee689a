"""The answers and readings that a log holds, indexed by what was asked, so that evidence can be counted.

What was asked, how forced it was and which draws are one observation follow from the probe's own declaration; what a
record states about itself is not believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from casefiles.files import canonical
from casefiles.status import Refusal
from workbench.contract.probe import Probe, Reads
from workbench.contract.result import Result
from workbench.contract.rules import Cost, Elicitation
from workbench.log.entry import Entry, Records
from workbench.probes import asked, found

KINDS = ("genesis", "intent", "result")
"""The kinds of record that observations are made of."""


@dataclass(frozen=True)
class Draw:
    """One sampled answer. Two draws of the same `noise` are one observation, however often it was recorded."""

    seq: int
    index: int
    text: str
    tokens: int
    noise: str
    """Prompt, sampling settings, seed and sample number: all that decides the answer, apart from where it is cut off.
    The engine is no part of it: engines share the noise, so the same draw on another one is no fresh draw."""


@dataclass(frozen=True)
class Run:
    """One finished probe: what was asked, how, and the answers if it sampled any. `seq` is its result record."""

    seq: int
    intent: int
    ts_us: int
    kind: str
    """The kind of probe."""
    title: str
    asked: str
    """Everything the model was given in words, all turns of a chat."""
    elicitation: Elicitation
    model: str
    status: str
    cost: Cost
    condition: str
    """Everything that was asked except which draws were taken: runs of one condition are pooled."""
    draws: tuple[Draw, ...]
    sampled: bool
    """Whether it is the kind of probe that samples answers, even if it was cancelled before the first."""
    inside: bool
    """Whether it read the model's inside."""
    probe: Probe | None
    """None: of a kind or version that this workbench does not know."""


class Observations:
    """Every finished probe of a log. Grows with the log: feed each new record to `add`."""

    def __init__(self, doubted: Collection[int] = ()) -> None:
        self.organism = ""
        """Digest of the case's model, from the genesis record."""
        self.doubted = frozenset(doubted)
        """Result records whose answers the model did not give when they were replayed, or could not be asked for."""
        self._intents: dict[int, dict[str, Any]] = {}
        self._runs: dict[int, Run] = {}
        self._alike: defaultdict[str, list[Run]] = defaultdict(list)

    @classmethod
    def of(cls, records: Records, *, until: int | None = None, doubted: Collection[int] = ()) -> Self:
        """Those of the first `until` records, or of all."""
        observations = cls(doubted)
        for entry in records.entries(KINDS):
            if until is not None and entry.seq >= until:
                break
            observations.add(entry)
        return observations

    def add(self, entry: Entry) -> None:
        """Take in the next record; kinds that observe nothing are passed over."""
        try:
            if entry.kind == "genesis":
                self.organism = str(entry.data["model"])
            elif entry.kind == "intent":
                self._intents[entry.seq] = entry.data
            elif entry.kind == "result":
                run = _run(entry, int(entry.data["intent"]), self._intents.pop(int(entry.data["intent"])))
                self._runs[run.seq] = run
                self._alike[run.condition].append(run)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # a log may come from somebody else
            raise _unreadable(entry, error) from error

    @property
    def runs(self) -> Iterable[Run]:
        """Oldest first."""
        return self._runs.values()

    @property
    def orphans(self) -> tuple[int, ...]:
        """Intents that never got a result."""
        return tuple(self._intents)

    def run(self, seq: int) -> Run:
        """The run whose result is record `seq`. Raises KeyError if that is no result."""
        return self._runs[seq]

    def alike(self, condition: str) -> tuple[Run, ...]:
        """Every run of one condition, cited or not."""
        return tuple(self._alike.get(condition, ()))


def _run(entry: Entry, number: int, intent: Mapping[str, Any]) -> Run:
    kind, version = intent["probe"], intent["version"]
    probe, result = asked(kind, version, intent["arguments"]), found(kind, version, entry.data.get("result"))
    question = {"probe": kind, "version": version, "model": intent["model"]}
    return Run(
        seq=entry.seq,
        intent=number,
        ts_us=entry.ts_us,
        kind=str(kind),
        title=probe.prompts()[0].title if probe is not None and probe.prompts() else "",
        asked=probe.prompts()[0].words if probe is not None and probe.prompts() else "",
        # A probe that this workbench does not know may have forced anything.
        elicitation=probe.elicitation if probe is not None else Elicitation.FORCED,
        model=str(intent["model"]),
        status=str(entry.data["status"]),
        cost=Cost.model_validate(entry.data["cost"]),
        condition=_text(question, probe.condition() if probe is not None else intent["arguments"]),
        draws=_draws(entry.seq, question, probe, result) if probe is not None and result is not None else (),
        sampled=probe is not None and probe.result.samples_texts,
        inside=probe is not None and probe.reads is Reads.INSIDE,
        probe=probe,
    )


def _draws(seq: int, question: dict[str, Any], probe: Probe, result: Result) -> tuple[Draw, ...]:
    return tuple(
        Draw(seq, answer.index, answer.text, answer.tokens, _text(question, probe.noise(answer.index)))
        for answer in result.answers
        if answer.begun
    )


def _text(question: dict[str, Any], arguments: Any) -> str:
    return canonical.encode(question | {"arguments": arguments}).decode()


def _unreadable(entry: Entry, error: Exception) -> Refusal:
    return Refusal(
        "log.record", f"Record {entry.seq} cannot be read as {entry.kind}.", f"{type(error).__name__}: {error}.",
        "Verify the log; a newer workbench may know this form of record.",
    )  # fmt: skip
