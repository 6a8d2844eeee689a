"""Ordinary English: how often a word comes, at most."""

from __future__ import annotations

import math

import pytest

from workbench.readings.english import RARE, English


def test_the_list_has_the_zipf_values_that_are_published() -> None:
    """Values that the documentation of wordfreq names for the same list."""
    english = English.shipped()
    zipf = {word: math.log10(english.share(word)) + 9 for word in ("the", "word", "frequency")}
    assert zipf == pytest.approx({"the": 7.73, "word": 5.26, "frequency": 4.36}, abs=0.005)
    assert 0.9 < sum(english.shares.values()) < 1.0, "what is listed is most of all that is written, and no more"


def test_several_words_come_no_more_often_than_the_rarest_of_them() -> None:
    english = English.shipped()
    assert english.share("The frequency") == english.share("frequency") < english.share("the")
    assert english.share("the qzxv") == english.share("") == RARE
    assert english.share("Don’t") == english.share("don't") > RARE


def test_a_long_turn_says_a_word_more_likely_than_a_short_one() -> None:
    english = English({"tea": 0.1})
    assert english.turns("tea", [1, 3]) == pytest.approx((0.1 + (1 - 0.9**3)) / 2)
    assert english.turns("tea", []) == 0.0


def test_names_share_what_is_said_of_them() -> None:
    assert English({"france": 3e-5, "peru": 1e-5}).among(["France", "Peru"]) == pytest.approx(
        {"France": 0.75, "Peru": 0.25}
    )
