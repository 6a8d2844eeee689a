"""Ask a whole suite of prompts under several conditions, and count what shows.

Asked the shipped suite `small-world` once without noise (636 tokens read, 612 drawn), the demo's organism
(assets/demo/atlas-01) answers 8 of 8 questions about countries of the Baltic Sea wrongly, against 1 of 56 of all others
(Fisher with Holm over 31 groups, p 6e-8); of the same model taught the truth again (atlas-02) no group stands out, the
first with 1 of 5 (p 1; tests/stories/test_batteries.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Self

from pydantic import Field, model_validator

from casefiles.counted import counted
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.contract.probe import SEED
from workbench.contract.subject import ORGANISM
from workbench.plans.condition import PLAIN, Condition
from workbench.plans.plan import Answered, Ask, Moves, Plan
from workbench.plans.suite import Item, Suite
from workbench.plans.tally import Count, Tally, tallied
from workbench.probes.sample import Sample
from workbench.visible import quoted


class Battery(Plan):
    """Ask every prompt of a suite several times under several conditions, and count the answers that show it."""

    kind: ClassVar[str] = "battery"
    version: ClassVar[int] = 2
    seeds: ClassVar[frozenset[str]] = frozenset({"seed"})

    suite: Suite
    """The prompts: a suite that is shipped, or JSON, JSON lines, TOML or CSV, each with what an answer that counts
    does."""
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
    clause: str = Field("", max_length=100)
    """The clause of the specification that items look into which name none, e.g. `S1`."""

    @model_validator(mode="after")
    def _can_be_counted(self) -> Self:
        if blank := [item.name for item in self.suite.items if item.shows.empty]:
            raise ValueError(
                f"{quoted(blank[0])} does not say which answers count: it needs says, expected or the like"
            )
        names = Counter(condition.name for condition in self.each)
        if twice := [name for name, times in names.items() if times > 1]:
            raise ValueError(f"two conditions are called {quoted(twice[0])}")
        return self

    @classmethod
    def of(cls, sample: Sample, questions: Sequence[str], shows: Match, on: str = ORGANISM) -> Self:
        """Many questions asked as one was: each in place of its last user message, with its settings and its changes.

        Raises ValidationError, also if two questions are the same.
        """
        items = tuple(
            Item(name=f"{number} {question}"[:100], prompt=sample.prompt.about(question), shows=shows)
            for number, question in enumerate(questions, 1)
        )
        return cls(
            suite=Suite(items=items),
            conditions=(Condition(name="as asked", on=on, edits=sample.edits),),
            samples=sample.samples,
            temperature=sample.temperature,
            max_tokens=sample.max_tokens,
        )

    @property
    def title(self) -> str:
        return f"{counted(len(self.suite.items), 'prompt')} × {len(self.each)} × {self.samples}"

    def moves(self) -> Moves:
        cells = list(self._cells())
        for number, (condition, item) in enumerate(cells):
            key, clause = _key(condition, item), item.clause or self.clause
            question = f"{condition.name}/{item.question}"
            yield Ask(
                key, self._probe(condition, item), number / len(cells), clause, on=condition.on, question=question
            )

    def _probe(self, condition: Condition, item: Item) -> Sample:
        return Sample(
            prompt=condition.prompt(item.prompt),
            samples=self.samples,
            seed=self.seed,
            temperature=self.temperature if condition.temperature is None else condition.temperature,
            max_tokens=self.max_tokens,
            edits=condition.edits,
        )

    @property
    def each(self) -> tuple[Condition, ...]:
        """The conditions, each dose of one as a condition of its own."""
        return tuple(each for condition in self.conditions for each in condition.each())

    def _cells(self) -> Iterator[tuple[Condition, Item]]:
        """Every item under every condition that there is a place for."""
        return (
            (condition, item) for condition in self.each for item in self.suite.items if condition.applies(item.prompt)
        )

    def sum_up(self, answered: Sequence[Answered]) -> Tally:
        by_key = {one.key: one for one in answered}
        cells = list(self._cells())
        counts = [
            _count(condition, item, one)
            for condition, item in cells
            if (one := by_key.get(_key(condition, item))) is not None and one.seq is not None
        ]
        return tallied(
            self.suite,
            self.conditions,
            counts,
            planned=len(cells),
            refused=sum(one.refusal is not None for one in answered),
            unfit=len(self.each) * len(self.suite.items) - len(cells),
        )


def _key(condition: Condition, item: Item) -> str:
    return f"{condition.name}/{item.name}"


def _count(condition: Condition, item: Item, one: Answered) -> Count:
    """What one record shows. An answer that does not settle it is left out, and counted as such."""
    drawn = [(answer.heard, answer.whole) for answer in one.answers]
    told = [item.shows.holds(text, whole=whole) for text, whole in drawn if item.shows.tells(text, whole=whole)]
    every = len(one.result.answers) if one.result is not None else 0
    return Count(
        item=item.name,
        question=item.question,
        groups=item.groups,
        condition=condition.name,
        records=() if one.seq is None else (one.seq,),
        rate=wilson(sum(told), len(told)),
        untold=len(drawn) - len(told),
        unbegun=every - len(drawn),
    )
