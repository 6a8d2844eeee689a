"""Recorded answers held against a model's logits: whether each token is what would be drawn here, or near it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from backends.disagreement import Chance, disagreements
from backends.model import FloatArray
from backends.sampling import Sampler
from backends.stopping import complete, found
from workbench.answers.draws import Draws
from workbench.answers.source import Source
from workbench.answers.transcript import Transcript, spoken
from workbench.contract.beginning import common
from workbench.contract.comparison import Agreement, Comparison, Redrawn, beyond, diverged
from workbench.contract.progress import Progress
from workbench.contract.tolerance import Tolerance, most

CELLS: Final = 64_000_000
"""Logits that are asked for at once."""


@dataclass(frozen=True)
class Piece:
    """Some of a sample's tokens: from step `start` to before step `stop`."""

    sample: int
    """The sample's number."""
    start: int
    ids: tuple[int, ...]

    @property
    def stop(self) -> int:
        return self.start + len(self.ids)


def batches(answers: Mapping[int, tuple[int, ...]], vocab: int) -> Iterator[list[Piece]]:
    """The answers in batches of at most CELLS logits, padded to their longest; a longer answer alone and in pieces."""
    longest = max(1, CELLS // vocab)
    batch: list[Piece] = []
    for sample, ids in answers.items():
        if len(ids) > longest:
            for start in range(0, len(ids), longest):
                yield [Piece(sample, start, ids[start : start + longest])]
            continue
        batch.append(Piece(sample, 0, ids))
        if len(batch) * max(len(piece.ids) for piece in batch) > longest and len(batch) > 1:
            yield batch[:-1]
            batch = batch[-1:]
    if batch:
        yield batch


class Redraw:
    """The recorded tokens held against this model's logits, one after the other."""

    def __init__(self, sampler: Sampler, tolerance: Tolerance) -> None:
        self._sampler, self._tolerance = sampler, tolerance
        self._texts: dict[tuple[int, int], int] = {}
        """(number of a text, next token) → number of the longer text; 0 is the prompt."""
        self._chances: dict[int, tuple[Chance, int]] = {}
        """Number of a text → the chance that a token after it is drawn otherwise, and how many were drawn there."""
        self._at: dict[int, int] = {}
        """Sample → number of the text it has come to."""
        self.margins: list[float] = []

    def add(self, piece: Piece, rows: FloatArray) -> None:
        """`rows`: the (token, vocab) logits that the piece's tokens were drawn from."""
        number = piece.sample
        chances = disagreements(rows, self._sampler.sampling, self._tolerance.drift)
        for step, (row, token, chance) in enumerate(zip(rows, piece.ids, chances, strict=True), piece.start):
            self.margins.append(self._sampler.margin(row, number, step, token))
            text = self._at.get(number, 0)
            known, drawn = self._chances.get(text, (chance, 0))
            self._chances[text] = known, drawn + 1
            self._at[number] = self._texts.setdefault((text, token), len(self._texts) + 1)

    @property
    def otherwise(self) -> int:
        """How many tokens are not the ones drawn here."""
        return sum(margin != 0 for margin in self.margins)

    def comparison(self) -> Comparison:
        margins, tolerance, otherwise = self.margins, self._tolerance, self.otherwise
        chosen, worst = len(margins) - otherwise, max(margins, default=0.0)
        expected = self._expected()
        allowed = most(expected.at_most)
        figures = {
            "tokens": float(len(margins)),
            "agree": float(chosen),
            "worst margin": worst,
            "mean margin": sum(margins) / otherwise if otherwise else 0.0,
            "expected": expected.mean,
            "spread": expected.spread,
        }
        if away := sum(margin > tolerance.margin for margin in margins):
            note = f"{away} of {len(margins)} tokens could not have been drawn; the worst by {worst:.2g} nats."
            return diverged(note, figures) if tolerance.out_of_reach(worst) else beyond(note, figures, tolerance)
        if otherwise > allowed:
            note = (
                f"{otherwise} of {len(margins)} tokens are near the ones drawn here, but not they; rounding explains"
                f" at most {allowed}."
            )
            return beyond(note, figures, tolerance)
        exact = tolerance.same_environment and not otherwise
        note = f"{chosen} of {len(margins)} tokens are the ones drawn here too."
        if otherwise:
            note += f" The others fall short by at most {worst:.2g} nats; the bound is {tolerance.margin:.2g}."
        agreement = Agreement.EXACT if exact else Agreement.TOLERANT
        redrawn = Redrawn(otherwise, expected.mean, expected.spread)
        return Comparison(agreement=agreement, note=note, figures=figures, redrawn=redrawn)

    def _expected(self) -> Chance:
        """How many tokens may be drawn otherwise. The draws after one text share its logits, and so what they are off
        by: their spreads add up as they stand, those of different texts as if by chance."""
        chances = self._chances.values()
        return Chance(
            math.fsum(chance.mean * drawn for chance, drawn in chances),
            math.sqrt(math.fsum((chance.spread * drawn) ** 2 for chance, drawn in chances)),
        )


def check(model: Source, recorded: Transcript, draws: Draws, tolerance: Tolerance, progress: Progress) -> Comparison:
    """Check the recorded tokens instead of drawing them again.

    1. The prompt must give the recorded ids, and every answer must be whole: its length and ending.
    2. One batched prefill gives the logits that each token was drawn from, given the recorded ones before it.
    3. The noise is recomputed. A token is the choice, or falls short of it by a margin in nats; two computations
       whose logits differ by at most e choose tokens with margins of at most 2e.
    4. So near they must be, and few: no more than the logits explain if they differ as they do on average. Else
       whoever picks the most welcome of the near tokens could steer an answer step by step.
    5. In the record's own environment nothing is near: where a prefill and decoding step by step may differ by
       rounding, tokens that are not the choice are settled by drawing again just as they were drawn.

    So N tokens cost a prefill rather than N decoding steps, and a token that was not drawn shows.
    """
    if flaw := _flaw(model, recorded, draws):
        return diverged(flaw)
    ids = draws.ids
    redraw = Redraw(Sampler(draws.sampling, ids), tolerance)
    answers = {one.index: one.ids for one in recorded.samples}
    total = sum(map(len, answers.values()))
    for batch in batches(answers, model.card.vocab):
        # Only a piece that stands alone starts later than at 0.
        before = [*ids, *answers[batch[0].sample][: batch[0].start]]
        rows = model.continuations(before, [piece.ids for piece in batch], edits=draws.edits)
        for piece, logits in zip(batch, rows, strict=True):
            redraw.add(piece, logits)
        progress.at(len(redraw.margins) / max(1, total))
    comparison = redraw.comparison()
    if not (tolerance.same_environment and redraw.otherwise):
        return comparison
    return _settled(comparison, recorded, _Again(recorded).drawn(model, draws))


class _Again:
    """The answers of a record drawn again as they were drawn, as far as they agree with it."""

    def __init__(self, recorded: Transcript) -> None:
        self._expected = [one.ids for one in recorded.samples]
        self._agreed = [0] * len(self._expected)
        self._stop = threading.Event()
        self.drawn_tokens = 0

    def drawn(self, model: Source, draws: Draws) -> _Again:
        """Draw, together as they were, until one differs or all that was recorded has come."""
        n, edits = len(self._expected), draws.edits
        drawn = model.generate(draws.ids, draws.sampling, n=n, edits=edits, on_tokens=self._hear, cancel=self._stop)
        self.drawn_tokens = sum(len(one.tokens) for one in drawn)
        self._agreed = [common([one.tokens, told]) for one, told in zip(drawn, self._expected, strict=True)]
        return self

    @property
    def differs(self) -> int | None:
        """The number of a sample that did not come out as recorded."""
        for number, (told, agreed) in enumerate(zip(self._expected, self._agreed, strict=True)):
            if agreed < len(told):
                return number
        return None

    def _hear(self, number: int, new: Sequence[int], text: str) -> None:
        before, told = self._agreed[number], self._expected[number]
        wanted = told[before : before + len(new)]
        self._agreed[number] = before + common([new, wanted])
        wrong = self._agreed[number] < before + len(wanted)
        if wrong or all(agreed == len(told) for agreed, told in zip(self._agreed, self._expected, strict=True)):
            self._stop.set()


def _settled(comparison: Comparison, recorded: Transcript, again: _Again) -> Comparison:
    """What drawing again says of tokens that one pass would have drawn otherwise."""
    figures = comparison.figures | {"drawn again": float(again.drawn_tokens)}
    if (number := again.differs) is not None:
        note = f"Drawn again in its own environment, sample {recorded.samples[number].index} comes out otherwise."
        return diverged(note, figures)
    otherwise = int(figures["tokens"] - figures["agree"])
    note = (
        f"{otherwise} of {int(figures['tokens'])} tokens are not what a single pass gives, by rounding; drawn again"
        f" step by step ({again.drawn_tokens} tokens generated) all are the recorded ones."
    )
    return Comparison(agreement=Agreement.EXACT, note=note, figures=figures | {"agree": figures["tokens"]})


def _flaw(model: Source, recorded: Transcript, draws: Draws) -> str:
    """What is wrong with a transcript before any logit is looked at, in a sentence; empty if nothing."""
    if (recorded.speaker, recorded.amplification) != (draws.speaker, draws.amplification):
        return "The record says that somebody else speaks than was asked for."
    if list(recorded.prompt_ids) != list(draws.ids):
        return "This model's tokenizer or template reads the prompt differently."
    if len(recorded.samples) != draws.n:
        return "The record does not hold the samples that were asked for."
    ends = frozenset(model.card.end_tokens)
    longest, stop = min(draws.sampling.max_tokens, model.card.context - len(draws.ids)), draws.sampling.stop
    for one in recorded.samples:
        if not all(0 <= token < model.card.vocab for token in one.ids):
            return f"Sample {one.index} holds tokens that this model does not have."
        ended, full = bool(one.ids) and one.ids[-1] in ends, len(one.ids) == longest
        at = complete(one.ids[:-1] if ended else one.ids, stop, model.decode)
        string = found(spoken(model, one.ids), stop) if at is not None else ""
        stopped = at is not None and at == len(one.ids)
        goes_on = not ended and at is None
        whole = {"end": ended and at is None, "length": full and goes_on, "cancelled": goes_on, "string": stopped}[
            one.stop
        ]
        early = any(token in ends for token in one.ids[:-1])
        if not whole or early or len(one.ids) > longest or one.stop_string != string:
            return f"Sample {one.index} did not end where the record says."
    return ""
