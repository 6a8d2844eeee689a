"""Let the model answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from backends.model import Model
from backends.sampling import Sampling
from workbench.contract.probe import Agreement, Comparison, Probe, Progress, Prompt, Result, Seed, Shape, Table
from workbench.contract.redraw import Redraw, batches
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.door.rules import Affordance, Cost, Elicitation


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
        begun = [sample for sample in self.samples if sample.ids or sample.stop != "cancelled"]
        if not begun:
            return "Nothing was sampled."
        counts: dict[str, int] = {}
        for sample in begun:
            words = " ".join(sample.text.split()) or "(nothing)"
            counts[words] = counts.get(words, 0) + 1
        text, times = max(counts.items(), key=lambda item: item[1])
        shown = text if len(text) <= 80 else text[:79] + "…"
        if len(begun) == 1:
            return f"“{shown}”"
        if times == 1:
            return f"{len(begun)} answers, all different; the first: “{shown}”"
        return f"{times} of {len(begun)}: “{shown}”" + (f" · {len(counts)} different" if len(counts) > 1 else "")

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
        redraw = Redraw(self.sampling(), tolerance)
        answers = {sample.index: sample.ids for sample in recorded.samples}
        total = sum(map(len, answers.values()))
        for batch in batches(answers, model.card.vocab):
            # Only a piece that stands alone starts later than at 0.
            before = [*ids, *answers[batch[0].sample][: batch[0].start]]
            for piece, rows in zip(batch, model.continuations(before, [piece.ids for piece in batch]), strict=True):
                redraw.add(piece, rows)
            progress.at(len(redraw.margins) / max(1, total))
        return redraw.comparison()

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
