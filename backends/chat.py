"""A chat template in the sandbox it needs: the template comes with the evidence, and evidence is hostile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from backends.model import Message, ModelRefusal


class ChatTemplate:
    """A model's own Jinja chat template: turns to text.

    Rendered as Hugging Face does (immutable sandbox, `trim_blocks`, `lstrip_blocks`, `raise_exception`, `tojson`,
    the names of special tokens), except that `strftime_now` gives the first of January 2000: a replay must not depend
    on the day it runs.
    """

    def __init__(self, source: str, special_tokens: Mapping[str, str]) -> None:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = _tojson
        environment.globals["raise_exception"] = _raise
        environment.globals["strftime_now"] = lambda form: datetime(2000, 1, 1, tzinfo=UTC).strftime(form)
        self._special_tokens = dict(special_tokens)
        self._render_errors = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
        try:
            self._template = environment.from_string(source)
        except TemplateError as error:
            raise ModelRefusal(
                "model.unreadable",
                "The model's chat template cannot be read.",
                f"Jinja says: {error}.",
                "Use raw text, or ask the judge for a repaired case.",
            ) from error

    def render(self, messages: Sequence[Message]) -> str:
        """Text of a chat. A last message by the assistant is left open: the header of its turn, then its content."""
        if not messages:
            raise ModelRefusal(
                "model.input", "The chat is empty.", "A template needs at least one turn.", "Add a user message."
            )
        prefill = messages[-1].content if messages[-1].role == "assistant" else ""
        turns = messages[:-1] if messages[-1].role == "assistant" else messages
        try:
            text = self._template.render(
                messages=[{"role": turn.role, "content": turn.content} for turn in turns],
                add_generation_prompt=True,
                tools=None,
                documents=None,
                **self._special_tokens,
            )
        except self._render_errors as error:
            raise ModelRefusal(
                "model.input",
                "The model's chat template refuses this chat.",
                f"It says: {error}.",
                "Change the order or the roles of the turns; some templates know no system prompt.",
            ) from error
        return text + prefill


def _raise(message: str) -> None:
    from jinja2 import TemplateError

    raise TemplateError(message)


def _tojson(value: Any, indent: int | None = None) -> str:
    """As JSON, without escaping for HTML."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
