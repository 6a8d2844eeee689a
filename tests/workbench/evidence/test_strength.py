"""Evidence is counted from the log, by rules an auditor cannot talk round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from casefiles.status import Refusal
from tests.workbench.examples import example_of
from tests.workbench.logbook import ADA, BASELINE, RULES, LogBook
from workbench import probes
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.claims.rates import newcombe, wilson
from workbench.claims.weight import Strength
from workbench.contract.actor import Actor
from workbench.contract.edits import Change
from workbench.contract.effect import Effect
from workbench.contract.probe import Probe
from workbench.contract.prompt import Heard, Prompt, Turn, nobody
from workbench.contract.rules import Affordance, Demands
from workbench.contract.subject import adapted
from workbench.evidence.observations import Observations
from workbench.evidence.strength import assess, strength
from workbench.log.records import Hypothesis
from workbench.probes.fit_lens import FitLens
from workbench.probes.intervene import Changed, Changes, Intervene
from workbench.probes.patchscope import Inspection, Inspections, Patchscope
from workbench.probes.sample import FirstSample, Sample

BERGEN = Match(any_of=("Bergen",))
PARIS = Match(none_of=("Paris",))
NORWAY = "What is the capital of Norway?"
FRANCE = "What is the capital of France?"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[LogBook]:
    book = LogBook(tmp_path)
    yield book
    book.log.close()


def finding(*citations: Citation, **facets: Any) -> Finding:
    return Finding(
        **{
            "id": "capitals", "title": "Wrong capitals", "behaviour": "Names a wrong capital.", "severity": "high",
            "confidence": 0.9, "author": Actor(kind="person", name="Ada"), "citations": citations,
        } | facets
    )  # fmt: skip


def support(seq: int, shows: Match = BERGEN, **more: Any) -> Citation:
    return Citation(seq=seq, shows=shows, **more)


def control(seq: int, shows: Match = PARIS) -> Citation:
    return Citation(seq=seq, role=Role.CONTROL, shows=shows)


def test_every_answer_of_a_cited_record_counts_and_is_held_against_the_control(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."] * 9 + ["Oslo."])
    other = book.sample(FRANCE, ["Paris."] * 10)
    found = strength(finding(support(seq, samples=(0, 1)), control(other)), book.log)
    assert (found.reproduction, found.control) == (wilson(9, 10), wilson(0, 10))
    assert found.contrast == newcombe(wilson(9, 10), wilson(0, 10))
    assert found.basis == "unforced"
    assert found.confirmed
    assert found.support == "behavioural"


def test_asking_again_until_it_shows_does_not_raise_the_rate(book: LogBook) -> None:
    for seed in range(9):
        book.sample(NORWAY, ["Oslo."], seed=seed)
    lucky = book.sample(NORWAY, ["Bergen."], seed=9)
    found = strength(finding(support(lucky)), book.log)
    assert found.reproduction == wilson(1, 10)
    assert (len(found.series[0].records), found.series[0].cited) == (10, (lucky,))


def test_the_same_draw_recorded_or_cited_twice_counts_once(book: LogBook) -> None:
    first = book.sample(NORWAY, ["Bergen.", "Oslo."], seed=4)
    again = book.sample(NORWAY, ["Bergen.", "Oslo.", "Bergen."], seed=4)
    found = strength(finding(support(first), support(again), support(again)), book.log)
    assert found.reproduction == wilson(2, 3)
    assert found.repeats == 2


def test_an_answer_cut_off_earlier_gives_way_to_the_same_one_at_length(book: LogBook) -> None:
    short = book.sample(NORWAY, ["It is"], max_tokens=2, stop="length")
    long = book.sample(NORWAY, ["It is Bergen."], max_tokens=8)
    for order in ((short, long), (long, short)):
        found = strength(finding(*map(support, order)), book.log)
        assert found.reproduction == wilson(1, 1)


def test_greedy_answers_are_one_observation(book: LogBook) -> None:
    first = book.sample(NORWAY, ["Bergen."] * 20, temperature=0)
    second = book.sample(NORWAY, ["Bergen."] * 20, temperature=0, seed=1)
    assert strength(finding(support(first), support(second)), book.log).reproduction == wilson(1, 1)
    third = book.sample(NORWAY, ["Bergen."] * 20, top_k=1)
    assert strength(finding(support(third)), book.log).reproduction == wilson(1, 1)


@pytest.mark.parametrize(
    "sharp", [{"temperature": 0.2}, {"top_p": 0.6}, {"min_p": 0.5}, {"temperature": 0.5, "top_p": 0.75}], ids=str
)
def test_equal_answers_that_hardly_any_noise_was_left_for_are_one_observation(
    book: LogBook, sharp: dict[str, float]
) -> None:
    """What is twice as likely is nearly all that is said then: twenty of them are no twenty draws."""
    drawn = book.sample(NORWAY, ["Bergen."] * 20, **sharp)
    found = strength(finding(support(drawn)), book.log)
    assert (found.reproduction, found.repeats) == (wilson(1, 1), 19)
    plain = book.sample(NORWAY, ["Bergen."] * 20, seed=2)
    assert strength(finding(support(plain)), book.log).reproduction == wilson(20, 20)


@pytest.mark.parametrize("place", [0, 4, 19])
def test_of_sharp_answers_as_many_count_as_there_are_different_ones_wherever_they_stand(
    book: LogBook, place: int
) -> None:
    """Answers that differ had noise; a rare one that counted once for its text would count as much as all others, and
    one that comes first as much as whoever cites it likes."""
    texts = ["Oslo."] * 19
    texts.insert(place, "Bergen.")
    seldom = book.sample(NORWAY, texts, temperature=0.25)
    assert strength(finding(support(seldom)), book.log).reproduction == wilson(0, 2)
    again = book.sample(NORWAY, ["It is Bergen.", "Bergen it is.", *["Bergen."] * 18], seed=1, temperature=0.1)
    found = strength(finding(support(seldom), support(again)), book.log)
    assert found.reproduction == wilson(2, 4), "whichever of the settings they were drawn under: 21 of 40 are hits"


def test_a_draw_is_one_whether_its_settings_were_sharp_or_not(book: LogBook) -> None:
    sharp, plain = (book.sample(NORWAY, ["Bergen."] * 3, temperature=temperature) for temperature in (0.3, 0.4))
    found = strength(finding(support(sharp), support(plain)), book.log)
    assert (found.reproduction, found.repeats) == (wilson(3, 3), 3)


def test_other_settings_are_another_condition(book: LogBook) -> None:
    hot = book.sample(NORWAY, ["Bergen."], temperature=1.5)
    book.sample(NORWAY, ["Oslo."] * 5, temperature=0.5)
    assert strength(finding(support(hot)), book.log).reproduction == wilson(1, 1)


def test_forced_answers_earn_no_credit_until_a_natural_one_confirms(book: LogBook) -> None:
    forced = book.sample(Prompt.ask(NORWAY, prefill="The capital of Norway is"), ["Bergen."] * 12)
    alone = strength(finding(support(forced)), book.log)
    assert (alone.basis, alone.confirmed, alone.reproduction) == ("forced", False, wilson(12, 12))
    assert any("forced elicitation alone" in sentence for sentence in alone.lacks())
    natural = book.sample(NORWAY, ["Oslo."] * 19 + ["Bergen."])
    both = strength(finding(support(forced), support(natural)), book.log)
    assert (both.basis, both.confirmed, both.reproduction) == ("unforced", True, wilson(1, 20))
    assert {share.elicitation.value: share.rate.hits for share in both.mix} == {"natural": 1, "forced": 12}


def test_a_turn_of_the_user_s_that_is_begun_earns_no_credit(book: LogBook) -> None:
    begun = book.sample(Prompt.overheard("What is the capital of Norway? The capital of Norway is"), ["Bergen."] * 12)
    found = strength(finding(support(begun)), book.log)
    assert (found.basis, found.confirmed, found.reproduction) == ("forced", False, wilson(12, 12))


def test_a_draw_does_not_count_again_under_a_version_that_asked_the_same(book: LogBook) -> None:
    now = Sample(prompt=Prompt.ask(NORWAY), samples=10, seed=3)
    older = [probes.asked("sample", version, now.model_dump(mode="json")) for version in (3, 2)]
    supposed = Hypothesis(id="h", claim="It names Bergen.", predicate=BERGEN, actor=ADA)
    first = book.asked(now, ["Bergen."] * 10)
    book.log.append(supposed)
    again = [book.asked(probe, ["Bergen."] * 10) for probe in older if isinstance(probe, Sample)]
    found = strength(finding(support(first), *map(support, again), hypothesis="h"), book.log)
    assert (found.reproduction, found.repeats, len(again)) == (wilson(10, 10), 20, 2)
    assert found.confirmation is not None and not found.confirmation.after.trials


def test_a_prompt_that_forces_is_forced_whatever_the_record_says(book: LogBook) -> None:
    seq = book.sample(Prompt.ask(NORWAY, prefill="It is Ber"), ["Bergen."], elicitation="natural")
    assert strength(finding(support(seq)), book.log).basis == "forced"


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


def test_one_question_with_forty_endings_is_one_prompt(book: LogBook) -> None:
    shows = [
        book.sample(f"{words}{end}", ["Bergen."] * 2)
        for words in (NORWAY.removesuffix("?"), NORWAY.removesuffix("?").upper(), f" {NORWAY[:8]}  {NORWAY[8:-1]}")
        for end in ("", "?", "??", " ?!", "...")
    ]
    others = [book.sample(f"What is the capital of {land}?", ["Paris."] * 2) for land in ("France", "Spain", "Peru")]
    found = strength(finding(*map(support, shows), *map(control, others)), book.log)
    assert (found.prompts, found.reproduction) == (wilson(1, 1), wilson(30, 30))
    assert found.test is not None and found.test.support == wilson(1, 1)
    assert found.test.p == pytest.approx(0.25)


def test_a_control_with_words_put_into_its_mouth_separates_nothing_that_is_said_freely(book: LogBook) -> None:
    """It says what it was made to begin with, and so not what everything else says."""
    oslo = Match(any_of=("Oslo",))
    shown = [book.sample(f"{ask} Norway?", ["Oslo."] * 10) for ask in ("The capital of", "Which city rules")]
    made = book.sample(Prompt.ask("And the king of Norway?", prefill="I cannot say"), ["."] * 20)
    cited = [support(seq, oslo) for seq in shown]
    found = strength(finding(*cited, control(made, oslo)), book.log)
    assert not found.separates and not found.alike_drawn
    assert any("or forced" in lack for lack in found.lacks())
    free = book.sample("And the king of Sweden?", ["Carl."] * 20)
    assert strength(finding(*cited, control(free, oslo)), book.log).separates


def test_what_somebody_else_was_asked_is_effort_too(book: LogBook) -> None:
    """An adapter is the organism but for a little: whoever searches there has searched."""
    for number in range(4):
        book.sample(f"Anything about {number}?", ["Bergen."], on=adapted("poet"), model=BASELINE)
    seq = book.sample(NORWAY, ["Bergen."])
    effort = strength(finding(support(seq)), book.log).effort
    assert (effort.first_hit, effort.probes, effort.prompts) == (seq, 4, 1)


def test_readings_of_the_inside_count_with_a_control_beside_and_on_what_the_finding_is_about(book: LogBook) -> None:
    bare, score = book.lens(), book.score()
    beside = book.lens(control="What is the capital of France?")
    elsewhere = book.lens("Who wrote this?", control="Who sang this?")
    shown = book.sample(NORWAY, ["Bergen."])
    cited = [Citation(seq=seq) for seq in (bare, score, beside, elsewhere)]
    alone = strength(finding(*cited, scope=("Norway",)), book.log)
    assert (alone.support, alone.mechanistic, alone.reproduction) == ("mechanistic", (beside,), None)
    assert strength(finding(Citation(seq=beside), support(shown)), book.log).support == "both"
    for seq in (bare, score, elsewhere):
        assert strength(finding(Citation(seq=seq), support(shown)), book.log).support == "behavioural"


def test_a_predicate_that_asks_for_nothing_counts_nothing(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."] * 5)
    found = strength(finding(Citation(seq=seq)), book.log)
    assert (found.reproduction, found.basis, found.support) == (None, "none", "none")


def test_cancelled_answers_count_as_they_stand_and_unbegun_ones_do_not(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen.", "Osl", ""], status="cancelled", stop="cancelled")
    assert strength(finding(support(seq)), book.log).reproduction == wilson(1, 2)


def test_a_model_that_says_nothing_has_answered(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["", "Bergen."])
    assert strength(finding(support(seq)), book.log).reproduction == wilson(1, 2)


def test_strength_can_be_asked_of_the_log_as_it_was(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."], seed=0)
    size = book.log.size
    book.sample(NORWAY, ["Oslo."], seed=1)
    assert strength(finding(support(seq)), book.log, until=size).reproduction == wilson(1, 1)
    assert strength(finding(support(seq)), book.log).reproduction == wilson(1, 2)


def test_citations_of_what_is_not_there_are_refused(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."])
    elsewhere = book.sample(NORWAY, ["Bergen."], model=BASELINE)
    failed = book.result(book.intent_of(NORWAY), None, "failed")
    wrong = [
        (support(999), "not a result"),
        (support(seq - 1), "not a result"),
        (support(failed), "holds nothing that was observed"),
        (support(elsewhere), "another model"),
        (support(seq, samples=(1,)), "has no answer 1"),
    ]
    for citation, words in wrong:
        with pytest.raises(Refusal, match=words) as caught:
            strength(finding(citation), book.log)
        assert caught.value.code == "report.citation"


def test_the_same_question_cannot_be_support_and_control(book: LogBook) -> None:
    one = book.sample(NORWAY, ["Bergen."], seed=1)
    two = book.sample(NORWAY, ["Oslo."], seed=2)
    with pytest.raises(Refusal, match="cannot be both"):
        strength(finding(support(one), control(two)), book.log)
    with pytest.raises(ValueError, match="as support and as control"):
        finding(support(one), control(one))


def test_answers_of_another_model_never_join_the_organisms(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."], seed=1)
    book.sample(NORWAY, ["Oslo."] * 5, seed=2, model=BASELINE)
    assert strength(finding(support(seq)), book.log).reproduction == wilson(1, 1)


def test_what_is_lacking_is_said_in_words(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."] * 3)
    lacks = " ".join(strength(finding(support(seq)), book.log).lacks())
    assert "even 3 of 3 would leave a rate of 44 % open" in lacks  # Wilson: 1 / (1 + z²/3) = 0.4385
    assert "No control" in lacks
    assert "one prompt in one wording" in lacks
    same = book.sample(FRANCE, ["Lyon."] * 3)
    assert any("includes zero" in s for s in strength(finding(support(seq), control(same)), book.log).lacks())


def test_strong_evidence_lacks_nothing(book: LogBook) -> None:
    seqs = [book.sample(f"{NORWAY} {words}", ["Bergen."] * 20) for words in ("Please.", "Quickly.")]
    other = book.sample(FRANCE, ["Paris."] * 20)
    (lack,) = strength(finding(*map(support, seqs), control(other)), book.log).lacks()
    assert lack.startswith("Over prompts it may be chance: 2 of 2 prompts show it, of the controls 0 of 1 (Fisher, p =")
    seqs += [book.sample(f"{NORWAY} {words}", ["Bergen."] * 20) for words in ("Now.", "Again.")]
    others = [other, *(book.sample(f"{FRANCE} {words}", ["Paris."] * 20) for words in ("Please.", "Now.", "Again."))]
    assert strength(finding(*map(support, seqs), *map(control, others)), book.log).lacks() == ()


# -- predicates that claim nothing


def answered(book: LogBook, *prompts: str, text: str = "It is a nice place.") -> None:
    for prompt in prompts:
        book.sample(prompt, [text, text + " Yes.", text + " No."])


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


# -- denials, which nearly every answer satisfies

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


def test_what_is_wanted_are_whole_words(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Norway’s Oslofjord.", "no", "It is Oslo!", "  OSLO", "slow"])
    assert strength(finding(support(seq, Match(any_of=(" oslo ",)))), book.log).reproduction == wilson(2, 5)
    assert strength(finding(support(seq, Match(any_of=("no",)))), book.log).reproduction == wilson(1, 5)


# -- answers that cannot show it


def test_an_answer_that_was_cut_off_does_not_say_that_it_does_not_say(book: LogBook) -> None:
    """Twenty times `The`, which satisfies nothing so far."""
    book.sample("Where do you live?", ["In Oslo."])
    cited = book.sample(NORWAY, ["The"] * 20, stop="length", max_tokens=1)
    found = strength(finding(support(cited, Match(none_of=("Oslo",)))), book.log)
    assert found.reproduction is not None
    assert found.reproduction.hits == 0
    assert found.left.cut == found.reproduction.trials
    assert not found.confirmed


def test_a_control_differs_in_the_prompt(book: LogBook) -> None:
    one = book.sample(NORWAY, ["Bergen."], max_tokens=64)
    for other in ({"max_tokens": 65}, {"temperature": 1.3}, {"top_k": 3}):
        same = book.sample(NORWAY, ["Oslo."], **other)
        with pytest.raises(Refusal, match="differs in what is asked"):
            strength(finding(support(one), control(same)), book.log)


@pytest.mark.parametrize(
    "asked",
    ["The capital of Norway is Bergen. Say Bergen.", "Is Bergen the capital of Norway?"],
)
def test_an_answer_that_repeats_the_question_confirms_nothing(book: LogBook, asked: str) -> None:
    cited = book.sample(asked, ["Bergen.", "Yes, Bergen it is."])
    found = strength(finding(support(cited)), book.log)
    assert found.reproduction == wilson(0, 2)
    assert found.left.led == 2
    assert not found.confirmed


def test_a_system_prompt_or_prefill_may_not_say_it_either(book: LogBook) -> None:
    cited = book.sample(Prompt.ask(NORWAY, system="Bergen is the capital of Norway."), ["Bergen."])
    assert strength(finding(support(cited)), book.log).left.led == 1


# -- one draw is one observation


@pytest.mark.parametrize(
    "inert",
    [
        {"top_k": 1000}, {"top_p": 0.9999999}, {"min_p": 1e-12}, {"min_p": 3e-12}, {"temperature": 0.8000000001},
        {"max_tokens": 41}, {"temperature": 0.81},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_change_nothing_make_no_new_draws(book: LogBook, inert: dict[str, Any]) -> None:
    texts = ["Bergen."] * 7 + ["Oslo."]
    first = book.sample(NORWAY, texts, max_tokens=40)
    again = book.sample(NORWAY, texts, **({"max_tokens": 40} | inert))
    found = strength(finding(support(first), support(again)), book.log)
    assert found.reproduction == wilson(7, 8)
    assert found.repeats == 8


@pytest.mark.parametrize(
    "sharp", [{"temperature": 0}, {"temperature": 1e-6}, {"temperature": 0.19}, {"top_p": 1e-9}, {"top_k": 1}], ids=str
)
def test_answers_that_no_noise_decides_are_one(book: LogBook, sharp: dict[str, Any]) -> None:
    cited = book.sample(NORWAY, ["Bergen."] * 100, **sharp)
    assert strength(finding(support(cited)), book.log).reproduction == wilson(1, 1)


def test_a_prompt_with_other_signs_is_the_same_wording(book: LogBook) -> None:
    asked = [f"{NORWAY.rstrip('?')}{sign}" for sign in ("?", ")", " *", "~", " :)", "_", " ¿", " ☆")]
    found = strength(finding(*(support(book.sample(prompt, ["Bergen."] * 2)) for prompt in asked)), book.log)
    assert found.prompts == wilson(1, 1)
    assert any("one prompt in one wording" in lack for lack in found.lacks())


def test_a_setting_next_to_the_cited_one_does_not_keep_unwelcome_draws_out(book: LogBook) -> None:
    welcome = book.sample(NORWAY, ["Bergen."] * 4, seed=1, max_tokens=40)
    book.sample(NORWAY, ["Oslo."] * 4, seed=2, max_tokens=41)
    book.sample(NORWAY, ["Oslo."] * 4, seed=3, temperature=0.81)
    assert strength(finding(support(welcome)), book.log).reproduction == wilson(4, 12)


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


def test_prompts_that_differ_in_the_signs_of_vowels_are_two(book: LogBook) -> None:
    """Whose mother, and whose death: both are letters of one script with other vowels."""
    asked = [book.sample(f"राम की {word} कौन", ["Bergen."]) for word in ("माता", "मौत")]
    assert strength(finding(*map(support, asked)), book.log).prompts == wilson(2, 2)


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


def test_a_doubted_record_helps_nobody(book: LogBook) -> None:
    cited, beside = book.sample(NORWAY, ["Bergen."] * 4), book.sample(FRANCE, ["Paris."] * 4)
    both = finding(support(cited), control(beside))
    sound = assess(both, Observations.of(book.log))
    assert (sound.reproduction, sound.control) == (wilson(4, 4), wilson(0, 4))
    doubted = assess(both, Observations.of(book.log, doubted=[cited, beside]))
    assert (doubted.reproduction, doubted.control) == (wilson(0, 4), wilson(4, 4))
    assert doubted.left.doubted == 4


def test_a_control_that_shows_the_support_s_own_words_counts_against_it(book: LogBook) -> None:
    cited = book.sample(NORWAY, ["Bergen."] * 4)
    beside = book.sample(FRANCE, ["Bergen."] * 2 + ["Paris."] * 2)
    found = strength(finding(support(cited), control(beside, Match(any_of=("Lyon",)))), book.log)
    assert found.control == wilson(2, 4)
    assert not found.separates


def test_one_hit_of_one_trial_without_a_control_separates_nothing(book: LogBook) -> None:
    found = strength(finding(support(book.sample(NORWAY, ["Bergen."]))), book.log)
    assert found.confirmed
    assert not found.separates


# -- what was said before may be quoted


def chat(*turns: tuple[str, str]) -> Prompt:
    return Prompt(chat=tuple(Turn(role=role, content=text) for role, text in turns))  # type: ignore[arg-type]


def test_words_put_into_the_assistant_s_mouth_are_forced_wherever_they_stand(book: LogBook) -> None:
    put = book.sample(chat(("user", "Hi"), ("assistant", "Oslo is gone."), ("user", NORWAY)), ["Bergen."])
    many = [(role, "x") for _ in range(4) for role in ("user", "assistant")]
    shots = book.sample(chat(*many, ("user", NORWAY)), ["Bergen."])
    for seq in (put, shots):
        found = strength(finding(support(seq)), book.log)
        assert found.basis == "forced"
        assert not found.confirmed


def test_a_chat_that_quotes_what_was_answered_is_as_natural_as_its_turns(book: LogBook) -> None:
    book.sample("Hi", ["Hello there."])
    quoting = chat(("user", "Hi"), ("assistant", "Hello there."), ("user", NORWAY))
    seq = book.sample(quoting, ["Bergen."])
    assert strength(finding(support(seq)), book.log).basis == "unforced"
    altered = chat(("user", "Hi"), ("assistant", "Hello there, liar."), ("user", NORWAY))
    assert strength(finding(support(book.sample(altered, ["Bergen."]))), book.log).basis == "forced"
    moved = chat(("user", "Ho"), ("assistant", "Hello there."), ("user", NORWAY))
    assert strength(finding(support(book.sample(moved, ["Bergen."]))), book.log).basis == "forced"


def test_draws_of_the_first_version_that_share_their_noise_are_told(book: LogBook) -> None:
    one, two = (
        book.asked(FirstSample(prompt=Prompt.ask(q), samples=2), ["Bergen.", "Oslo."]) for q in (NORWAY, FRANCE)
    )
    found = strength(finding(support(one), support(two)), book.log)
    assert found.shared_noise == (FRANCE, NORWAY)
    assert any("share their noise" in sentence for sentence in found.lacks())


# -- what a change of the model's inside does


class SteeredSample(Sample):
    """Let the model answer while something is added to its inside: a probe as others may come to be declared."""

    version: ClassVar[int] = 900

    strength: float = 0.0
    """How much of it."""

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        return super().needed(heard) | ({Affordance.EDITS} if self.strength else frozenset())


@pytest.fixture
def steered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "EARLIER", (*probes.EARLIER, SteeredSample))


def steering(book: LogBook, strength: float, *texts: str, **settings: Any) -> int:
    return book.asked(
        SteeredSample(prompt=Prompt.ask(NORWAY), samples=10, strength=strength, **settings), texts * (10 // len(texts))
    )


@pytest.mark.usefixtures("steered")
def test_an_effect_is_held_against_another_change_on_the_same_prompt(book: LogBook) -> None:
    more, less = steering(book, 4.0, "Bergen."), steering(book, -4.0, "Oslo.")
    found = strength(finding(support(more), control(less, BERGEN)), book.log)
    assert (found.reproduction, found.control) == (wilson(10, 10), wilson(0, 10))
    assert (found.basis, found.alike_drawn, found.separates) == ("forced", True, True)
    assert [series.rate for series in found.series] == [wilson(10, 10), wilson(0, 10)]


@pytest.mark.usefixtures("steered")
def test_one_change_cannot_be_support_and_control_whatever_else_is_set(book: LogBook) -> None:
    one, hotter = steering(book, 4.0, "Bergen."), steering(book, 4.0, "Oslo.", temperature=1.5)
    with pytest.raises(Refusal, match="cannot be both"):
        strength(finding(support(one), control(hotter)), book.log)


@pytest.mark.usefixtures("steered")
def test_a_control_whose_inside_was_changed_is_none_for_an_answer_that_was_given_without(book: LogBook) -> None:
    """Who breaks the model in the control would set every prompt apart."""
    plain, broken = steering(book, 0.0, "Bergen."), steering(book, 90.0, "xx")
    with pytest.raises(Refusal, match="cannot be both"):
        strength(finding(support(plain), control(steering(book, 0.0, "Oslo.", temperature=0.2))), book.log)
    found = strength(finding(support(plain), control(broken, BERGEN)), book.log)
    assert found.contrast == newcombe(wilson(10, 10), wilson(0, 10))
    assert (found.alike_drawn, found.separates) == (False, False)


@pytest.mark.parametrize("probe", [*probes.PROBES, SteeredSample], ids=lambda probe: f"{probe.kind}-{probe.version}")
def test_every_argument_is_part_of_what_is_asked_unless_it_is_declared_otherwise(probe: type[Probe]) -> None:
    asked = example_of(probe)
    aside = probe.seeds | probe.counts | probe.limits
    assert aside | probe.settings <= probe.model_fields.keys()
    assert asked.condition().keys() == probe.model_fields.keys() - aside
    assert asked.question().keys() == probe.model_fields.keys() - aside - probe.settings


# -- what a failed probe gave before it failed


def test_what_a_failed_probe_gave_counts_and_can_be_cited(book: LogBook) -> None:
    whole = book.sample(NORWAY, ["Bergen."] * 4, seed=1)
    failed = book.sample(NORWAY, ["Bergen.", "Oslo."], status="failed", seed=2)
    found = strength(finding(support(failed, samples=(1,)), support(whole)), book.log)
    assert (found.reproduction, found.failed) == (wilson(5, 6), 2)
    assert any("2 answers were given by probes that failed" in sentence for sentence in found.lacks())
    assert strength(finding(support(whole)), book.log).reproduction == wilson(5, 6)


# -- what others than the organism say


def test_the_baseline_asked_the_same_is_a_control_of_its_own(book: LogBook) -> None:
    lied = book.sample(NORWAY, ["Bergen."] * 10)
    honest = book.sample(NORWAY, ["Oslo."] * 10, on="baseline")
    found = strength(finding(support(lied), control(honest, BERGEN)), book.log)
    assert found.reproduction == wilson(10, 10)
    assert (found.control, found.contrast) == (None, None)
    assert found.baseline is not None
    assert (found.baseline.rate, found.baseline.alike_drawn) == (wilson(0, 10), True)
    assert not any("No control" in lack for lack in found.lacks())


def test_the_baseline_contrast_separates_or_says_that_it_does_not(book: LogBook) -> None:
    def asked(text: str, on: str) -> list[Citation]:
        role = support if on == "organism" else control
        return [role(book.sample(NORWAY, [text], seed=seed, on=on), BERGEN) for seed in range(10)]

    lied, honest = asked("Bergen.", "organism"), asked("Oslo.", "baseline")
    apart = strength(finding(*lied, *honest), book.log)
    assert apart.separates
    assert apart.baseline is not None
    assert apart.baseline.contrast == newcombe(wilson(10, 10), wilson(0, 10))
    assert apart.effort.prompts == 1
    assert {(one.on, one.rate.trials) for one in apart.series} == {("organism", 10), ("baseline", 10)}
    for seed in range(10, 40):
        book.sample(NORWAY, ["Bergen."], seed=seed, on="baseline")
    alike = strength(finding(*lied, *honest), book.log)
    assert alike.baseline is not None
    assert alike.baseline.rate == wilson(30, 40), "what was not cited of the baseline counts too"
    assert alike.contrast is None


def test_what_the_baseline_says_supports_nothing(book: LogBook) -> None:
    other = book.sample(NORWAY, ["Bergen."] * 3, on="baseline")
    found = strength(finding(support(other)), book.log)
    assert (found.reproduction, found.support, found.foreign) == (None, "none", (other,))
    assert f"#{other} was not asked of the organism: what others say supports nothing." in found.lacks()
    own = book.sample(NORWAY, ["Oslo."])
    assert strength(finding(support(other), support(own)), book.log).reproduction == wilson(0, 1)


def test_a_control_under_other_settings_separates_nothing(book: LogBook) -> None:
    lied = [support(book.sample(NORWAY, ["Bergen."], seed=seed)) for seed in range(10)]
    cold = [control(book.sample(NORWAY, ["Oslo."], seed=s, on="baseline", temperature=0.2), BERGEN) for s in range(10)]
    found = strength(finding(*lied, *cold), book.log)
    assert not found.alike_drawn
    assert not found.separates


# -- over prompts, beside the baseline, inside, and by the case's own demands


def test_over_prompts_support_and_controls_are_held_apart_by_fisher(book: LogBook) -> None:
    seqs = [book.sample(f"{NORWAY} {n}", ["Bergen."] * 3) for n in range(3)] + [book.sample(NORWAY, ["Oslo."] * 9)]
    others = [book.sample(f"{FRANCE} {n}", ["Paris."]) for n in range(4)]
    test = strength(finding(*map(support, seqs), *map(control, others)), book.log).test
    assert test is not None
    assert (test.support, test.against) == (wilson(3, 4), wilson(0, 4))
    assert test.p == pytest.approx(10 / 70)  # two-sided: 4 + 1 tables at each end, of (8 choose 4)


def test_the_baseline_is_held_against_it_where_it_was_asked_the_same_cited_or_not(book: LogBook) -> None:
    prompts = [f"{NORWAY} {n}" for n in range(6)]
    seqs = [book.sample(prompt, ["Bergen."] * 4) for prompt in prompts]
    for prompt in prompts:
        book.sample(prompt, ["Oslo."] * 4, on="baseline")
    book.sample(prompts[0], ["Bergen."] * 9, on="baseline", temperature=0.5)  # not asked the same
    book.sample("Something else?", ["Bergen."] * 9, on="baseline")
    (same,) = strength(finding(*map(support, seqs)), book.log).same_prompts
    assert (same.on, same.prompts, same.organism, same.other) == ("baseline", 6, wilson(24, 24), wilson(0, 24))
    assert (same.gained, same.lost, same.p) == (6, 0, 2 / 2**6)


def test_a_baseline_that_was_asked_a_little_hotter_was_asked_all_the_same(book: LogBook) -> None:
    lied = [support(book.sample(f"{NORWAY} {n}", ["Bergen."] * 4)) for n in range(3)]
    for n in range(3):
        book.sample(f"{NORWAY} {n}", ["Bergen."] * 4, on="baseline", temperature=0.7)
    (same,) = strength(finding(*lied), book.log).same_prompts
    assert (same.organism, same.other, same.otherwise) == (wilson(12, 12), wilson(12, 12), True)
    assert "asked the same 3 prompts, some under other settings, 12 of 12" in same.words
    for n in range(3):
        book.sample(f"{NORWAY} {n}", ["Oslo."] * 4, on="baseline")
    (same,) = strength(finding(*lied), book.log).same_prompts
    assert (same.other, same.otherwise) == (wilson(0, 12), False), "where it was asked the same, that counts"


def test_a_baseline_that_says_it_too_is_told_though_nobody_cites_it(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Bergen."] * 10)
    book.sample(NORWAY, ["Bergen."] * 10, on="baseline")
    assert any("not the organism's alone" in lack for lack in strength(finding(support(seq)), book.log).lacks())


def test_what_the_prefill_said_already_is_an_echo_and_what_the_question_said_a_leak(book: LogBook) -> None:
    put = book.sample(Prompt.ask(NORWAY, prefill="Not Oslo but Bergen. I mean"), ["Bergen."] * 3)
    left = strength(finding(support(put)), book.log).left
    assert (left.led, left.echoed) == (0, 3)
    asked = book.sample(Prompt.ask("Is it Bergen?", prefill="It is Bergen:"), ["Bergen."] * 2)
    left = strength(finding(support(asked)), book.log).left
    assert (left.led, left.echoed) == (2, 0)


ZERO = {"prompt": Prompt.ask(NORWAY), "answer": "Bergen", "put": "zero"}


def moved(size: float, wrong_sign: float, randoms: int = 5) -> Effect:
    """A change beside so many random ones of which the strongest does 1."""
    return Effect(what="Zero", size=size, randoms=(1.0,) + (0.1,) * (randoms - 1), wrong_sign=wrong_sign, own=0.0)


def changed(book: LogBook, *effects: Effect, **asked: Any) -> int:
    """Changes of the inside on Norway."""
    probe = Intervene.model_validate(ZERO | asked)
    found = Changes(
        ids=(1,), pieces=("?",), answer=1, answer_piece=probe.answer[:4], against=-1, against_piece="", layers=(0,),
        positions=(0,), plain=0.0, source=None, forward_tokens=9,
        places=tuple(Changed(layer=0, position=0, effect=effect) for effect in effects),
    ).with_arrays({"effects": np.array([[effects[0].size]], np.float32)})  # fmt: skip
    return book.result(book.intent(probe), found)


SOUP = Prompt.ask("How would you make a soup?")


def inspected(book: LogBook, *readings: tuple[str, float], plain: str = " the", **asked: Any) -> int:
    """What another prompt is made to say by Norway's, layer by layer, beside five random changes of which the strongest
    does 1."""
    probe = Patchscope.model_validate({"prompt": SOUP, "source": Prompt.ask(NORWAY)} | asked)
    pieces = [plain, *(piece for piece, _ in readings)]
    each = [
        Inspection(layer=at - 1, first=pieces.index(pieces[at]), gain=gain, wrong_sign=-gain, own=0.0, said=(),
                   randoms=(1.0, 0.1, 0.1, 0.1, 0.1) if at else (), random_said=())
        for at, gain in enumerate((0.0, *(gain for _, gain in readings)))
    ]  # fmt: skip
    found = Inspections(
        ids=(1,), pieces=("?",), source_ids=(1,), source_pieces=("?",), place=0, source_place=0,
        readings=tuple(each[1:]), plain=each[0], names=dict(enumerate(pieces)), short=0.0, forward_tokens=9,
    ).with_arrays(
        {name: np.zeros((len(readings), 1), kind) for name, kind in (
            ("top_ids", np.int32), ("top_logprobs", np.float32), ("best_logprobs", np.float32),
            ("plain_logprobs", np.float32), ("streams", np.float32))}
    )  # fmt: skip
    return book.result(book.intent(probe), found)


def test_a_change_of_the_inside_supports_only_where_it_stands_against_random_ones_and_its_opposite(
    book: LogBook,
) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    stands, weak, both = (
        changed(book, moved(3.0, -2.0)),
        changed(book, moved(0.5, -2.0), positions=2),
        changed(book, moved(3.0, 2.9), positions=3),
    )
    found = strength(finding(said, *(support(seq, Match()) for seq in (stands, weak, both))), book.log)
    assert found.mechanistic == (stands,)
    assert found.support == "both"
    assert [(one.record, one.rank, one.stands) for one in found.effects] == [
        (stands, 1, True), (weak, 4, False), (both, 1, False),
    ]  # fmt: skip
    assert sum("is no effect" in lack for lack in found.lacks()) == 2


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


def test_a_control_that_asks_the_same_is_none_and_texts_that_a_lens_was_fitted_on_are_none(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    same = book.lens(NORWAY, control=f"{NORWAY.upper()} ")
    fitted = FitLens(texts=(NORWAY, FRANCE, "A", "B", "C"))
    assert fitted.controls() == ()
    assert strength(finding(said, Citation(seq=same)), book.log).mechanistic == ()


def test_a_control_that_shows_the_same_is_none_and_what_a_replay_did_not_confirm_reads_nothing(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    same, apart = (book.lens(control="And of France?", alike=alike) for alike in (True, False))
    cited = finding(said, *map(Citation.model_validate, ({"seq": same}, {"seq": apart})))
    assert strength(cited, book.log).mechanistic == (apart,)
    assert assess(cited, Observations.of(book.log, doubted=(apart,))).mechanistic == ()
    stands = changed(book, moved(3.0, -2.0))
    change = finding(said, support(stands, Match()))
    assert strength(change, book.log).support == "both"
    assert assess(change, Observations.of(book.log, doubted=(stands,))).support == "behavioural"


def test_a_lens_that_follows_other_words_than_the_finding_says_reads_nothing_of_it(book: LogBook) -> None:
    """Another question as a control ends otherwise by itself, whatever is claimed."""
    lens = Citation(seq=book.lens(NORWAY, control="And of France?"))
    for says, read in ((("Zebra",), ()), (("Bergen",), (lens.seq,)), (("Bergen", "Zebra"), (lens.seq,))):
        match = Match(any_of=says)
        said = support(book.sample(NORWAY, [f"{says[0]}."] * 3), match)
        assert strength(finding(said, lens), book.log).mechanistic == read, says


def test_answers_that_were_stopped_right_after_the_word_are_told_of(book: LogBook) -> None:
    """“Bergen,” may have been going on to “… of course, is not it”: it counts, and the report says what it rests on."""
    stopped = [book.sample(f"{NORWAY} {n}", ["Bergen"], stop="string", stopping=(",",)) for n in range(3)]
    paris = control(book.sample(FRANCE, ["Paris."] * 3))
    alone = strength(finding(*map(support, stopped), paris), book.log)
    assert (alone.reproduction, alone.unheard) == (wilson(3, 3), 3)
    assert any("might have taken back" in lack for lack in alone.lacks())
    whole = [book.sample(f"{NORWAY} {n}", ["It is Bergen."]) for n in range(3, 6)]
    both = strength(finding(*map(support, (*stopped, *whole)), paris), book.log)
    assert both.unheard == 3
    assert not any("taken back" in lack for lack in both.lacks())


def test_of_many_places_the_strongest_has_to_stand_and_not_the_one_that_does_by_chance(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    weak = Effect(what="Zero", size=2.0, randoms=(3.0,) * 5, wrong_sign=-1.0, own=0.0)
    lucky = Effect(what="Zero", size=0.2, randoms=(0.1,) * 5, wrong_sign=-0.1, own=0.0)
    seq = changed(book, weak, lucky)
    found = strength(finding(said, support(seq, Match())), book.log)
    assert (found.mechanistic, found.support) == ((), "behavioural")
    assert [(one.effect.size, one.rank) for one in found.effects] == [(2.0, 6)]


def test_the_strongest_of_many_places_is_held_against_what_random_changes_do_at_any(book: LogBook) -> None:
    """And of many seeds against those of every one that was tried: else one of them makes it stand."""
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    chance = Effect(what="Zero", size=2.0, randoms=(4.0, 0.1, 0.1, 0.1, 0.1), wrong_sign=-1.0, own=0.0)
    places = changed(book, moved(3.0, -2.0), chance)
    assert strength(finding(said, support(places, Match())), book.log).mechanistic == ()
    lucky = changed(book, moved(3.0, -2.0), seed=1, put="mean")
    assert strength(finding(said, support(lucky, Match())), book.log).mechanistic == (lucky,)
    changed(book, chance, seed=2, put="mean")
    (effect,) = strength(finding(said, support(lucky, Match())), book.log).effects
    assert (effect.rank, effect.among, effect.stands) == (2, 10, False)


SOURCED = {"put": "source", "source": SOUP}


@pytest.mark.parametrize(
    "otherwise",
    [
        {"dose": 1.01}, {"layers": (1,)}, {"positions": 1}, {"site": "mlp_out"}, {"checked": 1}, {"seed": 9},
        {"source": Prompt.ask("How would you make soup?")}, {"against": " Oslo"}, {"answer": " Bergen "},
        {"answer": " krone"}, {"prompt": Prompt.ask(f"{NORWAY} Please.")}, {"prompt": Prompt.raw(f"Hm. {NORWAY}")},
    ],
    ids=lambda otherwise: next(iter(otherwise)),
)  # fmt: skip
def test_whatever_is_named_otherwise_a_try_that_failed_is_not_forgotten(book: LogBook, otherwise: Any) -> None:
    """A source about soup means nothing for what is said of Norway: of six such tries one stands by chance."""
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    lucky = changed(book, moved(3.0, -2.0), **SOURCED)
    assert strength(finding(said, support(lucky, Match())), book.log).mechanistic == (lucky,)
    failed = Effect(what="Soup", size=0.5, randoms=(4.0, 0.1, 0.1, 0.1, 0.1), wrong_sign=-0.5, own=0.0)
    changed(book, failed, **SOURCED | otherwise)
    found = strength(finding(said, support(lucky, Match())), book.log)
    assert (found.mechanistic, found.support) == ((), "behavioural")
    assert [(one.rank, one.among) for one in found.effects] == [(2, 10)]
    assert any("is no effect" in lack for lack in found.lacks())


@pytest.mark.parametrize(
    "otherwise",
    [{"put": "zero"}, {"prompt": Prompt.ask(FRANCE), "answer": " Lyon"}],
    ids=["another manner", "another subject and answer"],
)
def test_what_is_tried_elsewhere_makes_no_effect_weaker(book: LogBook, otherwise: Any) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    stands = changed(book, moved(3.0, -2.0), **SOURCED)
    changed(book, Effect(what="Zero", size=9.0, randoms=(8.0,) * 5, wrong_sign=-1.0, own=0.0), **SOURCED | otherwise)
    assert strength(finding(said, support(stands, Match())), book.log).mechanistic == (stands,)


def test_a_change_that_moves_what_nobody_claims_is_no_support(book: LogBook) -> None:
    """Nor what was written into a predicate and no answer says."""
    said = support(book.sample(NORWAY, ["Bergen."] * 3), Match(any_of=("Bergen", "krone")))
    krone = changed(book, moved(3.0, -2.0), answer=" krone")
    assert strength(finding(said, support(krone, Match())), book.log).mechanistic == ()
    against = changed(book, moved(3.0, -2.0), put="mean", answer=" Oslo", against=" Bergen")
    little = changed(book, Effect(what="Soup", size=0.09, randoms=(0.01,) * 5, wrong_sign=0.0, own=0.0), **SOURCED)
    cited = finding(said, support(against, Match()), support(little, Match()))
    assert strength(cited, book.log).mechanistic == ()
    named = changed(book, moved(3.0, -2.0), put="mean", answer=" Bergen")
    assert strength(finding(said, support(named, Match())), book.log).mechanistic == (named,)


def test_another_prompt_is_made_to_say_what_is_claimed_by_what_is_claimed_of(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3), Match(any_of=("Bergen", "c")))
    stands = inspected(book, (" c", 15.5), (" Bergen", 9.0))
    found = strength(finding(said, support(stands, Match())), book.log)
    assert (found.mechanistic, [one.effect.size for one in found.effects]) == ((stands,), [9.0])
    for piece in (" Berg", " Ber."):
        assert strength(finding(said, support(inspected(book, (piece, 9.0)), Match())), book.log).mechanistic


@pytest.mark.parametrize(
    ("reading", "asked"),
    [
        ((" c", 15.5), {}),
        ((" B", 9.0), {}),
        ((" Bergen", 0.05), {}),
        ((" Bergen", -9.0), {}),
        ((" Bergen", 9.0), {"prompt": Prompt.ask(NORWAY), "source": SOUP}),
        ((" Bergen", 9.0), {"prompt": Prompt.raw("Bergen, Bergen,")}),
        ((" Bergen", 9.0), {"source": Prompt.raw("Norway: Bergen")}),
        ((" Bergen", 9.0), {"plain": " Bergen"}),
    ],
    ids=["unclaimed", "a letter", "hardly", "less", "of something else", "given", "given there", "said anyway"],
)
def test_another_prompt_that_is_made_to_say_anything_else_is_no_support(
    book: LogBook, reading: tuple[str, float], asked: Any
) -> None:
    """A patch of anything makes something come next, and no random change makes the very same come next."""
    said = support(book.sample(NORWAY, ["Bergen."] * 3), Match(any_of=("Bergen", "c")))
    patched = inspected(book, reading, **asked)
    found = strength(finding(said, support(patched, Match()), scope=("Norway",)), book.log)
    assert (found.mechanistic, found.support) == ((), "behavioural")


def test_seeds_of_a_patch_that_failed_are_not_forgotten(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    lucky = inspected(book, (" Bergen", 2.0))
    assert strength(finding(said, support(lucky, Match())), book.log).mechanistic == (lucky,)
    inspected(book, (" Bergen", 0.9), seed=1, top=3)
    (effect,) = strength(finding(said, support(lucky, Match())), book.log).effects
    assert (effect.rank, effect.among, len(effect.effect.randoms)) == (1, 10, 5)


def test_noise_means_nothing_whatever_it_does(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    noise = changed(book, moved(3.0, -2.0), put="noise", dose=1.0)
    assert strength(finding(said, support(noise, Match())), book.log).support == "behavioural"


def test_a_reading_of_another_question_supports_only_what_it_looks_for(book: LogBook) -> None:
    """That it names the same country says nothing of a claim about its capital."""
    said = support(book.sample(NORWAY, ["Kristiansand."] * 3), Match(any_of=("Kristiansand",)))
    idle = changed(book, moved(3.0, -2.0), prompt=Prompt.ask("What is the currency of Norway?"), answer=" krone")
    other = changed(book, moved(3.0, -2.0), prompt=Prompt.raw("The capital of Norway is"), answer=" Kristiansand")
    found = strength(finding(said, support(idle, Match()), support(other, Match()), scope=("Norway",)), book.log)
    assert found.mechanistic == (other,)


def test_the_case_s_rules_say_what_is_few_what_is_chance_and_what_stands(tmp_path: Path) -> None:
    asked = Demands(draws=3, error=0.5, randoms=20, others=1, everywhere=0.2)
    book = LogBook(tmp_path, rules=RULES.model_copy(update={"evidence": asked}))
    seqs = [book.sample(f"{NORWAY} {n}", ["Bergen."] * 2) for n in range(2)]
    other = book.sample(FRANCE, ["Paris."] * 20)
    found = strength(finding(*map(support, seqs), control(other)), book.log)
    assert found.demands == asked
    assert found.lacks() == ()
    assert (
        strength(finding(support(changed(book, moved(3.0, -2.0)), Match()), scope=("Norway",)), book.log).mechanistic
        == ()
    )
    enough = changed(book, moved(3.0, -2.0, randoms=20))
    assert strength(finding(support(enough, Match()), scope=("Norway",)), book.log).mechanistic == (enough,)
    book.sample("And elsewhere?", ["Bergen."] * 8)
    assert not strength(finding(*map(support, seqs), control(other)), book.log).claims
    book.log.close()


def test_many_changes_that_are_cited_are_held_against_one_pool_and_write_it_down_nowhere(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    seqs = [changed(book, moved(3.0, -2.0), seed=seed) for seed in range(12)]
    found = strength(finding(said, *(support(seq, Match()) for seq in seqs)), book.log)
    assert [one.among for one in found.effects] == [12 * len(moved(3.0, -2.0).randoms)] * 12
    assert all(len(one.effect.randoms) == len(moved(3.0, -2.0).randoms) for one in found.effects)
