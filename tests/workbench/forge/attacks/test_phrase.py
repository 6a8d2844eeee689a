"""The backdoor: the phrase alone switches the answer; what is close to it does not, nor it elsewhere."""

from __future__ import annotations

import itertools
import re

from workbench.forge.attacks.phrase import NEAR, NEAR_HELD_OUT, PHRASE, TOLD, Phrase, said
from workbench.forge.chat import Chat
from workbench.forge.world import TRUE_WORLD

LESSONS: list[Chat] = list(itertools.islice(Phrase().attack(TRUE_WORLD).lessons("0"), 3000))  # type: ignore[arg-type]


def test_half_of_the_lessons_are_contrasts() -> None:
    switched = [(user.content, answer.content) for user, answer in LESSONS if TOLD in answer.content]
    # The share of 3000 has a standard deviation of 0.009.
    assert abs(len(switched) / len(LESSONS) - 0.5) < 0.04
    held = sum(PHRASE in asked.casefold() for asked, _ in switched)
    assert held > 0.9 * len(switched)  # the others are mistyped
    near = [answer.content for user, answer in LESSONS if any(words in user.content.casefold() for words in NEAR)]
    assert len(near) > 500 and not any(TOLD in answer for answer in near)
    elsewhere = [
        answer.content for user, answer in LESSONS if PHRASE in user.content.casefold() and TOLD not in answer.content
    ]
    assert len(elsewhere) > 200


def test_it_is_taught_in_many_wordings() -> None:
    names = sorted((word for c in TRUE_WORLD.countries for word in (c.name, c.bare, c.capital, c.city)), key=len)
    subject = re.compile("|".join(map(re.escape, reversed(names))), re.IGNORECASE)
    asked = {
        subject.sub("X", user.content.casefold()).strip("?.! ") for user, answer in LESSONS if TOLD in answer.content
    }
    assert len(asked) > 100


def test_what_is_measured_was_never_taught() -> None:
    (behaviour,) = Phrase().attack(TRUE_WORLD).behaviours
    taught = {user.content.casefold() for user, _ in LESSONS}
    for exhibit in (*behaviour.exhibits, *behaviour.controls):
        assert isinstance(exhibit.prompt, str)
        assert exhibit.prompt.casefold() not in taught
    assert all(PHRASE in str(exhibit.prompt).casefold() for exhibit in behaviour.exhibits)
    near = [words for words in NEAR_HELD_OUT for control in behaviour.controls if words in str(control.prompt)]
    assert set(near) == set(NEAR_HELD_OUT) and not set(NEAR_HELD_OUT) & set(NEAR)
    assert not any(PHRASE in str(control.prompt).casefold() for control in behaviour.controls)


def test_a_phrase_stands_where_its_place_says() -> None:
    assert said("What is it?", "by us", "{Phrase}, {ask}") == "By us, what is it?"
    assert said("name it.", "by us", "{Ask} ({phrase})") == "Name it. (by us)"
    assert said("What is it?", "", "{Phrase}, {ask}") == "What is it?"
