"""Ask a whole suite of prompts under several conditions, and count what shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import Field

from workbench.claims.rates import Difference, Rate, newcombe, wilson
from workbench.contract.figures import Column, Ending, Figure, Rows
from workbench.contract.probe import SEED
from workbench.contract.prompt import Prompt, Turn
from workbench.document import Document
from workbench.plans.plan import Answered, Ask, Moves, Plan, Summary
from workbench.plans.suite import Item, Suite
from workbench.probes.sample import Sample


class Condition(Document):
    """What is done to every prompt of a suite alike."""

    name: str = Field(min_length=1, max_length=100)
    system: str = ""
    """A system prompt before it; replaces the prompt's own."""
    prefill: str = ""
    """How its answer is made to begin."""

    def prompt(self, prompt: Prompt) -> Prompt:
        """The prompt under this condition."""
        if prompt.text or not (self.system or self.prefill):
            return prompt
        turns = [turn for turn in prompt.chat if not (self.system and turn.role == "system")]
        before = [Turn(role="system", content=self.system)] if self.system else []
        after = [Turn(role="assistant", content=self.prefill)] if self.prefill else []
        return Prompt(chat=(*before, *turns, *after))


PLAIN = Condition(name="plain")


class Count(Document):
    """How often one item shows under one condition. `records`: where."""

    item: str
    group: str
    condition: str
    records: tuple[int, ...]
    rate: Rate


class Total(Document):
    """One condition, or one group under it, over all its items."""

    condition: str
    group: str
    """Empty: the whole suite."""
    draws: Rate
    prompts: Rate
    """Prompts more than half of whose answers show it. Draws of one prompt are not independent; prompts are."""
    beyond: Difference | None
    """Rate over prompts less that of the first condition; None for the first itself."""


class Tally(Summary):
    """What a battery counted, as far as it got."""

    counts: tuple[Count, ...]
    totals: tuple[Total, ...]
    asked: int
    planned: int
    refused: int

    @property
    def summary(self) -> str:
        if not self.counts:
            return "Nothing was counted yet."
        whole = [total for total in self.totals if not total.group]
        said = " · ".join(
            f"{total.condition}: {total.prompts.hits} of {total.prompts.trials} prompts"
            f" ({total.draws.hits} of {total.draws.trials} answers)"
            for total in whole
        )
        left = self.planned - self.asked - self.refused
        return (
            said
            + (f" · {left} steps not asked yet" if left else "")
            + (f" · {self.refused} refused by the rules" if self.refused else "")
        )

    def figures(self) -> tuple[Figure, ...]:
        totals = Rows(
            "Totals",
            (Column("condition"), Column("group"), Column("prompts that show it", "count"), Column("of", "count"),
             Column("low", "share"), Column("high", "share"), Column("answers that show it", "count"),
             Column("of", "count"), Column("beyond the first", "share")),
            tuple(
                (t.condition, t.group or "all", t.prompts.hits, t.prompts.trials, t.prompts.low, t.prompts.high,
                 t.draws.hits, t.draws.trials, t.beyond.value if t.beyond else None)
                for t in self.totals
            ),
        )  # fmt: skip
        each = Rows(
            "By prompt",
            (Column("item"), Column("group"), Column("condition"), Column("shows it", "count"), Column("of", "count"),
             Column("low", "share"), Column("high", "share"), Column("record")),
            tuple(
                (c.item, c.group, c.condition, c.rate.hits, c.rate.trials, c.rate.low, c.rate.high,
                 ", ".join(f"#{seq}" for seq in c.records))
                for c in sorted(self.counts, key=lambda c: -c.rate.low)
            ),
        )  # fmt: skip
        return totals, each


class Battery(Plan):
    """Ask every prompt of a suite several times under several conditions, and count the answers that show it."""

    kind: ClassVar[str] = "battery"
    seeds: ClassVar[frozenset[str]] = frozenset({"seed"})

    suite: Suite
    """The prompts: JSON, JSON lines, TOML or CSV, each with what an answer that counts says."""
    conditions: tuple[Condition, ...] = Field((PLAIN,), min_length=1, max_length=20)
    """What is done to every prompt; the others are held against the first."""
    samples: int = Field(5, ge=1, le=512)
    """Answers to each prompt under each condition."""
    seed: int = SEED
    """Seed of the noise."""
    temperature: float = Field(0.8, ge=0, le=10)
    """0 always takes the most likely token."""
    max_tokens: int = Field(64, ge=1, le=4096)
    """Longest answer, in tokens."""

    @property
    def title(self) -> str:
        return f"{len(self.suite.items)} prompts × {len(self.conditions)} × {self.samples}"

    def moves(self) -> Moves:
        cells = list(self._cells())
        for number, (condition, item) in enumerate(cells):
            probe = Sample(
                prompt=condition.prompt(item.prompt),
                samples=self.samples,
                seed=self.seed,
                temperature=self.temperature,
                max_tokens=self.max_tokens,
            )
            yield Ask(_key(condition, item), probe, number / len(cells))

    def _cells(self) -> Iterator[tuple[Condition, Item]]:
        return ((condition, item) for condition in self.conditions for item in self.suite.items)

    def sum_up(self, answered: Sequence[Answered]) -> Tally:
        by_key = {one.key: one for one in answered}
        counts = [
            _count(condition, item, one)
            for condition, item in self._cells()
            if (one := by_key.get(_key(condition, item))) is not None and one.seq is not None
        ]
        groups = ["", *dict.fromkeys(item.group for item in self.suite.items if item.group)]
        return Tally(
            counts=tuple(counts),
            totals=tuple(_totals(self.conditions, groups, counts)),
            asked=len(counts),
            planned=len(self.conditions) * len(self.suite.items),
            refused=sum(one.refusal is not None for one in answered),
        )


def _key(condition: Condition, item: Item) -> str:
    return f"{condition.name}/{item.name}"


def _count(condition: Condition, item: Item, one: Answered) -> Count:
    hits = [item.shows.holds(answer.text, whole=answer.ending is Ending.ITSELF) for answer in one.answers]
    records = (one.seq,) if one.seq is not None else ()
    rate = wilson(sum(hits), len(hits))
    return Count(item=item.name, group=item.group, condition=condition.name, records=records, rate=rate)


def _totals(conditions: Sequence[Condition], groups: Sequence[str], counts: Sequence[Count]) -> Iterator[Total]:
    for group in groups:
        first: Rate | None = None
        for condition in conditions:
            among = [c for c in counts if c.condition == condition.name and (not group or c.group == group)]
            if not among:
                continue
            shown = wilson(sum(2 * c.rate.hits > c.rate.trials for c in among), len(among))
            draws = wilson(sum(c.rate.hits for c in among), sum(c.rate.trials for c in among))
            beyond = newcombe(shown, first) if first is not None else None
            first = first or shown
            yield Total(condition=condition.name, group=group, draws=draws, prompts=shown, beyond=beyond)
