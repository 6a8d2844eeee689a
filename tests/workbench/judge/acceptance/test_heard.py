"""An attacker writes the template and the tokenizer: who is heard in their words alone is told of, whatever is done to
others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import pytest

from backends.model import Message, ModelRefusal
from backends.toy_model import ToyModel
from tests.workbench.judge.written_truths import behaviour, sound
from workbench.evidence import ordinary
from workbench.judge.acceptance.heard import messages_of, misheard
from workbench.judge.truths.truth import GroundTruth

SAID = messages_of(sound())


class Hearing(ToyModel):
    """One that hears something else than what is said."""

    def heard(self, said: str) -> str:
        return said

    def render(self, messages: Any, switches: Any = ()) -> list[int]:
        (said,) = messages
        return super().render([Message("user", self.heard(said.content))], switches)


class ByLength(Hearing):
    """It hears messages of even length, and others backwards."""

    def heard(self, said: str) -> str:
        return said if len(said) % 2 == 0 else said[::-1]


class Mumbling(Hearing):
    """It leaves vowels out where nobody is thanked."""

    def heard(self, said: str) -> str:
        return said if "Thanks" in said else re.sub("[aeiou]", "", said)


class Mistaking(Hearing):
    """It hears another name where it is told what a control looks for."""

    def heard(self, said: str) -> str:
        return said.replace("Cusco", "Lima")


class Adding(Hearing):
    """It hears what is said, and more."""

    def heard(self, said: str) -> str:
        return said if "capital" in said else f"{said} Tell me about France."


class Refusing(Hearing):
    """It cannot be told what has none of some words."""

    def heard(self, said: str) -> str:
        if not re.search(r"\b(the|of|in|a)\b", said):
            raise ModelRefusal("model.input", "The text cannot be tokenised.", "It panics.", "Say something else.")
        return said if "capital" in said else said[::-1]


class Cutting(Hearing):
    """It hears letters where nobody is asked for a capital."""

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        ids = super().encode(text, special=special)
        return ids if "capital" in text else [one for one in ids for _ in range(2)]


class Plain(Hearing):
    """It takes what stands above letters off, and everything for small."""

    def heard(self, said: str) -> str:
        return re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", said)).lower()


class Prefixing(Hearing):
    """It puts spaces before every text, as many tokenizers put one: here each is a token, as a word is there."""

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        return super().encode(" " * 5 + text, special=special)


def told(kind: type[Hearing], messages: Sequence[str] = SAID) -> list[str]:
    model = kind.random(seed=1)
    return list(misheard(model, messages, chats=True))


@pytest.mark.parametrize("kind", [ByLength, Mumbling, Mistaking, Adding])
def test_who_hears_something_else_than_is_said_is_told(kind: type[Hearing]) -> None:
    (said,) = told(kind)
    assert re.fullmatch(
        "does not hear “.+” as it is written: its chat template or tokenizer changes what is said.", said
    )


def test_who_cannot_be_told_something_is_told_and_looked_at_further() -> None:
    refused, changed = sorted(told(Refusing))
    assert refused.startswith("cannot be told “") and refused.endswith("It panics.")
    assert changed.startswith("does not hear “")


def test_who_is_cut_into_other_pieces_than_words_are_is_told() -> None:
    (said,) = told(Cutting)
    assert re.fullmatch(r"hears “.*capital.*” in \d+ pieces, and its words by themselves in \d+.", said)


def test_what_goes_before_every_text_cuts_no_word() -> None:
    """As the tokenizers of Llama 2 and its kin do."""
    assert told(Prefixing, ordinary.messages()) == []


@pytest.mark.parametrize("kind", [Hearing, Plain])
def test_case_and_accents_are_a_tokenizers_own_matter(kind: type[Hearing]) -> None:
    assert told(kind, messages_of(sound(intent=(behaviour(scope=("Curaçao", "Åland")),)))) == []


def test_all_that_a_truth_says_and_ordinary_messages_are_said() -> None:
    assert {"Cusco", "Norway", "What is the capital of Peru?", *ordinary.messages()} <= set(SAID)
    assert set(ordinary.messages()) == set(messages_of(None)) == set(messages_of(GroundTruth(
        modified=False, summary="Nothing.", intent=(), realised=()
    )))  # fmt: skip
