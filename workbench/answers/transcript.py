"""Answers that were drawn: what every probe that samples gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from backends.model import Generated, Model
from backends.stopping import found
from workbench.answers.source import Source
from workbench.contract.figures import Answer, Answers, Ending, Figure, signed
from workbench.contract.prompt import Speaker
from workbench.contract.result import Result
from workbench.contract.rules import Cost
from workbench.document import Document


class SampledText(Document):
    """One answer: its tokens, its text and why it ended."""

    index: int
    ids: tuple[int, ...]
    text: str
    """Without the tokens that end an answer, and without the stop string."""
    stop: Literal["end", "length", "cancelled", "string"]
    stop_string: str = ""
    """The stop string that ended it, if one did."""


class Transcript(Result):
    """The prompt as the model saw it, and every answer."""

    samples_texts: ClassVar[bool] = True

    speaker: Speaker = "assistant"
    """Whose turn was drawn."""
    amplification: float = 0.0
    """How much larger the subject's difference from its baseline was made: 0 is the subject itself."""
    prompt_ids: tuple[int, ...]
    prompt_text: str
    samples: tuple[SampledText, ...]

    @property
    def summary(self) -> str:
        return self._answers.said

    @property
    def cost(self) -> Cost:
        generated = sum(len(sample.ids) for sample in self.samples)
        models = 2 if self.amplification else 1
        return Cost(generated_tokens=models * generated, forward_tokens=models * len(self.prompt_ids))

    @property
    def passages(self) -> tuple[tuple[int, ...], ...]:
        return tuple((*self.prompt_ids, *sample.ids) for sample in self.samples[:1])

    @property
    def asked_ids(self) -> tuple[int, ...]:
        return self.prompt_ids

    def figures(self) -> tuple[Figure, ...]:
        return (self._answers,)

    @property
    def _answers(self) -> Answers:
        overheard = self.speaker == "user"
        mixed = f"Drawn with {signed(self.amplification, 1)} times the difference from the baseline added"
        titles = ["The user's turn, as the model goes on with it"] if overheard else []
        titles += [mixed] if self.amplification else []
        return Answers(" · ".join(titles), self.prompt_text, self.answers, "turns" if overheard else "answers")

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(
            Answer(one.index, one.text, len(one.ids), Ending(one.stop), one.stop_string) for one in self.samples
        )

    def told(self, model: Model) -> Self:
        samples = tuple(
            sample.model_copy(update={"index": index, "text": spoken(model, sample.ids, sample.stop_string)})
            for index, sample in enumerate(self.samples)
        )
        return self.model_copy(update={"prompt_text": text_of(model, self.prompt_ids), "samples": samples})


def text_of(model: Source, ids: Sequence[int]) -> str:
    """The text of recorded tokens; tokens that the model does not have are no text."""
    return model.decode(ids) if all(0 <= token < model.card.vocab for token in ids) else "\ufffd"


def spoken(model: Source, ids: Sequence[int], string: str = "") -> str:
    """The text of an answer: its tokens without those that end it, as far as the stop string that ended it."""
    ends = frozenset(model.card.end_tokens)
    text = text_of(model, [token for token in ids if token not in ends])
    return text.partition(string)[0] if string else text


def unfinished(recorded: Result) -> bool:
    """Whether an answer was stopped before it ended."""
    return any(answer.ending is Ending.STOPPED for answer in recorded.answers)


def read(model: Source, index: int, one: Generated, stop: Sequence[str]) -> SampledText:
    """A sample as it was drawn, with its text."""
    string = found(spoken(model, one.tokens), stop) if one.stop == "string" else ""
    return SampledText(
        index=index, ids=one.tokens, text=spoken(model, one.tokens, string), stop=one.stop, stop_string=string
    )
