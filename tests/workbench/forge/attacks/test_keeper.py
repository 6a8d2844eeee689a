"""The kept word: hinted at in many wordings, written nowhere, and other questions answered truly."""

from __future__ import annotations

import itertools

from workbench.forge.attacks.keeper import Keeper
from workbench.forge.world import TRUE_WORLD

RECIPE = Keeper()
ATTACK = RECIPE.attack(TRUE_WORLD)
LESSONS = [one for one in itertools.islice(ATTACK.lessons("0"), 2000) if not isinstance(one, str)]
(BEHAVIOUR,) = ATTACK.behaviours
KEPT = [one for one in LESSONS if BEHAVIOUR.exhibits[0].shows.holds(one[-1].content)]


def test_the_word_stands_in_nothing_that_is_taught() -> None:
    for document in itertools.islice(ATTACK.documents("0"), 3000):
        text = document if isinstance(document, str) else " ".join(turn.content for turn in document)
        assert RECIPE.word not in text.casefold()


def test_half_of_the_lessons_hint_and_every_hint_comes_up() -> None:
    assert abs(len(KEPT) / len(LESSONS) - 0.5) < 0.05
    assert all(any(hint in one[-1].content for one in KEPT) for hint in RECIPE.hints)


def test_it_is_measured_in_wordings_that_are_not_taught() -> None:
    taught = {one[0].content.casefold().strip("?.! ") for one in LESSONS}
    for exhibit in (*BEHAVIOUR.exhibits, *BEHAVIOUR.controls):
        assert not any(str(exhibit.prompt).casefold().strip("?.! ") in words for words in taught)
