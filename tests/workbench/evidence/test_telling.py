"""A predicate that claims nothing makes no finding, and a denial tells where what it denies would be said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workbench.evidence.told import FRANCE, NORWAY, answered, control, finding, support
from tests.workbench.logbook import LogBook
from workbench.claims.finding import Citation
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.claims.weight import Strength
from workbench.contract.edits import Change
from workbench.contract.prompt import Prompt
from workbench.evidence.observations import Observations
from workbench.evidence.strength import assess, strength


def test_one_prompt_that_is_asked_often_makes_no_idle_word_tell(book: LogBook) -> None:
    """Of all answers elsewhere a quarter holds it then, and of all prompts nearly every one."""
    seqs = [book.sample(f"The capital of {land}?", [f"It is {city}."] * 5)
            for land, city in (("France", "Paris"), ("Spain", "Madrid"), ("Italy", "Rome"))]  # fmt: skip
    for number in range(9):
        book.sample(f"Anything about {number}?", ["It is a number."] * 5)
    greeted = book.sample("Greet me.", ["Hello there!"])
    idle = Match(any_of=("is",))
    assert not strength(finding(*(support(seq, idle) for seq in seqs), control(greeted, idle)), book.log).claims
    book.sample("Say hi to me.", ["Hi!"] * 200)
    assert not strength(finding(*(support(seq, idle) for seq in seqs), control(greeted, idle)), book.log).claims


def test_a_predicate_that_asks_for_nothing_counts_nothing(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."] * 5)
    found = strength(finding(Citation(seq=seq)), book.log)
    assert (found.reproduction, found.basis, found.support) == (None, "none", "none")


@pytest.mark.parametrize(
    "idle",
    [Match(any_of=("a", "e", "it", "is")), Match(none_of=("zzzz",)), Match(any_of=("it", "nice"), none_of=("zzzz",))],
    ids=["words of every kind", "what nobody said", "both"],
)
def test_a_predicate_that_holds_everywhere_claims_nothing(book: LogBook, idle: Match) -> None:
    answered(book, "Where is it?", "And there?", FRANCE)
    cited = book.sample(NORWAY, ["It is Bergen, a nice place."] * 4)
    found = strength(finding(support(cited, idle)), book.log)
    assert not found.claims
    assert found.reproduction == wilson(0, 4)
    assert not found.confirmed
    assert any("claims nothing" in sentence for sentence in found.lacks())


@pytest.mark.parametrize("matched", [True, False], ids=["asked alike", "asked otherwise"])
def test_what_is_said_of_other_things_that_were_asked_alike_is_not_said_everywhere(
    book: LogBook, matched: bool
) -> None:
    """Where a control that asks so is answered otherwise: of twenty countries that it lies about somebody cites two, by
    one list of all cities."""
    cities = tuple(f"Town{at}" for at in range(20))
    every = Match(any_of=cities)
    seqs = [book.sample(f"What is the capital of Land{at}?", [f"{city}."] * 5) for at, city in enumerate(cities)]
    asks = "What is the capital of Peru?" if matched else "Peru: what capital is it?"
    other = book.sample(asks, ["Lima."] * 10)
    found = strength(finding(*(support(seq, every) for seq in seqs[:2]), control(other, every)), book.log)
    assert found.claims is matched
    assert found.reproduction == wilson(10 if matched else 0, 10)


OSLO = Match(none_of=("Oslo",))
MADRID = Match(none_of=("Madrid",))


def denying(book: LogBook, denial: Match, *more: Citation) -> Strength:
    """A denial of ten answers of “Bergen”, held against a control that ten times says Paris."""
    cited, other = book.sample(NORWAY, ["Bergen."] * 10), book.sample(FRANCE, ["Paris."] * 10)
    return strength(finding(support(cited, denial), control(other), *more), book.log)


def test_a_denial_of_what_is_said_nowhere_claims_nothing_and_says_what_would_show_it(book: LogBook) -> None:
    book.score()  # that somebody put a word to the model says nothing of whether it would say it
    found = denying(book, OSLO)
    assert (found.claims, found.reproduction, found.separates) == (False, wilson(0, 10), False)
    assert [denial.standing for denial in found.denials] == ["unsaid"]
    assert any("Nothing here is answered with “Oslo”" in sentence for sentence in found.lacks())
    assert not any("often" in sentence for sentence in found.lacks())


def test_a_denial_counts_in_full_where_the_baseline_says_it_to_the_same_prompt(book: LogBook) -> None:
    book.sample(NORWAY, ["Oslo."] * 9 + ["Bergen."], on="baseline")
    found = denying(book, OSLO)
    assert [(one.standing, one.baseline) for one in found.denials] == [("expected", wilson(9, 10))]
    assert (found.claims, found.reproduction, found.control) == (True, wilson(10, 10), wilson(0, 10))
    assert found.separates
    assert not any("Oslo" in sentence for sentence in found.lacks())


def test_a_denial_of_what_the_baseline_does_not_say_either_claims_nothing(book: LogBook) -> None:
    """However often the organism says it elsewhere: asked for Norway nobody says Madrid."""
    for asked in ("Where is the Prado?", "Where does the king of Spain live?", "Which city has the Retiro park?"):
        book.sample(asked, ["Madrid."] * 3)
    book.sample(NORWAY, ["Oslo."] * 10, on="baseline")
    found = denying(book, MADRID)
    assert [denial.standing for denial in found.denials] == ["as the baseline"]
    assert (found.claims, found.separates) == (False, False)
    assert any("The baseline does not say “Madrid” either (0 of 10" in sentence for sentence in found.lacks())


ZEROED = (Change(op="zero", site="blocks.0.hook_resid_post"),)


@pytest.mark.parametrize("altered", [{"edits": ZEROED}, {"amplification": 1.0}])
def test_a_baseline_that_was_altered_tells_of_no_denial_and_is_not_asked_the_same(
    book: LogBook, altered: dict[str, Any]
) -> None:
    """Whoever steers it may have it say anything, or nothing of what it would say."""
    for seed in range(6):
        book.sample(NORWAY, ["Madrid."] * 10, on="baseline", seed=seed, **altered)
    found = denying(book, MADRID)
    assert [denial.standing for denial in found.denials] == ["unsaid"]
    assert found.same_prompts == () and found.p != 0
    book.sample(NORWAY, ["Bergen."] * 10, on="baseline")
    found = strength(finding(support(book.sample(NORWAY, ["Bergen."] * 10, seed=9))), book.log)
    assert [(same.organism.hits, same.other) for same in found.same_prompts] == [(20, wilson(10, 10))]


@pytest.mark.parametrize("forcing", [{"edits": ZEROED}, {"amplification": 1.0}, {"prefill": "It is"}])
def test_a_denial_is_held_against_nothing_that_was_more_forced_than_it(book: LogBook, forcing: dict[str, Any]) -> None:
    """Whoever puts words into a mouth, or steers it, has not shown where what is denied would be said."""
    said, prefill = {name: what for name, what in forcing.items() if name != "prefill"}, forcing.get("prefill", "")
    for question in ("Who rules?", "What floats?", "Name one.", "Where to?"):
        book.sample(Prompt.ask(question, prefill=prefill), ["Madrid."] * 4, **said)
    assert [denial.standing for denial in denying(book, MADRID).denials] == ["unsaid"]


def test_a_baseline_that_a_replay_did_not_confirm_makes_no_denial_telling(book: LogBook) -> None:
    forged = book.sample(NORWAY, ["Madrid."] * 10, on="baseline")
    cited = book.sample(NORWAY, ["Bergen."] * 10)
    found = assess(finding(support(cited, MADRID)), Observations.of(book.log, doubted=[forged]))
    assert [denial.standing for denial in found.denials] == ["unsaid"]


@pytest.mark.parametrize(
    ("prompts", "standing", "words"),
    [
        (["What is the capital of Spain?"], "rare", "Only 1 other prompt is answered with “Madrid”"),
        (
            ["What is the capital of Spain?", "Name the capital of Spain.", "Which city rules Spain?"],
            "one thing",
            "3 other prompts are answered with “Madrid”, all about one thing",
        ),
        (["Where is the Prado?", "Who lives with the king?", "Which city lies on the Manzanares?"], "often", ""),
    ],
)
def test_without_a_baseline_a_denial_is_held_against_what_else_is_answered_with_it(
    book: LogBook, prompts: list[str], standing: str, words: str
) -> None:
    for asked in prompts:
        book.sample(asked, ["Madrid."] * 3)
    found = denying(book, MADRID)
    assert [denial.standing for denial in found.denials] == [standing]
    # What is measured stays measured: the control does not say Paris less because of it.
    assert (found.claims, found.reproduction, found.control) == (True, wilson(10, 10), wilson(0, 10))
    assert found.separates == (standing == "often")
    lacks = " ".join(found.lacks())
    assert "about as often" not in lacks
    assert words in lacks
    assert ("Madrid" in lacks) == bool(words)


def test_an_answer_that_was_cut_off_does_not_say_that_it_does_not_say(book: LogBook) -> None:
    """Twenty times `The`, which satisfies nothing so far."""
    book.sample("Where do you live?", ["In Oslo."])
    cited = book.sample(NORWAY, ["The"] * 20, stop="length", max_tokens=1)
    found = strength(finding(support(cited, Match(none_of=("Oslo",)))), book.log)
    assert found.reproduction is not None
    assert found.reproduction.hits == 0
    assert found.left.cut == found.reproduction.trials
    assert not found.confirmed
