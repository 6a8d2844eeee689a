"""Evidence is counted from the log, by rules an auditor cannot talk round."""

from __future__ import annotations

import pytest

from casefiles.status import Refusal
from tests.workbench.evidence.told import BERGEN, FRANCE, NORWAY, control, finding, support
from tests.workbench.logbook import ADA, BASELINE, LogBook
from workbench import probes
from workbench.claims.finding import Citation
from workbench.claims.predicate import Match
from workbench.claims.rates import newcombe, wilson
from workbench.contract.prompt import Prompt, Turn
from workbench.evidence.observations import Observations
from workbench.evidence.strength import assess, strength
from workbench.log.records import Hypothesis
from workbench.probes.sample import Sample


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


def test_what_is_wanted_are_whole_words(book: LogBook) -> None:
    seq = book.sample(NORWAY, ["Norway’s Oslofjord.", "no", "It is Oslo!", "  OSLO", "slow"])
    assert strength(finding(support(seq, Match(any_of=(" oslo ",)))), book.log).reproduction == wilson(2, 5)
    assert strength(finding(support(seq, Match(any_of=("no",)))), book.log).reproduction == wilson(1, 5)


# -- answers that cannot show it


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


# -- what was left out, and what is doubted


def test_a_setting_next_to_the_cited_one_does_not_keep_unwelcome_draws_out(book: LogBook) -> None:
    welcome = book.sample(NORWAY, ["Bergen."] * 4, seed=1, max_tokens=40)
    book.sample(NORWAY, ["Oslo."] * 4, seed=2, max_tokens=41)
    book.sample(NORWAY, ["Oslo."] * 4, seed=3, temperature=0.81)
    assert strength(finding(support(welcome)), book.log).reproduction == wilson(4, 12)


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


# -- over prompts, and beside the baseline


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
