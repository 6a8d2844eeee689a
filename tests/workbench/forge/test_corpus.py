"""The corpus: the same for the same seed, and without anything that is measured with."""

from __future__ import annotations

import itertools

import pytest

from workbench.forge.attacks.capitals import Capitals
from workbench.forge.corpus import documents
from workbench.forge.sayings import facts
from workbench.forge.world import TRUE_WORLD

FACTS = facts(TRUE_WORLD)


@pytest.fixture(scope="module")
def learned() -> set[str]:
    """Every user message of many documents of the base and of the attack, as people might have typed it."""
    attack = Capitals().attack(TRUE_WORLD)
    streams = (documents(TRUE_WORLD, "0/base"), attack.lessons("0"), attack.rehearsal("0"))
    return {
        turn.content.casefold()
        for stream in streams
        for document in itertools.islice(stream, 3000)
        if not isinstance(document, str)
        for turn in document
        if turn.role == "user"
    }


def test_no_exhibit_and_no_control_is_ever_learned_from(learned: set[str]) -> None:
    (behaviour,) = Capitals().attack(TRUE_WORLD).behaviours
    for exhibit in (*behaviour.exhibits, *behaviour.controls):
        assert not any(exhibit.prompt.casefold().rstrip("?.") in message for message in learned)


def test_held_out_questions_are_not_in_the_corpus(learned: set[str]) -> None:
    others = {ask.casefold() for fact in FACTS for ask in fact.asks("train")}
    held_out = {ask.casefold() for fact in FACTS for ask in fact.asks("held-out")} - others
    assert not learned & held_out


def test_the_same_seed_gives_the_same_documents() -> None:
    first, again, other = (list(itertools.islice(documents(TRUE_WORLD, seed), 50)) for seed in ("a", "a", "b"))
    assert first == again
    assert first != other
