"""Answers that were drawn: what every probe that samples gives, and the one way they are checked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, Self

from backends.model import Edit, Generated, Model
from backends.sampling import Sampler, Sampling
from workbench.contract.comparison import Agreement, Comparison, diverged
from workbench.contract.figures import Answer, Answers, Ending, Figure
from workbench.contract.progress import Progress
from workbench.contract.redraw import Redraw, batches
from workbench.contract.result import CutShortError, Result
from workbench.contract.rules import Cost
from workbench.contract.tolerance import Tolerance
from workbench.document import Document


class SampledText(Document):
    """One answer: its tokens, its text and why it ended."""

    index: int
    ids: tuple[int, ...]
    text: str
    stop: Literal["end", "length", "cancelled"]


class Transcript(Result):
    """The prompt as the model saw it, and every answer."""

    samples_texts: ClassVar[bool] = True

    prompt_ids: tuple[int, ...]
    prompt_text: str
    samples: tuple[SampledText, ...]

    @property
    def summary(self) -> str:
        begun = [answer for answer in self.answers if answer.begun]
        if not begun:
            return "Nothing was sampled."
        counts = Counter(" ".join(answer.text.split()) or "(nothing)" for answer in begun)
        text, times = counts.most_common(1)[0]
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

    @property
    def passages(self) -> tuple[tuple[int, ...], ...]:
        return tuple((*self.prompt_ids, *sample.ids) for sample in self.samples[:1])

    def figures(self) -> tuple[Figure, ...]:
        return (Answers("", self.prompt_text, self.answers),)

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(Answer(sample.index, sample.text, len(sample.ids), Ending(sample.stop)) for sample in self.samples)

    def told(self, model: Model) -> Self:
        samples = tuple(
            sample.model_copy(update={"index": index, "text": spoken(model, sample.ids)})
            for index, sample in enumerate(self.samples)
        )
        return self.model_copy(update={"prompt_text": text_of(model, self.prompt_ids), "samples": samples})


def text_of(model: Model, ids: Sequence[int]) -> str:
    """The text of recorded tokens; tokens that the model does not have are no text."""
    return model.decode(ids) if all(0 <= token < model.card.vocab for token in ids) else "\ufffd"


def spoken(model: Model, ids: Sequence[int]) -> str:
    """The text of an answer: its tokens without those that end it."""
    ends = frozenset(model.card.end_tokens)
    return text_of(model, [token for token in ids if token not in ends])


def sample(
    model: Model, ids: Sequence[int], sampling: Sampling, n: int, progress: Progress, edits: Sequence[Edit] = ()
) -> Transcript:
    """Draw `n` answers after `ids`, telling `progress` each piece of text as it comes.

    Raises CutShortError with what came, if the engine ended on the way.
    """
    prompt, total, seen = model.decode(ids), max(1, n * sampling.max_tokens), 0
    answers = [_Heard() for _ in range(n)]
    ends = frozenset(model.card.end_tokens)

    def stream(number: int, new: Sequence[int], text: str) -> None:
        nonlocal seen
        seen += len(new)
        answers[number].take(new, text, ended=not ends.isdisjoint(new))
        progress.text(number, text)
        progress.at(min(1.0, seen / total))

    def transcript(samples: Iterable[SampledText]) -> Transcript:
        return Transcript(prompt_ids=tuple(ids), prompt_text=prompt, samples=tuple(samples))

    try:
        drawn = model.generate(ids, sampling, n=n, edits=edits, on_tokens=stream, cancel=progress.cancel)
    except Exception as error:
        if not any(answer.whole for answer in answers):
            raise
        raise CutShortError(transcript(answer.written(index) for index, answer in enumerate(answers))) from error
    return transcript(_written(model, index, one) for index, one in enumerate(drawn))


class _Heard:
    """What was heard of one answer, kept without the model: it may be gone."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.whole = 0
        """How many of its tokens the text is of; the last ones may be half a character."""
        self._text, self._ended = "", False

    def take(self, new: Sequence[int], text: str, *, ended: bool) -> None:
        self.ids += new
        self._text += text
        self._ended = ended
        if text or ended:
            self.whole = len(self.ids)

    def written(self, index: int) -> SampledText:
        ids = tuple(self.ids[: self.whole])
        return SampledText(index=index, ids=ids, text=self._text, stop="end" if self._ended else "cancelled")


def unfinished(recorded: Result) -> bool:
    """Whether an answer was stopped before it ended."""
    return any(answer.ending is Ending.STOPPED for answer in recorded.answers)


def _written(model: Model, index: int, drawn: Generated) -> SampledText:
    return SampledText(index=index, ids=drawn.tokens, text=spoken(model, drawn.tokens), stop=drawn.stop)


def check(
    model: Model,
    recorded: Transcript,
    ids: Sequence[int],
    sampling: Sampling,
    n: int,
    tolerance: Tolerance,
    progress: Progress,
    edits: Sequence[Edit] = (),
) -> Comparison:
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
    if flaw := _flaw(model, recorded, ids, sampling, n):
        return diverged(flaw)
    redraw = Redraw(Sampler(sampling, ids), tolerance)
    answers = {one.index: one.ids for one in recorded.samples}
    total = sum(map(len, answers.values()))
    for batch in batches(answers, model.card.vocab):
        # Only a piece that stands alone starts later than at 0.
        before = [*ids, *answers[batch[0].sample][: batch[0].start]]
        rows = model.continuations(before, [piece.ids for piece in batch], edits=edits)
        for piece, logits in zip(batch, rows, strict=True):
            redraw.add(piece, logits)
        progress.at(len(redraw.margins) / max(1, total))
    comparison = redraw.comparison()
    if not (tolerance.same_environment and redraw.otherwise):
        return comparison
    return _settled(comparison, recorded, _Again(recorded).drawn(model, ids, sampling, edits))


class _Again:
    """The answers of a record drawn again as they were drawn, as far as they agree with it."""

    def __init__(self, recorded: Transcript) -> None:
        self._expected = [one.ids for one in recorded.samples]
        self._agreed = [0] * len(self._expected)
        self._stop = threading.Event()
        self.drawn_tokens = 0

    def drawn(self, model: Model, ids: Sequence[int], sampling: Sampling, edits: Sequence[Edit]) -> _Again:
        """Draw, together as they were, until one differs or all that was recorded has come."""
        n = len(self._expected)
        drawn = model.generate(ids, sampling, n=n, edits=edits, on_tokens=self._hear, cancel=self._stop)
        self.drawn_tokens = sum(len(one.tokens) for one in drawn)
        self._agreed = [_common(one.tokens, told) for one, told in zip(drawn, self._expected, strict=True)]
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
        self._agreed[number] = before + _common(new, wanted)
        wrong = self._agreed[number] < before + len(wanted)
        if wrong or all(agreed == len(told) for agreed, told in zip(self._agreed, self._expected, strict=True)):
            self._stop.set()


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two answers begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


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


def _flaw(model: Model, recorded: Transcript, ids: Sequence[int], sampling: Sampling, n: int) -> str:
    """What is wrong with a transcript before any logit is looked at, in a sentence; empty if nothing."""
    if list(recorded.prompt_ids) != list(ids):
        return "This model's tokenizer or template reads the prompt differently."
    if len(recorded.samples) != n:
        return "The record does not hold the samples that were asked for."
    ends = frozenset(model.card.end_tokens)
    longest = min(sampling.max_tokens, model.card.context - len(ids))
    for one in recorded.samples:
        if not all(0 <= token < model.card.vocab for token in one.ids):
            return f"Sample {one.index} holds tokens that this model does not have."
        ended, full = bool(one.ids) and one.ids[-1] in ends, len(one.ids) == longest
        whole = {"end": ended, "length": full and not ended, "cancelled": not ended}[one.stop]
        if not whole or len(one.ids) > longest or any(token in ends for token in one.ids[:-1]):
            return f"Sample {one.index} did not end where the record says."
    return ""
