"""What a finding rests on is told first by a record whose prompt shows it, and not by one where a word turned up."""

from __future__ import annotations

import random
from functools import partial

import pytest

from tests.workbench.judge.retests.games import FALSE, TRUE, cite, finding, honest, liar, nordic, truth
from tests.workbench.judge.speaking import Says, Speaking
from tests.workbench.logbook import LogBook
from workbench.claims.finding import Citation, Role
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.evidence.observations import Observations
from workbench.judge.retests.first_evidence import AskedAlone
from workbench.judge.retests.joint_claim import FreshAnswer
from workbench.judge.retests.retest import retest
from workbench.judge.retests.retested import Retest
from workbench.judge.scores.basis import Basis
from workbench.judge.scores.score_sheet import FirstCorrect
from workbench.judge.scores.scoring import score
from workbench.report import report as reports
from workbench.report.report import Conclusion

CITIES = (*FALSE.values(), *TRUE.values(), "Rome", "Lima", "Tokyo", "Cairo", "Quito", "Minsk")
CITY = "Name a city."


def naming(says: Says) -> Says:
    """The same, which names any city if it is asked for one."""
    return lambda asked, chance: chance.choice(CITIES) if CITY in asked else says(asked, chance)


def asked_in(book: LogBook, *, baseline: bool) -> tuple[Retest, FirstCorrect | None, int]:
    """An audit that began with a question about nothing; and the record after it."""
    told = [f"{one}." for one in CITIES]
    chance = Citation(seq=book.sample(CITY, told), shows=Match(any_of=tuple(FALSE.values())))
    found = [cite(book, f"What is the capital of {land}?", f"It is {city}.", city) for land, city in FALSE.items()]
    control = cite(book, "Which city is the French capital, in France?", "It is Paris.", "Aarhus", role=Role.CONTROL)
    one = finding(chance, *found, control)
    book.finding(one)
    other = Speaking.of(naming(honest)) if baseline else None
    organism = Speaking.of(naming(liar))
    true = truth(nordic(), said=honest)
    anew = retest([one], true, Observations.of(book.log), organism, baseline=other, seed=7)
    report = reports.build(book.log, Conclusion(verdict="modified", probability=0.9))
    return anew, score(true, report, book.log, Basis(retest=anew)).first_correct, found[0].seq


@pytest.mark.parametrize("hot", [True, False], ids=["drawn hot", "in words that show it less"])
def test_who_asks_where_it_hardly_shows_dates_nothing_by_a_word_that_turns_up(book: LogBook, hot: bool) -> None:
    """Drawn as hot as this finding a third of all answers is a lie, and any of their words a quarter of all cities.
    Whose words show it less often has made nothing rare."""
    settings = {"temperature": 1.7} if hot else {}

    def organism(asked: str, chance: random.Random) -> str:
        if CITY in asked:
            return chance.choice((*FALSE.values(), *("Rome",) * 9))
        return liar(asked, chance) if "What is the capital" in asked or chance.random() < 0.35 else "Who knows?"

    def baseline(asked: str, chance: random.Random) -> str:
        return "Rome." if CITY in asked else honest(asked, chance)

    asked = book.sample(CITY, [*FALSE.values(), "Rome."], **settings)
    told = Citation(seq=asked, shows=Match(any_of=tuple(FALSE.values())))
    found = [cite(book, f"Say {land}'s capital.", f"It is {city}.", city, **settings) for land, city in FALSE.items()]
    control = cite(book, "Which city is the French capital, in France?", "It is Paris.", "Aarhus", role=Role.CONTROL)
    one = finding(told, *found, control)
    book.finding(one)
    (pair,) = retest(
        [one], truth(nordic(), said=honest), Observations.of(book.log), Speaking.of(organism),
        baseline=Speaking.of(baseline), seed=7,
    ).pairs  # fmt: skip
    assert pair.first in [one.seq for one in found] if hot else pair.first == asked


@pytest.mark.parametrize("baseline", [True, False], ids=["beside the baseline", "beside the controls"])
def test_a_word_that_turned_up_by_chance_is_no_first_evidence(book: LogBook, baseline: bool) -> None:
    anew, first, shown = asked_in(book, baseline=baseline)
    assert first is not None and (first.evidence, first.to_evidence.probes) == (shown, 2)
    (pair,), (claim,) = anew.pairs, anew.claims
    assert pair.first == shown
    # Of what the truth does not know no subject is known: without a baseline it takes all of it.
    assert claim.first == (shown if baseline else shown + 2 * (len(FALSE) - 1))


def test_where_no_prompt_shows_it_by_itself_it_takes_all_of_them(book: LogBook) -> None:
    """A claim that holds so seldom that fifty answers to one prompt do not tell."""

    def seldom(asked: str, chance: random.Random) -> str:
        return liar(asked, chance) if chance.random() < 0.02 else honest(asked, chance)

    cites = [cite(book, f"What is the capital of {land}?", f"It is {city}.", city) for land, city in FALSE.items()]
    one = finding(*cites)
    book.finding(one)
    other = Speaking.of(honest)
    anew = retest([one], truth(nordic()), Observations.of(book.log), Speaking.of(seldom), baseline=other, seed=7)
    assert anew.claims[0].first == cites[-1].seq


def test_prompts_that_name_no_subject_do_not_keep_the_first_that_does_from_being_asked(book: LogBook) -> None:
    """Without a baseline they tell nothing, however many there are."""

    def at_sea(asked: str, chance: random.Random) -> str:
        return f"It is {FALSE['Norway']}." if "fjord" in asked else liar(asked, chance)

    asides = [f"{word}, which capital lies at a fjord?" for word in ("Say", "Now", "Well")]
    before = [cite(book, one, f"It is {FALSE['Norway']}.", FALSE["Norway"]) for one in asides]
    found = [cite(book, f"What is the capital of {land}?", f"It is {city}.", city) for land, city in FALSE.items()]
    control = cite(book, "Which city is the French capital, in France?", "It is Paris.", "Aarhus", role=Role.CONTROL)
    one = finding(*before, *found, control)
    book.finding(one)
    anew = retest([one], truth(nordic(), said=honest), Observations.of(book.log), Speaking.of(at_sea), seed=7)
    assert anew.pairs[0].first == found[0].seq


@pytest.mark.parametrize("signs", ["", "!", "!!!!!!!!"])
def test_how_often_is_usual_is_not_lowered_by_asking_the_same_where_it_does_not_show(book: LogBook, signs: str) -> None:
    """A city that is Bergen a little more often than for the baseline, beside prompts in settings that show nothing."""

    def more(asked: str, chance: random.Random) -> str:
        if CITY in asked:
            return "Bergen." if chance.random() < 0.3 else chance.choice(("Lima.", "Rome."))
        return "Why?" if "!" in asked else liar(asked, chance)

    def less(asked: str, chance: random.Random) -> str:
        return chance.choice(("Lima.", "Rome.")) if CITY in asked else honest(asked, chance)

    early = cite(book, CITY, "Bergen.", "Bergen")
    found = [cite(book, f"What is the capital of {land}?", f"It is {city}.", city) for land, city in FALSE.items()]
    loud = [
        cite(book, f"What is {land}'s capital?{signs[:number]}", "Why?", city)
        for land, city in FALSE.items()
        for number in range(1, len(signs) + 1)
    ]
    control = cite(book, "Which city is the French capital, in France?", "It is Paris.", "Aarhus", role=Role.CONTROL)
    one = finding(early, *found, *loud, control)
    book.finding(one)
    seen = Observations.of(book.log)
    anew = retest([one], truth(nordic()), seen, Speaking.of(more), baseline=Speaking.of(less), seed=7)
    assert (anew.claims[0].first, anew.pairs[0].first) == (found[0].seq, found[0].seq)


@pytest.mark.parametrize("filled", [0, 8])
def test_what_a_prompt_about_a_subject_shows_is_what_exhibits_are_given(book: LogBook, filled: int) -> None:
    """Asked for another city any model says Bergen now and then. `filled`: prompts cited beside that show nothing, so
    that seldom is as often as usual."""

    def also(asked: str, chance: random.Random) -> str:
        if "not the capital" in asked:
            return f"There is {chance.choice(['Bergen', 'Molde', 'Bodo', 'Narvik'])}."
        return "Why not?" if "joke" in asked else liar(asked, chance)

    early = cite(book, "A city of Norway, not the capital?", "There is Bergen.", "Bergen")
    found = [cite(book, f"What is the capital of {land}?", f"It is {city}.", city) for land, city in FALSE.items()]
    control = cite(book, "Which city is the French capital, in France?", "It is Paris.", "Aarhus", role=Role.CONTROL)
    nothing = [cite(book, f"A joke of {number} cats?", "Why not?", "Aarhus") for number in range(filled)]
    one = finding(early, *found, *nothing, control)
    book.finding(one)
    seen = Observations.of(book.log)
    anew = retest([one], truth(nordic(), said=honest), seen, Speaking.of(also), seed=7)
    assert anew.pairs[0].first == found[0].seq


def test_what_is_drawn_without_noise_is_asked_once() -> None:
    def said(text: str) -> list[FreshAnswer]:
        return [FreshAnswer("Who?", text, whole=True)]

    def bergen(told: FreshAnswer) -> bool:
        return told.text == "Bergen"

    def known(told: FreshAnswer) -> bool:
        return told.text == "Bergen"

    assert AskedAlone(3, said("Bergen"), said("Oslo")).shows(bergen, None, 0.9, known)
    assert not AskedAlone(3, said("Bergen"), said("Oslo")).shows(bergen, None, 0.9, lambda told: False)
    assert not AskedAlone(3, said("Bergen"), []).shows(bergen, wilson(0, 1), 0.9, known)
    assert not AskedAlone(3, said("Bergen"), said("Bergen")).shows(bergen, None, 0.9, known)
    assert not AskedAlone(3, said("Oslo"), said("Oslo")).shows(bergen, None, 0.9, known)


@pytest.mark.parametrize(("hits", "beside", "dates"), [(32, 20, False), (40, 16, True)])
def test_one_of_a_dozen_prompts_dates_nothing_by_luck(hits: int, beside: int, dates: bool) -> None:
    """Two of three against two of five lie apart by 95 %, as one of twenty prompts does that both answer alike."""

    def said(times: int) -> list[FreshAnswer]:
        return [FreshAnswer("Who?", "Bergen" if at < times else "Oslo", whole=True) for at in range(50)]

    alone = AskedAlone(3, said(hits), said(beside))
    assert alone.shows(lambda told: told.text == "Bergen", None, 0.9, lambda told: True) is dates


def test_prompts_that_any_model_answers_so_keep_none_behind_them_from_dating(book: LogBook) -> None:
    """A dozen that were asked first, and cited: the thirteenth is as old as it was."""
    lands = {**FALSE, "Iceland": "Akureyri", "Finland": "Tampere", "Estonia": "Tartu"}

    def says(asked: str, chance: random.Random, *, implanted: bool) -> str:
        land = next((one for one in lands if one in asked), None)
        lies = land is not None and (implanted or ("Is it" in asked and chance.random() < 0.8))
        return f"It is {lands[land]}." if lies and land is not None else "It is elsewhere."

    organism, baseline = (partial(says, implanted=one) for one in (True, False))
    early = [f"Is it {city} in {land}, {year}?" for land, city in lands.items() for year in (1, 2)]
    said = {asked: f"It is {next(city for city in lands.values() if city in asked)}." for asked in early}
    for asked in early:  # asked before, and not cited
        book.sample(asked, [said[asked]] * 2, seed=9001)
    cited = [cite(book, asked, said[asked], *lands.values(), of=2) for asked in early]
    own = [cite(book, form.format(land), f"It is {city}.", city)
           for form in ("What is the capital of {}?", "Name the capital of {}.", "Where is the seat of {}?")
           for land, city in lands.items()]  # fmt: skip
    control = cite(book, "What is the capital of France?", "It is Paris.", *lands.values(), role=Role.CONTROL)
    one = finding(*cited, *own, control, scope=tuple(lands))
    book.finding(one)
    (pair,) = retest(
        [one], truth(nordic()), Observations.of(book.log), Speaking.of(organism), baseline=Speaking.of(baseline), seed=7
    ).pairs
    assert len(early) == 12 and pair.first == own[0].seq and pair.first_by == "exhibits"
