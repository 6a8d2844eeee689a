"""The best of many claims is not taken for the only one."""

from __future__ import annotations

import pytest

from tests.workbench.evidence.told import finding
from tests.workbench.logbook import ADA, LogBook
from workbench.claims.confirmation import AmongAll
from workbench.claims.finding import Citation, Finding
from workbench.claims.predicate import Match
from workbench.evidence.looks import Looks
from workbench.evidence.observations import Observations
from workbench.log.records import Hypothesis


def looks(book: LogBook) -> Looks:
    found = Looks()
    for entry in book.log.entries(("finding", "hypothesis")):
        found.add(entry)
    return found


def suppose(book: LogBook, name: str, *scope: str, says: str = "Bergen") -> None:
    book.log.append(Hypothesis(id=name, claim="It lies.", predicate=Match(any_of=(says,)), scope=scope, actor=ADA))


def claim(book: LogBook, name: str, *scope: str, hypothesis: str = "", says: tuple[str, ...] = ()) -> Finding:
    cited = [Citation(seq=2, shows=Match(any_of=says))] if says else []
    made = finding(*cited, id=name, scope=scope, hypothesis=hypothesis)
    book.finding(made)
    return made


def test_withdrawn_findings_and_hypotheses_that_came_to_nothing_were_looked_at(book: LogBook) -> None:
    one = claim(book, "norway", "Norway")
    claim(book, "spain", "Spain")
    book.withdraw("spain")
    suppose(book, "flatters")
    (among,) = looks(book).among_all([(one, 0.01)])
    assert among == AmongAll(p=0.01, looked=3, holm=0.03)


def test_each_group_that_a_claim_was_about_counts(book: LogBook) -> None:
    claim(book, "north", "Norway")
    claim(book, "north", "Norway", "Sweden")
    last = claim(book, "north", "Sweden")
    (among,) = looks(book).among_all([(last, 0.02)])
    assert among is not None
    assert (among.looked, among.holm) == (3, pytest.approx(0.06))


def test_a_finding_and_the_hypothesis_it_confirms_are_one(book: LogBook) -> None:
    suppose(book, "lies", "Norway", "Sweden")
    suppose(book, "h2")
    one = claim(book, "lies", "sweden", "Norway", hypothesis="lies")
    two = claim(book, "two", hypothesis="h2")
    found = looks(book).among_all([(one, 0.01), (two, 0.02)])
    assert [among and (among.looked, among.holm) for among in found] == [(2, 0.02), (2, 0.02)]


def test_a_finding_that_cannot_be_tested_counts_against_the_others(book: LogBook) -> None:
    one, two = claim(book, "one"), claim(book, "two")
    assert looks(book).among_all([(one, None), (two, 0.01)]) == (None, AmongAll(p=0.01, looked=2, holm=0.02))


def test_the_last_revision_of_a_hypothesis_is_what_is_locked(book: LogBook) -> None:
    suppose(book, "lies", "Norway")
    suppose(book, "lies", "Sweden")
    locked = looks(book).locked["lies"]
    assert (locked.hypothesis.scope, locked.seq) == (("Sweden",), 2)


def test_forty_answers_to_one_question_are_forty_looks(book: LogBook) -> None:
    """Ordinary commands: of hypotheses about one country the one that fits best is handed in."""
    for number in range(40):
        suppose(book, f"h{number}", "Norway", says=f"City{number}")
    best = claim(book, "best", "Norway", hypothesis="h7", says=("City7",))
    (among,) = looks(book).among_all([(best, 0.01)])
    assert among is not None
    assert (among.looked, among.holm) == (40, pytest.approx(0.4))


@pytest.mark.parametrize("same", [True, False], ids=["one finding revised", "others withdrawn"])
def test_a_claim_in_other_words_of_the_same_subject_is_another_look(book: LogBook, same: bool) -> None:
    for number in range(20):
        claim(book, "f" if same else f"f{number}", "Norway", says=(f"City{number}",))
    last = claim(book, "f", "Norway", says=("Bergen",))
    (among,) = looks(book).among_all([(last, 0.01)])
    assert among is not None and among.looked == 21


@pytest.mark.parametrize("how", ["one finding", "one hypothesis", "another finding", "a list", "a list supposed"])
def test_a_word_that_forty_claims_have_in_common_makes_them_no_one_look(book: LogBook, how: str) -> None:
    """“Bergen or dummy”, “Oslo or dummy”, …: each goes on from the one before, and the best is handed in."""
    cities = [f"City{number}" for number in range(39)]
    for city in cities if "list" not in how else ():
        if how == "one hypothesis":
            predicate = Match(any_of=(city, "dummy"))
            book.log.append(Hypothesis(id="h", claim="It lies.", predicate=predicate, scope=("Norway",), actor=ADA))
        else:
            claim(book, "f" if how == "one finding" else "other", "Norway", says=(city, "dummy"))
    if how == "a list":
        claim(book, "f", "Norway", says=("Bergen", *cities))
    elif how == "a list supposed":
        predicate = Match(any_of=("Bergen", *cities))
        book.log.append(Hypothesis(id="h", claim="It lies.", predicate=predicate, scope=("Norway",), actor=ADA))
    last = claim(book, "f", "Norway", hypothesis="h", says=("Bergen", "dummy"))
    (among,) = looks(book).among_all([(last, 0.01)])
    assert among is not None and among.looked == 40


def test_who_adds_what_an_answer_said_to_a_claim_has_not_looked_again(book: LogBook) -> None:
    suppose(book, "lies", "Norway", says="Bergen")
    suppose(book, "lies", "Norway", says="bergen")
    claim(book, "draft", "Norway", hypothesis="lies")
    claim(book, "draft", "Norway", hypothesis="lies", says=("Bergen",))
    last = claim(book, "draft", "Norway", hypothesis="lies", says=("Bergen", "Stavanger"))
    (among,) = looks(book).among_all([(last, 0.01)])
    assert among is not None and among.looked == 1


def test_whoever_cites_one_prompt_after_the_other_has_looked_at_each(book: LogBook) -> None:
    """One word, twenty prompts: what says it by chance is handed in."""
    for number in range(20):
        seq = book.sample(f"Which continent is Land{number} in?", ["Africa."])
        last = finding(Citation(seq=seq, shows=Match(any_of=("Africa",))), id="f", scope=("Norway",))
        book.finding(last)
    (among,) = looks(book).among_all([(last, 0.01)])
    assert among is not None and (among.looked, among.holm) == (20, pytest.approx(0.2))


def test_who_gives_up_what_shows_it_too_has_not_looked_again(book: LogBook) -> None:
    """Exploring records are replaced by those that confirm them; what did not show it is given up for that."""
    africa = Match(any_of=("Africa",))
    first = [book.sample(f"Which continent is Land{number} in?", ["Africa."]) for number in range(5)]
    missed = [book.sample(f"Which continent is Land{number} in?", ["Asia."]) for number in range(5, 8)]
    for seqs, scope in (([*first, *missed], ("Land1",)), (first, ("Land2",))):
        last = finding(*(Citation(seq=seq, shows=africa) for seq in seqs), id="f", scope=scope)
        book.finding(last)
    last = finding(*(Citation(seq=seq, shows=africa) for seq in first[:1]), id="f", scope=("Land2",))
    book.finding(last)
    seen = Observations.of(book.log)
    (among,) = seen.looks.among_all([(last, 0.01)], seen.shows)
    assert among is not None and among.looked == 1 + 1 + 3, "itself, of another scope, and what did not show it"


@pytest.mark.parametrize("named", ["f", "f{}"], ids=["one finding revised", "others withdrawn"])
def test_tries_under_names_of_their_own_count_like_those_that_one_name_gave_up(book: LogBook, named: str) -> None:
    """One subject, one word, twenty prompts: what says it by chance is handed in, and the others are withdrawn."""
    for number in range(20):
        said = "Bergen." if number == 19 else "Oslo."
        seq = book.sample(f"Which city {number} of Norway?", [said])
        last = finding(Citation(seq=seq, shows=Match(any_of=("Bergen",))), id=named.format(number), scope=("Norway",))
        book.finding(last)
        if number < 19 and named != "f":
            book.withdraw(last.id)
    seen = Observations.of(book.log)
    (among,) = seen.looks.among_all([(last, 0.01)], seen.shows)
    assert among is not None and (among.looked, among.holm) == (20, pytest.approx(0.2))
    # Two that are handed in and look for the same count what was given up once.
    beside = last.model_copy(update={"id": "beside"})
    book.finding(beside)
    found = Observations.of(book.log).looks.among_all([(last, 0.01), (beside, 0.02)], seen.shows)
    assert [among and among.looked for among in found] == [21, 21]


@pytest.mark.parametrize("several", [True, False], ids=["names of their own", "one name"])
@pytest.mark.parametrize(
    "otherwise",
    [
        {"words": ("Bergen", "zq7")},
        {"words": ("It is Bergen!",)},
        {"scope": ("Norway", "zq7")},
        {"scope": ("the Kingdom of Norway",)},
        {"scope": ()},
    ],
    ids=["a word more", "a sentence", "a subject more", "its whole name", "no subject"],
)
def test_tries_in_many_prompts_count_whatever_else_they_say(
    book: LogBook, otherwise: dict[str, tuple[str, ...]], several: bool
) -> None:
    """One word more, or one more term of a scope, makes no other look of them."""
    shows, scope = Match(any_of=otherwise.get("words", ("Bergen",))), otherwise.get("scope", ("Norway",))
    seqs = [book.sample(f"Which city {number} of Norway?", ["Oslo."]) for number in range(20)]
    tries = [Citation(seq=seq, shows=shows) for seq in seqs]
    for number, part in enumerate([tries[at : at + 5] for at in range(0, 20, 5)] if several else [tries]):
        book.finding(finding(*part, id=f"try{number}", scope=scope))
        book.withdraw(f"try{number}")
    last = finding(
        Citation(seq=book.sample("Which city of Norway?", ["Bergen."]), shows=Match(any_of=("Bergen",))),
        id="f",
        scope=("Norway",),
    )
    book.finding(last)
    seen = Observations.of(book.log)
    (among,) = seen.looks.among_all([(last, 0.01)], seen.shows)
    assert among is not None and among.looked == 21


def test_tries_at_what_is_not_handed_in_count_too_and_what_showed_it_does_not(book: LogBook) -> None:
    cited = {}
    for number in range(8):
        seq = book.sample(f"Which city {number} of Norway?", ["Bergen." if number % 2 else "Oslo."])
        says = ("Bergen",) if number < 4 else ("Bergen", "Tromsø")
        cited[number] = finding(Citation(seq=seq, shows=Match(any_of=says)), id=f"f{number}", scope=("Norway",))
        book.finding(cited[number])
    seen = Observations.of(book.log)
    (among,) = seen.looks.among_all([(cited[3], 0.01)], seen.shows)
    assert among is not None and among.looked == 1 + 2 + 4, "itself, two that missed, and four in other words"
