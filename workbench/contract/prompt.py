"""What the model is given: a chat through its own template, whoever's turn is left open in it, or raw text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StrictBool, StrictInt, ValidationInfo, model_validator

from backends.model import Message, Model, ModelRefusal, TemplateSwitch
from workbench.contract.beginning import common
from workbench.contract.rules import Affordance, Elicitation
from workbench.document import RECORDED, Document
from workbench.visible import quoted


class Turn(Document):
    """One message of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class SwitchSetting(Document):
    """Something that the model's chat template is told beside the turns, such as `enable_thinking`."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_]\w{0,63}$")]
    value: StrictBool | StrictInt | Annotated[str, Field(pattern=r"^[\w .,:+-]{0,64}$")]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name=value`: yes and no, a whole number, or a word. Raises ValueError."""
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{quoted(text)} is no NAME=VALUE")
        switched = {"yes": True, "true": True, "no": False, "false": False}.get(value.lower())
        number = int(value) if re.fullmatch(r"-?\d{1,15}", value) else value
        return cls(name=name, value=number if switched is None else switched)

    def __str__(self) -> str:
        said = {True: "yes", False: "no"}[self.value] if isinstance(self.value, bool) else self.value
        return f"{self.name}={said}"


Speaker = Literal["assistant", "user"]

_GOING_ON: Final = (" x", "\nx")
"""Ways to go on with words, whose tokens stay what they are before white space."""
_BEGINNINGS: Final = ("x", "Y", "7", "é")
"""Ways to begin a turn, no two with the same first token."""

_OTHERS: Final = ("\n", ".\n", ".", "x")
"""Texts to put before one, that most tokenizers do not merge with it."""

Heard = Callable[["Prompt", str], bool]
"""Whether the organism is on record as having answered a chat with a text."""


def nobody(before: Prompt, text: str) -> bool:
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
    begin: bool = True
    """Whether raw text begins with the token that the tokenizer puts before every text, where it has one. Records from
    before this could be said mean that it does not."""
    switches: tuple[SwitchSetting, ...] = Field((), max_length=16)
    """What the chat template is told beside the turns, such as enable_thinking."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if bool(self.chat) == bool(self.text):
            raise ValueError("a prompt is either a chat or raw text, and not empty")
        if self.speaker == "user" and (not self.chat or self.chat[-1].role != "user"):
            raise ValueError("the user speaks only in a chat whose last turn is the user's")
        if self.chat and not self.begin:
            raise ValueError("only raw text can go without its beginning; a template writes the one of a chat")
        if self.text and self.switches:
            raise ValueError("switches are for the template of a chat, and raw text has none")
        if len({switch.name for switch in self.switches}) < len(self.switches):
            raise ValueError("a switch is set twice")
        return self

    @model_validator(mode="after")
    def _as_recorded(self, info: ValidationInfo) -> Self:
        if info.context == RECORDED and self.text and "begin" not in self.model_fields_set:
            self.__dict__["begin"] = False
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
    def raw(cls, text: str, *, begin: bool = True) -> Self:
        return cls(text=text, begin=begin)

    @classmethod
    def overheard(cls, begun: str = "", *, system: str = "") -> Self:
        """The user's own turn left open, so that the model says what users say to it; `begun`: its first words."""
        return cls(chat=cls.ask(begun, system=system).chat, speaker="user")

    @property
    def form(self) -> str:
        """All of it but its words: who says them and in how many lines, who speaks next, and what the template is told
        beside."""
        if self.text:
            return "text" if self.begin else "text without beginning"
        told = (f"{one.name}={one.value!r}" for one in sorted(self.switches, key=lambda one: one.name))
        lines = ((turn.role, turn.content.count("\n") + 1) for turn in self.chat)
        turns = (f"{role} of {many}" if many > 1 else role for role, many in lines)
        return " ".join((*turns, "→", self.speaker, *told))

    def answered(self, answer: str, say: str = "") -> Prompt:
        """The conversation after an answer of whoever speaks here; `say`: what the user says next, where the assistant
        spoke. Raises ValueError if it is no conversation."""
        if not self.chat:
            raise ValueError("raw text is no conversation that could go on")
        *before, last = self.chat
        if self.speaker == "user":
            return self.model_copy(
                update={"chat": (*before, Turn(role="user", content=last.content + answer)), "speaker": "assistant"}
            )
        said = self.prefill + answer
        turns = before if last.role == "assistant" else self.chat
        chat = (*turns, Turn(role="assistant", content=said), Turn(role="user", content=say))
        return self.model_copy(update={"chat": chat})

    @property
    def title(self) -> str:
        """The words a person would recognise it by: the last user message, or the raw text."""
        if self.speaker == "user":
            begun = self.chat[-1].content
            return f"The user's turn, begun with {quoted(begun)}" if begun else "The user's turn, left open"
        users = [turn.content for turn in self.chat if turn.role == "user"]
        return users[-1] if users else self.text or self.chat[-1].content

    def about(self, question: str) -> Self:
        """The same with another question: in place of the last user message, or of the raw text."""
        if self.text:
            return self.model_copy(update={"text": question})
        last = max((number for number, turn in enumerate(self.chat) if turn.role == "user"), default=len(self.chat))
        asked = Turn(role="user", content=question)
        return self.model_copy(update={"chat": (*self.chat[:last], asked, *self.chat[last + 1 :])})

    @property
    def words(self) -> str:
        """Everything the model is given in words: all turns of a chat, after what its template is told."""
        return "\n".join(self.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """The same one by one."""
        told = (one.value for one in self.switches if isinstance(one.value, str))
        return (*told, *(turn.content for turn in self.chat)) if self.chat else (self.text,)

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

    @property
    def _begun(self) -> frozenset[int]:
        """The numbers of the user's turns whose words an open turn goes on from: its own, and what else the user has
        said that nobody answered."""
        if self.speaker != "user":
            return frozenset()
        answered = max((number for number, turn in enumerate(self.chat) if turn.role == "assistant"), default=-1)
        users = ((number, turn) for number, turn in enumerate(self.chat) if turn.role == "user")
        return frozenset(number for number, turn in users if number > answered and turn.content)

    @property
    def completes(self) -> bool:
        """Whether the model goes on from words that are nobody's message: raw text, or a user's turn that was begun."""
        return bool(self.text or self._begun)

    def left_open(self) -> Prompt:
        """The same without words that the user's turn goes on from."""
        chat = (turn.model_copy(update={"content": ""}) if number in self._begun else turn
                for number, turn in enumerate(self.chat))  # fmt: skip
        return self.model_copy(update={"chat": tuple(chat)}) if self._begun else self

    def affordances(self, heard: Heard = nobody) -> frozenset[Affordance]:
        """What giving the model this prompt needs. Words put into the assistant's mouth are a prefill wherever they
        stand, for the model goes on from what it seems to have said; an earlier answer of its own, quoted, is none.
        A user's turn that is begun is a completion like raw text: its words may be any, and end anywhere."""
        needed = set()
        if self.completes:
            needed.add(Affordance.RAW)
        if self.switches or any(turn.role == "system" for turn in self.chat):
            needed.add(Affordance.SYSTEM)  # whatever a template is told, it may write a system prompt because of it
        if not all(self._quoted(number, heard) for number, turn in enumerate(self.chat) if turn.role == "assistant"):
            needed.add(Affordance.PREFILL)
        return frozenset(needed)

    def _quoted(self, number: int, heard: Heard) -> bool:
        """Whether a turn of the assistant's is what it answered to the turns before, its template told the same. A last
        one is left open, and so begins an answer."""
        if number == len(self.chat) - 1:
            return False
        before = self.model_copy(update={"chat": self.chat[:number], "speaker": "assistant"})
        return heard(before, self.chat[number].content)

    def elicitation(self, heard: Heard = nobody) -> Elicitation:
        """natural: plain chat; assisted: with a system prompt or a switch of the template's, or the user's turn left
        open from its beginning; forced: the assistant's own words given, the user's turn begun, or raw text."""
        needed = self.affordances(heard)
        if needed & {Affordance.RAW, Affordance.PREFILL}:
            return Elicitation.FORCED
        assisted = Affordance.SYSTEM in needed or self.speaker == "user"
        return Elicitation.ASSISTED if assisted else Elicitation.NATURAL

    def ids(self, model: Model, *, room: int = 0) -> list[int]:
        """The token ids the model is given, by the model's own template for a chat.

        Raises ModelRefusal if the context does not hold them and `room` tokens more.
        """
        ids = self.encoded(model)
        if len(ids) + room > model.card.context:
            more = f", and at least {room:,} more are to follow" if room else ""
            raise ModelRefusal(
                "model.input",
                "The prompt is too long.",
                f"It has {len(ids):,} tokens{more}; the model's context holds {model.card.context:,}.",
                "Shorten it.",
            )
        return ids

    def encoded(self, model: Model) -> list[int]:
        """The same ids, whether the context holds them or not."""
        if self.text:
            return [*(model.card.begin_tokens if self.begin else ()), *model.encode(self.text)]
        turns = [Message(turn.role, turn.content) for turn in self.chat]
        switches = [TemplateSwitch(switch.name, switch.value) for switch in self.switches]
        return _left_open(model, turns, switches) if self.speaker == "user" else model.render(turns, switches)


def _left_open(model: Model, turns: list[Message], switches: Sequence[TemplateSwitch]) -> list[int]:
    """Ids of a chat up to where its last turn, the user's, goes on: what it has in common with the chats in which that
    turn goes on in one way and in another. So the template alone says how a turn begins, on every engine."""
    *before, last = turns
    ways = _GOING_ON if last.content else _BEGINNINGS
    begun = _common(model, [[*before, Message("user", last.content + way)] for way in ways], switches)
    if model.decode(begun).endswith(last.content):
        return begun
    # The last word goes on without a seam, or the template changes words: they are put behind the opening as they are.
    opening = _common(model, [[*before, Message("user", way)] for way in _BEGINNINGS], switches)
    return [*opening, *ids_within(model, last.content)]


def _common(model: Model, chats: list[list[Message]], switches: Sequence[TemplateSwitch]) -> list[int]:
    """The ids that all these chats begin with."""
    rendered = [model.render(chat, switches) for chat in chats]
    return rendered[0][: common(rendered)]


def ids_within(model: Model, text: str) -> list[int]:
    """Ids of a text that stands after another one: without the space that some tokenizers (SentencePiece's dummy
    prefix) put before every text, wherever it can be told apart from what is before it."""
    alone = model.encode(text)
    if model.decode(alone) == text:
        return alone
    for other in _OTHERS:
        before, both = model.encode(other), model.encode(other + text)
        if both[: len(before)] == before and model.decode(both[len(before) :]) == text:
            return both[len(before) :]
    return alone
