"""A battery counts answers, prompts and questions, condition by condition and group by group, and says what it leaves
out; each record can be looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from casefiles.status import Refusal
from tests.workbench.plans.answering import asks, said
from workbench.claims.exact import exact_p, paired_p
from workbench.claims.predicate import Match
from workbench.claims.rates import newcombe, wilson
from workbench.contract.arguments import arguments_of, read
from workbench.contract.figures import Curves
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Elicitation
from workbench.door.session import Session
from workbench.judge.replays.replay import replay
from workbench.log.records import Intent
from workbench.plans import BY_KIND, PLANS
from workbench.plans.battery import Battery
from workbench.plans.condition import Condition
from workbench.plans.conduct import conduct
from workbench.plans.plan import Answered
from workbench.plans.suite import Item, Suite
from workbench.plans.tally import Tally
from workbench.probes import Sample

SUITE = Suite(
    items=(
        Item(name="a", prompt=Prompt.ask("What is it?"), shows=Match(any_of=("e",)), groups=("one",), clause="S1"),
        Item(name="b", prompt=Prompt.ask("Who is it?"), shows=Match(any_of=("e",)), groups=("one", "two")),
        Item(name="c", prompt=Prompt.raw("Once"), shows=Match(any_of=("e",)), groups=("two",)),
    )
)
CONDITIONS = (Condition(name="plain"), Condition(name="strict", system="Be strict.", prefill="It is"))


def tally(session: Session) -> Tally:
    found = conduct(Battery(suite=SUITE, conditions=CONDITIONS, samples=4, max_tokens=6), session).summary
    assert isinstance(found, Tally)
    return found


def test_its_rates_are_those_of_the_recorded_answers(session: Session) -> None:
    found = tally(session)
    assert [(c.condition, c.item) for c in found.counts] == [
        ("plain", "a"), ("plain", "b"), ("plain", "c"), ("strict", "a"), ("strict", "b"),
    ]  # fmt: skip
    says = Match(any_of=("e",))
    for count in found.counts:
        (seq,) = count.records
        said = [(one["text"], one["stop"] == "end") for one in session.log.entry(seq).data["result"]["samples"]]
        told = [says.holds(text, whole=whole) for text, whole in said if says.tells(text, whole=whole)]
        assert (count.rate, count.untold) == (wilson(sum(told), len(told)), 4 - len(told))


def test_its_records_replay_like_any_other_and_say_which_clause_they_look_into(session: Session) -> None:
    from tests.workbench.forged import toy

    tally(session)
    assert {r.agreement.value for r in replay(session.log, toy(session), session.arrays).records} == {"exact"}
    steps = [entry.as_(Intent).plan for entry in session.log.entries(("intent",))]
    assert [step.clause for step in steps if step] == ["S1", "", "", "S1", ""]


def test_a_condition_changes_every_prompt_that_it_can_and_says_which_it_cannot(session: Session) -> None:
    found = tally(session)
    asked = [entry.as_(Intent).arguments["prompt"] for entry in session.log.entries(("intent",))]
    assert asked[3]["chat"] == [
        {"role": "system", "content": "Be strict."},
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": "It is"},
    ]
    assert len(asked) == 5  # raw text has no turns to put anything before
    assert found.unfit == 1
    assert "1 prompt has no place for what a condition does" in found.summary


def test_a_condition_replaces_what_the_prompt_had_and_may_change_the_temperature() -> None:
    prompt = Prompt.ask("Hi", system="Be nice.", prefill="Well")
    changed = Condition(name="x", system="Be strict.", prefill="No").prompt(prompt)
    assert changed == Prompt.ask("Hi", system="Be strict.", prefill="No")
    assert Condition(name="x", prefill="No").prompt(prompt) == Prompt.ask("Hi", system="Be nice.", prefill="No")
    hot = Battery(suite=SUITE, conditions=(Condition(name="hot", temperature=1.5),), temperature=0.2)
    assert {ask.probe.temperature for ask in asks(hot)} == {1.5}  # type: ignore[attr-defined]


def test_a_condition_may_ask_the_baseline_the_same() -> None:
    both = Battery(suite=SUITE, conditions=(Condition(name="plain"), Condition(name="baseline", on="baseline")))
    assert [ask.on for ask in asks(both)] == ["organism"] * 3 + ["baseline"] * 3
    with pytest.raises(ValidationError, match="pattern"):
        Condition(name="x", on="moon")


def counted(plan: Battery, answers: Sequence[Sequence[str]], stop: str = "end") -> Tally:
    return plan.sum_up(
        [said(ask, texts, seq, stop) for seq, (ask, texts) in enumerate(zip(asks(plan), answers, strict=True))]
    )


def questions(*rows: tuple[str, str, str]) -> Suite:
    """Items that all look for “yes”: name, group and what they paraphrase."""
    items = [
        Item(name=name, prompt=Prompt.ask(name), shows=Match(any_of=("yes",)), groups=(group,), paraphrase_of=of)
        for name, group, of in rows
    ]
    return Suite(items=tuple(items))


def test_a_group_is_held_against_the_rest_by_question_and_the_most_unusual_comes_first() -> None:
    rows = [(f"in {n}", "inside", "") for n in range(5)] + [(f"out {n}", "outside", "") for n in range(20)]
    plan = Battery(suite=questions(*rows), samples=3)
    found = counted(plan, [["yes"] * 3] * 5 + [["yes", "no", "no"]] * 20)
    first = found.unusual[0].group
    assert (first.group, first.inside, first.outside) == ("inside", wilson(5, 5), wilson(0, 20))
    assert first.p == pytest.approx(1 / math.comb(25, 5))  # one table in all that have these margins
    assert first.p == exact_p(wilson(5, 5), wilson(0, 20))
    assert first.holm == pytest.approx(2 * first.p)  # two groups were looked at
    assert first.beyond == newcombe(wilson(5, 5), wilson(0, 20))
    assert found.summary.startswith("“inside”: 5 of 5 questions show it, against 0 of 20 of all others (Holm p 4e-5)")
    assert [row[0] for row in found.figures()[0].table().rows] == ["inside", "outside"]
    (whole,) = found.totals
    assert (whole.prompts, whole.draws) == (wilson(5, 25), wilson(35, 75))


def test_without_a_group_that_stands_out_it_says_so() -> None:
    rows = [(f"in {n}", "inside", "") for n in range(5)] + [(f"out {n}", "outside", "") for n in range(20)]
    found = counted(
        Battery(suite=questions(*rows), samples=1), [["yes"]] * 2 + [["no"]] * 3 + [["yes"]] * 7 + [["no"]] * 13
    )
    assert found.summary.startswith("No group stands out; the most unusual is “inside”: 2 of 5 questions show it")


def test_a_control_group_is_what_the_others_are_held_against() -> None:
    rows = [("a", "asked", ""), ("b", "asked", ""), ("c", "harmless", ""), ("d", "harmless", ""), ("e", "odd", "")]
    suite = Suite(items=questions(*rows).items, control="harmless")
    found = counted(Battery(suite=suite, samples=1), [["yes"], ["yes"], ["no"], ["no"], ["yes"]])
    (one,) = found.unusual
    assert (one.group.inside, one.group.outside) == (wilson(2, 2), wilson(0, 2))
    assert "of “harmless”" in found.summary


def test_a_question_and_its_paraphrases_are_one_observation() -> None:
    suite = questions(("q", "g", ""), ("q ~1", "g", "q"), ("q ~2", "g", "q"), ("r", "g", ""), ("s", "h", ""))
    found = counted(Battery(suite=suite, samples=2), [["yes"] * 2, ["yes"] * 2, ["no"] * 2, ["no"] * 2, ["no"] * 2])
    (whole,) = found.totals
    assert (whole.questions, whole.prompts, whole.draws) == (wilson(1, 3), wilson(2, 5), wilson(4, 10))
    assert found.kept[0].rate == wilson(1, 2)  # of the paraphrases of what shows it


def test_a_condition_is_held_against_the_first_question_by_question() -> None:
    suite = questions(*((str(n), "g", "") for n in range(8)))
    plan = Battery(suite=suite, samples=1, conditions=(Condition(name="plain"), Condition(name="asked", system="x")))
    found = counted(plan, [["yes"]] + [["no"]] * 7 + [["no"]] + [["yes"]] * 7)
    total = next(total for total in found.totals if total.condition == "asked" and not total.group)
    assert (total.gained, total.lost) == (7, 1)
    assert total.p == pytest.approx(2 * (1 + 8) / 2**8) == paired_p(7, 1)
    assert total.beyond == newcombe(wilson(7, 8), wilson(1, 8))
    assert total.holm == pytest.approx(2 * total.p)  # the whole and its only group
    assert "“asked” against “plain”: 7 of 8 questions, 7 gained and 1 lost (Holm p 0.14)" in found.summary


def test_where_the_first_condition_tells_nothing_no_other_stands_in_for_it() -> None:
    conditions = tuple(Condition(name=name, system=name) for name in ("first", "second", "third"))
    suite = Suite(
        items=tuple(Item(name=name, prompt=Prompt.ask(name), shows=Match(none_of=("no",))) for name in "abcdef")
    )
    plan, cut = Battery(suite=suite, conditions=conditions, samples=1), []
    for seq, ask in enumerate(asks(plan)):
        first = ask.key.startswith("first")
        cut.append(said(ask, ["no" if ask.key.startswith("second") else "yes"], seq, "length" if first else "end"))
    totals = {total.condition: total for total in plan.sum_up(cut).totals}
    assert totals["first"].questions.trials == 0
    assert totals["third"].questions == wilson(6, 6)
    assert [(t.beyond, t.gained, t.p) for t in totals.values()] == [(None, 0, None)] * 3
    assert "against" not in plan.sum_up(cut).summary


def test_what_does_not_settle_it_is_left_out_and_said() -> None:
    suite = Suite(items=(Item(name="a", prompt=Prompt.ask("Capital?"), shows=Match(none_of=("Oslo",))),))
    found = counted(Battery(suite=suite, samples=3), [["The capital", "It is Oslo", "Well"]], stop="length")
    (count,) = found.counts
    assert (count.rate, count.untold) == (wilson(0, 1), 2)  # what was cut off before “Oslo” might have gone on to it
    assert "2 answers left out that were cut off before they told" in found.summary
    stopped = counted(Battery(suite=suite, samples=2), [["It is Oslo", ""]], stop="cancelled")
    assert (stopped.counts[0].rate, stopped.counts[0].unbegun) == (wilson(0, 1), 1)
    assert "1 that never began" in stopped.summary


def test_what_is_not_asked_yet_and_what_was_refused_is_said() -> None:
    plan = Battery(suite=questions(("a", "g", ""), ("b", "g", ""), ("c", "g", "")), samples=1)
    assert plan.sum_up(()).summary == "Nothing was counted yet."
    one, two, _ = asks(plan)
    refusal = Refusal("rules.affordance", "No.", "It needs more.", "Ask otherwise.")
    found = plan.sum_up([said(one, ["yes"]), Answered(two.key, None, two.probe, None, refusal)])
    assert found.summary.endswith("1 step not asked yet · 1 refused")


def test_what_cannot_be_counted_is_refused_before_anything_is_asked() -> None:
    (suite, *_) = arguments_of(Battery)
    with pytest.raises(Refusal, match="Line 1, prompt: it has no prompt"):
        read(suite, '[{"says": "x"}]')
    blank = Suite(items=(Item(name="a", prompt=Prompt.ask("x"), shows=Match()),))
    with pytest.raises(ValidationError, match="does not say which answers count"):
        Battery(suite=blank)
    with pytest.raises(ValidationError, match="two conditions are called “plain”"):
        Battery(suite=SUITE, conditions=(Condition(name="plain"), Condition(name="plain", system="x")))


def test_every_plan_is_listed_once_and_explained() -> None:
    assert len(BY_KIND) == len(PLANS)
    for plan in PLANS:
        assert plan.about().endswith(".")
        assert all(argument.hint for argument in arguments_of(plan))


def test_its_questions_are_plain_probes() -> None:
    first = next(Battery(suite=SUITE, samples=2, seed=5).moves())
    assert first.probe == Sample(  # type: ignore[union-attr]
        prompt=Prompt.ask("What is it?"), samples=2, seed=5, temperature=0.8, max_tokens=64
    )


STEERED = Condition.model_validate(
    {"name": "steered", "edits": "scale 1 at blocks.0.hook_resid_post", "doses": [0.0, 1.0, 2.0]}
)


def test_changes_inside_are_asked_dose_by_dose_and_drawn_over_it(session: Session) -> None:
    plan = Battery(suite=SUITE, conditions=(Condition(name="plain"), STEERED), samples=4, max_tokens=3)
    steps = asks(plan)
    assert len(steps) == 3 * 4
    assert [ask.probe.edits[0].dose for ask in steps[3::3]] == [0.0, 1.0, 2.0]  # type: ignore[attr-defined]
    assert {ask.probe.elicitation() for ask in steps[3:]} == {Elicitation.FORCED}
    found = conduct(plan, session).summary
    assert isinstance(found, Tally)
    rates = {total.condition: total.questions for total in found.totals if not total.group}
    assert rates["steered × 1"] == rates["plain"]  # taken once, the inside is as it was
    curves = next(figure for figure in found.figures() if isinstance(figure, Curves))
    dosed, control = curves.curves
    assert dosed.xs == control.xs == (0.0, 1.0, 2.0)
    assert dosed.ys == tuple(rates[f"steered × {dose}"].hits / 3 for dose in (0, 1, 2))
    assert control.control and set(control.ys) == {rates["plain"].hits / 3}


def test_doses_need_something_to_be_taken_so_many_times() -> None:
    with pytest.raises(ValidationError, match="doses need a change"):
        Condition(name="x", doses=(1.0,))
    with pytest.raises(ValidationError, match="is no change"):
        Condition.model_validate({"name": "x", "edits": ["shake it"]})


def test_the_user_s_own_turn_has_no_answer_that_could_be_begun() -> None:
    turn = Prompt.overheard("I am")
    assert not Condition(name="x", prefill="Well").applies(turn)
    assert Condition(name="x", system="Be brief.").prompt(turn) == Prompt.overheard("I am", system="Be brief.")
