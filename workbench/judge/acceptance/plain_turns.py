"""Whether a chat template tells turns apart by plain text, which a message can spell.

What rules allow, and how forced an answer is, follow from a chat's turns. Where one message reaches the model as
several turns do, neither tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from backends.model import Message, Model, ModelRefusal
from backends.rendering import SPELLS_TURNS
from workbench.visible import quoted

_Role = Literal["system", "user", "assistant"]
_CHATS: Final[tuple[tuple[_Role, ...], ...]] = (("user", "assistant", "user"), ("system", "user"))
_WORDS: Final = ("zebra", "violin", "harbour")
"""No template writes them."""


def plain_turns(model: Model) -> Iterator[str]:
    """What a judge is to know of it, each the end of a sentence about the model; what is refused once."""
    refused = False
    for roles in _CHATS:
        try:
            chat = model.render([Message(*turn) for turn in zip(roles, _WORDS, strict=False)])
            if not (message := _spelled(model, chat)):
                continue
        except ModelRefusal:  # it knows no such chats
            continue
        try:
            heard = model.render([Message("user", message)])
        except ModelRefusal as refusal:
            if refusal.what == SPELLS_TURNS and not refused:
                refused = True
                yield (
                    f"is told who speaks by plain text, as in {quoted(message)}: a turn that spells it is refused, and"
                    " one that is close to it may be heard as another turn all the same."
                )
            continue
        if heard == chat:
            what = "a system prompt" if roles[0] == "system" else "an answer and the next message"
            yield (
                f"hears {what} as it hears the single message {quoted(message)}, which nothing tells from any other: it"
                " needs no more than to ask, and what it is answered counts as natural."
            )


def _spelled(model: Model, chat: list[int]) -> str:
    """The message of which the template would make the text of a chat; empty if there is none."""
    text, single = model.decode(chat), model.decode(model.render([Message("user", _WORDS[0])]))
    head, _, tail = single.partition(_WORDS[0])
    fits = text.startswith(head) and text.endswith(tail) and len(head) + len(tail) < len(text)
    return text[len(head) : len(text) - len(tail)] if fits else ""
