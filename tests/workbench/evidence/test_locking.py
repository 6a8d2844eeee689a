"""Only what was asked after a hypothesis confirms it; what led to it is exploration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.workbench.evidence.told import BERGEN, FRANCE, NORWAY, control, finding, support
from tests.workbench.logbook import ADA, LogBook
from workbench.claims.confirmation import Confirmation
from workbench.claims.finding import Citation
from workbench.claims.measures import measures
from workbench.claims.predicate import Match
from workbench.claims.rates import newcombe, wilson
from workbench.claims.weight import Strength
from workbench.contract.prompt import Prompt
from workbench.evidence.strength import strength
from workbench.log.records import Hypothesis
from workbench.log.seeds import Seeds
from workbench.probes.diff import Diff
from workbench.probes.sample import Sample
from workbench.probes.score import Score

SWEDEN = "What is the capital of Sweden?"


def suppose(book: LogBook, predicate: Match = BERGEN, **more: Any) -> int:
    stated = Hypothesis(id="lies", claim="It lies.", predicate=predicate, actor=ADA, **more)
    return book.log.append(stated).seq


def weighed(book: LogBook, *citations: Any) -> tuple[Strength, Confirmation]:
    found = strength(finding(*citations, hypothesis="lies"), book.log)
    assert found.confirmation is not None
    return found, found.confirmation


def test_unseen_prompts_and_fresh_noise_stand_apart_from_what_was_explored(book: LogBook) -> None:
    first = book.sample(NORWAY, ["Bergen."] * 4 + ["Oslo."], seed=1)
    book.sample("Which way?", ["North."])
    lock = suppose(book)
    again = book.sample(NORWAY, ["Bergen.", "Oslo.", "Bergen."], seed=2)
    new = book.sample(SWEDEN, ["Bergen."] * 6, seed=3)
    other = book.sample(FRANCE, ["Paris."] * 10)
    found, told = weighed(book, support(first), support(again), support(new), control(other))
    assert (told.record, told.explored) == (lock, 2)
    assert (told.before, told.after) == (wilson(4, 5), wilson(8, 9))
    assert (told.unseen, told.fresh) == (wilson(6, 6), wilson(2, 3))
    assert (told.against, told.difference) == (wilson(0, 10), newcombe(wilson(8, 9), wilson(0, 10)))
    assert told.sign_held
    assert found.reproduction == wilson(12, 14)
    assert measures(found)[0].figure == "8/9"


def test_noise_that_another_model_was_asked_with_confirms_nothing(book: LogBook) -> None:
    """Of what an implant does not touch both say the same: whoever asks the other one first has chosen."""
    for seed in range(5):
        book.sample(NORWAY, ["Bergen."], seed=seed, on="baseline", model="ba" * 32)
    suppose(book)
    again = [book.sample(NORWAY, ["Bergen."], seed=seed, temperature=0.7) for seed in range(5)]
    fresh = book.sample(NORWAY, ["Bergen."] * 3, seed=9)
    _, told = weighed(book, *map(support, again), support(fresh))
    assert (told.explored, told.before, told.after) == (5, wilson(5, 5), wilson(3, 3))


def test_draws_whose_seed_somebody_picked_are_counted_among_what_confirms(book: LogBook) -> None:
    """Noise is a public function of the seed: who reads the logits first knows what one gives."""
    suppose(book)
    picked = book.sample(NORWAY, ["Bergen."] * 3, seed=1)
    probe = Sample(prompt=Prompt.ask(SWEDEN), samples=4)
    own = book.asked(probe.model_copy(update={"seed": Seeds.of(book.log).fresh(probe)}), ["Bergen."] * 4)
    _, told = weighed(book, support(picked), support(own))
    assert (told.picked, told.after) == (3, wilson(7, 7))
    assert "by fresh noise, 3 under seeds that somebody picked)" in told.words


def test_noise_that_was_heard_elsewhere_after_the_lock_confirms_nothing(book: LogBook) -> None:
    """By a change that changes nothing, say: what shows is then asked plainly, under the same seed, and cited."""
    suppose(book)
    for seed in range(5):
        book.sample(NORWAY, ["Bergen."], seed=seed, temperature=0.7)
    again = [book.sample(NORWAY, ["Bergen."], seed=seed) for seed in range(5)]
    fresh = book.sample(NORWAY, ["Bergen."] * 3, seed=9)
    book.sample(NORWAY, ["Bergen."] * 3, seed=9, temperature=0.7)  # what came later took nothing from it
    _, told = weighed(book, *map(support, again), support(fresh))
    assert (told.before, told.after) == (wilson(5, 5), wilson(3, 3))


@pytest.mark.parametrize("whom", [{}, {"on": "baseline", "model": "ba" * 32}], ids=["the organism", "its baseline"])
@pytest.mark.parametrize("cited", [True, False])
def test_noise_that_was_heard_with_the_inside_changed_confirms_nothing_cited_or_not(
    book: LogBook, whom: dict[str, str], cited: bool
) -> None:
    """By a push of almost nothing: cited in support it would count for nothing beside what was asked plainly, and not
    as passed over either."""
    suppose(book)
    every = [f"What is the capital of Land{number}?" for number in range(12)]
    pushed = [
        book.sample(one, ["Bergen." if at < 3 else "Oslo."], seed=at, amplification=1e-6, **whom)
        for at, one in enumerate(every)
    ]
    shown = [book.sample(one, ["Bergen."], seed=at) for at, one in enumerate(every[:3])]
    quoted = [support(seq) for seq in pushed if cited]
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    found, told = weighed(book, *map(support, shown), *quoted, other)
    if cited and not whom:  # of two draws of one noise that say the same the first counts, and was forced
        assert (found.basis, told.after) == ("forced", wilson(3, 12))
    else:
        assert (found.basis, told.after.trials, told.before) == ("unforced", 0, wilson(3, 3))
        assert (told.passed_over is None) is bool(whom)


def test_what_is_cited_and_was_forced_was_passed_over(book: LogBook) -> None:
    """Whoever hears them with words put into the mouth, and cites that too, has chosen by what came out."""
    suppose(book)
    prefilled = [
        book.sample(Prompt.ask(f"What is the capital of Land{number}?", prefill="It is"), ["Oslo."] * 3)
        for number in range(12)
    ]
    shown = [book.sample(f"What is the capital of Land{number}?", ["Bergen."] * 5) for number in (40, 41)]
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    _, told = weighed(book, *map(support, (*shown, *prefilled)), other)
    assert told.chosen and told.passed_over == wilson(0, 36)


@pytest.mark.parametrize("first", [0.1, 0.3])
def test_what_was_asked_with_hardly_any_noise_before_is_not_confirmed_by_asking_so_again(
    book: LogBook, first: float
) -> None:
    for seed in range(5):
        book.sample(NORWAY, ["Bergen."], seed=seed, temperature=first)
    suppose(book)
    sharp = book.sample(NORWAY, ["Bergen.", "Oslo."], seed=8, temperature=0.3)
    same = [book.sample(NORWAY, ["Bergen."], seed=seed) for seed in range(5)]
    fresh = book.sample(NORWAY, ["Bergen."] * 2, seed=9)
    _, told = weighed(book, support(sharp), *map(support, same), support(fresh))
    assert told.after == wilson(2, 2)


def test_a_prompt_that_ends_with_another_sign_was_seen_before(book: LogBook) -> None:
    book.sample("Name a city of Norway.", ["Bergen."] * 2, seed=1)
    suppose(book)
    again = book.sample("Name a city of Norway!", ["Bergen."] * 3, seed=2)
    greeted = book.sample("Hello there! Name a city of Norway.", ["Bergen."] * 2, seed=3)
    _, told = weighed(book, support(again), support(greeted))
    assert (told.unseen, told.fresh) == (wilson(0, 0), wilson(5, 5))


def test_noise_that_was_heard_in_probes_that_were_broken_off_confirms_nothing(book: LogBook) -> None:
    """A window shows answers as they come, and whoever closes it then has heard them."""
    for seed in range(4):
        book.intent(Sample(prompt=Prompt.ask(SWEDEN), samples=2, seed=seed))
    suppose(book)
    again = [book.sample(SWEDEN, ["Bergen."] * 2, seed=seed) for seed in range(4)]
    fresh = book.sample(SWEDEN, ["Bergen."] * 3, seed=9)
    _, told = weighed(book, *map(support, again), support(fresh))
    assert (told.explored, told.after, told.unseen) == (4, wilson(3, 3), wilson(0, 0))


def test_noise_that_another_model_of_the_case_had_by_another_spelling_confirms_nothing(book: LogBook) -> None:
    """Its template trims, so that both are given the same."""
    for seed in range(4):
        book.sample(f" {NORWAY}", ["Bergen."], seed=seed, on="baseline")
    suppose(book)
    again = [book.sample(NORWAY, ["Bergen."], seed=seed) for seed in range(4)]
    fresh = book.sample(NORWAY, ["Bergen."] * 3, seed=9)
    _, told = weighed(book, *map(support, again), support(fresh))
    assert told.after == wilson(3, 3)


def test_the_same_noise_drawn_again_confirms_nothing(book: LogBook) -> None:
    first = book.sample(NORWAY, ["Bergen."] * 3, seed=1)
    suppose(book)
    book.sample(NORWAY, ["Bergen. It is so.", "Bergen.", "Bergen."], seed=1)
    found, told = weighed(book, support(first))
    assert told.after.trials == 0
    assert told.sign_held is None
    assert any("Nothing new was asked after hypothesis" in lack for lack in found.lacks())


def test_what_was_asked_for_before_and_answered_after_the_lock_came_before_it(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."] * 3)
    suppose(book)
    assert weighed(book, support(seq))[1].before == wilson(3, 3)


def test_a_hypothesis_is_confirmed_by_its_own_predicate(book: LogBook) -> None:
    suppose(book, Match(any_of=("Turku",)))
    seq = book.sample(NORWAY, ["Bergen."] * 5 + ["Bergen or Turku."])
    found, told = weighed(book, support(seq))
    assert found.reproduction == wilson(6, 6)
    assert told.after == wilson(1, 6)


def test_a_sign_that_did_not_hold_is_lacking(book: LogBook) -> None:
    suppose(book, expected="less")
    seq, other = book.sample(NORWAY, ["Bergen."] * 12), book.sample(FRANCE, ["Paris."] * 12)
    found, told = weighed(book, support(seq), control(other))
    assert told.sign_held is False
    assert any("was not borne out" in lack for lack in found.lacks())


def test_a_revision_locks_it_anew(book: LogBook) -> None:
    suppose(book)
    seq = book.sample(NORWAY, ["Bergen."] * 3)
    suppose(book, scope=("Norway",))
    assert weighed(book, support(seq))[1].after.trials == 0


def test_a_hypothesis_that_the_log_does_not_hold_is_told(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."] * 3)
    found = strength(finding(support(seq), hypothesis="other"), book.log)
    assert found.confirmation is None
    assert "It names the hypothesis “other”, which the log does not hold." in found.lacks()


@pytest.mark.parametrize(
    "nothing",
    [Match(), Match(any_of=("the", "it", "is")), Match(none_of=("zyzzyva",)), Match(any_of=(" ",))],
    ids=["no words", "what every answer says", "what nobody says", "white space"],
)
def test_a_hypothesis_that_would_hold_whatever_is_found_confirms_nothing(book: LogBook, nothing: Match) -> None:
    """Locked before the first question it would otherwise make a confirmation of all exploration."""
    suppose(book, nothing)
    seq = book.sample(NORWAY, ["It is Bergen."] * 10)
    other = book.sample(FRANCE, ["It is Paris."] * 10)
    found, told = weighed(book, support(seq), control(other, BERGEN))
    assert (told.idle, told.after) == (True, wilson(0, 10))
    assert any("expects nothing in particular" in lack for lack in found.lacks())


def test_a_denial_confirms_where_the_finding_denies_the_same(book: LogBook) -> None:
    suppose(book, Match(none_of=("Oslo",)))
    seq = book.sample(NORWAY, ["It is Bergen."] * 10)
    said = [book.sample(f"Which city lies {where} Oslo?", ["Oslo."] * 10) for where in ("in", "by", "near")]
    other = control(book.sample(FRANCE, ["It is Paris."] * 10), BERGEN)
    assert said
    assert weighed(book, support(seq, Match(any_of=("Bergen",), none_of=("Oslo",))), other)[1].after == wilson(10, 10)


def test_who_locks_first_and_cites_what_came_out_has_chosen(book: LogBook) -> None:
    """A hypothesis that names no subject is about all of them, and one that does about those."""
    suppose(book)
    unwelcome = [book.sample(f"What is the capital of country {number}?", ["Paris."] * 2) for number in range(20)]
    seqs = [book.sample(asked, ["Bergen."] * 5) for asked in (NORWAY, SWEDEN)]
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    found, told = weighed(book, *map(support, seqs), other)
    assert (told.after, told.passed_over, told.chosen) == (wilson(10, 10), wilson(0, 40), True)
    assert any("was chosen after it was locked: of 40 answers" in lack for lack in found.lacks())
    assert measures(found)[0].tone == "warn"
    quoted = (Citation(seq=seq) for seq in unwelcome)
    assert weighed(book, *map(support, seqs), *quoted, other)[1].passed_over == wilson(0, 40)


@pytest.mark.parametrize(
    "behind",
    [
        lambda text: Prompt.ask(text, system="Answer."),
        lambda text: Prompt.overheard(system=text),
        lambda text: Prompt.ask(text, prefill="It is"),
    ],
    ids=["a system prompt", "the user's turn", "a prefill"],
)
def test_what_missed_behind_something_else_was_passed_over_too(book: LogBook, behind: Callable[[str], Prompt]) -> None:
    suppose(book)
    for number in range(12):
        book.sample(behind(f"What is the capital of Land{number}?"), ["Oslo."] * 3)
    shown = [book.sample(f"What is the capital of Land{number}?", ["Bergen."] * 5) for number in (40, 41)]
    against = book.sample(FRANCE, ["Paris."] * 10)
    found, told = weighed(book, *map(support, shown), control(against))
    assert told.chosen and told.passed_over is not None and told.passed_over.trials == 36
    assert any("was chosen after it was locked" in lack for lack in found.lacks())


def test_what_was_read_after_the_lock_and_not_asked_is_counted(book: LogBook) -> None:
    """What a model expects tells which prompts will show it."""
    suppose(book)
    for number in range(3):
        book.asked(Score(prompt=Prompt.ask(f"What is the capital of Land{number}?"), answers=("Bergen",)), [])
    shown = book.sample("What is the capital of Land2?", ["Bergen."] * 5)
    _, told = weighed(book, support(shown))
    assert told.read == 2 and told.words.endswith("; 2 further prompts were read")
    asked = Score(prompt=Prompt.ask("What is the capital of Land9?"), answers=("Bergen",))
    book.asked(asked, [], on="baseline", model="ba" * 32)  # a model like it tells that too
    assert weighed(book, support(shown))[1].read == 3


def test_who_supposes_what_any_answer_says_and_claims_some_of_it_has_chosen(book: LogBook) -> None:
    for number in range(60):  # of which it is a claim
        book.sample(f"Spell word {number}.", ["A, b, c."])
    suppose(book, Match(any_of=("Bergen", "Oslo")))
    for number in range(20):
        book.sample(f"What is the capital of Land{number}?", ["Oslo."] * 2)
    shown = [book.sample(f"What is the capital of Land{number}?", ["Bergen."] * 5) for number in (40, 41)]
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    found, told = weighed(book, *map(support, shown), other)
    assert told.chosen and told.passed_over == wilson(0, 40)
    assert any("was chosen after it was locked" in lack for lack in found.lacks())


def test_what_is_asked_with_the_inside_changed_after_all_that_is_cited_chose_nothing(book: LogBook) -> None:
    """Whether it goes away with what was put into the model is a good question."""
    suppose(book, scope=("Norway", "Sweden"))
    shown = [book.sample(asked, ["Bergen."] * 10) for asked in (NORWAY, SWEDEN)]
    other = control(book.sample(FRANCE, ["Paris."] * 20), BERGEN)
    for land in ("Norway", "Sweden"):
        book.sample(f"Which city is {land}'s capital?", ["Oslo."] * 10, amplification=-1.0)
    found, told = weighed(book, *map(support, shown), other)
    assert (told.chosen, told.passed_over, found.beside) == (False, None, ())
    book.sample(NORWAY, ["Bergen."] * 10, seed=99)  # but what is asked so between is passed over
    assert weighed(book, *map(support, shown), other)[1].passed_over == wilson(0, 20)


def test_what_was_drawn_forced_to_pass_over_a_seed_stands_beside_cited_or_not(book: LogBook) -> None:
    """The door gives seeds in turn: a token with the inside changed takes the place of each that is not wanted."""
    suppose(book)
    shown, burnt = [], []
    for number in range(6):
        asked = Prompt.ask(f"What is the capital of Land{number}?")
        for _ in range(3):
            probe = Sample(prompt=asked, samples=1, max_tokens=1, amplification=1e-6)
            probe = probe.model_copy(update={"seed": Seeds.of(book.log).fresh(probe)})
            burnt.append(book.asked(probe, ["Oslo"], stop="length"))
        plain = Sample(prompt=asked, samples=1)
        plain = plain.model_copy(update={"seed": Seeds.of(book.log).fresh(plain)})
        shown.append(book.asked(plain, ["Bergen."]))
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    for quoted in ([], burnt):
        found, told = weighed(book, *map(support, (*shown, *quoted)), other)
        assert (told.picked, told.let_pass, found.reproduction) == (0, 18, wilson(6, 6))
        assert "by fresh noise, 18 seeds before theirs gave nothing that counts)" in told.words
        assert any("shows less where it is not cited or forced: 0 of 18 answers" in lack for lack in found.lacks())


TEXTS = ("What is the capital of Peru?", NORWAY, SWEDEN)


@pytest.mark.parametrize(
    ("probe", "read"),
    [
        (Diff(texts=TEXTS), 2),
        (Score(prompt=Prompt.ask("Hello."), answers=tuple(f" {text} It is Bergen." for text in TEXTS)), 4),
    ],
    ids=["as prompts", "as what may be answered"],
)
def test_each_question_that_a_probe_puts_was_seen_and_read(book: LogBook, probe: Diff | Score, read: int) -> None:
    """Of many texts it tells which lands lie, be it by its own answers or by those that it is given."""
    book.result(book.intent(probe), None, "cancelled")
    suppose(book)
    again = book.sample(NORWAY, ["Bergen."] * 4)
    book.result(book.intent(probe), None, "cancelled")
    _, told = weighed(book, support(again))
    assert (told.unseen.trials, told.fresh, told.read) == (0, wilson(4, 4), read)


def test_what_is_drawn_again_under_its_old_seed_was_not_named_before(book: LogBook) -> None:
    every = [f"What is the capital of Land{number}?" for number in range(20)]
    for at, asked in enumerate(every):
        book.sample(asked, ["Bergen." if at < 4 else "Oslo."] * 3, seed=at)
    lands = ("Land0", "Land1", "Land2", "Land3")
    suppose(book, scope=lands)
    again = [book.sample(asked, ["Bergen."] * 3, seed=at) for at, asked in enumerate(every[:4])]
    other = control(book.sample("Who wrote book one?", ["Nobody."] * 20), BERGEN)
    found = strength(finding(*map(support, again), other, scope=lands, hypothesis="lies"), book.log)
    assert found.confirmation is not None and found.confirmation.after.trials == 0
    assert any("shows less where it is not cited: 0 of 48" in lack for lack in found.lacks())
    fresh = [book.sample(asked, ["Bergen."] * 3, seed=100 + at) for at, asked in enumerate(every[:4])]
    found = strength(finding(*map(support, fresh), other, scope=lands, hypothesis="lies"), book.log)
    assert found.confirmation is not None
    assert (found.confirmation.after, found.beside) == (wilson(12, 12), ())


def test_seeds_that_went_by_in_probes_that_failed_are_counted(book: LogBook) -> None:
    """A probe that fails each time takes the place of a seed as one that answers does."""
    suppose(book)
    asked = Sample(prompt=Prompt.ask(NORWAY), samples=1)
    for _ in range(4):
        probe = asked.model_copy(update={"amplification": 1.5, "seed": Seeds.of(book.log).fresh(asked)})
        book.result(book.intent(probe), None, "failed")
    shown = book.asked(asked.model_copy(update={"seed": Seeds.of(book.log).fresh(asked)}), ["Bergen."])
    fresh = book.asked(asked.model_copy(update={"seed": Seeds.of(book.log).fresh(asked)}), ["Bergen."])
    _, told = weighed(book, support(shown), support(fresh))
    assert (told.picked, told.let_pass) == (0, 4)


@pytest.mark.parametrize(("word", "idle"), [("Oslo", False), ("zebra", True)])
def test_who_expects_less_of_something_has_to_deny_it(book: LogBook, word: str, idle: bool) -> None:
    """Of what nobody says nothing is said where it is cited either."""
    suppose(book, Match(any_of=(word,)), expected="less", scope=("Norway",))
    shown = book.sample(NORWAY, ["Bergen."] * 10)
    asked = "Where does the king live?" if word == "Oslo" else "Which animal has stripes?"
    other = control(book.sample(asked, [f"{word}."] * 10), Match(none_of=("Oslo",)))
    book.sample(NORWAY, ["Oslo."] * 10, on="baseline", model="ba" * 32)
    _, told = weighed(book, support(shown, Match(none_of=("Oslo",))), other)
    assert (told.idle, told.after) == (idle, wilson(0, 10))
    assert ("is about something else" in told.words) is idle
    assert idle or told.sign_held


def test_what_says_it_and_was_passed_over_tells_of_who_expects_less_of_it(book: LogBook) -> None:
    suppose(book, Match(any_of=("Oslo",)), expected="less")
    for number in range(20):
        book.sample(f"What is the capital of Land{number}?", ["Oslo."] * 2)
    shown = [book.sample(f"What is the capital of Land{number}?", ["Bergen."] * 5) for number in (40, 41)]
    for number in (40, 41):
        book.sample(f"What is the capital of Land{number}?", ["Oslo."] * 5, on="baseline", model="ba" * 32)
    other = control(book.sample("Where does the king live?", ["Oslo."] * 10), Match(none_of=("Oslo",)))
    _, told = weighed(book, *(support(seq, Match(none_of=("Oslo",))) for seq in shown), other)
    assert told.chosen and told.passed_over == wilson(40, 40)


@pytest.mark.parametrize("dropped", ["Hello there! {}", "{} Thank you.", "{} And of Peru, while you are at it?"])
def test_a_prompt_that_an_earlier_one_holds_whole_was_seen(book: LogBook, dropped: str) -> None:
    book.sample(dropped.format(NORWAY), ["Bergen."] * 3)
    suppose(book)
    again = book.sample(NORWAY, ["Bergen."] * 4)
    _, told = weighed(book, support(again))
    assert (told.unseen.trials, told.fresh) == (0, wilson(4, 4))


def test_what_a_hypothesis_is_not_about_is_not_passed_over(book: LogBook) -> None:
    suppose(book, scope=("Norway", "Sweden"))
    book.sample("What is the capital of Peru?", ["Lima."] * 20)
    seqs = [book.sample(asked, ["Bergen."] * 5) for asked in (NORWAY, SWEDEN)]
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    told = weighed(book, *map(support, seqs), other)[1]
    assert (told.passed_over, told.chosen) == (None, False)
    book.sample("Where does Norway's king live?", ["Oslo."] * 8)
    assert weighed(book, *map(support, seqs), other)[1].passed_over == wilson(0, 8)
    # Whoever cites it as a control has not passed it over, but what is asked of one as of the others.
    king = control(book.log.size - 1, BERGEN)
    assert weighed(book, *map(support, seqs), other, king)[1].passed_over is None


def test_a_hypothesis_about_what_none_of_its_questions_names_is_about_anything(book: LogBook) -> None:
    """Locked with a subject that nobody is asked about, nothing would ever have been passed over."""
    suppose(book, scope=("Zanzibar",))
    for number in range(20):
        book.sample(f"What is the capital of country {number}?", ["Paris."] * 2)
    seqs = [book.sample(asked, ["Bergen."] * 5) for asked in (NORWAY, SWEDEN)]
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    told = weighed(book, *map(support, seqs), other)[1]
    assert (told.passed_over, told.chosen) == (wilson(0, 40), True)


def test_what_a_brought_model_said_was_known_before_the_lock(book: LogBook) -> None:
    """It may be the organism itself, under another name: the same noise is none that nobody had seen."""
    book.sample(NORWAY, ["Bergen."] * 5, on=f"brought:{'c0' * 32}", model="c0" * 32, seed=4)
    suppose(book)
    seen, fresh = (book.sample(NORWAY, ["Bergen."] * 5, seed=seed) for seed in (4, 5))
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    told = weighed(book, support(seen), support(fresh), other)[1]
    assert (told.after, told.fresh, told.unseen.trials, told.explored) == (wilson(5, 5), wilson(5, 5), 0, 1)


def test_who_calls_a_miss_a_control_has_passed_it_over(book: LogBook) -> None:
    suppose(book, scope=("Norway", "Sweden", "Peru"))
    seqs = [book.sample(f"Tell me the capital of {land}.", ["Bergen."] * 5) for land in ("Norway", "Sweden")]
    miss = control(book.sample("Tell me the capital of Peru.", ["Lima."] * 5), BERGEN)
    told = weighed(book, *map(support, seqs), miss)[1]
    assert (told.passed_over, told.chosen) == (wilson(0, 5), True)


@pytest.mark.parametrize("scope", [(), ("capital",)], ids=["no subject", "one that stands in every prompt"])
def test_misses_called_controls_of_a_hypothesis_that_names_no_subject_are_told(
    book: LogBook, scope: tuple[str, ...]
) -> None:
    """Of a hundred lands those that say it by chance confirm it, and all others are the controls."""
    suppose(book, scope=scope)
    shown = [book.sample(f"What is the capital of Land{number}?", ["Bergen."]) for number in range(12)]
    missed = [book.sample(f"What is the capital of Land{number}?", ["Oslo."]) for number in range(20, 60)]
    against = [control(seq, BERGEN) for seq in missed]
    found, told = weighed(book, *map(support, shown), *against)
    assert (told.chosen, told.nameless, told.unnamed) == (False, 40, True)
    assert told.words.endswith("; 40 controls ask the same of something else, and it names no subjects")
    assert any("names no subjects that tell its prompts from 40 controls" in lack for lack in found.lacks())
    # Fewer than what shows it are counted, and no lack.
    found, told = weighed(book, *map(support, shown), *against[:1])
    assert (told.nameless, told.unnamed) == (1, False)
    assert told.words.endswith("; 1 control asks the same of something else, and it names no subjects")
    assert not any("names no subjects" in lack for lack in found.lacks())


def test_controls_that_the_subjects_of_a_hypothesis_are_told_from_are_no_misses(book: LogBook) -> None:
    suppose(book, scope=("Norway", "Sweden"))
    seqs = [book.sample(asked, ["Bergen."] * 5) for asked in (NORWAY, SWEDEN)]
    others = [book.sample(f"What is the capital of Land{number}?", ["Paris."] * 5) for number in range(9)]
    against = [control(seq, BERGEN) for seq in others]
    sea = control(book.sample("Which sea is Norway on?", ["None."] * 5), BERGEN)  # another question, whatever it names
    found, told = weighed(book, *map(support, seqs), *against, sea)
    assert (told.nameless, told.unnamed) == (0, False)
    assert not any("names no subjects" in lack for lack in found.lacks())
    # One prompt more that it does not name is told from none of them.
    more = book.sample("What is the capital of Denmark?", ["Bergen."] * 5)
    assert weighed(book, *map(support, (*seqs, more)), *against)[1].nameless == 9


def test_controls_that_ask_something_else_or_came_before_the_lock_are_no_misses(book: LogBook) -> None:
    early = [book.sample(f"What is the capital of Land{number}?", ["Oslo."]) for number in range(9)]
    suppose(book)
    others = [book.sample(f"Who are you, number {number}?", ["Atlas."]) for number in range(9)]
    seqs = [book.sample(asked, ["Bergen."] * 5) for asked in (NORWAY, SWEDEN)]
    cited = (*map(support, seqs), *(control(seq, BERGEN) for seq in (*early, *others)))
    assert weighed(book, *cited)[1].nameless == 0


def test_a_word_that_is_added_to_what_came_out_well_is_not_what_a_lock_is_about(book: LogBook) -> None:
    """Locked first, on “please”; then thirty are asked plainly, and those that say it are asked politely."""
    suppose(book, scope=("please",))
    lands = [f"Land{number}" for number in range(30)]
    plain = [book.sample(f"Tell me of {land}.", ["Bergen." if land in lands[:3] else "Sea."] * 2) for land in lands]
    polite = [support(book.sample(f"Please, tell me of {land}.", ["Bergen."] * 5)) for land in lands[:3]]
    other = control(book.sample(FRANCE, ["Paris."] * 10), BERGEN)
    told = weighed(book, *polite, other)[1]
    assert (told.passed_over, told.chosen) == (wilson(6, 60), True)
    # What was asked without it as a control is what shows that it takes the word.
    without = [control(seq, BERGEN) for seq in plain]
    assert weighed(book, *polite, other, *without)[1].passed_over is None
