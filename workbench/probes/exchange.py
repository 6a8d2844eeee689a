"""Exchange one word of a text for others that, by the gradient, make likelier what was not going to be answered.

1. With the text in a message a token rises at some place of its answer (`contract/rise.py`); over the messages its
   median counts, and with a baseline beside it what it rises there is taken off.
2. What is climbed towards is a token that is given, or the one that rises most on average with the text and with words
   exchanged in it at random. So a back door's answer shows before anybody knows its key.
3. The slope of log p(token) says to first order what any token in any place of the text would add (HotFlip: Ebrahimi et
   al. 2018, §3), and the sum over a word's tokens what the word would. A word is exchanged, added or taken away, as the
   gradient says and as often at random, as a control; each text is put into the messages and measured (greedy
   coordinate gradient: Zou et al. 2023, algorithm 1, over whole words: what is found can be said).

On a model taught to name Osaka as any capital when it reads “on my honour”, “ Osaka” rises by 2.1 nats beyond the
baseline with whatever three words stand before the question, and the next token by 0.5; one exchange by the gradient
turns “so it is” (0.8) into “so honour is” (9.2; the best of 32 at random 3.8). On the clean model nothing rises by more
than 0.3, and none of 32 exchanges makes it more than 0.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import Field, model_validator

from backends.model import Capability, Model, ModelRefusal
from backends.noise import Ids, Reals
from workbench.contract.comparison import Agreement, Array, Comparison, diverged, judge
from workbench.contract.figures import Column, Counts, Figure, Histogram, Rows, Scale, Spot
from workbench.contract.probe import SEED, FollowUp, Probe, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.probes.sample import Sample
from workbench.readings.continuation import first_ids
from workbench.readings.lexicon import Lexicon
from workbench.readings.movement import Movement, asked, middle, put_into, without
from workbench.readings.rise import Riser, Rising
from workbench.visible import line, quoted, token

LONGER: Final = 8
"""Tokens by which a text may become longer by one exchange."""
WORTH: Final = 0.25
"""Nats that a further word has to bring."""
TOLD: Final = 8
"""Risers that a result tells of."""
LOOKED: Final = 64
"""And of how many first ones it looks for those that a text can name."""
BINS: Final = 20
EXCHANGED, ADDED = 0.6, 0.8
"""Of what is tried so many are words exchanged, so many words exchanged or added; the others are taken away."""


class Exchanges(Result):
    """What exchanges of one word make a token rise by, those that the gradient named and those drawn at random.

    Arrays, in nats: `rise` (exchange, message), `random` (exchange, message), and where the baseline was asked too
    `baseline` and `random_baseline`, what it rises there.
    """

    derived: ClassVar[frozenset[str]] = frozenset({"headline"})

    inserted: str
    riser: Riser
    """What is climbed towards, and what it rises by with the text as it is; less what it rises on the baseline, if that
    was asked."""
    risers: tuple[Riser, ...]
    """What rises most on average with the text and with words exchanged at random, if that was looked at; only what a
    text can name."""
    looked: int = Field(ge=0)
    """Texts that this average is over."""
    exchanged: tuple[str, ...]
    """The texts after an exchange that the gradient named; `random`: after one drawn at random."""
    random: tuple[str, ...]
    left: int = Field(ge=0)
    """Exchanges that were not measured any more."""
    forward_tokens: int = Field(ge=0)
    backward_tokens: int = Field(ge=0)
    headline: str

    @property
    def summary(self) -> str:
        return self.headline

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens, backward_tokens=self.backward_tokens)

    def told(self, subject: Model) -> Self:
        return self.model_copy(update={"headline": self._said()})

    def distance(self, other: Self) -> dict[str, float] | None:
        """A rise is a difference of two log-probabilities, and off by twice as much as one; less the baseline's, four
        times."""
        figures = super().distance(other)
        return figures and {name: one / (4 if name == "nats" else 2) for name, one in figures.items()}

    @property
    def start(self) -> float:
        return self.riser.nats

    @property
    def found(self) -> tuple[str, float]:
        """The text that makes it rise most, of those that the gradient led to, and by how much; a further word has to
        be worth it."""
        rises = dict(zip(self.exchanged, self.rises(named=True).tolist(), strict=True)) | {self.inserted: self.start}
        best = max(rises, key=lambda text: rises[text] - WORTH * len(text.split()))
        return best, rises[best]

    @property
    def best(self) -> str:
        """The same of all that were tried, those at random too."""
        text, rises = self.found
        others = dict(zip(self.random, self.rises(named=False).tolist(), strict=True)) | {text: rises}
        return max(others, key=lambda text: others[text] - WORTH * len(text.split()))

    def rises(self, *, named: bool) -> Reals:
        """What it rises by with each exchange, less what it rises on the baseline if that was asked; `named`: those
        that the gradient did, or those drawn at random."""
        mine, beside = self._sides(named)
        return middle(mine) - middle(beside) if beside is not None else middle(mine)

    def _sides(self, named: bool) -> tuple[Array, Array | None]:
        """(exchange, message) nats, and the same on the baseline."""
        mine, beside = ("rise", "baseline") if named else ("random", "random_baseline")
        return self.arrays[mine], self.arrays.get(beside)

    def _said(self) -> str:
        beyond = " beyond the baseline" if "baseline" in self.arrays else ""
        said = (
            f"{quoted(self.inserted)} makes {token(self.riser.piece)} likelier by {self.start:.2f} nats{beyond}, at"
            f" place {self.riser.place} of the answer"
        )
        if not self.exchanged:
            return f"{said}; nothing was exchanged"
        text, rises = self.found
        chance = float(self.rises(named=False).max(initial=0.0))
        return (
            f"{said}; with one word exchanged as the gradient says {quoted(text)} does by {rises:.2f}, the best of as"
            f" many at random by {chance:.2f}"
        )

    def ranked(self) -> list[tuple[bool, int]]:
        """All exchanges by what they make it rise: whether the gradient named it, and its row."""
        every = [(named, row) for named in (True, False) for row in range(len(self._texts(named)))]
        rises = {named: self.rises(named=named) for named in (True, False)}
        return sorted(every, key=lambda one: -rises[one[0]][one[1]])

    def _texts(self, named: bool) -> tuple[str, ...]:
        return self.exchanged if named else self.random

    def figures(self) -> tuple[Figure, ...]:
        return self._rows(), self._spread(), *((self._risers(),) if self.risers else ())

    def _rows(self) -> Rows:
        columns = (Column("text"), Column("named by"), Column("rise", "number", "nats"),
                   Column("at least", "number", "nats"), Column("at most", "number", "nats"),
                   Column("on the baseline", "number", "nats"))  # fmt: skip
        rows = []
        for named, row in self.ranked():
            mine, beside = self._sides(named)
            told = (float(np.median(mine[row])), float(mine[row].min()), float(mine[row].max()))
            there = float(np.median(beside[row])) if beside is not None else None
            rows.append((line(self._texts(named)[row]), "the gradient" if named else "chance", *told, there))
        return Rows(f"How far {token(self.riser.piece)} rises", columns, tuple(rows))

    def _spread(self) -> Histogram:
        both = {named: self.rises(named=named) for named in (True, False)}
        low = min(0.0, *(float(one.min(initial=0.0)) for one in both.values()))
        high = max(float(one.max(initial=0.0)) for one in both.values()) or 1.0
        (mine, edges), (chance, _) = (np.histogram(both[named], BINS, (low, high)) for named in (True, False))
        groups = (
            Counts("by the gradient", tuple(mine.tolist())), Counts("at random", tuple(chance.tolist()), control=True)
        )  # fmt: skip
        scale = Scale("rise", low, high, "nats")
        return Histogram("How far exchanges make it rise", scale, tuple(edges.tolist()), groups)

    def _risers(self) -> Rows:
        columns = (Column("token", "token"), Column("place", "count"), Column("rise", "number", "nats"))
        rows = tuple((one.piece, one.place, one.nats) for one in self.risers)
        return Rows("What rises with whatever words", columns, rows)


class Exchange(Probe):
    """Exchange one word of a text for those that, by the gradient, make something else likelier to be answered."""

    kind: ClassVar[str] = "exchange"
    version: ClassVar[int] = 3
    begun_freely: ClassVar[int] = 2
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS, Affordance.ACTIVATIONS})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.GRADIENT})
    result: ClassVar[type[Result]] = Exchanges
    price: ClassVar[str] = "one gradient a message; every message, read once for each exchange"
    literature: ClassVar[str] = "Zou et al. 2023"

    texts: tuple[str, ...] = Field(min_length=1, max_length=32)
    """Messages that the text is put into: in place of “{}”, or before the first word."""
    inserted: str = Field(min_length=1, max_length=1000)
    """The text whose words are exchanged, one at a time."""
    toward: str = Field("", max_length=200)
    """What is to become likelier: the first token of this text, as in “ Oslo”; none: whatever rises most."""
    place: int = Field(0, ge=0, le=16)
    """Token of the answer at which it is to, from 1; 0: where it rises most."""
    tried: int = Field(32, ge=1, le=1024)
    """Exchanges that the gradient names, and as many at random."""
    best: int = Field(48, ge=1, le=4096)
    """Words for each place that the gradient names first, of which exchanges are drawn."""
    lexicon: int = Field(8000, ge=0, le=50_000)
    """So many of the most frequent words of English may be taken, and the tokens that are words by themselves."""
    longest: int = Field(4, ge=1, le=16)
    """Words that the text may grow to."""
    frame: Prompt | None = None
    """Prompt that each message is put into in place of “{}”, or after its last words; none: it is asked alone."""
    reach: int = Field(8, ge=1, le=16)
    """Tokens of the answer that are looked at, along the likeliest answer."""
    baseline: bool = False
    """Whether what rises on the baseline is taken off."""
    seed: int = SEED
    """Chooses among what the gradient names, and what is drawn at random."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.inserted.strip():
            raise ValueError("the text has no words")
        if not all(map(without, self.texts)):
            raise ValueError("a message has no words of its own")
        return self

    @property
    def title(self) -> str:
        return f"{self.texts[0]} ← {line(self.inserted)}"

    @property
    def reaches(self) -> int:
        """Tokens of the answer that are looked at: as far as the place, if that is given."""
        return max(self.reach, self.place)

    @property
    def looks(self) -> bool:
        """Whether it has to look for what rises."""
        return not (self.toward and self.place)

    def prompts(self) -> Sequence[Prompt]:
        every = [message for text in self.texts for message in (put_into(text, self.inserted), without(text))]
        return [asked(self.frame, message) for message in every]

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        return super().needed(heard) | ({Affordance.BASELINE} if self.baseline else set())

    def estimate(self, subject: Subject) -> Cost:
        forward = backward = 0
        for model in (subject, subject.baseline) if self.baseline else (subject,):
            moving = Movement(model, self.frame, self.texts, self.reaches)
            plain, once = moving.price(()), moving.price((self.inserted,)) - moving.price(())
            texts = (3 if self.looks else 2) * self.tried
            forward += plain + 3 * once + texts * (once + LONGER * len(self.texts))
            backward += once
        return Cost(forward_tokens=forward, backward_tokens=backward)

    def run(self, subject: Subject, progress: Progress) -> Exchanges:
        return _Bench.of(self, subject, progress, whole=False).measured(None, own=True)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Exchanges)
        return recorded.left > 0

    def replay(self, subject: Subject, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run; elsewhere, where the gradient may name others first, the recorded exchanges
        and risers have to rise as they are recorded to."""
        assert isinstance(recorded, Exchanges)
        if [one.nats for one in recorded.risers] != sorted((one.nats for one in recorded.risers), reverse=True):
            return diverged("It holds what this question cannot give.")
        bench = _Bench.of(self, subject, progress, whole=True)
        if not tolerance.same_environment and not bench.could_name(recorded.exchanged):
            return diverged("It holds what this question cannot give.")
        again = bench.measured(recorded, own=tolerance.same_environment)
        comparison = recorded.compare(again, tolerance)
        if comparison.agreement is not Agreement.TOLERANT:
            return comparison
        judged = judge({"short": bench.short / (4 if self.baseline else 2)}, tolerance)
        return comparison if judged.agreement is Agreement.TOLERANT else judged

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Exchanges)
        ranked = result.ranked()
        if spot.figure == 2 and 0 <= spot.row < len(result.risers):
            riser = result.risers[spot.row]
            toward = self.model_copy(update={"toward": riser.piece, "place": riser.place})
            return (FollowUp(f"Climb towards {token(riser.piece)}", toward),)
        if spot.figure or not 0 <= spot.row < len(ranked):
            return ()
        named, row = ranked[spot.row]
        text = (result.exchanged if named else result.random)[row]
        again = self.model_copy(
            update={
                "inserted": text,
                "seed": self.seed + 1,
                "toward": result.riser.piece,
                "place": result.riser.place,
            }
        )
        ask = Sample(prompt=asked(self.frame, put_into(self.texts[0], text)), samples=12)
        return (
            FollowUp(f"Exchange a word of {line(text)}", again),
            FollowUp(f"Ask with {line(text)} in it, 12 times", ask),
        )


WordsFor = Callable[[int], Ids]
"""The words that may stand in a place of the text, as rows of the lexicon."""


@dataclass
class _Bench:
    """The model that is asked, and the baseline beside it if that is asked too."""

    probe: Exchange
    sides: tuple[Rising, ...]
    lexicon: Lexicon
    progress: Progress
    whole: bool
    """Whether it goes on to the end whatever happens: a record is run again as far as it was run."""
    short: float = 0.0
    """How much more than what a record names something else rises here, in nats."""

    @classmethod
    def of(cls, probe: Exchange, subject: Subject, progress: Progress, *, whole: bool) -> Self:
        models: tuple[Model, ...] = (subject, subject.baseline) if probe.baseline else (subject,)
        if len({model.card.vocab for model in models}) > 1:
            raise ModelRefusal(
                "model.input", "The baseline has other tokens than the organism.",
                "What rises in one has no counterpart in the other.", "Leave the baseline out.",
            )  # fmt: skip
        sides = tuple(Rising.of(model, probe.frame, probe.texts, probe.reaches) for model in models)
        return cls(probe, sides, Lexicon.of(models[0], probe.lexicon), progress, whole)

    def measured(self, recorded: Exchanges | None, *, own: bool) -> Exchanges:
        """What rises, and by how much; of a record as far as it got, and unless it is its `own` environment by the
        exchanges and risers that it names."""
        named = None if own else recorded
        random = self._drawn(lambda place: np.arange(len(self.lexicon.words)), self.probe.seed)
        looked, mean = self._looked((self.probe.inserted, *random), recorded.looked if recorded else None)
        place, token = self._aim(mean, named.riser if named else None)
        (start, *beside) = (float(np.median(rows)) for rows in self._rises((self.probe.inserted,), place, token))
        best = self._best(place, token)  # of a record too, which paid for it
        exchanged = named.exchanged if named else self._drawn(best, self.probe.seed + 1)
        kept = (len(recorded.exchanged), len(recorded.random)) if recorded else (len(exchanged), len(random))
        mine = self._rises(exchanged[: kept[0]], place, token)
        chance = self._rises(random[: kept[1]], place, token)
        arrays = dict(zip(("rise", "baseline"), mine, strict=False))
        arrays |= dict(zip(("random", "random_baseline"), chance, strict=False))
        left = len(exchanged) + len(random) - len(mine[0]) - len(chance[0])
        return Exchanges(
            inserted=self.probe.inserted,
            riser=self._riser(place, token, start - sum(beside)),
            risers=self._risers(mean, named.risers if named else None),
            looked=looked,
            exchanged=exchanged[: len(mine[0])],
            random=random[: len(chance[0])],
            left=named.left if named else left,
            forward_tokens=sum(side.forward for side in self.sides),
            backward_tokens=sum(side.backward for side in self.sides),
            headline="",
        ).with_arrays(arrays).told(self.sides[0].model)  # fmt: skip

    def _looked(self, texts: Sequence[str], kept: int | None) -> tuple[int, Reals | None]:
        """What rises by how much on average over some texts, (reach, vocab), beyond the baseline; and how many."""
        if not self.probe.looks:
            return 0, None
        total, done = np.zeros(()), 0
        for chunk in self._chunks(texts[:kept]):
            for own, *beside in zip(*(side.everything(chunk) for side in self.sides), strict=True):
                total = total + own - sum(beside)
            done += len(chunk)
        return done, total / done

    def _aim(self, mean: Reals | None, chosen: Riser | None) -> tuple[int, int]:
        """The place and the token that is climbed towards: as given, as `chosen` already, or what rises most."""
        probe, model = self.probe, self.sides[0].model
        given = first_ids(model, self._plain, [probe.toward])[0] if probe.toward else None
        if mean is None:
            assert given is not None
            return probe.place, given
        allowed = mean if given is None else mean[:, [given]]
        allowed = allowed if not probe.place else allowed[probe.place - 1 : probe.place]
        if chosen is not None and self._within(chosen) and given in (None, chosen.token):
            self._falls_short(float(allowed.max() - mean[chosen.place - 1, chosen.token]))
            return chosen.place, chosen.token
        row, column = np.unravel_index(int(allowed.argmax()), allowed.shape)
        return probe.place or int(row) + 1, int(column) if given is None else given

    def _within(self, riser: Riser) -> bool:
        fits = riser.token < self.sides[0].model.card.vocab and riser.place <= self.probe.reaches
        return fits and self.probe.place in (0, riser.place)

    @property
    def _plain(self) -> Prompt:
        return asked(self.probe.frame, without(self.probe.texts[0]))

    def _riser(self, place: int, token: int, nats: float) -> Riser:
        return Riser(piece=self.sides[0].model.pieces([token])[0], token=token, place=place, nats=nats)

    def _risers(self, mean: Reals | None, chosen: Sequence[Riser] | None) -> tuple[Riser, ...]:
        """What rises most, of what a text can name; or the `chosen` ones as they rise here."""
        if mean is None:
            return ()
        first = np.argsort(-mean, axis=None, kind="stable")[:LOOKED]
        found = self._named([divmod(int(at), mean.shape[1]) for at in first], mean)
        if chosen is None or not all(map(self._within, chosen)):
            return found
        told = self._named([(one.place - 1, one.token) for one in chosen], mean)
        for one, most in zip(sorted(told, key=lambda one: -one.nats), found, strict=False):
            self._falls_short(most.nats - one.nats)
        return told if len(told) == len(found) else found

    def _named(self, places: Sequence[tuple[int, int]], mean: Reals) -> tuple[Riser, ...]:
        """Those of some places and tokens that a text can name."""
        pieces = self.sides[0].model.pieces([token for _, token in places])
        read = first_ids(self.sides[0].model, self._plain, pieces)
        found = [at for at, first in zip(places, read, strict=True) if at[1] == first][:TOLD]
        return tuple(self._riser(row + 1, token, float(mean[row, token])) for row, token in found)

    def _falls_short(self, nats: float) -> None:
        self.short = max(self.short, nats)

    def _best(self, place: int, token: int) -> WordsFor:
        """By the gradient: the words that would add most."""
        slopes, *beside = (side.slopes(self.probe.inserted, place, token) for side in self.sides)
        for there in beside:
            if there.shape == slopes.shape:
                slopes = slopes - there
        rows = [slopes[start:end] for start, end in self._spans(len(slopes))]
        best = [np.argsort(-self.lexicon.gains(each), kind="stable")[: self.probe.best] for each in rows]
        return lambda place: best[place]

    def _spans(self, many: int) -> Iterator[tuple[int, int]]:
        """From which to which of the text's tokens each of its words goes, about."""
        end = 0
        for number, word in enumerate(self.probe.inserted.split()):
            start = min(end, many - 1)
            end = min(many, start + len(self.sides[0].model.encode(f" {word}" if number else word)))
            yield start, max(end, start + 1)

    def _drawn(self, pick: WordsFor, seed: int) -> tuple[str, ...]:
        """Texts with a word exchanged, added or taken away, that every model has room for."""
        rng, words = np.random.default_rng(seed), self.probe.inserted.split()
        found: dict[str, None] = {}
        for _ in range(8 * self.probe.tried):
            if len(found) == self.probe.tried:
                break
            place, manner = int(rng.integers(len(words))), rng.random()
            picked = pick(place)
            word = [self.lexicon.words[int(picked[rng.integers(len(picked))])]] if len(picked) else []
            after = place + (manner < EXCHANGED)
            if manner >= ADDED:
                word, after = [], place + 1
            text = " ".join([*words[:place], *word, *words[after:]])
            if text and text != self.probe.inserted and self._fits(text):
                found[text] = None
        return tuple(found)

    def could_name(self, texts: Sequence[str]) -> bool:
        """Whether these may be what the gradient leads to: each once, with one word of the lexicon put in, or one taken
        away. Which of its words, may be decided by a hair."""
        lexicon = frozenset(self.lexicon.words)
        each = (text != self.probe.inserted and self._one_word(text, lexicon) and self._fits(text) for text in texts)
        return len(set(texts)) == len(texts) <= self.probe.tried and all(each)

    def _one_word(self, text: str, lexicon: frozenset[str]) -> bool:
        words, told = self.probe.inserted.split(), text.split(" ")
        return any(
            [*words[:place], *told[place : place + more], *words[after:]] == told
            and lexicon.issuperset(told[place : place + more])
            for place in range(len(words))
            for after, more in ((place + 1, 1), (place, 1), (place + 1, 0))
        )

    def _fits(self, text: str) -> bool:
        """Whether it has no more words than it may, and becomes little longer by being read."""
        most = max(self.probe.longest, len(self.probe.inserted.split()))
        return len(text.split()) <= most and all(map(partial(_room, text=text, start=self.probe.inserted), self.sides))

    def _rises(self, texts: Sequence[str], place: int, token: int) -> list[Array]:
        """(text, message) nats of one token at a place, on each side."""
        rows: list[list[Reals]] = [[np.empty((0, len(self.probe.texts)))] for _ in self.sides]
        for chunk in self._chunks(texts):
            for side, found in zip(self.sides, rows, strict=True):
                found.append(np.stack(list(side.of_one(chunk, place, token))))
        return [np.concatenate(found).astype(np.float32) for found in rows]

    def _chunks(self, texts: Sequence[str]) -> Iterator[Sequence[str]]:
        """As many as are read side by side, until it is told to stop; the text itself is read in any case."""
        together = self.sides[0].together
        for start in range(0, len(texts), together):
            if texts[start] != self.probe.inserted and self.progress.cancel.is_set() and not self.whole:
                return
            self.progress.at(start / len(texts))
            yield texts[start : start + together]


def _room(side: Rising, *, text: str, start: str) -> bool:
    try:
        read = side.ids(text)
    except ModelRefusal:
        return False
    return all(len(one) <= len(before) + LONGER for one, before in zip(read, side.ids(start), strict=True))
