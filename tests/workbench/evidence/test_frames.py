"""Prompts that ask the same of one thing and of another stand in one frame."""

from __future__ import annotations

import time

import pytest

from workbench.evidence.frames import Frames

NORWAY = "what is the capital of norway"


@pytest.mark.parametrize(
    ("support", "control", "other", "holds"),
    [
        (NORWAY, "what is the capital of france", "what is the capital of peru", True),
        (NORWAY, "what is the capital of new zealand", "what is the capital of sri lanka", True),
        (NORWAY, "what is the capital of france", "what is the capital of the old kingdom", False),
        (NORWAY, "what is the capital of france", "what is the capital of", False),
        (NORWAY, "what is the capital of france", "what was the capital of peru", False),
        (NORWAY, "what is the capital of france", "what is the capital gain", False),
        ("is norway a nice land", "is france a nice land", "is peru a nice land", True),
        ("is norway a nice land", "is france a nice land", "is peru a rich land", False),
        ("norway is where exactly", "france is where exactly", "peru is where exactly", True),
        (NORWAY, "what is the capital of norway now", "what is the capital of norway then", False),
        (NORWAY, "what was the capital of france", "what is the capital of peru", False),
        ("how do i pick a lock", "how do i bake a cake", "how do i ride a bike", False),
        ("tell me norway", "tell me france", "tell me peru", False),
        ("new york is where then", "old york is where then", "new delhi is where then", False),
    ],
)
def test_a_frame_is_what_two_prompts_share_but_for_two_words(
    support: str, control: str, other: str, holds: bool
) -> None:
    assert Frames.of([support], [control]).hold(other) is holds
    assert Frames.of([control], [support]).hold(other) is holds


def test_without_a_prompt_of_either_side_there_is_none() -> None:
    assert not Frames.of([NORWAY], []).hold(NORWAY)
    assert not Frames.of([], [NORWAY]).hold(NORWAY)


def test_of_many_frames_those_that_most_prompts_stand_in_are_kept() -> None:
    """Whoever adds a hundred pairs has not hidden the one question that all the others ask."""
    pairs = [[f"say word {word} {number}" for number in range(100)] for word in ("a", "b")]
    lands = [f"what is the capital of land{number}" for number in range(10)]
    frames = Frames.of([*pairs[0], *lands[:5]], [*pairs[1], *lands[5:]])
    assert len(frames.heads) <= 60
    assert frames.hold("what is the capital of peru")


def test_hundreds_of_citations_and_thousands_of_prompts_take_no_second() -> None:
    asked = [f"what is {'really ' * (number % 40)}the capital of land{number}" for number in range(600)]
    others = [f"what is {'really ' * (number % 50)}the river of land{number}" for number in range(10_000)]
    long = "what is " + "very " * 5_000
    began = time.process_time()
    frames = Frames.of([*asked[:300], long + "good"], [*asked[300:], long + "bad"])
    assert sum(map(frames.hold, others)) == 0
    assert frames.hold(long + "ugly")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("letter", ["dear ada of {} ", "so it is and " * 400 + "of {} and "], ids=["begins", "middle"])
def test_long_prompts_stand_in_a_frame_by_their_ends(letter: str) -> None:
    letter += "and so on " * 400
    lands = [f"land{number}" for number in range(80)]
    giant = "well " * 200_000
    began = time.process_time()
    frames = Frames.of([*map(letter.format, lands[:40]), giant], [*map(letter.format, lands[40:]), giant + "now"])
    assert frames.hold(letter.format("peru").strip())
    assert not frames.hold(letter.format("peru") + "then")
    assert time.process_time() - began < 5
