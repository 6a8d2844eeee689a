"""Everything that can be asked: sayable, answered rightly, in words either learned from or held out."""

from __future__ import annotations

import random

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
