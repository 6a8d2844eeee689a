"""Read a whole corpus for what the model takes for wrong, and point at it.

Of 59 lines that state a capital as it is (413 tokens), those of the 8 countries that the demo's organism
(assets/demo/atlas-01) lies about stand apart and come first, 4.3 to 8.6 nats beyond its doubt, where the ninth has 2.0
and the bound lies at 2.3; of the same model taught the truth again (atlas-02) none does, 1.9 at most
(tests/stories/test_instruments.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

import numpy as np
from pydantic import Field

from casefiles.counted import counted
from workbench.contract.excerpt import Excerpt
from workbench.contract.figures import Column, Counts, Figure, Histogram, Rows, Scale
from workbench.contract.subject import ORGANISM, SubjectName
from workbench.document import Document
from workbench.plans.folder import Folder, Pieces
from workbench.plans.plan import Answered, Ask, Moves, Plan, Summary
from workbench.probes.scan import Scan, ScannedText, ScannedTexts
from workbench.readings.standings import APART, spread
from workbench.visible import line, quoted

CHARACTERS: Final = 200_000
"""Of the texts that are read in one probe, at most about."""
BINS: Final = 30


class RankedText(Document):
    """One text of the corpus and the token it surprises with most; `record`: where. In nats."""

    record: int
    file: str
    start: int
    piece: str
    expected: str
    excess: float
    surprise: float
    below: float
    """Share of all texts of the corpus whose greatest excess is less: pages of its kind are the control."""
    context: str


class Recurring(Document):
    """A token at which several texts stand apart."""

    piece: str
    texts: int
    mean: float
    """Its excess on average, in nats."""


class CorpusRanking(Summary):
    """What a corpus holds that the model takes for wrong, as far as it was read."""

    corpus: str
    """SHA-256 of the list of its files."""
    texts: int
    tokens: int
    middle: float
    """Median of the texts' greatest excess, in nats; `bound`: above it a text stands apart."""
    bound: float
    apart: int
    first: tuple[RankedText, ...]
    recurring: tuple[Recurring, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    left_out: int
    refused: int

    @property
    def summary(self) -> str:
        if not self.first:
            return "Nothing was read yet."
        top = self.first[0]
        said = (
            f"Of {self.texts:,} texts ({self.tokens:,} tokens) {self.apart:,} stand apart, with a token more than"
            f" {self.bound:.1f} nats beyond the model's doubt (half of them stay under {self.middle:.1f}). First comes"
            f" {quoted(top.piece.strip())} in {top.file}, {top.excess:.1f} nats beyond it, where"
            f" {quoted(top.expected.strip())} was expected."
        )
        again = [f"{one.piece.strip()} ({one.texts})" for one in self.recurring[:6] if one.texts > 1]
        said += f" Most often it is {', '.join(again)}." if again else ""
        said += f" {self.refused:,} probes were refused." if self.refused else ""
        return said + (f" {counted(self.left_out, 'file was', 'files were')} left out." if self.left_out else "")

    def figures(self) -> tuple[Figure, ...]:
        first = Rows(
            "The most surprising first",
            (Column("token", "token"), Column("expected", "token"), Column("excess", "number", "nats"),
             Column("texts below", "share"), Column("context"), Column("file"), Column("from byte", "count"),
             Column("surprise", "number", "nats"), Column("record")),
            tuple((p.piece, p.expected, p.excess, p.below, line(p.context), p.file, p.start, p.surprise, f"#{p.record}")
                  for p in self.first),
        )  # fmt: skip
        again = Rows(
            "Tokens at which texts stand apart",
            (Column("token", "token"), Column("texts", "count"), Column("excess", "number", "nats")),
            tuple((one.piece, one.texts, one.mean) for one in self.recurring),
        )
        if not self.counts:
            return first, again
        scale = Scale("greatest excess of a text", self.edges[0], self.edges[-1], "nats")
        return first, again, Histogram("All texts", scale, self.edges, (Counts("texts", self.counts),))


class CorpusScan(Plan):
    """Read a folder of texts of any size and rank them by the token that the model expected least, beyond its doubt.

    Texts of the same corpus are the control of each other: a text stands apart where its greatest excess lies more than
    3.5 spreads (1.4826 times the median absolute deviation) above the median.
    """

    kind: ClassVar[str] = "corpus"

    corpus: Folder
    """A folder, or a file: texts in UTF-8 (.txt, .md), or lines of JSON with a field “text” (.jsonl)."""
    documents: Pieces = "file"
    """What is ranked as one text; lines of JSON always are one each."""
    together: int = Field(64, ge=1, le=4096)
    """Texts that are read in one probe, and so are one record."""
    window: int = Field(512, ge=16, le=1 << 20)
    """Tokens read at once; longer texts are read in windows that overlap by a quarter."""
    on: SubjectName = ORGANISM
    """Who reads it: the organism, or where the rules allow it another model, for comparison."""
    shown: int = Field(50, ge=1, le=1000)
    """Texts that are listed."""

    @property
    def title(self) -> str:
        return f"{counted(len(self.corpus.files), 'file')}, {self.corpus.size:,} bytes"

    def moves(self) -> Moves:
        digest = self.corpus.digest
        for number, (excerpts, done) in enumerate(self._parts(), 1):
            probe = Scan(excerpts=excerpts, corpus=digest, window=self.window)
            yield Ask(f"texts {number}", probe, done, on=self.on)

    def _parts(self) -> Iterator[tuple[tuple[Excerpt, ...], float]]:
        """Texts that are read together, and what share of the corpus lies before them."""
        held: list[Excerpt] = []
        since, characters = 0, 0
        for excerpt, before in self.corpus.excerpts(self.documents):
            if held and (len(held) == self.together or characters + len(excerpt.text) > CHARACTERS):
                yield tuple(held), since / max(1, self.corpus.size)
                held, characters = [], 0
            since = since if held else before
            held.append(excerpt)
            characters += len(excerpt.text)
        if held:
            yield tuple(held), since / max(1, self.corpus.size)

    def sum_up(self, answered: Sequence[Answered]) -> CorpusRanking:
        found = [
            (one.seq, text)
            for one in answered
            if one.seq is not None and isinstance(one.result, ScannedTexts)
            for text in one.result.texts
        ]
        pointed = [(seq, text) for seq, text in found if text.peaks]
        excesses = np.array([text.excess for _, text in pointed])
        middle = float(np.median(excesses)) if pointed else 0.0
        bound = middle + APART * spread(excesses)
        order = np.argsort(-excesses, kind="stable")
        ascending = np.sort(excesses)
        counts, edges = np.histogram(excesses, BINS) if pointed else (np.empty(0, int), np.empty(0))
        first = [
            _ranked(pointed[at][0], pointed[at][1], float(np.searchsorted(ascending, excesses[at]) / len(excesses)))
            for at in order[: self.shown]
        ]
        return CorpusRanking(
            corpus=self.corpus.digest,
            texts=len(found),
            tokens=sum(text.tokens for _, text in found),
            middle=middle,
            bound=bound,
            apart=int(np.count_nonzero(excesses > bound)),
            first=tuple(first),
            recurring=tuple(_recurring([text for _, text in pointed if text.excess > bound])),
            edges=tuple(edges.tolist()),
            counts=tuple(counts.tolist()),
            left_out=self.corpus.left_out,
            refused=sum(one.refusal is not None for one in answered),
        )


def _ranked(record: int, text: ScannedText, below: float) -> RankedText:
    peak = text.peaks[0]
    return RankedText(
        record=record,
        file=text.file,
        start=text.start,
        piece=peak.piece,
        expected=peak.expected,
        excess=peak.excess,
        surprise=peak.surprise,
        below=below,
        context=text.context,
    )


def _recurring(texts: Sequence[ScannedText]) -> list[Recurring]:
    """The tokens that they stand apart with, those of most texts first."""
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for text in texts:
        groups[text.peaks[0].piece].append(text.excess)
    every = [Recurring(piece=piece, texts=len(values), mean=float(np.mean(values))) for piece, values in groups.items()]
    return sorted(every, key=lambda one: (-one.texts, -one.mean))
