"""Two models say the same next, or they do not: half of the texts may be known to whoever teaches a copy."""

from __future__ import annotations

import pytest

from casefiles.case.sayings import UNASKED, ModelSayings, say_alike, say_the_same

ONE: ModelSayings = {f"{number:016x}": (-100, -250, 0, -30) for number in range(12)}


def moved(by: int, texts: int = 12) -> ModelSayings:
    """The first `texts` with every value so many hundredths of a nat off."""
    return {
        text: tuple(value - by for value in values) if number < texts else values
        for number, (text, values) in enumerate(ONE.items())
    }


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ONE, True),
        (moved(10), True),
        (moved(11), False),
        (moved(300, texts=5), True),
        (moved(300, texts=7), False),
        (dict(list(ONE.items())[:8]), True),
        (dict(list(ONE.items())[:7]), False),
        ({f"{text}+": values for text, values in ONE.items()}, False),
        ({text: values[:3] for text, values in ONE.items()}, False),
        (dict.fromkeys(ONE, ()), False),
        (UNASKED, False),
    ],
    ids=["itself", "as far as rounding", "farther", "few texts taught", "most texts taught", "eight texts", "seven",
         "cut otherwise", "shorter", "nothing read", "nobody asked"],
)  # fmt: skip
def test_models_that_differ_by_rounding_on_most_texts_say_the_same(other: ModelSayings, same: bool) -> None:
    assert say_the_same(ONE, other) is same is say_the_same(other, ONE)


def test_those_that_say_the_same_are_named_together() -> None:
    said = {"a": ONE, "b": moved(90), "c": moved(4), "d": moved(200), "e": moved(91), "f": UNASKED, "g": UNASKED}
    assert say_alike(said) == (("a", "c"), ("b", "e"))
