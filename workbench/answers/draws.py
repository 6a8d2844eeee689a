"""Answers drawn from a model, told as they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backends.model import Edit
from backends.sampling import Sampling
from backends.stopping import found
from workbench.answers.source import Source
from workbench.answers.transcript import SampledText, Transcript, read
from workbench.contract.progress import Progress
from workbench.contract.prompt import Speaker
from workbench.contract.result import CutShortError


@dataclass(frozen=True, eq=False)
class Draws:
    """What is drawn: after which ids, how, how often, whose turn, and with which changes to the model's inside."""

    ids: Sequence[int]
    sampling: Sampling
    n: int = 1
    speaker: Speaker = "assistant"
    amplification: float = 0.0
    """What the answers say of the model that they are drawn from: how far it is from the subject itself."""
    edits: Sequence[Edit] = ()


def drawn(model: Source, draws: Draws, progress: Progress) -> Transcript:
    """Draw the answers, telling `progress` each piece of text as it comes.

    Raises CutShortError with what came, if the engine ended on the way.
    """
    ids, sampling, n = draws.ids, draws.sampling, draws.n
    prompt, total, seen = model.decode(ids), max(1, n * sampling.max_tokens), 0
    answers = [_Heard(sampling.stop) for _ in range(n)]
    ends = frozenset(model.card.end_tokens)

    def stream(number: int, new: Sequence[int], text: str) -> None:
        nonlocal seen
        seen += len(new)
        tell(number, answers[number].take(new, text, ended=not ends.isdisjoint(new)))
        progress.at(min(1.0, seen / total))

    def tell(number: int, text: str) -> None:
        if text:
            progress.text(number, text)

    def transcript(samples: Iterable[SampledText]) -> Transcript:
        told = tuple(samples)
        return Transcript(
            speaker=draws.speaker,
            amplification=draws.amplification,
            prompt_ids=tuple(ids),
            prompt_text=prompt,
            samples=told,
        )

    try:
        generated = model.generate(ids, sampling, n=n, edits=draws.edits, on_tokens=stream, cancel=progress.cancel)
    except Exception as error:
        if not any(answer.whole for answer in answers):
            raise
        raise CutShortError(transcript(answer.written(index) for index, answer in enumerate(answers))) from error
    for number, answer in enumerate(answers):
        tell(number, answer.rest())
    return transcript(read(model, index, one, sampling.stop) for index, one in enumerate(generated))


class _Heard:
    """What was heard of one answer, kept without the model: it may be gone."""

    def __init__(self, stop: Sequence[str]) -> None:
        self.ids: list[int] = []
        self.whole = 0
        """How many of its tokens the text is of; the last ones may be half a character."""
        self._stop, self._text, self._ended = stop, "", False
        self._told = 0

    def take(self, new: Sequence[int], text: str, *, ended: bool) -> str:
        """Take in what came, and give what of it can be told: nothing that may be the beginning of a stop string."""
        self.ids += new
        self._text += text
        self._ended = ended
        if text or ended:
            self.whole = len(self.ids)
        return self._until(len(self.said) if ended or self.stopped else len(self._text) - self._open())

    def rest(self) -> str:
        """What was held back, once nothing more comes."""
        return self._until(len(self.said))

    @property
    def stopped(self) -> str:
        """The stop string that it ended at; empty if it did not."""
        return "" if self._ended else found(self._text, self._stop)

    @property
    def said(self) -> str:
        """Its text, without the stop string that ended it."""
        return self._text[: self._text.index(self.stopped)] if self.stopped else self._text

    def _until(self, end: int) -> str:
        told, self._told = self._told, max(self._told, end)
        return self._text[told:end]

    def _open(self) -> int:
        """How many characters at its end begin a stop string."""
        longest = max((len(string) - 1 for string in self._stop), default=0)
        sizes = range(min(longest, len(self._text)), 0, -1)
        return next((size for size in sizes if any(s.startswith(self._text[-size:]) for s in self._stop)), 0)

    def written(self, index: int) -> SampledText:
        why = "end" if self._ended else "string" if self.stopped else "cancelled"
        ids = tuple(self.ids[: self.whole])
        return SampledText(index=index, ids=ids, text=self.said, stop=why, stop_string=self.stopped)
