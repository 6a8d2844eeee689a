"""A text after a prompt, encoded together with it and split where it begins: what the model would have read there.

Encoded by itself a text may come out otherwise: a tokenizer that puts a space before every text (SentencePiece's dummy
prefix) would put it between the two, and one that merges across the border would have read other tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backends.model import Model, ModelRefusal
from workbench.contract.prompt import Prompt


@dataclass(frozen=True)
class Continuation:
    """The ids of a text after a prompt."""

    ids: list[int]
    joined: bool
    """Whether they are what the two together are encoded to; else the text had to be encoded by itself."""


def continuations(model: Model, prompt: Prompt, texts: Sequence[str]) -> tuple[list[int], Iterator[Continuation]]:
    """The ids of the prompt, and one by one those of each text after it.

    Raises ModelRefusal where a text is no token at all.
    """
    before = prompt.ids(model)
    spelled = model.decode(before) if prompt.chat else ""

    def each() -> Iterator[Continuation]:
        for text in texts:
            whole = prompt.followed_by(text).ids(model)
            joined = whole[: len(before)] == before
            if joined and prompt.chat:  # a template may trim or change what a turn says
                joined = model.decode(whole) == spelled + text
            ids = whole[len(before) :] if joined else model.encode(text)
            if not ids:
                raise ModelRefusal(
                    "model.input", "A text to be read after the prompt is empty.",
                    f"To this model “{text}” is no token.", "Leave it out.",
                )  # fmt: skip
            yield Continuation(ids, joined)

    return before, each()
