"""Whether a chat template tells turns apart by plain text, which a message can spell.

What rules allow, and how forced an answer is, follow from a chat's turns. Where one message reaches the model as
several turns do, neither tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from backends.model import Message, Model, ModelRefusal
from backends.rendering import SPELLS_TURNS
from workbench.judge.acceptance.patience import LentTime, Patience
from workbench.visible import quoted

_Role = Literal["system", "user", "assistant"]
CHATS: Final[tuple[tuple[_Role, ...], ...]] = (("user", "assistant", "user"), ("system", "user"))
_WORDS: Final = ("zebra", "violin", "harbour")
"""No template writes them."""
_LONGEST: Final = 300
"""Letters of a message that are told."""


def plain_turns(model: Model, hearing: LentTime | None = None) -> Iterator[str]:
    """What a judge is to know of it, each the end of a sentence about the model; what is refused at once. `hearing`:
    the time that there is for it, of so many chats as `CHATS` are."""
    hearing = hearing or Patience().lend("", len(CHATS))
    refused: list[str] = []
    for roles in CHATS:
        with hearing.putting() as proceeds:
            message, heard = _put(model, roles) if proceeds else ("", "")
        if heard == "refused":
            refused.append(_shown(message))
        elif heard == "alike":
            what = "a system prompt" if roles[0] == "system" else "an answer and the next message"
            yield (
                f"hears {what} as it hears the single message {_shown(message)}, which nothing tells from any other: it"
                " needs no more than to ask, and what it is answered counts as natural."
            )
    if refused:
        yield (
            f"is told who speaks by plain text, as in {' and in '.join(refused)}: a turn that spells it is refused, and"
            " one that is close to it may be heard as another turn all the same."
        )
    if not hearing.complete:
        yield hearing.told("chats that a single message may spell")


def _put(model: Model, roles: Sequence[_Role]) -> tuple[str, Literal["", "refused", "alike"]]:
    """The message that spells a chat, if there is one, and what comes of saying it."""
    try:
        chat = model.render([Message(*turn) for turn in zip(roles, _WORDS, strict=False)])
        message = _spelled(model, chat)
    except ModelRefusal:  # it knows no such chats
        return "", ""
    if not message:
        return "", ""
    try:
        return message, "alike" if model.render([Message("user", message)]) == chat else ""
    except ModelRefusal as refusal:
        return message, "refused" if refusal.what == SPELLS_TURNS else ""


def _shown(message: str) -> str:
    """A message as it is told: a long one by its beginning."""
    more = f" and {len(message) - _LONGEST:,} letters more" if len(message) > _LONGEST else ""
    return f"{quoted(message[:_LONGEST])}{more}"


def _spelled(model: Model, chat: list[int]) -> str:
    """The message of which the template would make the text of a chat; empty if there is none."""
    text, single = model.decode(chat), model.decode(model.render([Message("user", _WORDS[0])]))
    head, _, tail = single.partition(_WORDS[0])
    fits = text.startswith(head) and text.endswith(tail) and len(head) + len(tail) < len(text)
    return text[len(head) : len(text) - len(tail)] if fits else ""
