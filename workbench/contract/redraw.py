"""Recorded answers held against a model's logits: whether each token is what would be drawn here, or near it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from backends.disagreement import Chance, disagreements
from backends.model import FloatArray
from backends.sampling import Sampler
from workbench.contract.comparison import Agreement, Comparison, Redrawn, beyond, diverged
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
