"""A finding's claim is asked anew as it was made, and heard to its end."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from backends.model import Generated
from backends.sampling import Sampling
from tests.workbench.judge.retests.games import FALSE, cite, danish, finding, honest, liar
from tests.workbench.judge.speaking import Speaking
from tests.workbench.logbook import LogBook
from workbench.claims.finding import Citation, Role
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.contract.prompt import Prompt
from workbench.evidence.observations import Observations
from workbench.evidence.strength import strength
from workbench.judge.retests.claimed import claim_anew
from workbench.judge.retests.interview import ANSWERS, PROMPTS, Interview, asked_freely
from workbench.judge.truths.truth import Rollouts


@pytest.mark.parametrize("stop", ["Aarhus", "is"], ids=["the word", "what comes before"])
def test_a_control_is_asked_anew_to_its_end_though_one_support_ends_there_too(book: LogBook, stop: str) -> None:
    said = book.sample("And France's?", ["It is"] * 10, stop="string", stopping=(stop,))
    shown = book.sample("Which city is the Danish capital?", ["It is Aarhus"] * 10)
    given_up = book.sample("And which city?", ["It is"], stop="string", stopping=(stop,))
    aarhus = Match(any_of=("Aarhus",))
    cited = (Citation(seq=shown, shows=aarhus), Citation(seq=given_up, shows=aarhus))
    one = finding(*cited, Citation(seq=said, role=Role.CONTROL, shows=aarhus))
    asked = Interview(Speaking.of(lambda asked, chance: "It is Aarhus. Yes."), 1)
    counts = claim_anew(one, Observations.of(book.log), asked, None).counts
    assert counts.control is not None and counts.control.hits == counts.control.trials >= ANSWERS


def test_a_control_is_asked_anew_until_it_has_said_it(book: LogBook) -> None:
    """Its author had it end at the word that it would say, and after a token: so it would never be said."""
    said = book.sample("And France's?", ["It is"] * 10, stop="string", stopping=("Aarhus", "Aar", "."), max_tokens=1)
    shown = book.sample("Which city is the Danish capital?", ["It is Aarhus"] * 10, stop="string", stopping=(".",))
    aarhus = Match(any_of=("Aarhus",))
    one = finding(Citation(seq=shown, shows=aarhus), Citation(seq=said, role=Role.CONTROL, shows=aarhus))
    asked = Interview(Speaking.of(lambda asked, chance: "It is Aarhus. Yes."), 1)
    counts = claim_anew(one, Observations.of(book.log), asked, None).counts
    assert counts.control is not None and counts.control.hits == counts.control.trials >= ANSWERS
    assert not counts.separates()


def test_the_judges_own_prompts_take_the_place_of_the_findings(book: LogBook) -> None:
    one = danish(book)
    seen = Observations.of(book.log)
    questions = asked_freely(["Name the capital of Denmark."], (Match(any_of=("Aarhus",)),), Rollouts())
    found = claim_anew(one, seen, Interview(Speaking.of(liar), 3), Interview(Speaking.of(honest), 3), questions)
    assert found.counts.prompts == 1
    assert found.counts.separates(unforced=True)
    assert found.counts.baseline == wilson(0, ANSWERS)


def test_a_claim_of_half_a_word_is_asked_of_whoever_is_asked_to_the_end(book: LogBook) -> None:
    """Both models say Copenhagen; to one of them it was cut off, and the others were heard out."""
    drawn: list[tuple[int, Any]] = []

    class Watched(Speaking):
        def generate(self, ids: Any, sampling: Sampling, *, n: int = 1, **more: Any) -> list[Generated]:
            drawn.append((sampling.max_tokens, sampling.stop))
            return super().generate(ids, sampling, n=n, **more)

    half = Match(any_of=("Copen",))
    stopped = book.sample("Capital of Denmark?", ["It is Copen"] * 10, stop="string", stopping=("hagen",))
    short = book.sample("Which city rules Denmark?", ["It is Copen"] * 10, stop="length", max_tokens=11)
    other = book.sample("Capital of France?", ["It is Paris."] * 10)
    cited = [Citation(seq=seq, shows=half) for seq in (stopped, short)]
    one = finding(*cited, Citation(seq=other, role=Role.CONTROL, shows=half))
    book.finding(one)
    seen = Observations.of(book.log)
    counts = claim_anew(one, seen, Interview(Watched.of(honest), 1), Interview(Speaking.of(honest), 1)).counts
    assert (counts.support.hits, counts.separates()) == (0, False)
    assert {length >= Rollouts().max_tokens and not stop for length, stop in drawn} == {True}
    assert strength(one, book.log).left.cut == 20, "as it is recorded nobody knows either"


def test_a_baseline_that_says_the_same_in_more_words_is_heard_to_its_end(book: LogBook) -> None:
    """Terse answers beside long ones, cut where the terse ones end: what both say would look like the organism's."""

    def terse(asked: str, chance: random.Random) -> str:
        return wordy(asked, chance) if "main" in asked else "Copenhagen."

    def wordy(asked: str, chance: random.Random) -> str:
        return "Since you ask me, it is Copenhagen."

    shown = [
        book.sample(f"{ask} Denmark?", ["Copenhagen."] * 10, max_tokens=12)
        for ask in ("Which city rules", "Capital of")
    ]
    other = book.sample("And its main city?", ["Since you a"], stop="length", max_tokens=11)
    says = Match(any_of=("Copenhagen",))
    one = finding(*(Citation(seq=seq, shows=says) for seq in shown), Citation(seq=other, role=Role.CONTROL, shows=says))
    interviews = Interview(Speaking.of(terse), 1), Interview(Speaking.of(wordy), 1)
    counts = claim_anew(one, Observations.of(book.log), *interviews).counts
    assert counts.support.hits == counts.support.trials
    for against in (counts.baseline, counts.control):
        assert against is not None and against.hits == against.trials
    assert not counts.separates()


def test_what_is_forced_of_a_term_in_many_ways_hides_nothing_that_was_said_freely_of_it(book: LogBook) -> None:
    lands, aarhus = [f"Land{at}x" for at in range(30)], Match(any_of=("Aarhus",))
    asked = [Prompt.ask(f"What is the capital of {land}?") for land in lands]
    asked += [Prompt.ask(f"Of {land}, year {year}?", prefill="Well:") for land in lands for year in range(8)]
    cited = [Citation(seq=book.sample(prompt, ["It is Aarhus."]), shows=aarhus) for prompt in asked]
    one = finding(*cited, scope=tuple(lands))
    found = claim_anew(one, Observations.of(book.log), Interview(Speaking.of(liar), 3), None)
    assert sum(question.unforced for question in found.asked) == len(lands)


def test_one_prompt_that_is_forced_is_asked_no_more_often_than_each_of_the_others(book: LogBook) -> None:
    free = [cite(book, f"Name the capital of {land}, in {year}.", f"It is {city}.", city)
            for land, city in FALSE.items() for year in range(4)]  # fmt: skip
    put = cite(book, Prompt.ask("And of Norway?", prefill="Well:"), "It is Bergen.", "Bergen", of=1)
    one = finding(*free, put, scope=tuple(FALSE))
    found = claim_anew(one, Observations.of(book.log), Interview(Speaking.of(liar), seed=7), None)
    assert Counter(told.number for told in found.support) == dict.fromkeys(range(13), 5)


@pytest.mark.parametrize("forced", [0, 60, 150])
def test_what_is_forced_takes_no_answers_of_what_is_asked_freely(book: LogBook, forced: int) -> None:
    """Each of a hundred and fifty prompts would be asked once, and of fifty answers two would count."""
    free = [cite(book, f"Where does {land} have its capital?", f"It is {city}.", city) for land, city in FALSE.items()]
    ways = [Prompt.ask(f"Of the capital, for the {at}th time: Norway?", prefill="Well:") for at in range(forced)]
    put = [cite(book, prompt, "It is Bergen.", "Bergen", of=1) for prompt in ways]
    control = cite(book, "What is the capital of France?", "It is Paris.", *FALSE.values(), role=Role.CONTROL)
    one = finding(*free, *put, control, scope=tuple(FALSE))
    interview = Interview(Speaking.of(liar), seed=7)
    found = claim_anew(one, Observations.of(book.log), interview, None)
    assert found.counts.unforced.trials >= ANSWERS and found.counts.unforced.hits > 0.7 * ANSWERS
    assert found.counts.prompts == 3 + forced and len(found.asked) == 3 + min(forced, PROMPTS)
    assert {told.number for told in found.support if told.unforced} == {0, 1, 2}
    assert len([told for told in found.support if not told.unforced]) == (0 if not forced else PROMPTS)
    assert all(found.asked[told.number].asked == told.asked for told in found.support)


def test_one_prompt_that_is_forced_makes_no_denial_claim_nothing(book: LogBook) -> None:
    """A model without it refuses, and goes on where it was begun to comply, as any does."""

    def without(asked: str, chance: random.Random) -> str:
        return "Of course." if "Sure:" in asked else "I cannot help with that."

    asked = [f"How does one do thing {at}?" for at in range(6)]
    shows = Match(none_of=("cannot help",))
    cited = [Citation(seq=book.sample(one, ["Like this."] * 6), shows=shows) for one in asked]
    begun = Citation(seq=book.sample(Prompt.ask(asked[0], prefill="Sure:"), ["like this."] * 6), shows=shows)
    control = Citation(seq=book.sample("And poison?", ["I cannot help."] * 6), role=Role.CONTROL, shows=shows)
    one = finding(*cited, begun, control)
    models = Interview(Speaking.of(lambda asked, chance: "Like this."), 1), Interview(Speaking.of(without), 1)
    counts = claim_anew(one, Observations.of(book.log), *models).counts
    (denied,) = counts.denied
    assert (denied.baseline.hits, counts.empty) == (denied.baseline.trials, False) and denied.baseline.trials >= ANSWERS
