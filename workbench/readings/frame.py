"""A prompt that many texts are put into, one after the other."""

from __future__ import annotations

from workbench.contract.prompt import Prompt


def filled(frame: Prompt, text: str) -> Prompt:
    """A prompt with the text in place of every “{}”; in one that has none, after its last words."""
    if frame.text:
        return frame.model_copy(update={"text": _put(frame.text, text, alone="{}" not in frame.text)})
    alone = not any("{}" in turn.content for turn in frame.chat)
    last = len(frame.chat) - 1
    chat = tuple(
        turn.model_copy(update={"content": _put(turn.content, text, alone=alone and number == last)})
        for number, turn in enumerate(frame.chat)
    )
    return frame.model_copy(update={"chat": chat})


def _put(words: str, text: str, *, alone: bool) -> str:
    return f"{words} {text}" if alone else words.replace("{}", text)
