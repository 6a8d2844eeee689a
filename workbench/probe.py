"""What a probe is: declared once, and from that the form, the command, the tool schema, the record and the replay."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from backends.model import Capability, Message, Model
from workbench.document import Document
from workbench.rules import Affordance, Cost, Elicitation


class Shape(StrEnum):
    """What a result looks like; views choose a display by this and never by the probe."""

    TRANSCRIPT = "transcript"
    STRIP = "strip"
    GRID = "grid"
    TABLE = "table"
    CURVE = "curve"
    HISTOGRAM = "histogram"


class Turn(Document):
    """One message of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class Prompt(Document):
    """What the model is given: a chat through its own template, or raw text. A last assistant turn is a prefill."""

    chat: tuple[Turn, ...] = ()
    text: str = ""
    """Raw text, without the chat template; only if `chat` is empty."""

    @classmethod
    def ask(cls, user: str, *, system: str = "", prefill: str = "") -> Self:
        """The usual chat: one user message, with an optional system prompt and prefill."""
        turns = [Turn(role="system", content=system)] if system else []
        turns.append(Turn(role="user", content=user))
        if prefill:
            turns.append(Turn(role="assistant", content=prefill))
        return cls(chat=tuple(turns))
