"""Let the model answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from backends.model import Model
from backends.sampling import Sampling
from workbench.document import Document
from workbench.probe import Probe, Progress, Prompt, Result, Seed, Shape, Table
from workbench.rules import Affordance, Cost, Elicitation


class Stream:
    """Turns the tokens of one sample into text as they come, holding back half a character."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._shown: list[int] = []
        self._pending: list[int] = []

    def text(self, new: Sequence[int]) -> str:
        """The text that `new` completes; may be empty."""
        self._pending += new
        # Decoded after the token before, because some tokenizers drop a space at the start of a text.
        before = self._model.decode(self._shown[-1:])
        after = self._model.decode(self._shown[-1:] + self._pending)
        if after.endswith("\ufffd"):
            return ""
        self._shown, self._pending = (self._shown + self._pending)[-1:], []
        return after[len(before) :]


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
        streams = [Stream(model) for _ in range(self.samples)]
        total = self.samples * self.max_tokens
        seen = 0
        ends = frozenset(model.card.end_tokens)

        def stream(sample: int, new: Sequence[int]) -> None:
            nonlocal seen
            seen += len(new)
            progress.text(sample, streams[sample].text([token for token in new if token not in ends]))
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
