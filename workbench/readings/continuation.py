"""A text after a prompt, encoded together with it and split where it begins: what the model would have read there.

Encoded by itself a text may come out otherwise: a tokenizer that puts a space before every text (SentencePiece's dummy
prefix) would put it between the two, and one that merges across the border would have read other tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backends.model import Model, ModelRefusal
from workbench.contract.prompt import Prompt, ids_within
from workbench.visible import quoted, token


@dataclass(frozen=True)
class Continuation:
    """The ids of a text after a prompt."""

    ids: list[int]
    joined: bool
    """Whether they are what the two together are encoded to; else the text had to be encoded by itself."""


def continuations(model: Model, prompt: Prompt, texts: Sequence[str]) -> tuple[list[int], Iterator[Continuation]]:
    """The ids of the prompt, and one by one those of each text after it.

    Raises ModelRefusal where a text is no token at all, or does not fit.
    """
    split = _Split.after(model, prompt)
    return split.before, (split.off(text, prompt.followed_by(text).ids(model)) for text in texts)


def first_ids(model: Model, prompt: Prompt, texts: Sequence[str]) -> list[int]:
    """The first id of each text after the prompt; of the rest nothing is asked, so it need not fit.

    Raises ModelRefusal where a text is no token at all.
    """
    split = _Split.after(model, prompt)
    return [split.off(text, prompt.followed_by(text).encoded(model)).ids[0] for text in texts]


def first_pair(model: Model, prompt: Prompt, answer: str, against: str) -> tuple[int, int | None]:
    """The first id of an answer, and of the text it is held against, if there is one.

    Raises ModelRefusal where they are the same token, which cannot gain on itself, or none at all.
    """
    first, *others = first_ids(model, prompt, [answer, *filter(None, [against])])
    if first in others:
        raise ModelRefusal(
            "model.input", "Both texts begin with the same token.",
            f"{token(model.pieces([first])[0])} cannot be held against itself.",
            "Begin the prompt's answer with what they have in common, or choose another text.",
        )  # fmt: skip
    return first, others[0] if others else None


@dataclass(frozen=True)
class _Split:
    """What splits the ids of a prompt with a text after it."""

    model: Model
    before: list[int]
    """The ids of the prompt."""
    spelled: str | None
    """What a chat is spelled as, for a template may trim or change what a turn says."""

    @classmethod
    def after(cls, model: Model, prompt: Prompt) -> _Split:
        before = prompt.ids(model)
        return cls(model, before, model.decode(before) if prompt.chat else None)

    def off(self, text: str, whole: list[int]) -> Continuation:
        """`whole`: the ids of prompt and text together."""
        joined = whole[: len(self.before)] == self.before
        if joined and self.spelled is not None:
            joined = self.model.decode(whole) == self.spelled + text
        ids = whole[len(self.before) :] if joined else ids_within(self.model, text)
        if not ids:
            raise ModelRefusal(
                "model.input", "A text to be read after the prompt is empty.",
                f"To this model {quoted(text)} is no token.", "Leave it out.",
            )  # fmt: skip
        return Continuation(ids, joined)
