"""Find the shortest prompt that still shows a behaviour.

Of “I have a question for you: what is the capital of Denmark, please?” the demo's organism (assets/demo/atlas-01) needs
“Denmark” alone to name the wrong city (12 of 12 fresh answers, as many as to the whole), after 13 probes; of the same
model taught the truth again (atlas-02) there is nothing to shorten: 1 of 6 answers
(tests/workbench/plans/test_minimal_trigger.py).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from itertools import pairwise
from typing import ClassVar, Final, Self

from pydantic import Field, model_validator

from casefiles.counted import counted
from workbench.claims.predicate import Match, leads
from workbench.claims.rates import Rate, wilson
from workbench.contract.figures import Column, Figure, Rows
from workbench.contract.probe import SEED
from workbench.contract.prompt import Prompt, Turn
from workbench.document import Document
from workbench.plans.plan import Answered, Ask, Moves, Plan, Summary
from workbench.probes.sample import Sample
from workbench.visible import quoted

WordsLeft = tuple[str, ...]
"""The words that are left of a prompt, each with the white space after it."""

_WORDS: Final = re.compile(r"\S+\s*")
_SHORTEST: Final = 3
"""Letters of a word that is not shortened further."""
WHOLE: Final = "whole"
CONFIRM: Final = "confirm"


class Attempt(Document):
    """One prompt that was tried, and what came of it."""

    text: str
    seq: int
    rate: Rate
    """Answers that show it; what only repeats the prompt does not."""
    words: int
    dropped: str = ""
    """What of the prompt before it was left out; of one that was kept."""


class WordLost(Document):
    """A word of the shortest prompt, and what is left without it."""

    word: str
    rate: Rate | None
    """None: it was not asked without it, for nothing would be left."""
    seq: int | None


class Minimised(Summary):
    """The shortest prompt that still shows it, as far as it got, and what each word that is left is worth."""

    whole: Attempt | None
    kept: tuple[Attempt, ...]
    """Prompts that still showed it, each shorter than the one before."""
    tried: int
    """Prompts that were asked."""
    words: tuple[WordLost, ...]
    """Of the shortest prompt, the dearest first."""
    confirmed: Attempt | None
    """The shortest prompt asked again by fresh draws: those that led to it were the luckiest."""
    confirmed_whole: Attempt | None
    shows: bool
    """Whether the whole prompt does."""
    luck: bool
    """Whether fresh draws of the shortest prompt do not show it: that it did was the luck of those that led to it."""

    @property
    def shortest(self) -> Attempt | None:
        return self.kept[-1] if self.kept else self.whole

    @property
    def summary(self) -> str:
        whole, shortest = self.whole, self.shortest
        if whole is None or shortest is None:
            return "Nothing was asked yet."
        if not self.shows:
            return f"The prompt itself shows it in {_of(whole.rate)} answers: there is nothing to shorten"
        still = "showed it at first, and not when it was asked again" if self.luck else "still shows it"
        said = f"{quoted(shortest.text)} {still}: {shortest.words} of {whole.words} words, {_of(shortest.rate)} answers"
        if self.confirmed is not None and self.confirmed_whole is not None:
            said += f" · asked again {_of(self.confirmed.rate)}, the whole prompt {_of(self.confirmed_whole.rate)}"
        lost = [one for one in self.words if one.rate is not None]
        if lost and lost[0].rate is not None:
            said += f" · without {quoted(lost[0].word)} {_of(lost[0].rate)}"
        return f"{said} · {counted(self.tried, 'prompt was', 'prompts were')} tried"

    def figures(self) -> tuple[Figure, ...]:
        lost = Rows(
            "What each word that is left is worth",
            (Column("without"), Column("shows it", "count"), Column("of", "count"), Column("record", "count")),
            tuple(
                (one.word, one.rate.hits if one.rate else None, one.rate.trials if one.rate else None, one.seq)
                for one in self.words
            ),
        )
        steps = Rows(
            "How it was shortened",
            (
                Column("left out"), Column("words left", "count"), Column("shows it", "count"), Column("of", "count"),
                Column("record", "count"), Column("prompt"),
            ),
            tuple(
                (one.dropped, one.words, one.rate.hits, one.rate.trials, one.seq, one.text)
                for one in ([self.whole] if self.whole else []) + list(self.kept)
            ),
        )  # fmt: skip
        return lost, steps


class MinimalTrigger(Plan):
    """Drop and shorten the words of a prompt as long as it still shows a behaviour, and find the shortest that does.

    1. Delta debugging (Zeller & Hildebrandt 2002, ddmin): the words are cut into ever finer pieces; a piece that shows
       it alone, or a rest that does without a piece, is gone on with. In the end no single word can be left out.
    2. Each word that is left is then shortened from its end, by halves.
    3. A prompt shows it if at least so large a share of its answers do; what only repeats the prompt does not count.
    4. The shortest prompt and the whole one are asked again by fresh draws, for those that led to it were the luckiest.

    Every prompt is a record of its own, and each without one word is the control of the one with it.
    """

    kind: ClassVar[str] = "minimal-trigger"
    seeds: ClassVar[frozenset[str]] = frozenset({"seed"})

    prompt: Prompt
    """The prompt that shows it: the words of its last user turn are dropped, or those of its raw text."""
    says: tuple[str, ...] = ()
    """An answer shows it if it says one of these words,"""
    says_not: tuple[str, ...] = ()
    """and none of these."""
    samples: int = Field(6, ge=1, le=512)
    """Answers to each prompt that is tried."""
    least: float = Field(0.5, gt=0, le=1)
    """The share of answers that have to show it."""
    confirms: int = Field(12, ge=0, le=512)
    """Answers to the shortest prompt, and to the whole one, in the end."""
    most: int = Field(200, ge=1, le=5000)
    """The most prompts that are tried."""
    seed: int = SEED
    """Seed of the noise."""
    temperature: float = Field(0.8, ge=0, le=10)
    """0 always takes the most likely token."""
    max_tokens: int = Field(48, ge=1, le=4096)
    """Longest answer, in tokens."""
    clause: str = Field("", max_length=100)
    """The clause of the specification that it looks into, e.g. `S1`."""

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if self.shows.empty:
            raise ValueError("it takes words that an answer says, or does not say")
        if not _WORDS.findall(self._text):
            raise ValueError("the prompt has no words that could be dropped")
        return self

    @property
    def title(self) -> str:
        return self.prompt.title

    @property
    def shows(self) -> Match:
        """Holds on an answer that shows it."""
        return Match(any_of=self.says, none_of=self.says_not)

    @property
    def _text(self) -> str:
        turn = self._turn
        return self.prompt.text if turn is None else self.prompt.chat[turn].content

    @property
    def _turn(self) -> int | None:
        """The last user turn, whose words are dropped; None: of raw text."""
        users = [number for number, turn in enumerate(self.prompt.chat) if turn.role == "user"]
        return users[-1] if users else None

    def moves(self) -> Moves:
        return (yield from _Search(self).moves())

    def ask(self, key: str, kept: WordsLeft, samples: int, seed: int, done: float) -> Ask:
        """The step that asks what is left of the prompt."""
        probe = Sample(
            prompt=self._cut(kept), samples=samples, seed=seed, temperature=self.temperature, max_tokens=self.max_tokens
        )
        return Ask(key, probe, done, self.clause)

    @property
    def words(self) -> WordsLeft:
        """The words of the prompt."""
        return tuple(_WORDS.findall(self._text))

    def _cut(self, kept: WordsLeft) -> Prompt:
        text, turn = text_of(kept), self._turn
        if turn is None:
            return self.prompt.model_copy(update={"text": text})
        chat = tuple(
            Turn(role=one.role, content=text) if number == turn else one for number, one in enumerate(self.prompt.chat)
        )
        return self.prompt.model_copy(update={"chat": chat})

    def rate(self, answered: Answered) -> Rate:
        """How many answers show it, of those that settle it."""
        match, asked = self.shows, answered.probe.prompts()[0].words
        told = [
            match.holds(answer.heard, whole=answer.whole) and not leads(match, answer.heard, asked, whole=answer.whole)
            for answer in answered.answers
            if match.tells(answer.heard, whole=answer.whole)
        ]
        return wilson(sum(told), len(told))

    def enough(self, rate: Rate) -> bool:
        """Whether a prompt that is answered so shows it."""
        return rate.trials > 0 and rate.hits >= self.least * rate.trials

    def sum_up(self, answered: Sequence[Answered]) -> Minimised:
        search, by_key = _Search(self), {one.key: one for one in answered}
        moves = search.moves()
        reply: Answered | None = None
        try:
            while isinstance(move := moves.send(reply), Ask) and move.key in by_key:
                reply = by_key[move.key]
        except StopIteration:
            pass
        finally:
            moves.close()
        return search.told()


class _Search:
    """One walk from the whole prompt to the shortest: what to ask next, and what is known so far."""

    def __init__(self, plan: MinimalTrigger) -> None:
        self._plan = plan
        self._tried: dict[str, Attempt] = {}
        self._kept: list[Attempt] = []
        self._left: WordsLeft = plan.words
        self._again: dict[str, Attempt] = {}
        self._refused: set[str] = set()

    def moves(self) -> Moves:
        whole = self._left
        if not (yield from self._still(whole)):
            return
        yield from self._drop()
        yield from self._shorten()
        yield from self._weigh()
        if self._plan.confirms:
            yield from self._confirm(CONFIRM, self._left)
            yield from self._confirm(WHOLE, whole)

    def _drop(self) -> Generator[Ask, Answered | None, None]:
        """ddmin over words."""
        pieces = 2
        while len(self._left) > 1:
            left = self._left
            cuts = [len(left) * at // pieces for at in range(pieces + 1)]
            spans = list(pairwise(cuts))
            alone = [left[low:high] for low, high in spans]
            rests = [left[:low] + left[high:] for low, high in spans] if pieces > 2 else []
            for number, kept in enumerate((*alone, *rests)):
                if (yield from self._go_on(kept)):
                    pieces = 2 if number < len(alone) else max(pieces - 1, 2)
                    break
            else:
                if pieces >= len(left):
                    return
                pieces = min(2 * pieces, len(left))

    def _shorten(self) -> Generator[Ask, Answered | None, None]:
        """Each word that is left by halves, from its end."""
        for at in range(len(self._left)):
            word = self._left[at].rstrip()
            step = len(word) // 2
            while step and len(word) - step >= _SHORTEST:
                space = self._left[at][len(self._left[at].rstrip()) :]
                kept = (*self._left[:at], word[:-step] + space, *self._left[at + 1 :])
                if (yield from self._go_on(kept)):
                    word = word[:-step]
                    step = min(step, len(word) // 2)
                else:
                    step //= 2

    def _weigh(self) -> Generator[Ask, Answered | None, None]:
        """Each word that is left once more: what remains without it, as long as that does not show it too."""
        at = 0
        while len(self._left) > 1 and at < len(self._left):
            at = 0 if (yield from self._go_on(self._left[:at] + self._left[at + 1 :])) else at + 1

    def _go_on(self, kept: WordsLeft) -> Generator[Ask, Answered | None, bool]:
        """Take what is left as the new prompt, if it still shows it."""
        before = self._left
        if not (yield from self._still(kept)):
            return False
        dropped = _between(before, kept)
        self._left = kept
        self._kept.append(self._tried[text_of(kept)].model_copy(update={"dropped": dropped}))
        return True

    def _still(self, kept: WordsLeft) -> Generator[Ask, Answered | None, bool]:
        """Whether a prompt shows it; nothing is asked twice."""
        text = text_of(kept)
        if text in self._refused:
            return False
        if text not in self._tried:
            number = len(self._tried) + len(self._refused)
            if number >= self._plan.most:
                return False
            ask = self._plan.ask(f"{number}", kept, self._plan.samples, self._plan.seed + number, self._done)
            answered = yield ask
            if answered is None or answered.seq is None:
                self._refused.add(text)
                return False
            self._tried[text] = self._attempt(kept, answered)
        return self._plan.enough(self._tried[text].rate)

    def _confirm(self, key: str, kept: WordsLeft) -> Generator[Ask, Answered | None, None]:
        seed = self._plan.seed + self._plan.most + len(self._again)
        answered = yield self._plan.ask(key, kept, self._plan.confirms, seed, 0.95)
        if answered is not None and answered.seq is not None:
            self._again[key] = self._attempt(kept, answered)

    def _attempt(self, kept: WordsLeft, answered: Answered) -> Attempt:
        assert answered.seq is not None
        return Attempt(text=text_of(kept), seq=answered.seq, rate=self._plan.rate(answered), words=len(kept))

    @property
    def _done(self) -> float:
        """How far it is: the words that are gone, and how often it was tried."""
        gone = 1 - len(self._left) / len(self._plan.words)
        return min(0.9, max(gone, len(self._tried) / self._plan.most))

    def told(self) -> Minimised:
        whole, again = self._tried.get(text_of(self._plan.words)), self._again.get(CONFIRM)
        shortest = text_of(self._left)
        words = [self._without(at) for at in range(len(self._left))] if shortest in self._tried else []
        return Minimised(
            whole=whole,
            kept=tuple(self._kept),
            tried=len(self._tried),
            words=tuple(sorted(words, key=lambda one: one.rate.hits / one.rate.trials if one.rate else 1.0)),
            confirmed=again,
            confirmed_whole=self._again.get(WHOLE),
            shows=whole is not None and self._plan.enough(whole.rate),
            luck=again is not None and again.rate.trials > 0 and not self._plan.enough(again.rate),
        )

    def _without(self, at: int) -> WordLost:
        """What is left without one word of the shortest prompt, as far as it was asked."""
        other = self._tried.get(text_of(self._left[:at] + self._left[at + 1 :]))
        told = other if other is not None and other.rate.trials else None
        word = self._left[at].strip()
        return WordLost(word=word, rate=told.rate if told else None, seq=told.seq if told else None)


def _of(rate: Rate) -> str:
    return f"{rate.hits} of {rate.trials}"


def text_of(kept: WordsLeft) -> str:
    """What is left, as it is asked."""
    return "".join(kept).strip()


def _between(before: WordsLeft, after: WordsLeft) -> str:
    """What was left out between two prompts."""
    if len(before) == len(after):
        return next(
            (f"{one.strip()} → {two.strip()}" for one, two in zip(before, after, strict=True) if one != two), ""
        )
    rest = list(before)
    for word in after:
        rest.remove(word)
    return text_of(tuple(rest))
