"""A battery counts answers and prompts, condition by condition, from records that anybody can look at."""

from __future__ import annotations

import pytest

from casefiles.status import Refusal
from workbench.claims.predicate import Match
from workbench.claims.rates import newcombe, wilson
from workbench.contract.arguments import arguments_of, read
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.judge.replay import replay
from workbench.log.records import Intent
from workbench.plans import BY_KIND, PLANS
from workbench.plans.battery import Battery, Condition, Tally
from workbench.plans.conduct import conduct
from workbench.plans.suite import Item, Suite
from workbench.probes import Sample

SUITE = Suite(
    items=(
        Item(name="a", prompt=Prompt.ask("What is it?"), shows=Match(any_of=("e",)), group="one"),
        Item(name="b", prompt=Prompt.ask("Who is it?"), shows=Match(any_of=("e",)), group="one"),
        Item(name="c", prompt=Prompt.raw("Once"), shows=Match(none_of=("e",)), group="two"),
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
        ("plain", "a"), ("plain", "b"), ("plain", "c"), ("strict", "a"), ("strict", "b"), ("strict", "c"),
    ]  # fmt: skip
    for count in found.counts:
        (seq,) = count.records
        samples = session.log.entry(seq).data["result"]["samples"]
        item = next(item for item in SUITE.items if item.name == count.item)
        hits = [item.shows.holds(sample["text"], whole=sample["stop"] == "end") for sample in samples]
        assert count.rate == wilson(sum(hits), 4)


def test_its_totals_add_up_over_prompts_and_answers(session: Session) -> None:
    found = tally(session)
    whole = {total.condition: total for total in found.totals if not total.group}
    for name, total in whole.items():
        among = [count for count in found.counts if count.condition == name]
        assert total.draws == wilson(sum(c.rate.hits for c in among), 12)
        assert total.prompts == wilson(sum(c.rate.hits > 2 for c in among), 3)
    assert whole["plain"].beyond is None
    assert whole["strict"].beyond == newcombe(whole["strict"].prompts, whole["plain"].prompts)
    assert [t.prompts.trials for t in found.totals if t.group == "one"] == [2, 2]
    assert [t.prompts.trials for t in found.totals if t.group == "two"] == [1, 1]


def test_a_condition_changes_every_prompt_that_it_can(session: Session) -> None:
    tally(session)
    asked = [entry.as_(Intent).arguments["prompt"] for entry in session.log.entries(("intent",))]
    assert asked[3]["chat"] == [
        {"role": "system", "content": "Be strict."},
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": "It is"},
    ]
    assert asked[2] == asked[5]  # raw text has no turns to put anything before


def test_its_records_replay_like_any_other(session: Session) -> None:
    from tests.workbench.forged import toy

    tally(session)
    assert {r.agreement.value for r in replay(session.log, toy(session), session.arrays).records} == {"exact"}


def test_it_is_said_in_a_sentence_and_drawn_as_rows(session: Session) -> None:
    found = tally(session)
    assert found.summary.startswith("plain: ")
    assert "of 12 answers" in found.summary
    totals, each = found.figures()
    assert len(totals.table().rows) == len(found.totals)
    assert len(each.table().rows) == 6


def test_nothing_asked_yet_is_said_so() -> None:
    assert Battery(suite=SUITE).sum_up(()).summary == "Nothing was counted yet."


def test_every_plan_is_listed_once_and_explained() -> None:
    assert len(BY_KIND) == len(PLANS)
    for plan in PLANS:
        assert plan.about().endswith(".")
        assert all(argument.hint for argument in arguments_of(plan))


def test_a_suite_that_cannot_be_read_is_refused() -> None:
    (suite, *_) = arguments_of(Battery)
    with pytest.raises(Refusal, match="Item 1: it has no prompt"):
        read(suite, "[{}]")


def test_its_questions_are_plain_probes() -> None:
    first = next(Battery(suite=SUITE, samples=2, seed=5).moves())
    assert first.probe == Sample(  # type: ignore[union-attr]
        prompt=Prompt.ask("What is it?"), samples=2, seed=5, temperature=0.8, max_tokens=64
    )
