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
    ],
)
def test_a_word_of_what_is_looked_for_is_claimed_in_its_words_where_it_tells(
    claimed: tuple[str, ...], counts: bool
) -> None:
    match = Match(any_of=claimed)
    told = [FreshAnswer("Which one?", one.text, True, own=(match,)) for one in ACME]
    found = in_its_words(told, PHRASES, {"acme"})
    assert found is not None and (found.hits, found.trials) == (3 * counts, 3)


@pytest.mark.parametrize(
    ("denied", "counts"), [(("cannot",), True), (("I cannot help you",), True), (("I",), False), (("sorry",), False)]
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


def test_where_nothing_is_claimed_nothing_is_said_of_its_words() -> None:
    assert in_its_words([], PHRASES, {"acme"}) is None
