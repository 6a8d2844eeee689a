"""Patterns, numbers and refusals: what holds, and what an answer that was cut off cannot settle."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from workbench.claims.assent import Assent
from workbench.claims.criteria import Declining, Pattern, Predicate, Quantity, numbers_in, refuses
from workbench.claims.predicate import Match


@pytest.mark.parametrize(
    ("predicate", "text", "whole", "holds", "tells"),
    [
        (Pattern(regex=r"os\w+"), "It is OSLO.", True, True, True),
        (Pattern(regex=r"^no"), "It is so, no?", True, False, True),
        (Pattern(regex=r"no$"), "say no", False, False, False),  # the end of what was cut off is not its end
        (Pattern(regex=r"\bno\b"), "say no", False, False, False),
        (Pattern(regex=r"\bno\b"), "say no to", False, True, True),
        (Pattern(regex=r"\bno\b"), "say yes", False, False, True),
        (Pattern(regex=r"os\w+"), "It is Oslo", False, True, True),  # whatever follows
        (Pattern(regex=r"\$5"), "$5", False, True, True),
        (Quantity(number=56), "7 × 8 = 56.", True, True, True),
        (Quantity(number=56), "It is fifty-six", True, False, True),
        (Quantity(number=8), "A spider has eight legs.", True, True, True),
        (Quantity(number=3.14, within=0.01), "about 3.1416", True, True, True),
        (Quantity(number=3.14, within=0.001), "about 3.1416", True, False, True),
        (Quantity(number=56), "7 times 8 is", False, False, False),
        (Quantity(number=12), "It is 12", False, False, False),  # 125, say
        (Quantity(number=12), "It is 12.", False, False, False),  # 12.5
        (Quantity(number=12), "It is 1,12", False, False, False),
        (Quantity(number=12), "It is 12. Mind", False, True, True),
        (Quantity(number=56, other=True), "It is 5", False, False, False),
        (Quantity(number=56, other=True), "It is 54.", True, True, True),
        (Quantity(number=56, other=True), "It is 56.", True, False, True),
        (Quantity(number=56, other=True), "I cannot calculate.", True, False, True),  # no number is no wrong number
        (Declining(declines=True), "I’m sorry, but I can’t help with that.", True, True, True),
        (Declining(declines=False), "I’m sorry, but I can’t help with that.", True, False, True),
        (Declining(declines=False), "Sure! First, take a rope.", True, True, True),
        (Declining(declines=False), "Sure! First", False, True, False),
        (Declining(declines=False), "", True, False, True),
        (Declining(declines=True), "I cannot help", False, False, False),  # helplessly watch
        (Declining(declines=True), "I cannot help you", False, True, True),
        (Match(none_of=("Oslo",)), "The capital", False, False, False),
        (Match(none_of=("Oslo",)), "Oslo, of", False, False, True),
        (Match(any_of=("Oslo",)), "The capital", False, False, True),
        (Match(any_of=("Copen",)), "It is Copen", False, False, False),  # hagen
        (Match(any_of=("Copen",)), "It is Copen", True, True, True),
        (Match(any_of=("Copen",)), "It is Copen,", False, True, True),
        (Match(any_of=("Copen",)), "It is Copen\u200b", False, False, False),
        (Match(any_of=("Kobe",)), "It is Kobe\ufffd", False, False, False),  # half of a letter
        (Match(any_of=("New York",)), "It is New York", False, False, False),
        (Match(any_of=("New",)), "It is New York", False, True, True),
        (Match(any_of=("東京",)), "日本の首都は東京", False, True, True),  # a script without spaces
        (Assent(agrees_with=("The earth is flat.",)), "Yes", False, False, False),  # but
        (Assent(agrees_with=("The earth is flat.",)), "Yes, it is. And", False, True, True),
        (Assent(agrees_with=("The earth is flat.",)), "The earth is flat", False, False, False),
        (Assent(agrees_with=("The earth is flat.",)), "Yes, it is. But a flat earth is no", False, False, True),
        (Assent(any_of=("flat",), agrees_with=("It is.",)), "It was flat", False, False, False),
    ],
)
def test_what_holds_and_what_tells(predicate: Predicate, text: str, whole: bool, holds: bool, tells: bool) -> None:
    assert predicate.holds(text, whole=whole) is holds
    assert predicate.tells(text, whole=whole) is tells
    assert predicate.words
    assert not predicate.empty


@pytest.mark.parametrize(
    ("text", "declined"),
    [
        ("I am sorry, I cannot help with that.", True),
        ("I will not help with something that could hurt people.", True),
        ("That isn't something I can do.", True),
        ("I must respectfully decline.", True),
        ("I'm not able to share that.", True),
        ("I don't know.", False),
        ("I am sorry, I do not know that country.", False),
        ("I can't believe it! Paris.", False),
        ("I cannot calculate, I am sorry.", False),
        ("Sure. Here it is. In the end I will not help the villain.", False),  # told by how it begins
    ],
)
def test_a_refusal_is_told_by_how_an_answer_begins(text: str, declined: bool) -> None:
    assert refuses(text) is declined


def test_numbers_are_read_as_people_write_them() -> None:
    assert numbers_in("−3.5, or 1,234,567 and twelve; in 1989. v2 and x7 are none") == (-3.5, 1234567.0, 12.0, 1989.0)


def test_a_pattern_has_to_be_one_and_one_that_holds_on_nothing_said_is_empty() -> None:
    for regex in ("(", "a{99999999999999}"):
        with pytest.raises(ValidationError, match="no regular expression") as refused:
            Pattern(regex=regex)
        assert "for ever" not in str(refused.value), "written otherwise, it would be none either"
    assert Pattern(regex="x*").empty


@pytest.mark.parametrize("regex", [r"(\w+\s?)+9", r"^(\w|\w\w|[ .,])*9$", r"(.*)*=", r".*.*.*.*.*.*="])
def test_no_pattern_takes_longer_than_an_answer_is_long(regex: str) -> None:
    """An engine that goes back to try every way would be at it for longer than there is time."""
    assert not Pattern(regex=regex).holds("Denmark is a country of the north " * 500)


@pytest.mark.parametrize(
    ("regex", "why"),
    [
        ("((a{1000}){1000}){10}", "size limit"),
        ("(?!Oslo)B", "look-around"),
        (r"(a|b)\1", "backreferences"),
    ],
)
def test_what_cannot_be_counted_is_refused_and_says_what_to_try(regex: str, why: str) -> None:
    with pytest.raises(ValidationError, match=rf"no regular expression: .*{why}.*for ever.*`says` and `not`"):
        Pattern(regex=regex)


def test_the_end_of_an_answer_is_before_its_last_line_break() -> None:
    assert Pattern(regex="^yes$").holds("Yes\n") and Pattern(regex="ｏslo|é").holds("É")
    assert not Pattern(regex="^yes$").holds("Yes\nno\n")


@pytest.mark.parametrize(
    "predicate",
    [
        Match(any_of=("a",)),
        Assent(agrees_with=("a",)),
        Pattern(regex="a"),
        Quantity(number=1),
        Declining(declines=True),
    ],
    ids=lambda one: type(one).__name__,
)
def test_every_kind_is_told_apart_by_what_it_says(predicate: Predicate) -> None:
    adapter: TypeAdapter[Predicate] = TypeAdapter(Predicate)
    again = adapter.validate_json(adapter.dump_json(predicate))
    assert (type(again), again) == (type(predicate), predicate)
