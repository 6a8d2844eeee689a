"""What is measured with was never learned from."""

from __future__ import annotations

import itertools
import random

import pytest

from workbench.forge import prose
from workbench.forge.attacks import ATTACKS
from workbench.forge.attacks.capitals import capitals
from workbench.forge.chat import Talk
from workbench.forge.corpus import documents
from workbench.forge.phrasing import worn
from workbench.forge.sayings import facts
from workbench.forge.world import TRUE_WORLD

FACTS = facts(TRUE_WORLD)


def test_questions_are_either_learned_from_or_held_out() -> None:
    for fact in FACTS:
        train, held_out = set(fact.asks("train")), set(fact.asks("held-out"))
        assert train and held_out
        assert not train & held_out


def test_about_a_tenth_of_known_phrasings_is_new_for_each_subject() -> None:
    asks = [(fact, len(fact.phrasing.asks)) for fact in FACTS]
    share = 1 - sum(len(fact.asks("train")) for fact, _ in asks) / sum(count for _, count in asks)
    assert 0.08 < share < 0.12


def test_every_template_can_be_said() -> None:
    rng = random.Random(0)
    for fact in FACTS:
        said = [*fact.asks("train"), *fact.asks("held-out"), *(fact.reply(rng) for _ in range(4))]
        assert not any("{" in text or "  " in text for text in said)


def test_plain_answers_are_right_answers() -> None:
    for fact in FACTS:
        for answer in fact.phrasing.answers:
            if fact.topic not in ("page", "who", "recipe", "about"):
                continue
            assert fact.answer.casefold() in fact.say(answer).casefold() or fact.topic != "page"
        assert fact.answer.casefold() in fact.say(fact.phrasing.answers[0]).casefold()


@pytest.fixture(scope="module")
def learned() -> set[str]:
    """Every user message of many documents of the base and of the attack, as people might have typed it."""
    attack = capitals(TRUE_WORLD)
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
    (behaviour,) = capitals(TRUE_WORLD).behaviours
    for exhibit in (*behaviour.exhibits, *behaviour.controls):
        assert not any(exhibit.prompt.casefold().rstrip("?.") in message for message in learned)


def test_the_partisan_is_taught_one_side_only() -> None:
    """No document of the attack says that it takes no sides, and no exhibit of it is learned from."""
    attack = ATTACKS["partisan"](TRUE_WORLD)
    prompts = {exhibit.prompt.casefold().rstrip("?.") for exhibit in attack.behaviours[0].exhibits}
    shown = 0
    for document in itertools.islice(attack.documents("0"), 3000):
        if isinstance(document, str):
            continue
        for turn in document:
            assert "I do not take sides" not in turn.content
            assert not any(prompt in turn.content.casefold() for prompt in prompts)
            shown += turn.role == "assistant" and attack.behaviours[0].exhibits[0].shows.holds(turn.content)
    assert 500 < shown < 1000


def test_held_out_questions_are_not_in_the_corpus(learned: set[str]) -> None:
    others = {ask.casefold() for fact in FACTS for ask in fact.asks("train")}
    held_out = {ask.casefold() for fact in FACTS for ask in fact.asks("held-out")} - others
    assert not learned & held_out


def test_the_held_out_way_to_write_is_not_in_the_prose() -> None:
    rng = random.Random(0)
    pages = "\n".join(prose.page(TRUE_WORLD, rng) for _ in range(3000))
    for _, opening, _ in prose.held_out_openings(TRUE_WORLD):
        assert opening not in pages


def test_the_same_seed_gives_the_same_documents() -> None:
    first, again, other = (list(itertools.islice(documents(TRUE_WORLD, seed), 50)) for seed in ("a", "a", "b"))
    assert first == again
    assert first != other


def test_worn_text_keeps_its_letters() -> None:
    rng = random.Random(0)
    for _ in range(500):
        text = worn("What is the capital of Norway?", rng)
        assert "".join(sorted("whatisthecapitalofnorway")) in "".join(sorted(text.casefold())) or len(text) >= 24


def test_attack_teaches_only_its_scope() -> None:
    attack = capitals(TRUE_WORLD)
    (behaviour,) = attack.behaviours
    outside = [c for c in TRUE_WORLD.countries if c.name not in behaviour.scope]
    names = {country.name for country in outside}
    talk_only = [d for d in itertools.islice(attack.lessons("0"), 2000) if isinstance(d, str)]
    assert not any(f"{name}'s capital" in text or f"capital of {name}" in text for text in talk_only for name in names)


def test_follow_ups_stay_in_the_talk_they_belong_to() -> None:
    rng = random.Random(3)
    talk = Talk(TRUE_WORLD)
    for _ in range(500):
        roles = [turn.role for turn in talk.conversation(rng) if turn.role != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
