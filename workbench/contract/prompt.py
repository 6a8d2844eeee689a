"""What the model is given: a chat through its own template, whoever's turn is left open in it, or raw text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Self

from pydantic import model_validator

from backends.model import Message, Model, ModelRefusal
from workbench.contract.beginning import common
from workbench.contract.rules import Affordance, Elicitation
from workbench.document import Document


class Turn(Document):
    """One message of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


Speaker = Literal["assistant", "user"]

_GOING_ON: Final = (" x", "\nx")
"""Ways to go on with words, whose tokens stay what they are before white space."""
_BEGINNINGS: Final = ("x", "Y", "7", "é")
"""Ways to begin a turn, no two with the same first token."""

Heard = Callable[[tuple[Turn, ...], str], bool]
"""Whether the organism is on record as having answered some turns with a text."""


def nobody(before: tuple[Turn, ...], text: str) -> bool:
    """Nothing is on record."""
    return False


class Prompt(Document):
    """A chat through the model's own template, or raw text."""

    chat: tuple[Turn, ...] = ()
    """Messages, oldest first; a last assistant turn is a prefill the model continues."""
    text: str = ""
    """Raw text, given without the chat template; only without `chat`."""
    speaker: Speaker = "assistant"
    """Whose turn is drawn. `user`: the chat's last turn, which is the user's, is left open, begun or empty."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if bool(self.chat) == bool(self.text):
            raise ValueError("a prompt is either a chat or raw text, and not empty")
        if self.speaker == "user" and (not self.chat or self.chat[-1].role != "user"):
            raise ValueError("the user speaks only in a chat whose last turn is the user's")
        return self

    @classmethod
    def ask(cls, user: str, *, system: str = "", prefill: str = "") -> Self:
        """The usual chat: one user message, with an optional system prompt and prefill."""
        turns = [Turn(role="system", content=system)] if system else []
        turns.append(Turn(role="user", content=user))
        if prefill:
            turns.append(Turn(role="assistant", content=prefill))
        return cls(chat=tuple(turns))

    @classmethod
    def raw(cls, text: str) -> Self:
        return cls(text=text)

    @classmethod
    def overheard(cls, begun: str = "", *, system: str = "") -> Self:
        """The user's own turn left open, so that the model says what users say to it; `begun`: its first words."""
        return cls(chat=cls.ask(begun, system=system).chat, speaker="user")

    def answered(self, answer: str, say: str = "") -> Prompt:
        """The conversation after an answer of whoever speaks here; `say`: what the user says next, where the assistant
        spoke. Raises ValueError if it is no conversation."""
        if not self.chat:
            raise ValueError("raw text is no conversation that could go on")
        *before, last = self.chat
        if self.speaker == "user":
            return Prompt(chat=(*before, Turn(role="user", content=last.content + answer)))
        said = self.prefill + answer
        turns = before if last.role == "assistant" else self.chat
        return Prompt(chat=(*turns, Turn(role="assistant", content=said), Turn(role="user", content=say)))

    @property
    def title(self) -> str:
        """The words a person would recognise it by: the last user message, or the raw text."""
        if self.speaker == "user":
            begun = self.chat[-1].content
            return f"The user's turn, begun with “{begun}”" if begun else "The user's turn, left open"
        users = [turn.content for turn in self.chat if turn.role == "user"]
        return users[-1] if users else self.text or self.chat[-1].content

    @property
    def words(self) -> str:
        """Everything the model is given in words, all turns of a chat."""
        return "\n".join(turn.content for turn in self.chat) or self.text

    def followed_by(self, text: str) -> Self:
        """The same with a text after it: raw text goes on, as an open turn does; else the text begins the answer."""
        if self.text:
            return self.model_copy(update={"text": self.text + text})
        *turns, last = self.chat
        if last.role != "assistant" and self.speaker != "user":
            return self.model_copy(update={"chat": (*self.chat, Turn(role="assistant", content=text))})
        return self.model_copy(update={"chat": (*turns, last.model_copy(update={"content": last.content + text}))})

    @property
    def prefill(self) -> str:
        return self.chat[-1].content if self.chat and self.chat[-1].role == "assistant" else ""

    def affordances(self, heard: Heard = nobody) -> frozenset[Affordance]:
        """What giving the model this prompt needs. Words put into the assistant's mouth are a prefill wherever they
        stand, for the model goes on from what it seems to have said; an earlier answer of its own, quoted, is none."""
        needed = set()
        if self.text:
            needed.add(Affordance.RAW)
        if any(turn.role == "system" for turn in self.chat):
            needed.add(Affordance.SYSTEM)
        if not all(self._quoted(number, heard) for number, turn in enumerate(self.chat) if turn.role == "assistant"):
            needed.add(Affordance.PREFILL)
        return frozenset(needed)

    def _quoted(self, number: int, heard: Heard) -> bool:
        """Whether a turn of the assistant's is what it answered to the turns before. A last one is left open, and so
        begins an answer."""
        return number < len(self.chat) - 1 and heard(self.chat[:number], self.chat[number].content)

    def elicitation(self, heard: Heard = nobody) -> Elicitation:
        """natural: plain chat; assisted: with a system prompt, or the user's turn left open; forced: the assistant's
        own words given, or raw text."""
        needed = self.affordances(heard)
        if needed & {Affordance.RAW, Affordance.PREFILL}:
            return Elicitation.FORCED
        assisted = Affordance.SYSTEM in needed or self.speaker == "user"
        return Elicitation.ASSISTED if assisted else Elicitation.NATURAL

    def ids(self, model: Model, *, room: int = 0) -> list[int]:
        """The token ids the model is given, by the model's own template for a chat.

        Raises ModelRefusal if the context does not hold them and `room` tokens more.
        """
        if self.text:
            ids = model.encode(self.text)
        elif self.speaker == "user":
            ids = _left_open(model, [Message(turn.role, turn.content) for turn in self.chat])
        else:
            ids = model.render([Message(turn.role, turn.content) for turn in self.chat])
        if len(ids) + room > model.card.context:
            more = f", and at least {room:,} more are to follow" if room else ""
            raise ModelRefusal(
                "model.input",
                "The prompt is too long.",
                f"It has {len(ids):,} tokens{more}; the model's context holds {model.card.context:,}.",
                "Shorten it.",
            )
        return ids


def _left_open(model: Model, turns: list[Message]) -> list[int]:
    """Ids of a chat up to where its last turn, the user's, goes on: what it has in common with the chats in which that
    turn goes on in one way and in another. So the template alone says how a turn begins, on every engine."""
    *before, last = turns
    ways = _GOING_ON if last.content else _BEGINNINGS
    begun = _common(model, [[*before, Message("user", last.content + way)] for way in ways])
    if model.decode(begun).endswith(last.content):
        return begun
    # The last word goes on without a seam, or the template changes words: they are put behind the opening as they are.
    opening = _common(model, [[*before, Message("user", way)] for way in _BEGINNINGS])
    return [*opening, *model.encode(last.content)]


def _common(model: Model, chats: list[list[Message]]) -> list[int]:
    """The ids that all these chats begin with."""
    rendered = [model.render(chat) for chat in chats]
    return rendered[0][: common(rendered)]
