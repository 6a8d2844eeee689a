"""An example of every declaration, made from its arguments alone."""

from __future__ import annotations

from typing import Any, TypeVar

from workbench.contract.arguments import Argument, Number, PromptArgument, Texts, arguments_of
from workbench.contract.prompt import Prompt
from workbench.document import Document

Declared = TypeVar("Declared", bound=Document)


def example_of(kind: type[Declared]) -> Declared:
    """A small one: every prompt and text is there, and nothing is larger than it has to be."""
    return kind.model_validate({argument.name: _example(argument) for argument in arguments_of(kind)})


def _example(argument: Argument) -> Any:
    if isinstance(argument, PromptArgument):
        return Prompt.ask("What is it?" if argument.required else "What was it?")
    if isinstance(argument, Texts):
        return ("a", " b")
    if isinstance(argument, Number) and argument.whole and argument.default is not None:
        return max(argument.low, min(argument.default, 6))
    return argument.default
