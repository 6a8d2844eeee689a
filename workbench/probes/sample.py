"""Let the model answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from pydantic import Field

from backends.disagreement import Chance, disagreements
from backends.model import FloatArray, Model
from backends.sampling import Sampling, margin
from workbench.document import Document
from workbench.probe import Agreement, Comparison, Probe, Progress, Prompt, Result, Seed, Shape, Table
from workbench.rules import Affordance, Cost, Elicitation
from workbench.tolerance import Tolerance, most

CELLS: Final = 64_000_000
"""Logits that a replay asks for at once."""


class SampledText(Document):
    """One answer: its tokens, its text and why it ended."""

    index: int
    ids: tuple[int, ...]
    text: str
    stop: Literal["end", "length", "cancelled"]


class Transcript(Result):
    """The prompt as the model saw it, and every answer."""

    shape: ClassVar[Shape] = Shape.TRANSCRIPT

    prompt_ids: tuple[int, ...]
    prompt_text: str
    samples: tuple[SampledText, ...]

    @property
    def summary(self) -> str:
        counts: dict[str, int] = {}
        for sample in self.samples:
            words = " ".join(sample.text.split()) or "(nothing)"
            counts[words] = counts.get(words, 0) + 1
        if not counts:
            return "Nothing was sampled."
        text, times = max(counts.items(), key=lambda item: item[1])
        shown = text if len(text) <= 80 else text[:79] + "…"
        if len(self.samples) == 1:
            return f"“{shown}”"
        if times == 1:
            return f"{len(self.samples)} answers, all different; the first: “{shown}”"
        return f"{times} of {len(self.samples)}: “{shown}”" + (f" · {len(counts)} different" if len(counts) > 1 else "")

    @property
    def cost(self) -> Cost:
        generated = sum(len(sample.ids) for sample in self.samples)
        return Cost(generated_tokens=generated, forward_tokens=len(self.prompt_ids))

    def table(self) -> Table:
        rows = tuple((sample.index, sample.text, len(sample.ids), sample.stop) for sample in self.samples)
        return Table(columns=("sample", "text", "tokens", "ended by"), rows=rows)


class Sample(Probe):
    """Let the model answer a prompt, once or many times."""

    kind: ClassVar[str] = "sample"
    version: ClassVar[int] = 1
    affordance: ClassVar[Affordance] = Affordance.SAMPLE
    result: ClassVar[type[Result]] = Transcript

    prompt: Prompt
    """Chat or raw text to answer."""
    samples: int = Field(1, ge=1, le=512)
    """How many answers."""
    seed: int = Seed
    """Seed of the noise; the same seed gives the same answers."""
    temperature: float = Field(0.8, ge=0, le=10)
    """0 always takes the most likely token."""
    top_k: int = Field(0, ge=0)
    """Keep only the k most likely tokens; 0: all."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Keep the most likely tokens up to this total probability."""
    min_p: float = Field(0.0, ge=0, lt=1)
    """Drop tokens less likely than this share of the most likely one."""
    max_tokens: int = Field(64, ge=1, le=4096)
    """Longest answer, in tokens."""

    @property
    def title(self) -> str:
        return self.prompt.title + (f" × {self.samples}" if self.samples > 1 else "")

    @property
    def elicitation(self) -> Elicitation:
        return self.prompt.elicitation

    def prompts(self) -> tuple[Prompt, ...]:
        return (self.prompt,)

    def estimate(self, model: Model) -> Cost:
        return Cost(generated_tokens=self.samples * self.max_tokens, forward_tokens=len(self.prompt.ids(model)))

    def sampling(self) -> Sampling:
        return Sampling(
            seed=self.seed,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
        )

    def run(self, model: Model, progress: Progress) -> Transcript:
        ids = self.prompt.ids(model)
        total = self.samples * self.max_tokens
        ends = frozenset(model.card.end_tokens)
        seen = 0

        def stream(sample: int, new: Sequence[int], text: str) -> None:
            nonlocal seen
            seen += len(new)
            progress.text(sample, text)
            progress.at(min(1.0, seen / total))

        generated = model.generate(ids, self.sampling(), n=self.samples, on_tokens=stream, cancel=progress.cancel)
        samples = tuple(
            SampledText(
                index=index,
                ids=sample.tokens,
                text=model.decode([token for token in sample.tokens if token not in ends]),
                stop=sample.stop,
            )
            for index, sample in enumerate(generated)
        )
        return Transcript(prompt_ids=tuple(ids), prompt_text=model.decode(ids), samples=samples)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Transcript)
        return any(sample.stop == "cancelled" for sample in recorded.samples)

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Check the recorded tokens instead of drawing them again.

        1. The prompt must give the recorded ids, and every answer must be whole: its index, length, ending and text.
        2. One batched prefill gives the logits that each token was drawn from, given the recorded ones before it.
        3. The noise is recomputed. A token is the choice, or falls short of it by a margin in nats; two computations
           whose logits differ by at most e choose tokens with margins of at most 2e.
        4. So near they must be, and few: no more than the logits explain if they differ as they do on average. Else
           whoever picks the most welcome of the near tokens could steer an answer step by step.

        So N tokens cost a prefill rather than N decoding steps, and a token that was not drawn shows.
        """
        assert isinstance(recorded, Transcript)
        ids = self.prompt.ids(model)
        if flaw := self._flaw(model, recorded, ids):
            return Comparison(agreement=Agreement.DIVERGED, note=flaw)
        draws = _Draws(self.sampling(), tolerance)
        total = sum(len(sample.ids) for sample in recorded.samples)
        for group in _groups(recorded.samples, model.card.vocab):
            before = [*ids, *group[0].sample.ids[: group[0].start]]  # only what stands alone starts later than at 0
            for piece, rows in zip(group, model.continuations(before, [piece.ids for piece in group]), strict=True):
                draws.add(piece, rows)
            progress.at(len(draws.margins) / max(1, total))
        return draws.comparison()

    def _flaw(self, model: Model, recorded: Transcript, ids: list[int]) -> str:
        """What is wrong with a transcript before any logit is looked at, in a sentence; empty if nothing."""
        if list(recorded.prompt_ids) != ids or recorded.prompt_text != model.decode(ids):
            return "This model's tokenizer or template reads the prompt differently."
        if [sample.index for sample in recorded.samples] != list(range(self.samples)):
            return "The record does not hold the samples that were asked for, in their order."
        ends = frozenset(model.card.end_tokens)
        longest = min(self.max_tokens, model.card.context - len(ids))
        for sample in recorded.samples:
            shown = [token for token in sample.ids if token not in ends]
            if not all(0 <= token < model.card.vocab for token in sample.ids) or model.decode(shown) != sample.text:
                return f"The text of sample {sample.index} is not that of its tokens."
            ended, full = bool(sample.ids) and sample.ids[-1] in ends, len(sample.ids) == longest
            whole = {"end": ended, "length": full and not ended, "cancelled": not ended}[sample.stop]
            if not whole or len(sample.ids) > longest or any(token in ends for token in sample.ids[:-1]):
                return f"Sample {sample.index} did not end where the record says."
        return ""


@dataclass(frozen=True)
class _Piece:
    """Some of a sample's tokens, from one step to before another."""

    sample: SampledText
    start: int
    stop: int

    @property
    def ids(self) -> tuple[int, ...]:
        return self.sample.ids[self.start : self.stop]


def _groups(samples: Sequence[SampledText], vocab: int) -> Iterator[list[_Piece]]:
    """The samples in batches whose logits fit in about 256 MB, padded to their longest; a longer one in pieces."""
    longest = max(1, CELLS // vocab)
    group: list[_Piece] = []
    for sample in samples:
        if len(sample.ids) > longest:
            for start in range(0, len(sample.ids), longest):
                yield [_Piece(sample, start, min(start + longest, len(sample.ids)))]
            continue
        group.append(_Piece(sample, 0, len(sample.ids)))
        if len(group) * max(piece.stop for piece in group) > longest and len(group) > 1:
            yield group[:-1]
            group = group[-1:]
    if group:
        yield group


class _Draws:
    """The recorded tokens held against this model's logits, one after the other."""

    def __init__(self, sampling: Sampling, tolerance: Tolerance) -> None:
        self._sampling, self._tolerance = sampling, tolerance
        self._texts: dict[tuple[int, int], int] = {}
        """(number of a text, next token) → number of the longer text; 0 is the prompt."""
        self._chances: dict[int, tuple[Chance, int]] = {}
        """Number of a text → the chance that a token after it is drawn otherwise, and how many were drawn there."""
        self._at: dict[int, int] = {}
        """Sample → number of the text it has come to."""
        self.margins: list[float] = []

    def add(self, piece: _Piece, rows: FloatArray) -> None:
        """`rows`: the (token, vocab) logits that the piece's tokens were drawn from."""
        number = piece.sample.index
        chances = disagreements(rows, self._sampling, self._tolerance.drift)
        for step, (row, token, chance) in enumerate(zip(rows, piece.ids, chances, strict=True), piece.start):
            self.margins.append(margin(row, self._sampling, number, step, token))
            text = self._at.get(number, 0)
            known, drawn = self._chances.get(text, (chance, 0))
            self._chances[text] = known, drawn + 1
            self._at[number] = self._texts.setdefault((text, token), len(self._texts) + 1)

    def comparison(self) -> Comparison:
        margins, tolerance = self.margins, self._tolerance
        away = sum(margin > tolerance.margin for margin in margins)
        chosen, worst = sum(margin == 0 for margin in margins), max(margins, default=0.0)
        otherwise, expected = len(margins) - chosen, self._expected()
        explained = expected.at_most
        figures = {
            "tokens": float(len(margins)),
            "agree": float(chosen),
            "worst margin": worst,
            "mean margin": sum(margins) / otherwise if otherwise else 0.0,
            "expected": expected.mean,
            "spread": expected.spread,
        }
        if away:
            note = f"{away} of {len(margins)} tokens could not have been drawn; the worst by {worst:.2g} nats."
            return Comparison(agreement=Agreement.DIVERGED, note=note, figures=figures)
        if otherwise > most(explained):
            note = (
                f"{otherwise} of {len(margins)} tokens are near the ones drawn here, but not they; rounding explains"
                f" at most {most(explained)}."
            )
            return Comparison(agreement=Agreement.DIVERGED, note=note, figures=figures)
        exact = tolerance.same_environment and not otherwise
        note = f"{chosen} of {len(margins)} tokens are the ones drawn here too."
        if otherwise:
            note += f" The others fall short by at most {worst:.2g} nats; the bound is {tolerance.margin:.2g}."
        return Comparison(agreement=Agreement.EXACT if exact else Agreement.TOLERANT, note=note, figures=figures)

    def _expected(self) -> Chance:
        """How many tokens may be drawn otherwise. The draws after one text share its logits, and so what they are off
        by: their spreads add up as they stand, those of different texts as if by chance."""
        chances = self._chances.values()
        return Chance(
            math.fsum(chance.mean * drawn for chance, drawn in chances),
            math.sqrt(math.fsum((chance.spread * drawn) ** 2 for chance, drawn in chances)),
        )
