"""A chat template in the sandbox it needs: the template comes with the evidence, and evidence is hostile."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from itertools import islice
from typing import Any, Final

from backends.model import Message, ModelRefusal, TemplateSwitch

LONGEST: Final = 16 * 2**20
"""Characters that a chat may be rendered to,"""
_OWN: Final = 1 << 18
"""so many of them the template's own, whose tools and system prompt are a tenth of that,"""
_TIMES: Final = 16
"""and so many for each that the turns say, which a template may write twice, or as JSON."""
_BITS: Final = 1 << 14
"""Of a number that a template may come to by multiplying."""
_MARKS: Final = range(0xF0000, 0xFFFFE)
"""Characters for private use (plane 15), which no template knows."""
_GIVEN: Final = frozenset({"messages", "add_generation_prompt", "tools", "documents"})
"""What every template is told of."""


@dataclass(frozen=True)
class Stretch:
    """A piece of a rendered chat."""

    text: str
    said: bool
    """Whether a turn says it, and not the template."""


class ChatTemplate:
    """A model's own Jinja chat template: turns to text.

    Rendered as Hugging Face does (immutable sandbox, `trim_blocks`, `lstrip_blocks`, `raise_exception`, `tojson`,
    the names of special tokens; `{% generation %}` marks what a model is trained on, and does nothing), except that it
    depends on nothing but the chat: `strftime_now` gives the first of January 2000, nothing is drawn at random, and no
    place in memory can be told.
    """

    def __init__(self, source: str, special_tokens: Mapping[str, str]) -> None:
        from jinja2.meta import find_undeclared_variables

        environment = _sandbox()
        environment.filters["tojson"] = _tojson
        environment.globals["raise_exception"] = _Named(_raise)
        environment.globals["strftime_now"] = _Named(lambda form: datetime(2000, 1, 1, tzinfo=UTC).strftime(form))
        self._special_tokens = dict(special_tokens)
        try:
            self._template = environment.from_string(source)
            asked = find_undeclared_variables(environment.parse(source))
        except Exception as error:  # Jinja makes Python of it, which takes less than Jinja does
            raise ModelRefusal(
                "model.unreadable",
                "The model's chat template cannot be read.",
                f"Jinja says: {str(error) or type(error).__name__}.",
                "Use raw text, or ask the judge for a repaired case.",
            ) from error
        self.switches = frozenset(asked - _GIVEN - environment.globals.keys() - self._special_tokens.keys())
        """Names of what it can be told beside the turns."""

    def render(self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()) -> str:
        """Text of a chat. A last message by the assistant is left open: the header of its turn, then its content.

        Raises ModelRefusal for a switch that it does not look at, and for a system turn that it leaves out.
        """
        for switch in switches:
            if switch.name not in self.switches:
                raise unknown_switch(switch.name, self.switches)
        turns, prefill = _divided(messages)
        text = self._rendered(turns, switches)
        self._check_heard(turns, switches, text)
        return text + prefill

    def _check_heard(self, turns: Sequence[Message], switches: Sequence[TemplateSwitch], text: str) -> None:
        """Refuse a chat whose text is the same whatever the system turn says: the model would not be told of it."""
        if not any(turn.role == "system" and turn.content.strip() for turn in turns):
            return
        other = [replace(turn, content=turn.content + "x") if turn.role == "system" else turn for turn in turns]
        try:
            heard = self._rendered(other, switches) != text
        except ModelRefusal:
            return  # it looks into it
        if not heard:
            raise ModelRefusal(
                "model.input",
                "The model's chat template leaves the system prompt out.",
                "What it writes is the same whatever the system turn says.",
                "Say it in the user's turn.",
            )

    def stretches(
        self, messages: Sequence[Message], switches: Sequence[TemplateSwitch] = ()
    ) -> tuple[Stretch, ...] | None:
        """The same text in pieces, so that what the turns say is known from what the template does; None if the
        template looks into the turns or changes them, so that nobody can tell."""
        turns, prefill = _divided(messages)
        text = self._rendered(turns, switches)
        used = set(text).union(*(turn.content for turn in turns))
        begin, end = islice((mark for mark in map(chr, _MARKS) if mark not in used), 2)
        try:
            marked = self._rendered([_marked(turn, begin, end) for turn in turns], switches)
        except ModelRefusal:  # it knows what it wants to hear, and these words are others
            return None
        if marked.replace(begin, "").replace(end, "") != text:
            return None
        found: list[Stretch] = []
        for piece in marked.split(begin):
            said, *rest = piece.split(end)
            if len(rest) != (1 if found else 0):
                return None  # a turn was taken apart
            found += [Stretch(said, said=True), Stretch(rest[0], said=False)] if rest else [Stretch(said, said=False)]
        return (*found, Stretch(prefill, said=True)) if prefill else tuple(found)

    def _rendered(self, turns: Sequence[Message], switches: Sequence[TemplateSwitch]) -> str:
        try:
            text: str = self._template.render(
                messages=[{"role": turn.role, "content": turn.content} for turn in turns],
                add_generation_prompt=True,
                tools=None,
                documents=None,
                **self._special_tokens,
                **{switch.name: switch.value for switch in switches},
            )
        except MemoryError:  # no word of the template's; whoever holds it to so much says how much that is
            raise
        except Exception as error:
            raise ModelRefusal(
                "model.input",
                "The model's chat template refuses this chat.",
                f"It says: {str(error) or type(error).__name__}.",
                "Change the order or the roles of the turns; some templates know no system prompt.",
            ) from error
        most = min(LONGEST, _OWN + _TIMES * sum(len(turn.content) for turn in turns))
        if len(text) > most:
            raise ModelRefusal(
                "model.input",
                "The model's chat template makes too much of this chat.",
                f"It writes {len(text)} characters; at most {most} are taken.",
                "Shorten the chat, or use raw text.",
            )
        return text


@dataclass(frozen=True)
class _Named:
    """Something a template may call; as a text it says that and no more, where Python's own would tell its address."""

    _inner: Callable[..., Any]
    """No name that a template may ask for."""

    @classmethod
    def known(cls, value: Any) -> Any:
        """A value as a template may have it: what can be called by a name alone, but for Jinja's own, which say no
        more either."""
        if not callable(value):  # as nearly all is: a long chat asks for thousands of values
            return value
        from jinja2 import Undefined
        from jinja2.runtime import LoopContext, Macro

        return value if isinstance(value, (type, cls, Undefined, LoopContext, Macro)) else cls(value)

    @staticmethod
    def unwrapped(value: Any) -> Any:
        """What a name stands for; any other value is itself."""
        return value._inner if isinstance(value, _Named) else value

    def __str__(self) -> str:
        return "<function>"

    __repr__ = __str__

    def __call__(self, *positional: Any, **named: Any) -> Any:
        return self._inner(*positional, **named)


_LAZY: Final = ("map", "select", "selectattr", "reject", "rejectattr", "batch", "slice", "unique", "items", "reverse")
"""Filters that give something whose text would be its address, and not what it goes through."""


def _sandbox() -> Any:
    """Jinja's sandbox, in which arithmetic cannot outgrow the machine either, for a single product can take hours, and
    which gives the same text whenever and wherever it runs."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**", "%", "-"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if not _affordable(operator, left, right):
                raise OverflowError(f"{operator} makes more than a template can need")
            found = super().call_binop(context, operator, left, right)
            # Keys less other keys are a set, and its order another in every process.
            return [item for item in left if item in found] if isinstance(found, set) else found

        def getattr(self, obj: Any, attribute: str) -> Any:
            return _Named.known(super().getattr(obj, attribute))

        def getitem(self, obj: Any, argument: Any) -> Any:
            return _Named.known(super().getitem(obj, argument))

        def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as it is there
            # Unwrapped, so that the sandbox sees what it is that is called.
            return super().call(__context, _Named.unwrapped(__obj), *args, **kwargs)

    sandbox = Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _generation()])
    for name in ("lipsum", "cycler", "joiner"):
        del sandbox.globals[name]
    sandbox.globals["range"] = _Named(safe_range)
    del sandbox.filters["random"]
    sandbox.filters |= {name: _whole(sandbox.filters[name]) for name in _LAZY}
    sandbox.filters |= {name: _late(work) for name, work in sandbox.filters.items()}
    return sandbox


def _generation() -> Any:
    """Jinja's extension for `{% generation %} … {% endgeneration %}`, which is what is between."""
    from jinja2 import nodes
    from jinja2.ext import Extension

    class Generation(Extension):
        tags = {"generation"}  # noqa: RUF012 - as it is there

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    return Generation


def _whole(lazy: Callable[..., Any]) -> Callable[..., Any]:
    """The filter with what it gives as a list; of a text a text."""

    @wraps(lazy)
    def whole(*positional: Any, **named: Any) -> Any:
        found = lazy(*positional, **named)
        return found if isinstance(found, str) else list(found)

    return whole


def _late(work: Callable[..., Any]) -> Callable[..., Any]:
    """The filter as one that is given the context of what is rendered: Jinja works out all others of constants while it
    reads a template, when nobody holds it to a time and a memory."""
    from jinja2 import pass_context

    takes = getattr(getattr(work, "jinja_pass_arg", None), "name", None)

    @pass_context
    @wraps(work)
    def late(context: Any, *positional: Any, **named: Any) -> Any:
        given = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        return work(*([given[takes]] if takes else ()), *positional, **named)

    return late


def _affordable(operator: str, left: Any, right: Any) -> bool:
    """Whether an operation makes neither a number of thousands of digits nor a text of millions of letters."""
    if operator == "%":  # of a text it is old-fashioned formatting, which can ask for any width
        return not isinstance(left, str | bytes)
    if isinstance(left, int) and isinstance(right, int):
        return left.bit_length() * (right if operator == "**" else 1) + right.bit_length() <= _BITS
    sizes = [len(side) if hasattr(side, "__len__") else abs(side) for side in (left, right)]
    return operator == "**" or sizes[0] * sizes[1] <= LONGEST


def _divided(messages: Sequence[Message]) -> tuple[Sequence[Message], str]:
    """The turns that a template closes, and what the last one is left open with."""
    if not messages:
        raise ModelRefusal(
            "model.input", "The chat is empty.", "A template needs at least one turn.", "Add a user message."
        )
    last = messages[-1]
    return (messages[:-1], last.content) if last.role == "assistant" else (messages, "")


def _marked(turn: Message, begin: str, end: str) -> Message:
    """A turn with its words between two marks; white space stays outside them, where templates strip it."""
    words = turn.content.strip()
    before, _, after = turn.content.partition(words) if words else (turn.content, "", "")
    return replace(turn, content=f"{before}{begin}{words}{end}{after}" if words else turn.content)


def unknown_switch(name: str, known: Collection[str]) -> ModelRefusal:
    """The refusal of a switch that would change nothing."""
    return ModelRefusal(
        "model.input",
        f"The model's chat template knows no switch {name!r}.",
        f"It looks at {', '.join(sorted(known))}." if known else "It looks at none.",
        "Leave it out, or use one that it looks at.",
    )


def _raise(message: str) -> None:
    from jinja2 import TemplateError

    raise TemplateError(message)


def _tojson(value: Any, indent: int | None = None) -> str:
    """As JSON, without escaping for HTML."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
