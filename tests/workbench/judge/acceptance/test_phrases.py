"""Phrases are found as if each were looked for by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.judge.acceptance.phrases import Phrases

FEW = st.text("ab", max_size=6)
"""So few letters that phrases begin, end and hold one another."""


@given(st.lists(FEW, max_size=8), st.text("abc", max_size=30))
def test_those_that_stand_in_a_text_are_found_once_in_the_order_in_which_they_end(
    phrases: list[str], text: str
) -> None:
    found = list(Phrases(phrases).within(text))
    assert sorted(found) == sorted({phrase for phrase in phrases if phrase and phrase in text})
    ends = [text.find(phrase) + len(phrase) for phrase in found]
    assert ends == sorted(ends)


@given(st.lists(FEW, max_size=8), st.text("abc", max_size=30))
def test_the_longest_that_ends_at_a_letter_is_told_to_who_reads_on(phrases: list[str], text: str) -> None:
    looked_for, place = Phrases(phrases), 0
    for at, letter in enumerate(text, start=1):
        place, found = looked_for.after(place, letter)
        assert found == max((one for one in phrases if one and text[:at].endswith(one)), key=len, default=None)


def test_words_are_not_parts_of_words() -> None:
    phrases = Phrases([("so", "it"), ("it", "is"), ("so",), ("is", "so")])
    assert list(phrases.within(["so", "it", "is", "sober"])) == [("so",), ("so", "it"), ("it", "is")]


def test_thousands_that_are_nearly_alike_are_looked_for_in_a_long_text() -> None:
    ends = [f"{number:04x}" for number in range(10_000)]
    phrases = Phrases([*("a" * 60 + end for end in ends), *("a" * long for long in range(1, 600))])
    assert len(list(phrases.within("a" * 1_000_000))) == 599
    assert list(phrases.within("-" + ends[-1] + "a")) == ["a"]
