"""Ids of a chat: the template's control tokens as such, and what its turns say as text, whatever it spells.

A template is rendered to one text, in which a turn that spells `<|end|><|system|>` looks like the template's own. So it
is rendered again with the words of each turn marked, which shows where they went. The text is encoded as a whole
wherever that gives the template's control tokens and no others; where a turn spells more, the text is cut at the
template's own and each part between them is encoded as plain text. Nothing is taken on trust: an encoding counts only
if its control tokens are those of the same text with the turns' words replaced by a letter. Nor does a turn add what
the template writes between turns as plain text: that reaches the model as another turn, whose class is another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, Self

from backends.chat import ChatTemplate, Stretch
from backends.model import Message, ModelRefusal, TemplateSwitch
from backends.role_marks import RoleMarks, Written

_LETTER: Final = "x"
"""What stands for a turn's words where only the template's control tokens are of interest."""
SPELLS_TURNS: Final = "A turn of the chat spells what the chat template writes between turns."
"""What a refusal says of it."""
_KEPT: Final = 64
"""Ways to tell a template something whose marks are remembered."""


@dataclass(frozen=True)
class Control:
    """A token that steers the model: it ends a turn, or says whose it is."""

    spelling: str
    strips_left: bool = False
    """Whether white space before it belongs to it."""
    strips_right: bool = False
    declared: bool = True
    """Whether the tokenizer itself calls it special; else it is one because the template writes it."""


class Tokenizer(Protocol):
    """What encoding a chat asks of a tokenizer."""

    @property
    def controls(self) -> Mapping[int, Control]:
        """By id."""

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Ids of a text; with `special`, what spells a control token becomes one."""

    def encode_as_text(self, text: str, *, begins: bool) -> list[int]:
        """Ids of a part of a text, none of them a control token; `begins`: the whole text begins with it."""

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, control tokens included."""


@dataclass(frozen=True)
class ChatRenderer:
    """What a model makes of chats: its template, or why there is none that could be used."""

    source: str
    template: ChatTemplate | None
    lacking: ModelRefusal | None
    _marks: dict[tuple[TemplateSwitch, ...], RoleMarks] = field(default_factory=dict, compare=False, repr=False)
    """By what the template is told."""

    @classmethod
    def of(cls, source: str | None, special_tokens: Mapping[str, str], where: str) -> Self:
        """A template that cannot be read costs the chats and not the model. `where`: what would have held one."""
        if not source:
            return cls("", None, _lacking("The model has no chat template.", f"{where} holds none."))
        try:
            source.encode()
            return cls(source, ChatTemplate(source, special_tokens), None)
        except UnicodeEncodeError:
            return cls("", None, _lacking("The model's chat template cannot be read.", "It is not UTF-8."))
        except ModelRefusal as refusal:
            return cls("", None, refusal)

    def ids(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch], tokenizer: Tokenizer) -> list[int]:
        """Ids of a chat. Raises ModelRefusal if it cannot be rendered, or what a turn spells cannot be told from a
        control token or from what stands between turns."""
        if self.template is None:
            assert self.lacking is not None
            raise self.lacking.with_traceback(None)
        told = tuple(switches)
        if told not in self._marks:
            if len(self._marks) >= _KEPT:
                self._marks.clear()
            controls = [control.spelling for control in tokenizer.controls.values()]
            self._marks[told] = RoleMarks.of(self.template, switches, tokenizer, controls)
        return _chat_ids(self.template, messages, switches, tokenizer, self._marks[told])


def _lacking(what: str, why: str) -> ModelRefusal:
    return ModelRefusal("model.unsupported", what, why, "Use raw text.")


def _chat_ids(
    template: ChatTemplate,
    messages: Sequence[Message],
    switches: Sequence[TemplateSwitch],
    tokenizer: Tokenizer,
    marks: RoleMarks,
) -> list[int]:
    words = [str(switch.value) for switch in switches]
    _refuse_spelled([Message("user", word) for word in words], tokenizer)
    _refuse_marks(words, tokenizer, marks)
    text = template.render(messages, switches)
    whole = tokenizer.encode(text, special=True)
    stretches = template.stretches(messages, switches)
    if stretches is None:  # the template looks into the words or changes them, so nobody knows where they went
        _refuse_spelled(messages, tokenizer)
        for message in messages:
            _refuse_marks([message.content], tokenizer, marks, led=message.role == "assistant")
        _refuse_made(Written(text, tokenizer.decode(whole)), template, messages, switches, tokenizer, marks)
        return whole
    plain = [Stretch(_LETTER, said=True) if stretch.said else stretch for stretch in stretches]
    bare = "".join(stretch.text for stretch in plain)
    harmless = tokenizer.encode(bare, special=True)
    meant, ids = _controls(harmless, tokenizer), whole
    if _controls(whole, tokenizer) != meant:
        ids = _apart(stretches, tokenizer)
        if _apart(plain, tokenizer) != harmless or _controls(ids, tokenizer) != meant:
            raise _spelled(
                next(iter(_spellings(whole, tokenizer) - _spellings(harmless, tokenizer)), "a control token")
            )
    if marks.marks:
        chat, alone = Written(text, tokenizer.decode(ids)), Written(bare, tokenizer.decode(harmless))
        if marks.added(chat, alone):
            _refuse_added(chat, alone, _quoting(template, messages, switches, tokenizer), marks)
    return ids


def _refuse_made(
    chat: Written,
    template: ChatTemplate,
    messages: Sequence[Message],
    switches: Sequence[TemplateSwitch],
    tokenizer: Tokenizer,
    marks: RoleMarks,
) -> None:
    """Refuse what becomes a mark by what the template makes of the words, as where it cuts some off; of words that it
    does not take a letter for nobody knows."""
    if not marks.marks:
        return
    try:
        alone = _written(template, [_bare(one) for one in messages], switches, tokenizer)
        quoting = _quoting(template, messages, switches, tokenizer)
    except ModelRefusal:
        return
    _refuse_added(chat, alone, quoting, marks)


def _quoting(
    template: ChatTemplate, messages: Sequence[Message], switches: Sequence[TemplateSwitch], tokenizer: Tokenizer
) -> Written:
    """The same chat with the assistant's words alone: it may have run on into a turn that it wrote itself, and whoever
    puts words into its mouth needs no mark."""
    own = [one if one.role == "assistant" else _bare(one) for one in messages]
    return _written(template, own, switches, tokenizer)


def _bare(message: Message) -> Message:
    return replace(message, content=_LETTER) if message.content.strip() else message


def _written(
    template: ChatTemplate, messages: Sequence[Message], switches: Sequence[TemplateSwitch], tokenizer: Tokenizer
) -> Written:
    text = template.render(messages, switches)
    return Written(text, tokenizer.decode(tokenizer.encode(text)))


def _refuse_added(chat: Written, alone: Written, quoting: Written, marks: RoleMarks) -> None:
    if mark := marks.added(chat, quoting) or marks.added(chat, alone, led=True):
        raise _marked(mark)


def _refuse_marks(texts: Sequence[str], tokenizer: Tokenizer, marks: RoleMarks, *, led: bool = False) -> None:
    """Refuse what spells a mark wherever it stands; `led`: one of those around system turns alone."""
    for text in texts if marks.marks else ():
        if mark := marks.added(Written(text, tokenizer.decode(tokenizer.encode(text))), Written("", ""), led=led):
            raise _marked(mark)


def _controls(ids: Sequence[int], tokenizer: Tokenizer) -> list[int]:
    return [index for index in ids if index in tokenizer.controls]


def _spellings(ids: Sequence[int], tokenizer: Tokenizer) -> set[str]:
    return {tokenizer.controls[index].spelling for index in _controls(ids, tokenizer)}


def _apart(stretches: Sequence[Stretch], tokenizer: Tokenizer) -> list[int]:
    """Ids of a text cut at the control tokens that the template itself writes."""
    known = {control.spelling: index for index, control in tokenizer.controls.items()}
    pattern = re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))) or r"(?!)")
    parts: list[str | int] = [""]
    for stretch in stretches:
        at = 0
        for found in () if stretch.said else pattern.finditer(stretch.text):
            parts[-1] = str(parts[-1]) + stretch.text[at : found.start()]
            parts += [known[found[0]], ""]
            at = found.end()
        parts[-1] = str(parts[-1]) + stretch.text[at:]
    ids: list[int] = []
    for place, part in enumerate(parts):
        if isinstance(part, int):
            ids.append(part)
        elif text := _stripped(part, parts[:place][-1:], parts[place + 1 :][:1], tokenizer.controls):
            ids += tokenizer.encode_as_text(text, begins=place == 0)
    return ids


def _stripped(
    text: str, before: Sequence[str | int], after: Sequence[str | int], controls: Mapping[int, Control]
) -> str:
    """A part without the white space that the control tokens beside it take."""
    if any(isinstance(index, int) and controls[index].strips_right for index in before):
        text = text.lstrip()
    if any(isinstance(index, int) and controls[index].strips_left for index in after):
        text = text.rstrip()
    return text


def _refuse_spelled(messages: Sequence[Message], tokenizer: Tokenizer) -> None:
    for message in messages:
        for index in _controls(tokenizer.encode(message.content, special=True), tokenizer):
            control = tokenizer.controls[index]
            # Templates that look into an assistant's turn do so for a mark that it writes itself, as of its thoughts.
            if control.declared or message.role != "assistant":
                raise _spelled(control.spelling)


def _spelled(what: str) -> ModelRefusal:
    return ModelRefusal(
        "model.input",
        "A turn of the chat spells one of the model's control tokens.",
        f"{what!r} would steer the model instead of being read, and the template of this model leaves no way to tell.",
        "Leave it out of the turn, or spell it otherwise.",
    )


def _marked(what: str) -> ModelRefusal:
    return ModelRefusal(
        "model.input",
        SPELLS_TURNS,
        f"{what!r} is plain text to this model: it would be read as another speaker's turn, or a system prompt.",
        "Say each turn as one, with its role, or all of it as raw text where the rules allow that.",
    )
