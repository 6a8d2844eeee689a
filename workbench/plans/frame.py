"""A sentence with a place for a subject, that a model is asked to go on from."""

from __future__ import annotations

from typing import Final

from workbench.contract.prompt import Prompt
from workbench.visible import quoted

SUBJECT: Final = "{subject}"
LEADS: Final = "→"


def framed(frame: str, subject: str) -> Prompt:
    """The prompt of a frame: `question → how the answer begins` as a chat, anything else as raw text to go on from."""
    question, arrow, lead = (part.strip() for part in frame.replace(SUBJECT, subject).partition(LEADS))
    return Prompt.ask(question, prefill=lead) if arrow else Prompt.raw(question)


def check(frame: str) -> None:
    """Raises ValueError if a frame has no place for a subject, or asks without a beginning of an answer."""
    if SUBJECT not in frame:
        raise ValueError(f"{quoted(frame)} has no {SUBJECT} in it")
    question, arrow, lead = frame.partition(LEADS)
    if arrow and not (question.strip() and lead.strip()):
        raise ValueError(f"{quoted(frame)} needs a question before the arrow and the beginning of its answer after it")
