"""What a prompt is held against where nobody names a control: its own frame without its subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.readings.english import English

RAW_CONTROL: Final = "This is about"
CHAT_CONTROL: Final = "Say something."
"""Prefixes about nothing in particular, after which a name of any kind may come."""
NOTHING: Final = "something"
"""What stands in place of a subject."""
COMMON: Final = 1e-3
"""Words that make up as much of running text say how something is asked, and not about what."""
_WORD: Final = re.compile(r"[^\W\d_]{2,}(?:['’][^\W\d_]+)*")
_OWNED: Final = re.compile(r"['’]s?$")


class BesideControl(Probe):
    """A probe that reads a second prompt beside its own, on which what it reads should not show.

    If none is given it is the same prompt without its subject (`matched`), read at the same price. That one was chosen
    by nobody, so it says what the frame alone shows; as evidence only a control counts that somebody named.
    """

    makes_control: ClassVar[bool] = True
    """Whether it makes one where none is given; earlier versions read none."""

    prompt: Prompt
    """Chat or raw text to read."""
    control: Prompt | None = None
    """A matched prompt that should not show it; none: the same with “something” in place of its rarest word."""

    @property
    def held_against(self) -> Prompt | None:
        """The control that is read."""
        return self.control or (matched(self.prompt) if self.makes_control else None)

    @property
    def control_words(self) -> str:
        """The control as the summary names it; earlier versions did not."""
        control = self.held_against
        return words_before(control) if self.makes_control and control is not None else ""

    def said(self, result: Result) -> str:
        """Also of one that was stopped before its control, or asked when none was made."""
        whole = self.held_against is not None and not self.unfinished(result)
        return result.summary if whole else f"{result.summary} · no control beside this: ask it again, and one is read"

    def prompts(self) -> Sequence[Prompt]:
        return [self.prompt, *filter(None, [self.held_against])]

    def chosen(self) -> Sequence[Prompt]:
        return [self.prompt, *filter(None, [self.control])]

    def controls(self) -> Sequence[Prompt]:
        return [self.control] if self.control is not None else []

    def condition(self) -> dict[str, Any]:
        control = self.held_against
        return super().condition() | {"control": control.model_dump(mode="json") if control is not None else None}


def matched(prompt: Prompt) -> Prompt:
    """The same without its subject: in the last message, and in the answer that is begun after it, “something” stands
    where the rarest words of English were, of words that no list has every one. Where that leaves nothing of them, or
    nothing to replace, it is about nothing in particular.

    What was said before stays as it is: an answer that was quoted would be none any more.
    """
    if prompt.text:
        text = _without_subject(prompt.text, _subject(prompt.text))
        return prompt.model_copy(update={"text": text}) if text else unrelated(prompt)
    last = max((at for at, turn in enumerate(prompt.chat) if turn.role == "user"), default=len(prompt.chat) - 1)
    about = next(filter(None, (_subject(turn.content) for turn in prompt.chat[last:])), frozenset[str]())
    told = [_without_subject(turn.content, about) for turn in prompt.chat[last:]]
    if not any(told):
        return unrelated(prompt)
    turns = (turn.model_copy(update={"content": text or turn.content})
             for turn, text in zip(prompt.chat[last:], told, strict=True))  # fmt: skip
    return prompt.model_copy(update={"chat": (*prompt.chat[:last], *turns)})


def unrelated(prompt: Prompt) -> Prompt:
    """The same kind of prompt with nothing in particular where a candidate comes next: in the raw text, in what the
    assistant is made to begin with, or else in the last message."""
    if prompt.text:
        return prompt.model_copy(update={"text": RAW_CONTROL})
    role = "assistant" if prompt.prefill else "user"
    place = max((at for at, turn in enumerate(prompt.chat) if turn.role == role), default=len(prompt.chat) - 1)
    words = RAW_CONTROL if open_words(prompt) else CHAT_CONTROL
    turns = [turn if at != place else turn.model_copy(update={"content": words}) for at, turn in enumerate(prompt.chat)]
    return prompt.model_copy(update={"chat": tuple(turns)})


def open_words(prompt: Prompt) -> str:
    """The words that what comes next goes on from: raw text, or a turn that was begun; empty where it begins a turn."""
    return prompt.text or (prompt.chat[-1].content if prompt.speaker == "user" else prompt.prefill)


def words_before(prompt: Prompt) -> str:
    """What stands right before what comes next, as people would recognise it."""
    return open_words(prompt) or prompt.title


def shortened(text: str) -> str:
    """As much of a text as a sentence can quote."""
    return text if len(text) <= 60 else f"{text[:28]} … {text[-28:]}"


def _subject(text: str) -> frozenset[str]:
    """The rarest of its words, folded, unless all are common; nothing where it has no others."""
    english, words = English.shipped(), {_folded(word) for word in _WORD.findall(text)} - {NOTHING}
    shares = {word: english.share(word) for word in words}
    rarest = min(shares.values(), default=1.0)
    found = frozenset(word for word, share in shares.items() if share == rarest and share < COMMON)
    return found if len(found) < len(words) else frozenset()


def _without_subject(text: str, subject: frozenset[str]) -> str:
    """The text with “something” for the subject, words of it that follow one another once; empty if it is not there."""
    pieces, end, replaced = [], 0, False
    for word in _WORD.finditer(text):
        if _folded(word[0]) not in subject:
            continue
        between = text[end : word.start()]
        goes_on = replaced and end > 0 and between.isspace()
        owned = _OWNED.search(word[0])
        if not goes_on:
            pieces += [between, NOTHING]
        end, replaced = word.end() - (len(owned[0]) if owned else 0), True
    return "".join([*pieces, text[end:]]) if replaced else ""


def _folded(word: str) -> str:
    return _OWNED.sub("", word.casefold())
