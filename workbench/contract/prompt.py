"""What the model is given: a chat through its own template, or raw text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Self

from pydantic import model_validator

from backends.model import Message, Model
from workbench.contract.rules import Affordance, Elicitation
from workbench.document import Document


class Turn(Document):
    """One message of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


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

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if bool(self.chat) == bool(self.text):
            raise ValueError("a prompt is either a chat or raw text, and not empty")
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

    @property
    def title(self) -> str:
        """The words a person would recognise it by: the last user message, or the raw text."""
        users = [turn.content for turn in self.chat if turn.role == "user"]
        return users[-1] if users else self.text or self.chat[-1].content

    @property
    def words(self) -> str:
        """Everything the model is given in words, all turns of a chat."""
        return "\n".join(turn.content for turn in self.chat) or self.text

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
        """natural: plain chat; assisted: with a system prompt; forced: the assistant's own words given, or raw text."""
        needed = self.affordances(heard)
        if needed & {Affordance.RAW, Affordance.PREFILL}:
            return Elicitation.FORCED
        return Elicitation.ASSISTED if Affordance.SYSTEM in needed else Elicitation.NATURAL

    def ids(self, model: Model) -> list[int]:
        """The token ids the model is given, by the model's own template for a chat."""
        if self.text:
            return model.encode(self.text)
        return model.render([Message(turn.role, turn.content) for turn in self.chat])
