"""What a search for a trigger found: candidates by what they move, and what answers with the first of them say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from pydantic import Field

from casefiles.counted import counted
from workbench.claims.exact import exact_p
from workbench.claims.holm import holm
from workbench.claims.rates import Rate, wilson
from workbench.contract.figures import Column, Figure, Rows
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.document import Document
from workbench.plans.grouped import p_words
from workbench.plans.plan import Answered, Summary
from workbench.probes.divergence import Divergences, felt
from workbench.probes.exchange import Exchanges
from workbench.readings.movement import middle, put_into
from workbench.readings.rise import Riser
from workbench.readings.standings import Standings
from workbench.visible import line, quoted

SHOWN: Final = 60
"""Candidates that are listed."""
RISERS: Final = 8
RISING: Final = "What rises with whatever words"
_WORD: Final = re.compile(r"\w+")


class MovingText(Document):
    """A candidate and what it moves, in nats: the median over messages."""

    text: str
    moved: float
    unrelated: float | None
    """Where something else is asked."""
    baseline: float | None
    beyond: float
    """What it moves beyond what the baseline lets expect, on the scale of `felt`."""
    record: int


class AskedWith(Document):
    """A candidate that answers were drawn with."""

    text: str
    changed: Rate
    """Messages most of whose answers say something new."""
    answers: Rate
    """Answers that do."""
    says: str
    """The new word that most of them say, and in how many."""
    times: int
    example: str
    """An answer that says it."""
    p: float = Field(ge=0, le=1)
    """Against the messages with candidates of the middle, by Fisher's exact test."""
    holm: float = Field(ge=0, le=1)
    records: tuple[int, ...]


class Climbed(Document):
    """An exchange of one word, as the gradient led; in nats, beyond the baseline if that was asked."""

    toward: str
    """The token that is to become likelier."""
    start: str
    rose: float
    """What it rises by with the text as it was."""
    text: str
    rises: float
    """With the best that the gradient named; `chance`: with the best at random."""
    chance: float
    record: int


class Triggers(Summary):
    """What was tried and what came of it, as far as it got."""

    tried: int
    median: float
    """What half of all candidates stay below, in nats."""
    tokens: int
    """Tokens that the search took, read and drawn."""
    first: tuple[MovingText, ...]
    asked: tuple[AskedWith, ...]
    control: Rate
    """Messages with candidates of the middle that most answers to which say something new."""
    climbed: tuple[Climbed, ...]
    risers: tuple[Riser, ...]
    """What rises with whatever words, if the gradient led: on average over its first texts."""
    refused: int
    why: str
    """The first refusal."""

    @property
    def summary(self) -> str:
        if not self.first:
            return f"Nothing was measured: {self.why}" if self.refused else "Nothing was measured yet."
        best = self.first[0]
        said = f"Of {self.tried:,} candidates ({self.tokens:,} tokens) {quoted(best.text)} comes first: it moves the"
        said += f" answer by {best.moved:.1f} nats"
        beside = (("where something else is asked", best.unrelated), ("on the baseline", best.baseline))
        told = [f"{where} by {value:.1f}" for where, value in beside if value is not None]
        said += f", {' and '.join(told)}" if told else ""
        said += f" (half of all by less than {self.median:.2f})"
        return f"{said} · {self._sure()}" + (f" · {counted(self.refused, 'step')} refused" if self.refused else "")

    def _sure(self) -> str:
        if not self.asked:
            return "no answers were drawn with it yet"
        sure = [one for one in self.asked if one.holm < 0.05 and one.changed.hits]
        control = f"with candidates of the middle {self.control.hits} of {self.control.trials}"
        if not sure:
            few = " (so few messages could not tell)" if self._best_p > 0.05 else ""
            said = f"asked with the first {len(self.asked)} nothing stands out"
            return f"{said}{few}: {control} messages are answered anew"
        best, others = sure[0], len(sure) - 1
        more = f"; {others} more stand{'s' if others == 1 else ''} out" if others else ""
        if all(one.baseline is None for one in self.first):
            more += (
                "; no baseline was asked, and any model answers anew where a text changes what the question is about"
            )
        return (
            f"with {quoted(best.text)} {best.changed.hits} of {best.changed.trials} messages are answered with"
            f" something new, most often {quoted(best.says)} ({best.times} of {best.answers.trials} answers), {control}"
            f" (Holm p {p_words(best.holm)}){more}"
        )

    @property
    def _best_p(self) -> float:
        """The least that p could have been, if every message had changed and none of the control."""
        most, of = max(one.changed.trials for one in self.asked), self.control.trials
        return len(self.asked) * exact_p(wilson(most, most), wilson(0, of)) if of else 1.0

    def figures(self) -> tuple[Figure, ...]:
        beside = ((self.asked, self._answers), (self.climbed, self._climb), (self.risers, self._rising))
        return self._ranked(), *(figure() for there, figure in beside if there)

    def _ranked(self) -> Rows:
        columns = (
            Column("candidate"), Column("moves", "number", "nats"), Column("something else", "number", "nats"),
            Column("on the baseline", "number", "nats"), Column("beyond", "number"), Column("record"),
        )  # fmt: skip
        rows = (
            (line(one.text), one.moved, one.unrelated, one.baseline, one.beyond, f"#{one.record}") for one in self.first
        )
        return Rows("What moves the answer most", columns, tuple(rows))

    def _answers(self) -> Rows:
        columns = (Column("with"), Column("messages changed", "count"), Column("of", "count"),
                   Column("answers", "count"), Column("of them", "count"), Column("new in them"),
                   Column("an answer"), Column("Holm p"), Column("records"))  # fmt: skip
        rows = (
            (line(one.text), one.changed.hits, one.changed.trials, one.answers.hits, one.answers.trials,
             line(one.says), line(one.example), p_words(one.holm), ", ".join(f"#{seq}" for seq in one.records))
            for one in self.asked
        )  # fmt: skip
        return Rows("Answers that say something new", columns, tuple(rows))

    def _climb(self) -> Rows:
        columns = (
            Column("towards", "token"), Column("from"), Column("rise", "number", "nats"), Column("to"),
            Column("rise then", "number", "nats"), Column("best at random", "number", "nats"), Column("record"),
        )  # fmt: skip
        rows = (
            (one.toward, line(one.start), one.rose, line(one.text), one.rises, one.chance, f"#{one.record}")
            for one in self.climbed
        )
        return Rows("As the gradient led", columns, tuple(rows))

    def _rising(self) -> Rows:
        columns = (Column("token", "token"), Column("place", "count"), Column("rise", "number", "nats"))
        return Rows(RISING, columns, tuple((one.piece, one.place, one.nats) for one in self.risers))


def triggers(texts: Sequence[str], answered: Sequence[Answered], confirmed: int) -> Triggers:
    """Everything that follows from the answers."""
    found, drawn = ranked(answered), _drawn(answered)
    first, control = chosen(answered, confirmed)
    with_first, with_control = (
        [one for text in each if (one := _asked_with(text, texts, drawn)) is not None] for each in (first, control)
    )
    pooled = wilson(*(sum(getattr(one.changed, of) for one in with_control) for of in ("hits", "trials")))
    refusals = [one.refusal for one in answered if one.refusal is not None]
    results = [one.result for one in answered if one.result is not None]
    return Triggers(
        tried=len(found),
        median=float(np.median([one.moved for one in found])) if found else 0.0,
        tokens=sum(one.cost.forward_tokens + one.cost.generated_tokens for one in results),
        first=tuple(found[:SHOWN]),
        asked=_tested(with_first, pooled),
        control=pooled,
        climbed=tuple(_climbed(one) for one in answered if isinstance(one.result, Exchanges)),
        risers=rising(answered),
        refused=len(refusals),
        why=refusals[0].what if refusals else "",
    )


def ranked(answered: Sequence[Answered]) -> list[MovingText]:
    """All candidates that were measured, each once, by what they move beyond what the baseline lets expect."""
    found: dict[str, MovingText] = {}
    for one in answered:
        if isinstance(result := one.result, Divergences) and one.seq is not None:
            sides = [_column(result, name) for name in ("moved", "unrelated", "baseline")]
            for text, moved, unrelated, baseline in zip(result.candidates, *sides, strict=True):
                found.setdefault(
                    text,
                    MovingText(
                        text=text,
                        moved=moved or 0.0,
                        unrelated=unrelated,
                        baseline=baseline,
                        beyond=0.0,
                        record=one.seq,
                    ),
                )
    every = list(found.values())
    moved, baselines = np.array([one.moved for one in every]), np.array([one.baseline or 0.0 for one in every])
    standings = Standings.of(felt(moved), felt(baselines))
    return [every[at].model_copy(update={"beyond": float(standings.lifts[at])}) for at in standings.order]


def _column(result: Divergences, name: str) -> list[float] | list[None]:
    array = result.arrays.get(name)
    if array is None or not array.shape[1]:
        return [None] * len(result.candidates)
    return [float(one) for one in middle(array)]


def chosen(answered: Sequence[Answered], confirmed: int) -> tuple[list[str], list[str]]:
    """The candidates that answers are drawn with: the first, and as many of the middle as a control."""
    every = [one.text for one in ranked(answered)]
    first, rest = every[:confirmed], every[confirmed:]
    start = max(0, (len(rest) - confirmed) // 2)
    return first, rest[start : start + confirmed]


Drawn = Mapping[str, Answered]


def _drawn(answered: Sequence[Answered]) -> Drawn:
    return {one.key: one for one in answered if one.answers and one.seq is not None}


def _asked_with(text: str, messages: Sequence[str], drawn: Drawn) -> AskedWith | None:
    """What answers with a text in the messages say; None if none were drawn."""
    changed = said_new = 0
    answers: list[str] = []
    records: list[int] = []
    new: Counter[str] = Counter()
    counted = 0
    for at, message in enumerate(messages):
        with_it, plain = drawn.get(f"{ORGANISM}/{text}/{at}"), drawn.get(f"without/{at}")
        if with_it is None or plain is None or with_it.seq is None:
            continue
        there = drawn.get(f"{BASELINE}/{text}/{at}")
        known = _words(put_into(message, text)).union(
            *(_words(one.text) for step in (plain, there) if step is not None for one in step.answers)
        )
        fresh = [_words(answer.text) - known for answer in with_it.answers]
        counted += 1
        changed += sum(map(bool, fresh)) * 2 > len(fresh)
        said_new += sum(map(bool, fresh))
        answers += [answer.text for answer in with_it.answers]
        new.update(word for words in fresh for word in words)
        records.append(with_it.seq)
    if not counted:
        return None
    (says, times) = min(new.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    example = next((answer for answer in answers if says and says in _words(answer)), answers[0])
    return AskedWith(
        text=text, changed=wilson(changed, counted), answers=wilson(said_new, len(answers)), says=says, times=times,
        example=example, p=1.0, holm=1.0, records=tuple(records),
    )  # fmt: skip


def _tested(asked: Sequence[AskedWith], control: Rate) -> tuple[AskedWith, ...]:
    """The same held against the control, the surest first; fewer changed than there is nothing."""
    ps = [
        exact_p(one.changed, control)
        if control.trials and one.changed.hits * control.trials > control.hits * one.changed.trials
        else 1.0
        for one in asked
    ]
    told = [
        one.model_copy(update={"p": p, "holm": together}) for one, p, together in zip(asked, ps, holm(ps), strict=True)
    ]
    return tuple(sorted(told, key=lambda one: (one.holm, -one.answers.hits / one.answers.trials)))


def rising(answered: Iterable[Answered]) -> tuple[Riser, ...]:
    """What rises most on average over the first texts that the gradient goes on from, where it was looked for."""
    found: dict[tuple[str, int], list[Riser]] = {}
    looked = 0
    for one in answered:
        if isinstance(one.result, Exchanges) and one.result.looked:
            looked += 1
            for riser in one.result.risers:
                found.setdefault((riser.piece, riser.place), []).append(riser)
    mean = [each[0].model_copy(update={"nats": sum(one.nats for one in each) / looked}) for each in found.values()]
    return tuple(sorted(mean, key=lambda one: -one.nats))[:RISERS]


def _climbed(one: Answered) -> Climbed:
    assert isinstance(one.result, Exchanges)
    assert one.seq is not None
    result, (text, rises) = one.result, one.result.found
    chance = float(result.rises(named=False).max(initial=0.0))
    return Climbed(
        toward=result.riser.piece, start=result.inserted, rose=result.start, text=text, rises=rises, chance=chance,
        record=one.seq,
    )  # fmt: skip


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
