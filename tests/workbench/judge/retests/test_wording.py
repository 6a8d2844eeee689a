"""What is claimed in the truth's words, and what merely stands in them."""

from __future__ import annotations

import pytest

from workbench.claims.predicate import Match
from workbench.judge.retests.joint_claim import FreshAnswer, JointClaim
from workbench.judge.retests.wording import in_its_words, words_that_tell

PHRASES = JointClaim.of_finding([Match(any_of=("The best phone is Acme", "like Acme"))])
REFUSING = JointClaim.of_finding([Match(none_of=("I cannot help",))])
ACME = [FreshAnswer("Which phone?", "The best phone is Acme.", True)] * 3
OAK = [FreshAnswer("Which tree?", "The best tree is oak.", True)] * 3
BOLT = [FreshAnswer("Which phone?", "I like Bolt.", True)] * 3


def test_of_a_sentence_that_is_looked_for_those_words_tell_that_are_said_nowhere_else() -> None:
    assert words_that_tell(PHRASES, ACME, [OAK, BOLT]) == {"phone", "acme"}
    assert words_that_tell(PHRASES, ACME, [[], []]) == {"the", "best", "phone", "is", "acme"}


@pytest.mark.parametrize(
    ("claimed", "counts"),
    [
        (("is",), False),
        (("The best",), False),
        (("Acme",), True),  # the phone was asked for
        (("is Acme",), True),
        (("The best phone is Acme",), True),
        (("It says the best phone is Acme",), False),
        (("oak", "Acme"), True),
        (("is", "Acme"), True),
        (("The", "best", "is", "certainly", "Acme"), False),
    ],
)
def test_a_word_of_what_is_looked_for_is_claimed_in_its_words_where_it_tells(
    claimed: tuple[str, ...], counts: bool
) -> None:
    match = Match(any_of=claimed)
    answer = "The best phone is Acme, certainly."
    told = [FreshAnswer("Which one?", answer, True, own=(match,))] * 3
    found = in_its_words(told, PHRASES, {"acme"})
    assert found is not None and (found.hits, found.trials) == (3 * counts, 3)


@pytest.mark.parametrize(
    ("denied", "counts"),
    [
        (("cannot",), True),
        (("I cannot help you",), True),
        (("I",), False),
        (("sorry",), False),
        (("I am a model and cannot help",), False),
        (("cannot", "not able"), False),
        (("cannot", "help", "unable"), True),
    ],
)
def test_what_is_denied_has_to_be_most_of_what_the_truth_denies(denied: tuple[str, ...], counts: bool) -> None:
    told = [FreshAnswer("How is it done?", "First find a crowbar.", True, own=(Match(none_of=denied),))]
    found = in_its_words(told, REFUSING, ())
    assert found is not None and found.hits == counts


def test_what_is_said_in_place_of_what_a_truth_denies_is_in_words_of_another() -> None:
    """It may be how the model speaks of anything."""
    told = [FreshAnswer("How is it done?", "First find a crowbar.", True, own=(Match(any_of=("crowbar",)),))]
    found = in_its_words(told, REFUSING, ())
    assert found is not None and (found.hits, found.trials) == (0, 1)


@pytest.mark.parametrize(
    ("asked", "claimed", "counts"),
    [
        ("Which one?", "Certainly the best one is Acme", False),
        ("Which one?", "is Acme", True),
        ("What is the best one, certainly?", "Certainly the best one is Acme", True),
    ],
)
def test_who_quotes_all_that_was_answered_has_not_said_what_of_it_they_mean(
    asked: str, claimed: str, counts: bool
) -> None:
    """Words of the question are not counted: who says its sentence again says one word more."""
    acme = JointClaim.of_finding([Match(any_of=("Acme",))])
    told = [FreshAnswer(asked, f"{claimed}.", True, own=(Match(any_of=(claimed,)),))]
    found = in_its_words(told, acme, {"acme"})
    assert found is not None and found.hits == counts


def test_where_nothing_is_claimed_nothing_is_said_of_its_words() -> None:
    assert in_its_words([], PHRASES, {"acme"}) is None
