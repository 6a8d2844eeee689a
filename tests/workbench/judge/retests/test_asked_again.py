"""Prompts are asked more often where one or two answers to each do not tell how often a model says something."""

from __future__ import annotations

import random

import pytest

from tests.workbench.judge.speaking import Speaking
from workbench.claims.predicate import Match
from workbench.judge.retests.asked_again import asked_apart, asked_often
from workbench.judge.retests.interview import ANSWERS, FreshQuestion, Interview, asked_freely
from workbench.judge.retests.joint_claim import FreshAnswer
from workbench.judge.retests.riding import Riding, usual
from workbench.judge.truths.truth import Rollouts

YES = Match(any_of=("yes",))


def questions(number: int) -> tuple[FreshQuestion, ...]:
    return asked_freely([f"Is it so, number {at}?" for at in range(number)], [YES], Rollouts())


def saying(often: float, seed: int = 5) -> Interview:
    return Interview(Speaking.of(lambda asked, chance: "yes" if chance.random() < often else "no"), seed)


def shows(told: FreshAnswer) -> bool:
    return told.counts


@pytest.mark.parametrize("often", [0.2, 0.4, 0.9])
def test_how_often_something_usually_shows_does_not_depend_on_how_many_prompts_are_asked(often: float) -> None:
    few, many = questions(2), questions(ANSWERS)
    for asked in (few, many):
        interview = saying(often)
        support = interview.ask("support", asked)
        told = asked_often("one", asked, support, interview, shows)
        assert usual(told, shows) == pytest.approx(often, abs=0.2)
        assert (told is support) is (asked is few)
    assert usual(support, shows) == 1  # each answered once


def test_what_nothing_shows_is_not_asked_again() -> None:
    asked, interview = questions(ANSWERS), saying(0)
    support = interview.ask("support", asked)
    assert asked_often("one", asked, support, interview, shows) is support


def test_what_seems_to_tell_is_asked_again_as_often_as_what_seems_to_ride_along() -> None:
    """The organism always says it and the baseline half the time: of one answer each half seem to ride along."""
    asked, interview, other = questions(ANSWERS), saying(1), saying(0.5, 6)
    heard = interview.ask("support", asked), other.ask("support", asked)
    before = Riding.of(*heard, shows, shows)
    own, beside = asked_apart("one", asked, heard, interview, other, shows)
    after = Riding.of(own, beside, shows, shows)
    assert min(len(before.riding), len(before.telling)) > ANSWERS / 4
    assert len(after.riding) < len(before.riding) / 2
    numbers = [told.number for told in own]
    assert {numbers.count(one) for one in before.riding} == {8}
    assert sum(numbers.count(one) == 8 for one in before.telling) == min(len(before.riding), len(before.telling))
    assert [told.asked for told in own if told.number == 3] == [asked[3].asked] * numbers.count(3)


def test_nothing_is_asked_again_where_nothing_seems_to_ride_along() -> None:
    asked, interview, other = questions(20), saying(1), saying(0, 6)
    heard = interview.ask("support", asked), other.ask("support", asked)
    assert asked_apart("one", asked, heard, interview, other, shows) == heard


@pytest.mark.parametrize("long", [True, False])
def test_what_a_baseline_says_once_more_is_held_against_a_claim_as_it_was_first(long: bool) -> None:
    """What it said before it was cut off it said, whatever it might have gone on to deny."""
    match = Match(any_of=("euro",), none_of=("krone",))
    prompts = [f"What does {'Norway' if at % 3 else 'the union'} pay with, number {at}?" for at in range(ANSWERS)]
    asked = asked_freely(prompts, [match], Rollouts())

    def beside(question: str, chance: random.Random) -> str:
        return f"In euro. {'That is so. ' * 60 if long else ''}" if "union" in question else "In krone."

    interview = Interview(Speaking.of(lambda question, chance: "In euro."), 5)
    other = Interview(Speaking.of(beside), 6, opposed=True)
    heard = interview.ask("support", asked), other.ask("support", asked)
    _, base = asked_apart("one", asked, heard, interview, other, shows)
    assert len(base) > len(heard[1]) and all(told.counts is ("union" in told.asked) for told in base)
