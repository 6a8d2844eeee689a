"""The answers and readings that a log holds, indexed by what was asked, so that evidence can be counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ValidationError

from casefiles.files import canonical
from casefiles.status import Refusal
from workbench.contract.probe import Prompt
from workbench.door.rules import Cost, Elicitation
from workbench.log.entry import Entry, Records

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
    probe: str
    title: str
    asked: str
    """Everything the model was given in words, all turns of a chat."""
    elicitation: Elicitation
    model: str
    status: str
    cost: Cost
    condition: str
    """Everything that was asked except seed and number of samples: runs of one condition are pooled."""
    draws: tuple[Draw, ...]
    sampled: bool
    """Whether it is the kind of probe that samples answers, even if it was cancelled before the first."""


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
    arguments, result = dict(intent["arguments"]), entry.data.get("result") or {}
    asked = {"probe": intent["probe"], "version": intent["version"], "model": intent["model"], "arguments": arguments}
    seed, samples, longest = (arguments.pop(name, None) for name in ("seed", "samples", "max_tokens"))
    # Greedy answers know no noise: one prompt at temperature 0 is one observation, whatever seed and however many.
    greedy = arguments.get("temperature") == 0 or arguments.get("top_k") == 1
    noise = canonical.encode(asked).decode()
    prompt = _prompt(arguments)
    draws = tuple(
        Draw(
            seq=entry.seq,
            index=int(sample["index"]),
            text=str(sample["text"]),
            tokens=len(sample["ids"]),
            noise=noise if greedy else f"{noise} {seed} {int(sample['index'])}",
        )
        for sample in result.get("samples", ())
        # An answer that was cancelled counts as it stands, or stopping unwelcome answers would raise a rate. One that
        # never began says nothing.
        if sample["ids"] or sample["stop"] != "cancelled"
    )
    return Run(
        seq=entry.seq,
        intent=number,
        ts_us=entry.ts_us,
        probe=str(intent["probe"]),
        title=prompt.title if prompt else "",
        asked="\n".join(turn.content for turn in prompt.chat) or prompt.text if prompt else "",
        elicitation=_elicitation(Elicitation(intent["elicitation"]), prompt),
        model=str(intent["model"]),
        status=str(entry.data["status"]),
        cost=Cost.model_validate(entry.data["cost"]),
        condition=f"{noise} {longest}",
        draws=draws,
        sampled=samples is not None,
    )


def _prompt(arguments: Mapping[str, Any]) -> Prompt | None:
    try:
        prompt = Prompt.model_validate(arguments.get("prompt"))
    except ValidationError:
        return None
    return prompt if prompt.chat or prompt.text else None


def _elicitation(stated: Elicitation, prompt: Prompt | None) -> Elicitation:
    """The class the log states, unless the prompt itself shows a more forced one."""
    if stated is Elicitation.INTERNAL or prompt is None:
        return stated
    return max(stated, prompt.elicitation, key=list(Elicitation).index)


def _unreadable(entry: Entry, error: Exception) -> Refusal:
    return Refusal(
        "log.record", f"Record {entry.seq} cannot be read as {entry.kind}.", f"{type(error).__name__}: {error}.",
        "Verify the log; a newer workbench may know this form of record.",
    )  # fmt: skip
