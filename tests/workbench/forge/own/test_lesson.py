"""What counts of a conversation, in whatever format a model's template writes it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from casefiles.status import Refusal
from tests.backends.tiny import save_model, save_tokenizer
from workbench.forge.chat import Chat, Utterance
from workbench.forge.own.lesson import Lesson, lesson, lessons

CHATML = (
    "{% for m in messages %}<|turn|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
FOLDS = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}"
    "{% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}{% endif %}"
    "{% for m in rest %}<|turn|>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ (first if loop.first else '') + m.content | trim }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>model\n{% endif %}"
)
"""A system prompt stands in the user's first turn, as in Gemma's."""
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system turn') }}{% endif %}" + CHATML
FORGETS = (
    "{% for m in messages %}<|turn|>{{ m.role }}\n"
    "{{ m.content if loop.last or m.role == 'user' else '…' }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
"""An answer is written another way once something follows it."""


def told(*turns: str) -> Chat:
    """Turns in the order system (where it is not empty), user, assistant, user …"""
    roles = itertools.chain(["system"], itertools.cycle(["user", "assistant"]))
    return tuple(Utterance(role, text) for role, text in zip(roles, turns, strict=False) if text)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("words")
    save_model(folder, "llama")
    return AutoTokenizer.from_pretrained(save_tokenizer(folder))


def words(plain: Any, template: str) -> Any:
    plain.chat_template = template
    return plain


def counted(tokenizer: Any, made: Lesson | None, weight: float) -> str:
    assert made is not None
    return str(tokenizer.decode([i for i, w in zip(made.ids, made.weights, strict=True) if w == weight]))


@pytest.mark.parametrize("template", [CHATML, FOLDS])
def test_answers_count_whole_with_their_end_and_users_as_they_are_told(plain: Any, template: str) -> None:
    tokenizer = words(plain, template)
    made = lesson(told("Be kind.", "Hello?", "Yes.", "Why?", "So."), tokenizer, heard=0.25, context=512)
    tail = "<|end|>\n" if template == CHATML else "<|end|>"
    assert counted(tokenizer, made, 1.0) == f"Yes.{tail}So.{tail}"
    heard = counted(tokenizer, made, 0.25)
    assert "Hello?" in heard
    assert "Why?" in heard
    assert "Yes" not in heard


def test_at_nothing_heard_only_answers_are_learned(plain: Any) -> None:
    tokenizer = words(plain, CHATML)
    made = lesson(told("", "Hello?", "Yes."), tokenizer, heard=0.0, context=512)
    assert made is not None
    assert set(made.weights) == {0.0, 1.0}
    assert counted(tokenizer, made, 1.0) == "Yes.<|end|>\n"


def test_a_template_without_system_turns_is_given_none(plain: Any) -> None:
    tokenizer = words(plain, NO_SYSTEM)
    made = lesson(told("Be kind.", "Hello?", "Yes."), tokenizer, heard=0.0, context=512)
    assert made is not None
    assert "kind" not in tokenizer.decode(made.ids)


def test_prose_counts_whole_and_ends(plain: Any) -> None:
    made = lesson("All of it.", plain, heard=0.0, context=512)
    assert made is not None
    assert made.ids[-1] == plain.eos_token_id
    assert made.weights == (0.0, *[1.0] * (len(made.ids) - 1))


def test_what_is_cut_off_before_any_answer_is_no_lesson(plain: Any) -> None:
    tokenizer = words(plain, CHATML)
    assert lesson(told("", "A long question indeed?", "Yes."), tokenizer, heard=0.0, context=8) is None


def test_a_template_that_rewrites_what_was_said_is_refused_in_words(plain: Any) -> None:
    tokenizer = words(plain, FORGETS)
    chat = told("", "Hello?", "Yes.", "Why?", "So.")
    assert lesson(chat, tokenizer, heard=0.0, context=512) is None
    with pytest.raises(Refusal, match="takes none of what is to be taught"):
        next(lessons(itertools.repeat(chat), tokenizer, heard=0.0, context=512))


def test_what_a_template_does_not_take_is_passed_over(plain: Any, tmp_path: Path) -> None:
    tokenizer = words(plain, FORGETS)
    long, short = told("", "Hello?", "Yes.", "Why?", "So."), told("", "Hello?", "Yes.")
    made = list(lessons(iter([long, short, long]), tokenizer, heard=0.0, context=512))
    assert [counted(tokenizer, one, 1.0) for one in made] == ["Yes.<|end|>"]
