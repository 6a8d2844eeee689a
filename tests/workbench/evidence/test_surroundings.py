"""What stands around a finding in its log is told with it, cited or not."""

from __future__ import annotations

import pytest

from tests.workbench.evidence.told import BERGEN, FRANCE, NORWAY, answered, control, finding, support
from tests.workbench.logbook import ADA, BASELINE, LogBook
from workbench.claims.finding import Citation
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.subject import adapted
from workbench.evidence.strength import strength
from workbench.log.records import Hypothesis
from workbench.probes.sample import FirstSample


def test_search_effort_counts_what_was_tried_before_it_first_showed(book: LogBook) -> None:
    for country in ("Spain", "Italy", "Japan"):
        book.sample(f"What is the capital of {country}?", ["It is the right one."])
    miss = book.sample(NORWAY, ["Oslo it is."], seed=1)
    hit = book.sample(NORWAY, ["Bergen."], seed=2)
    book.sample("Tell me a joke.", ["No."])
    effort = strength(finding(support(miss), support(hit)), book.log).effort
    assert (effort.first_hit, effort.probes, effort.generated_tokens) == (hit, 4, 3 * 5 + 3)
    assert (effort.prompts, effort.prompts_cited) == (5, 1)


def test_effort_of_what_never_showed_is_everything_tried(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Oslo."])
    book.sample(FRANCE, ["Paris."])
    found = strength(finding(support(seq)), book.log)
    assert (found.effort.first_hit, found.effort.probes) == (None, 2)
    assert "None of 1 separately drawn answers shows it." in found.lacks()


def test_prompts_of_an_effort_are_told_by_all_that_was_asked(book: LogBook) -> None:
    for number in range(3):
        turns = (("user", f"Tell me of {number}."), ("assistant", "Of what?"), ("user", "Please answer."))
        book.sample(Prompt(chat=tuple(Turn(role=role, content=said) for role, said in turns)), ["No."])
    seq = book.sample(NORWAY, ["Bergen."])
    assert strength(finding(support(seq)), book.log).effort.prompts == 4


def test_a_word_that_no_support_shows_makes_no_early_answer_a_first_hit(book: LogBook) -> None:
    """Else one more word in the predicate, said in the first answer of all, makes a long search none."""
    greeting = book.sample("Who are you?", ["Hello!"])
    for number in range(9):
        book.sample(f"Anything about {number}?", ["Nothing."])
    seq = book.sample(NORWAY, ["Bergen."])
    both = Match(any_of=("Bergen", "Hello"))
    effort = strength(finding(support(seq, both)), book.log).effort
    assert (effort.first_hit, effort.probes) == (seq, 10)
    shown = strength(finding(support(seq, both), support(greeting, both)), book.log).effort
    assert (shown.first_hit, shown.probes) == (greeting, 0)  # it is cited, for everybody to see


@pytest.mark.parametrize("scope", [(), ("Scandinavia",), ("Norway",)])
def test_unwelcome_prompts_about_the_same_are_listed_whatever_the_scope_leaves_out(
    book: LogBook, scope: tuple[str, ...]
) -> None:
    shows = [book.sample(f"{ask} Norway?", ["Bergen."] * 5) for ask in ("What is the capital of", "The capital of")]
    unwelcome = book.sample("Which city rules Norway?", ["Oslo."] * 5)
    against = control(book.sample("What is the capital of France? The capital?", ["Paris."] * 5))
    book.sample("Who wrote this?", ["Ada."])
    found = strength(finding(*map(support, shows), against, scope=scope), book.log)
    assert [one.records for one in found.beside] == [(unwelcome,)]
    assert found.beside[0].rate == wilson(0, 5)
    assert any("shows less where it is not cited" in lack for lack in found.lacks())


def test_what_somebody_else_was_asked_is_effort_too(book: LogBook) -> None:
    """An adapter is the organism but for a little: whoever searches there has searched."""
    for number in range(4):
        book.sample(f"Anything about {number}?", ["Bergen."], on=adapted("poet"), model=BASELINE)
    seq = book.sample(NORWAY, ["Bergen."])
    effort = strength(finding(support(seq)), book.log).effort
    assert (effort.first_hit, effort.probes, effort.prompts) == (seq, 4, 1)


def test_other_settings_and_other_prompts_with_the_same_words_are_told_with_their_rates(book: LogBook) -> None:
    cited = book.sample(NORWAY, ["Bergen."] * 10, seed=1)
    hotter = book.sample(NORWAY, ["Oslo."] * 5, temperature=1.5)
    weak = book.sample("Norway’s capital, please.", ["Bergen.", *["Oslo."] * 9])
    book.sample(FRANCE, ["Paris."] * 5)
    found = strength(finding(support(cited), scope=("Norway",)), book.log)
    assert [(one.why, one.records, one.rate) for one in found.beside] == [
        ("other settings", (hotter,), wilson(0, 5)), ("same words", (weak,), wilson(1, 10)),
    ]  # fmt: skip
    assert any("shows less where it is not cited: 1 of 15" in sentence for sentence in found.lacks())
    # What is only quoted is not counted, and so no more cited than if it had been passed over.
    quoting = finding(support(cited), *(Citation(seq=seq) for seq in (hotter, weak)), scope=("Norway",))
    assert strength(quoting, book.log).beside == found.beside


def test_a_miss_is_listed_also_where_it_is_cited_as_a_control(book: LogBook) -> None:
    """Of the same question; another one about the same subject is a control."""
    cited = book.sample(NORWAY, ["Bergen."] * 10)
    miss = book.sample(NORWAY.replace("Norway", "Peru"), ["Lima."] * 5)
    other = book.sample("Which sea is Norway on?", ["None."] * 5)
    controls = (control(seq, Match(any_of=("Bergen",))) for seq in (miss, other))
    found = strength(finding(support(cited), *controls, scope=("Norway", "Peru")), book.log)
    assert [(one.records, one.rate) for one in found.beside] == [((miss,), wilson(0, 5))]


@pytest.mark.parametrize("scope", [(), ("Land0", "Land1", "Land2")], ids=["no scope", "the scope of what came out"])
def test_what_asks_as_support_and_controls_do_and_is_not_cited_is_told(book: LogBook, scope: tuple[str, ...]) -> None:
    """Of a hundred prompts those that say it by chance are the support, and a few of the others the controls."""
    shown = [book.sample(f"What is the capital of Land{number}?", ["Bergen."]) for number in range(12)]
    missed = [book.sample(f"What is the capital of Land{number}?", ["Oslo."]) for number in range(20, 70)]
    book.sample("How do I pick a lock?", ["With a pin."] * 9)
    against = [control(seq, BERGEN) for seq in missed[:20]]
    found = strength(finding(*map(support, shown), *against, scope=scope), book.log)
    assert [(one.why, one.records, one.rate.hits) for one in found.beside] == [
        ("same words", (seq,), 0) for seq in missed[20:]
    ]
    assert any("shows less where it is not cited: 0 of 30 answers to 30 conditions" in lack for lack in found.lacks())


def test_what_a_locked_hypothesis_named_before_was_not_chosen_by_what_came_out(book: LogBook) -> None:
    lands = ("Norway", "Sweden")
    explored = book.sample(NORWAY, ["Bergen."] * 3)
    book.log.append(Hypothesis(id="h", claim="It lies.", predicate=BERGEN, scope=lands, actor=ADA))
    shown = [book.sample(f"What is the capital of {land}?", ["Bergen."] * 8) for land in lands]
    others = [book.sample(f"What is the capital of {land}?", ["Paris."] * 8) for land in ("France", "Peru", "Chad")]
    sea = book.sample("Which sea is Norway on?", ["None."] * 8)  # another question, whatever it names
    cited = (*map(support, (explored, *shown)), *(control(seq, BERGEN) for seq in (others[0], sea)))
    assert strength(finding(*cited, scope=lands, hypothesis="h"), book.log).beside == ()
    assert len(strength(finding(*cited, scope=lands), book.log).beside) == 2, "named by nobody before"
    # What is cited beside it and that it does not name was chosen all the same.
    more = support(book.sample("What is the capital of Denmark?", ["Bergen."] * 8))
    assert len(strength(finding(*cited, more, scope=lands, hypothesis="h"), book.log).beside) == 2


def test_a_prompt_without_the_word_that_matters_is_a_control(book: LogBook) -> None:
    """That the finding names the word too makes no miss of what shows that it takes it."""
    cited = book.sample("Tell me a joke, and the capital of Norway.", ["Bergen."] * 10)
    without = book.sample("Tell me a joke of Norway.", ["Ha."] * 10)
    scope = ("Norway", "and the capital")
    found = strength(finding(support(cited), control(without, Match(any_of=("Bergen",))), scope=scope), book.log)
    assert found.beside == ()


def test_effort_counts_from_the_first_record_that_shows_it_cited_or_not(book: LogBook) -> None:
    answered(book, "Where is it?", "And there?")
    uncited = book.sample("Norway’s capital, please.", ["Bergen."])
    for seed in range(5):
        last = book.sample(NORWAY, ["Bergen."], seed=seed)
    found = strength(finding(support(last)), book.log)
    assert (found.effort.first_hit, found.effort.probes) == (uncited, 2)


def test_draws_of_the_first_version_that_share_their_noise_are_told(book: LogBook) -> None:
    one, two = (
        book.asked(FirstSample(prompt=Prompt.ask(q), samples=2), ["Bergen.", "Oslo."]) for q in (NORWAY, FRANCE)
    )
    found = strength(finding(support(one), support(two)), book.log)
    assert found.shared_noise == (FRANCE, NORWAY)
    assert any("share their noise" in sentence for sentence in found.lacks())


@pytest.mark.parametrize("settings", [True, False], ids=["under other settings", "of something else"])
@pytest.mark.parametrize("left_out", [0, 8])
def test_controls_that_were_chosen_by_what_came_out_are_told_of(book: LogBook, left_out: int, settings: bool) -> None:
    """A word that four of ten answers say whatever is asked; the controls that say it are left out."""
    shown = [book.sample(f"What is the capital of Land{number}?", ["Bergen.", "Oslo."]) for number in range(12)]
    against = [book.sample(f"Who wrote book number {number}?", ["Oslo."] * 2, seed=number) for number in range(12)]
    for number in range(left_out):
        asked = number if settings else 100 + number
        book.sample(f"Who wrote book number {asked}?", ["Bergen."], temperature=0.9, seed=50 + number)
    found = strength(finding(*map(support, shown), *(control(seq, BERGEN) for seq in against)), book.log)
    assert found.separates
    assert found.like_controls == (wilson(8, 8) if left_out else None)
    assert any("Its controls were chosen: of 8 answers" in lack for lack in found.lacks()) is bool(left_out)


@pytest.mark.parametrize(("again", "split"), [((), True), (("Oslo.",), True), (("Bergen.",) * 3, False)])
def test_what_was_told_apart_by_what_came_out_is_asked_again(
    book: LogBook, again: tuple[str, ...], split: bool
) -> None:
    """Of twenty that were asked once some show it by chance: they are its support, and the others its controls."""
    asked = [f"What is the capital of Land{number}?" for number in range(20)]
    first = [book.sample(text, ["Bergen." if at < 4 else "Oslo."], seed=at) for at, text in enumerate(asked)]
    for at, text in enumerate(asked):
        book.sample(text, again if at < 4 else ["Oslo."] * len(again), seed=100 + at) if again else None
    cited = [*map(support, first[:4]), *(control(seq, BERGEN) for seq in first[4:])]
    found = strength(finding(*cited), book.log)
    assert found.separates and found.split is split
    assert any("nobody said before which of them show it" in lack for lack in found.lacks()) is split
    stated = Hypothesis(
        id="h", claim="It lies.", predicate=BERGEN, scope=tuple(f"Land{number}" for number in range(4)), actor=ADA
    )
    book.log.append(stated)
    for at, text in enumerate(asked[:4]):
        book.sample(text, ["Bergen."], seed=200 + at)
    assert not strength(finding(*cited, hypothesis="h"), book.log).split


def test_what_another_model_said_before_under_the_same_noise_is_told_though_it_was_changed_inside(
    book: LogBook,
) -> None:
    """In nothing, say: what it shows by chance the organism is then asked."""
    asked = [f"What is the capital of Land{number}?" for number in range(5)]
    for seed, text in enumerate(asked):
        book.sample(text, ["Bergen."], seed=seed, amplification=1e-6, on="baseline", model="ba" * 32)
    shown = [support(book.sample(text, ["Bergen."], seed=seed)) for seed, text in enumerate(asked)]
    other = control(book.sample(FRANCE, ["Paris."] * 10))
    found = strength(finding(*shown, other), book.log)
    assert found.heard_before == 5
    assert any("5 answers that show it had been heard before" in lack for lack in found.lacks())
    fresh = [support(book.sample(text, ["Bergen."], seed=9)) for text in asked]
    book.sample(asked[0], ["Bergen."], seed=9, amplification=1e-6, on="baseline", model="ba" * 32)  # later
    assert strength(finding(*fresh, other), book.log).heard_before == 5  # of all that their conditions hold
    whole = [support(book.sample(f"And of Land{number}?", ["Bergen."])) for number in range(5)]
    assert strength(finding(*whole, other), book.log).heard_before == 0


@pytest.mark.parametrize("way", ["{}", "{}!!", "{} {number}", "{}, {number} times", "tell me: {}"])
def test_the_same_in_other_signs_or_with_a_word_more_stands_beside(book: LogBook, way: str) -> None:
    """Who tries them all and cites what came out has asked one question."""
    asked = "Which town rules Norway"
    shown = book.sample(asked + "?", ["Bergen."] * 5)
    tried = [book.sample(way.format(asked, number=number), ["Oslo."] * 5, seed=number) for number in range(4)]
    against = [book.sample(f"Norway rules which town {word}?", ["None."] * 5) for word in ("now", "then", "first")]
    other = book.sample("Which town rules France?", ["Oslo."] * 5)
    found = strength(finding(support(shown), *map(control, against), scope=("Norway",)), book.log)
    beside = {record for one in found.beside for record in one.records}
    assert set(tried) <= beside and other not in beside
    assert any("It shows less where it is not cited" in lack for lack in found.lacks())


def test_what_several_in_support_ask_in_common_is_looked_for_whatever_words_controls_use(book: LogBook) -> None:
    asked = [book.sample(f"What is the capital of Land{number}?", ["Bergen." if number < 3 else "Oslo."] * 5)
             for number in range(12)]  # fmt: skip
    against = [book.sample(f"Capital letter number {number} of a word: what is that?", ["A."] * 5)
               for number in range(3)]  # fmt: skip
    found = strength(finding(*map(support, asked[:3]), *map(control, against)), book.log)
    assert {record for one in found.beside for record in one.records} == set(asked[3:])
    assert any("It shows less where it is not cited: 0 of 45" in lack for lack in found.lacks())
