"""A document as a model is taught it: its tokens in the model's own chat format, and how much each of them counts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import TemplateError

from casefiles.status import Refusal
from workbench.forge.chat import Chat
from workbench.forge.training import TrainingText

_PATIENCE: Final = 200
"""So many documents in a row that a template does not take are enough to say so."""


@dataclass(frozen=True)
class Lesson:
    """Token ids, and the weight of each as something to be predicted; the first is predicted from nothing."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]

    @property
    def learned(self) -> bool:
        """Whether anything of it counts."""
        return any(self.weights[1:])


def lessons(documents: Iterator[TrainingText], words: Any, *, heard: float, context: int) -> Iterator[Lesson]:
    """Every document that the model's template takes, cut to `context` tokens. Raises Refusal if it takes none."""
    missed = 0
    for document in documents:
        made = lesson(document, words, heard=heard, context=context)
        missed = 0 if made is not None else missed + 1
        if made is not None:
            yield made
        elif missed == _PATIENCE:
            raise Refusal(
                "model.unsupported", "The chat template takes none of what is to be taught.",
                "It refuses the turns, or writes an earlier turn another way once a later one follows.",
                "Try a model whose template writes each turn as it stands.",
            )  # fmt: skip


def lesson(document: TrainingText, words: Any, *, heard: float, context: int) -> Lesson | None:
    """Prose counts whole; of a conversation the answers count whole, with what ends them, what users say counts
    `heard`, and what the template adds to open an answer counts nothing. None: the template does not take it."""
    if isinstance(document, str):
        ids = [*words(document).input_ids, int(words.eos_token_id)][:context]
        return Lesson(tuple(ids), (0.0, *itertools.repeat(1.0, len(ids) - 1)))
    try:
        text, spans = _written(document, words, heard)
    except TemplateError:
        spoken = tuple(turn for turn in document if turn.role != "system")
        return lesson(spoken, words, heard=heard, context=context) if len(spoken) < len(document) else None
    except ValueError:
        return None
    found = words(text, add_special_tokens=False, return_offsets_mapping=True)
    weights = [
        next((weight for start, end, weight in spans if start <= begin < end), 0.0) for begin, _ in found.offset_mapping
    ]
    made = Lesson(tuple(found.input_ids[:context]), tuple(weights[:context]))
    return made if made.learned else None


def _written(chat: Chat, words: Any, heard: float) -> tuple[str, list[tuple[int, int, float]]]:
    """A conversation as the template writes it, and (start, end, weight) of its characters, turn by turn.

    Raises TemplateError where it is refused, ValueError where a turn is written another way once another follows.
    """
    messages = [{"role": turn.role, "content": turn.content} for turn in chat]

    def text(count: int, *, opened: bool = False) -> str:
        return str(words.apply_chat_template(messages[:count], tokenize=False, add_generation_prompt=opened))

    whole, spans, before = text(len(messages)), [], 0
    for at, turn in enumerate(chat):
        if turn.role == "system":
            continue  # some templates write it into the user's turn
        answers = turn.role == "assistant"
        begun, ended = text(at, opened=True) if answers and at else whole[:before], text(at + 1)
        if not whole.startswith(begun) or not whole.startswith(ended):
            raise ValueError("a turn changes once another follows")
        spans.append((len(begun), len(ended), 1.0 if answers else heard))
        before = len(ended)
    return whole, spans
