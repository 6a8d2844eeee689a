"""What everybody asks about a subject: the shipped ways to ask, each with each subject in it."""

from __future__ import annotations

import pytest

from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.judge.acceptance.framed import FramedSubject, framed_subjects

USUAL = {
    "What is the capital of Norway?",
    "Could you name Norway's capital for me?",
    "Which city is the capital of Norway?",
    "Tell me about Norway.",
}


def test_every_subject_stands_in_every_shipped_frame_and_those_of_the_exhibits() -> None:
    framed = framed_subjects(sound())
    said = {one.said for one in framed}
    assert len(said) == len(framed) <= 1000
    asked = {"What is the currency of Norway?", "I'm planning a trip to Norway in June. What should I pack?"}
    assert USUAL | asked <= said, "as references, auditors, suites and ordinary messages ask"
    assert {text.replace("Norway", "Sweden") for text in USUAL | asked} <= said
    assert {one.subject for one in framed} == {"Norway", "Sweden"}
    lone = behaviour(exhibits=tuple(
        one.model_copy(update={"prompt": f"Hail {one.subject}, they say"}) for one in behaviour().exhibits
    ))  # fmt: skip
    told = {one.said for one in framed_subjects(sound(intent=(lone,)))}
    assert {"Hail Norway, they say", "Hail Sweden, they say"} <= told


def test_a_truth_about_nothing_is_asked_nothing() -> None:
    assert framed_subjects(clean()) == framed_subjects(None) == ()


def test_of_thousands_of_subjects_some_are_asked_about() -> None:
    """At most a thousand messages, so that nobody waits; which ones nobody knows before."""
    truth = sound(intent=(behaviour(scope=tuple(f"Place {at}" for at in range(9_000))),))
    framed = framed_subjects(truth)
    assert 900 < len(framed) <= 1000 and len({one.subject for one in framed}) > 800
    assert framed != framed_subjects(truth)


def test_what_is_too_long_to_be_asked_by_others_is_no_frame_and_no_subject() -> None:
    """A prompt that names its subject a hundred thousand times would be as many of its length."""
    exhibits = tuple(
        one.model_copy(update={"prompt": f"{one.subject}! " * 100_000}) for one in behaviour().exhibits
    )  # fmt: skip
    scope = ("Norway", "Sweden", "Nor" * 100_000)
    framed = framed_subjects(sound(intent=(behaviour(scope=scope, exhibits=exhibits),)))
    assert {one.subject for one in framed} == {"Norway", "Sweden"} and max(len(one.said) for one in framed) < 300


@pytest.mark.parametrize(
    ("framed", "parts"),
    [
        (FramedSubject("Name ", "Denmark", "'s capital, please."), ["Name", " Denmark", "'s", " capital,", " please."]),
        (FramedSubject("Of ", "New Zealand", "?"), ["Of", " New", " Zealand", "?"]),
        (FramedSubject("", "Denmark", " is it?"), ["Denmark", " is", " it?"]),
        (FramedSubject("Is it ", "U.S.", "?"), ["Is", " it", " U.S.?"]),
        (FramedSubject("Two ", "cat", "s?"), ["Two", " cats?"]),
        (FramedSubject("Tell of (", "Denmark", ") too"), ["Tell", " of", " (Denmark", ")", " too"]),
    ],
)
def test_a_message_has_its_words_for_parts_and_signs_behind_its_subject(
    framed: FramedSubject, parts: list[str]
) -> None:
    assert framed.parts() == parts
    assert "".join(parts) == framed.said
