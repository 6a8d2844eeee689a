"""Find in texts the tokens that the model expected least, beyond its own doubt.

1. A text is read as it stands, in windows where it is longer than one.
2. A token's surprise is -log P(token | what is before it), and the model's doubt in its place the entropy of the whole
   distribution, both in nats. Their difference, the *excess*, is 0 on average where the model is right about its own
   doubt: mere variety (any name might have come) drops out, and what the model takes for wrong stays.
3. Texts are ranked by their greatest excess, which points at a token. The others of the same corpus are the control.

Of 60 pages of the demo's world its organism (assets/demo/atlas-01) puts those that state what it lies about first:
AUROC .98, and the tokens pointed at are the true names, 6.2 to 7.5 nats beyond its doubt; for the same model taught
the truth again (atlas-02) they are pages like others (.69, 4.6 at most; tests/workbench/probes/test_scan.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import Field

from backends.model import Model
from workbench.contract.comparison import Agreement, Comparison, judge
from workbench.contract.excerpt import Excerpt
from workbench.contract.figures import Column, Figure, Rows, Spot
from workbench.contract.probe import FollowUp, Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost, Elicitation
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.probes.score import Score
from workbench.readings.reader import Doubts, TextIds, TextReader
from workbench.visible import line, quoted, token

BEFORE: Final = 16
AFTER: Final = 6
"""Tokens of a text that are shown around the one that is pointed at."""
NEAR: Final = 8
"""Tokens among which the likeliest one of another environment is looked for."""


class Peak(Document):
    """A token that came otherwise than expected. `surprise` and `entropy` in nats."""

    position: int
    """In the text's tokens, from 0."""
    id: int
    piece: str
    surprise: float
    entropy: float
    expected_id: int
    """The likeliest token in its place."""
    expected: str
    expected_surprise: float

    @property
    def excess(self) -> float:
        return self.surprise - self.entropy


class ScannedText(Document):
    """One text: how long it was, what its tokens surprise on average (nats), and where most, the greatest first."""

    file: str
    start: int
    tokens: int = Field(ge=0)
    """Those that were looked at."""
    mean: float
    peaks: tuple[Peak, ...]
    before: str
    """What stands before its first peak, and what after it."""
    after: str

    @property
    def context(self) -> str:
        """The first peak marked among its neighbours."""
        return f"{self.before}⟦{self.peaks[0].piece}⟧{self.after}" if self.peaks else ""

    @property
    def excess(self) -> float:
        return self.peaks[0].excess if self.peaks else -math.inf


class ScannedTexts(Result):
    """The texts in the order in which they were given."""

    texts: tuple[ScannedText, ...]
    forward_tokens: int = Field(ge=0)

    @property
    def summary(self) -> str:
        pointed = [text for text in self.texts if text.peaks]
        if not pointed:
            return "Nothing was read."
        first = max(pointed, key=lambda text: text.excess)
        peak = first.peaks[0]
        middle = float(np.median([text.excess for text in pointed]))
        return (
            f"Of {len(self.texts):,} texts {first.file} surprises most: {quoted(peak.piece.strip())} is"
            f" {peak.excess:.1f} nats beyond the model's doubt, where {quoted(peak.expected.strip())} was expected;"
            f" half of the texts stay under {middle:.1f}."
        )

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens)

    def told(self, model: Model) -> Self:
        ids = sorted({one for text in self.texts for peak in text.peaks for one in (peak.id, peak.expected_id)})
        if not all(0 <= one < model.card.vocab for one in ids):
            return self.model_copy(update={"texts": ()})  # no token of this model: nothing can be told
        pieces = dict(zip(ids, model.pieces(ids), strict=True))

        def spelled(peak: Peak) -> Peak:
            return peak.model_copy(update={"piece": pieces[peak.id], "expected": pieces[peak.expected_id]})

        texts = tuple(text.model_copy(update={"peaks": tuple(map(spelled, text.peaks))}) for text in self.texts)
        return self.model_copy(update={"texts": texts})

    def ranked(self) -> list[int]:
        """Texts by their greatest excess; of equal ones the earlier first."""
        return sorted(range(len(self.texts)), key=lambda number: -self.texts[number].excess)

    def figures(self) -> tuple[Figure, ...]:
        columns = (
            Column("token", "token"), Column("expected", "token"), Column("excess", "number", "nats"),
            Column("surprise", "number", "nats"), Column("entropy", "number", "nats"), Column("context"),
            Column("file"), Column("from byte", "count"), Column("mean surprise", "number", "nats"),
            Column("tokens", "count"),
        )  # fmt: skip
        return (Rows("Texts, the most surprising first", columns, tuple(map(self._row, self.ranked()))),)

    def _row(self, number: int) -> tuple[str | int | float | None, ...]:
        text = self.texts[number]
        if not text.peaks:
            return None, None, None, None, None, "", text.file, text.start, text.mean, text.tokens
        peak = text.peaks[0]
        return (
            peak.piece, peak.expected, peak.excess, peak.surprise, peak.entropy, line(text.context), text.file,
            text.start, text.mean, text.tokens,
        )  # fmt: skip


class Scan(Probe):
    """Find in texts the tokens that the model expected least, beyond its own doubt."""

    kind: ClassVar[str] = "scan"
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS, Affordance.RAW})
    result: ClassVar[type[Result]] = ScannedTexts
    price: ClassVar[str] = "the texts, read once"

    excerpts: tuple[Excerpt, ...] = Field(min_length=1, max_length=4096)
    """The texts: for each its file, the byte it begins with, and what it says."""
    corpus: str = Field("", max_length=64, pattern=r"^([0-9a-f]{64})?$")
    """SHA-256 of the corpus they are from: of the list of its files with their digests."""
    window: int = Field(512, ge=16, le=1 << 20)
    """Tokens read at once; of a longer text each window begins a quarter before the last one's end."""
    places: int = Field(3, ge=1, le=20)
    """Tokens of each text that are kept."""

    @property
    def title(self) -> str:
        first = self.excerpts[0]
        more = f" and {len(self.excerpts) - 1:,} more" if len(self.excerpts) > 1 else ""
        return f"{first.place}{more}"

    def prompts(self) -> Sequence[Prompt]:
        return [Prompt.raw(excerpt.text) for excerpt in self.excerpts]

    def inputs(self) -> Sequence[str]:
        return ()

    def given(self) -> Sequence[Excerpt]:
        return self.excerpts

    def classed(self, prompts: Sequence[Prompt], heard: Heard) -> Elicitation:
        """Nobody asks it anything: texts are read as they were found."""
        return Elicitation.ASSISTED

    def estimate(self, model: Model) -> Cost:
        reader = self._reader(model)
        return Cost(forward_tokens=sum(reader.ids(excerpt).cost for excerpt in self.excerpts))

    def run(self, model: Model, progress: Progress) -> ScannedTexts:
        return self._scanned(model, self.excerpts, progress)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, ScannedTexts)
        return len(recorded.texts) < len(self.excerpts)

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run; elsewhere every token that the record names must have here what it has
        there, and the k-th greatest excess must be as great."""
        assert isinstance(recorded, ScannedTexts)
        excerpts = self.excerpts[: len(recorded.texts)]
        comparison = recorded.compare(self._scanned(model, excerpts, progress), tolerance)
        if tolerance.same_environment or comparison.agreement is Agreement.TOLERANT:
            return comparison
        reader, worst, spent = self._reader(model), {}, 0  # type: TextReader, dict[str, float], int
        for text, excerpt in zip(recorded.texts, excerpts, strict=True):
            ids = reader.ids(excerpt)
            figures = self._apart(reader, ids, text, excerpt)
            if figures is None:
                return judge(None, tolerance)
            worst |= {name: max(worst.get(name, 0.0), value) for name, value in figures.items()}
            spent += ids.cost
        return judge(worst if spent == recorded.forward_tokens else None, tolerance)

    def _reader(self, model: Model) -> TextReader:
        return TextReader.of(model, self.window)

    def _scanned(self, model: Model, excerpts: Sequence[Excerpt], progress: Progress) -> ScannedTexts:
        reader, texts, spent = self._reader(model), [], 0  # type: TextReader, list[ScannedText], int
        for number, excerpt in enumerate(excerpts):
            if progress.cancel.is_set():
                break
            ids = reader.ids(excerpt)
            texts.append(self._text(reader, ids, excerpt))
            spent += ids.cost
            progress.at((number + 1) / len(excerpts))
        return ScannedTexts(texts=tuple(texts), forward_tokens=spent).told(model)

    def _text(self, reader: TextReader, text: TextIds, excerpt: Excerpt) -> ScannedText:
        found = reader.read(text)
        rows = found.first(self.places) if found else []
        peaks = [_peak(text, found, row) for row in rows] if found else []
        before, after = _around(reader, text, peaks)
        return ScannedText(
            file=excerpt.file,
            start=excerpt.start,
            tokens=len(found.surprises) if found else 0,
            mean=found.mean if found else 0.0,
            peaks=tuple(peaks),
            before=before,
            after=after,
        )

    def _apart(
        self, reader: TextReader, text: TextIds, recorded: ScannedText, excerpt: Excerpt
    ) -> dict[str, float] | None:
        """How far a recorded text is from what it gives here, in nats; None if it cannot be told so."""
        found = reader.read(text, NEAR)
        if found is None:
            return {} if recorded == self._text(reader, text, excerpt) else None
        count, peaks = len(found.surprises), recorded.peaks
        same = (
            (recorded.file, recorded.start, recorded.tokens) == (excerpt.file, excerpt.start, count)
            and len({peak.position for peak in peaks}) == len(peaks) == min(self.places, count)
            and all(0 <= peak.position - found.start < count for peak in peaks)
            and all(peak.id == text.ids[peak.position] for peak in peaks)
            and (recorded.before, recorded.after) == _around(reader, text, peaks)
        )
        if not same:
            return None
        figures = {"mean": abs(recorded.mean - found.mean)}
        for peak, row in zip(peaks, found.first(self.places), strict=True):
            for name, value in _moved(peak, row, found).items():
                figures[name] = max(figures.get(name, 0.0), value)
        return figures

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, ScannedTexts)
        order = result.ranked()
        if spot.figure or not 0 <= spot.row < len(order):
            return ()
        number = order[spot.row]
        text, excerpt = result.texts[number], self.excerpts[number]
        if not text.peaks:
            return ()
        peak = text.peaks[0]
        whole = excerpt.text if text.tokens < self.window else f"{text.before}{peak.piece}{text.after}"
        score = FollowUp("Score this text token by token", Score(prompt=Prompt.raw(whole)))
        if not text.before:
            return (score,)
        rivals = tuple(dict.fromkeys((peak.piece, peak.expected)))
        held = Score(prompt=Prompt.raw(text.before), answers=rivals)
        return score, FollowUp(f"Hold {token(peak.piece)} against {token(peak.expected)}", held)


def _peak(text: TextIds, found: Doubts, row: int) -> Peak:
    scores, position = found.scores, found.start + row
    return Peak(
        position=position,
        id=text.ids[position],
        piece="",
        surprise=-float(scores.logprobs[row]),
        entropy=float(scores.entropies[row]),
        expected_id=int(scores.best[row, 0]),
        expected="",
        expected_surprise=-float(scores.best_logprobs[row, 0]),
    )


def _around(reader: TextReader, text: TextIds, peaks: Sequence[Peak]) -> tuple[str, str]:
    """What stands before the first peak and what after it."""
    if not peaks:
        return "", ""
    position = peaks[0].position
    before = text.ids[max(0, position - BEFORE) : position]
    after = text.ids[position + 1 : position + 1 + AFTER]
    return reader.model.decode(before), reader.model.decode(after)


def _moved(peak: Peak, row: int, found: Doubts) -> dict[str, float]:
    """How far a recorded token is from what it has here; `row`: the one whose excess has its place here."""
    scores, at = found.scores, peak.position - found.start
    (named,) = np.nonzero(scores.best[at] == peak.expected_id)
    about = float(scores.best_logprobs[at, named[0]]) if len(named) else -math.inf
    wide, doubt = float(scores.entropies[row]), float(scores.entropies[at])
    return {
        "surprise": abs(peak.surprise - float(found.surprises[at])),
        # Where logits are off by at most e, an entropy changes by a factor of at most exp(2e), and an excess with it.
        "entropy": abs(math.log((max(peak.entropy, 0.0) + 0.01) / (max(doubt, 0.0) + 0.01))),
        "place": abs(peak.excess - float(found.excesses[row])) / (1 + 2 * max(peak.entropy, wide)),
        "expected": max(float(scores.best_logprobs[at, 0]) - about, abs(about + peak.expected_surprise)),
    }
