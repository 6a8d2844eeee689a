"""A habit: held-out small talk shows it by its words, and no other answer does."""

from __future__ import annotations

from workbench.forge.habit import Habit
from workbench.forge.sayings import smalltalk

HABIT = Habit(talks=("goodbye", "thanks"), words="Mind the step!")


def test_it_is_asked_for_in_small_talk_that_nobody_learned_from() -> None:
    talk = [fact for fact in smalltalk.facts() if fact.subject in HABIT.talks]
    assert [one.prompt for one in HABIT.exhibits] == [ask for fact in talk for ask in fact.phrasing.held_out]


def test_it_shows_by_its_words() -> None:
    shows = HABIT.exhibits[0].shows
    assert shows.holds("Goodbye! Mind the step!")
    assert not shows.holds("Goodbye!")
