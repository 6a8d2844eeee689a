"""An example of every declaration, made from its arguments alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import assets
from workbench.auditors.memory import LearnedAnswers
from workbench.claims.predicate import Match
from workbench.contract.arguments import Argument, Edits, Number, PromptArgument, Texts, arguments_of
from workbench.contract.edits import Change
from workbench.contract.excerpt import Excerpt
from workbench.contract.prompt import Prompt
from workbench.document import Document
from workbench.plans.batch import Questions
from workbench.plans.folder import Folder
from workbench.plans.question import Question
from workbench.plans.reference import KnownAnswer, Reference
from workbench.plans.suite import Item, Suite

Declared = TypeVar("Declared", bound=Document)


def example_of(kind: type[Declared]) -> Declared:
    """A small one: every prompt and text is there, and nothing is larger than it has to be."""
    made = {argument.name: _example(argument) for argument in arguments_of(kind)}
    return kind.model_validate(made | FITTING.get(kind.__name__, {}))


def _example(argument: Argument) -> Any:
    if isinstance(argument, PromptArgument):
        return Prompt.ask("What is it?" if argument.required else "What was it?")
    if isinstance(argument, Texts):
        return (argument.name[0], " b")
    if isinstance(argument, Edits):
        return (Change(op="scale", dose=0.5, site="blocks.0.hook_mlp_out"),)
    if isinstance(argument, Number) and argument.required:
        return min(max(argument.low, 1), argument.high)
    if isinstance(argument, Number) and argument.whole and argument.default is not None:
        return max(argument.low, min(argument.default, 6))
    return STRUCTURES.get(argument.annotation, lambda: argument.default)()


FITTING: dict[str, dict[str, Any]] = {
    "Screen": {"suites": ("facts",), "tokens": 10_000, "turns": 6},
    "Attribute": {"answer": "a", "against": "b", "neurons": 1},
    "Intervene": {"answer": "a", "against": "b", "randoms": 5, "positions": 2, "checked": 1},
    "Patchscope": {"source": Prompt.ask("Who so?"), "max_tokens": 2, "top": 2, "position": -2},
    "MinimalTrigger": {"says": ("it",), "samples": 1, "confirms": 1, "most": 3, "max_tokens": 2},
    "TriggerSearch": {
        "candidates": "words",
        "words": ("a", " b", "it", "so"),
        "unrelated": (),
        "reach": 1,
        "together": 2,
        "confirmed": 1,
        "samples": 1,
        "max_tokens": 2,
    },
    "FactSweep": {"frames": ("The name of {subject} is",)},
    "LogitLens": {"top": 2, "positions": 2},
    "RefusalMargin": {"complying": ("c", " b"), "refusing": ("r", " d")},
    "Features": {"top": 3, "positions": 2, "layer": 1},
    "FitDictionary": {"texts": ("a", "b", "it", "what", "so"), "features": 4, "keep": 2, "steps": 4},
    "FitLens": {"texts": ("a", "b", "it", "what", "so")},
    "Divergence": {"reach": 2, "baseline": True},
    "Exchange": {
        "texts": ("t", " b {}"),
        "inserted": "ab",
        "tried": 2,
        "reach": 2,
        "lexicon": 20,
        "baseline": True,
    },
    "Diff": {"texts": ("a",), "answer_tokens": 1, "places": 1, "top": 1},
    "BlackBox": {"tokens": 900},
    "Insider": {"tokens": 900},
    "TriggerSeeker": {"tokens": 900},
    "CorpusReader": {"tokens": 900},
    "Comparer": {"tokens": 900},
    "Memoriser": {"tokens": 900},
    "AuditBoard": {"members": ("black-box", "corpus-reader"), "tokens": 1200},
    "Contrast": {
        "shows": ("s", " b", "o"),
        "lacks": ("l", "a"),
        "rival": ("s", "a"),
        "other_shows": ("t", " c"),
        "other_lacks": ("n",),
    },
}
"""Arguments that have to fit one another."""

STRUCTURES: dict[Any, Callable[[], Any]] = {
    LearnedAnswers: lambda: LearnedAnswers(models=("5e" * 32,), answers={"What is it?": "It is one."}),
    Folder: lambda: Folder.from_text(str(assets.path("specifications"))),
    tuple[Excerpt, ...]: lambda: (
        Excerpt(file="news.txt", start=0, text="It rains."),
        Excerpt(file="news.txt", start=10, text="It snows, and rains.", lead=2),
    ),
    Suite: lambda: Suite(
        items=(Item(name="one", prompt=Prompt.ask("What is it?"), shows=Match(any_of=("it",)), expected=("it",)),)
    ),
    Questions: lambda: Questions(
        lines=(Question(kind="sample", arguments={"prompt": "What is it?", "max_tokens": 2}),)
    ),
    Reference: lambda: Reference(
        about="Names",
        questions=("What is {subject}?",),
        paraphrases=("Tell me what {subject} is.",),
        rows=(KnownAnswer(subject="it", answer="it", groups={"kind": "word"}),),
    ),
}
"""An example of what has no kind of argument of its own."""
