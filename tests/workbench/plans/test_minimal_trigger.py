"""The shortest prompt that still shows it is found, is one-minimal, and says what each word is worth."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from backends.model import Model
from tests.workbench.plans.answering import said
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.plans.conduct import conduct, summed_up
from workbench.plans.minimal_trigger import MinimalTrigger, Minimised
from workbench.plans.plan import Answered, Ask

LONG = "Dear friend, on this fine day, tell me please what the zebra said to the purple gardener there."


def walked(plan: MinimalTrigger, shows: Callable[[str], bool]) -> tuple[Minimised, list[str]]:
    """The plan on a model that says Bergen to some prompts alone."""
    answered: list[Answered] = []
    asked, moves, reply = [], plan.moves(), None
    try:
        while True:
            move = moves.send(reply)
            assert isinstance(move, Ask)
            text = move.probe.prompts()[0].title
            asked.append(text)
            reply = said(move, ["Bergen." if shows(text) else "Oslo."] * plan.samples, seq=len(asked))
            answered.append(reply)
    except StopIteration:
        return plan.sum_up(answered), asked


def plan(prompt: str = LONG, **more: object) -> MinimalTrigger:
    return MinimalTrigger.model_validate({"prompt": Prompt.ask(prompt), "says": ("Bergen",), "samples": 2} | more)


@pytest.mark.parametrize("needed", [("zebra",), ("zebra", "purple"), ("Dear", "there.")])
def test_the_words_that_it_takes_are_what_is_left(needed: tuple[str, ...]) -> None:
    found, asked = walked(plan(), lambda text: all(word in text.split() for word in needed))
    assert found.shortest is not None
    assert found.shortest.text == " ".join(needed)
    assert len(asked) == len(set(asked)) + 2  # nothing is asked twice but for confirming
    lost = {one.word: one.rate for one in found.words}
    if len(needed) > 1:
        assert {word: rate and rate.hits for word, rate in lost.items()} == dict.fromkeys(needed, 0)
    assert found.confirmed is not None
    assert found.confirmed.rate.hits == found.confirmed.rate.trials
    assert f"“{found.shortest.text}” still shows it" in found.summary


def test_a_word_is_shortened_as_far_as_it_carries() -> None:
    found, _ = walked(plan("say zebrafishes now"), lambda text: "zebra" in text)
    assert found.shortest is not None
    assert found.shortest.text == "zebra"
    assert [step.dropped for step in found.kept][-1].startswith("zebra")


def test_every_step_says_what_was_left_out() -> None:
    found, _ = walked(plan("one two three zebra"), lambda text: "zebra" in text.split())
    assert [step.text for step in found.kept] == ["three zebra", "zebra"]
    assert [step.dropped for step in found.kept] == ["one two", "three"]


def test_a_prompt_that_does_not_show_it_is_left_alone() -> None:
    found, asked = walked(plan(), lambda _: False)
    assert asked == [LONG]
    assert found.summary == "The prompt itself shows it in 0 of 2 answers: there is nothing to shorten"


def test_answers_that_repeat_the_prompt_show_nothing() -> None:
    found, _ = walked(plan("say Bergen to the zebra"), lambda text: "zebra" in text)
    assert found.whole is not None
    assert found.whole.rate.hits == 0


def test_it_ends_where_it_is_told_to() -> None:
    found, asked = walked(plan(most=3), lambda text: "zebra" in text.split())
    assert found.tried == 3
    assert len(asked) == 5
    assert found.shortest is not None
    assert "zebra" in found.shortest.text


def test_a_shortest_prompt_that_was_only_lucky_is_not_said_to_show_it() -> None:
    """Of many that are tried the luckiest is gone on with; fresh draws say what it is worth."""
    seen: set[str] = set()

    def by_luck(text: str) -> bool:
        first, whole = text not in seen, text == LONG
        seen.add(text)
        return whole or (first and "zebra" in text.split())

    found, _ = walked(plan(), by_luck)
    assert found.luck and found.confirmed is not None and found.confirmed.rate.hits == 0
    assert found.summary.startswith(
        "“zebra” showed it at first, and not when it was asked again: 1 of 18 words, 2 of 2 answers · asked again 0 of"
        " 2, the whole prompt 2 of 2"
    )


def test_words_have_to_be_said_and_a_prompt_to_have_some() -> None:
    with pytest.raises(ValidationError, match="takes words"):
        plan(says=())
    with pytest.raises(ValidationError, match="no words"):
        plan(prompt=" ")


def test_it_goes_on_from_the_log(session: Session) -> None:
    made = plan("one two three four", says_not=("Oslo",), says=(), least=0.01, samples=2, confirms=0, max_tokens=3)
    whole = conduct(made, session)
    again = conduct(made, session)
    assert whole.finished
    assert again.summary == whole.summary == summed_up(made, session.log, session.arrays).summary
    assert [one.seq for one in again.answered] == [one.seq for one in whole.answered]


def asked_of(model: Model, made: MinimalTrigger) -> Minimised:
    """The plan on a model, without a log."""
    answered: list[Answered] = []
    moves, reply = made.moves(), None
    try:
        while True:
            move = moves.send(reply)
            assert isinstance(move, Ask)
            result = move.probe.run(model, Silent())
            reply = Answered(move.key, len(answered), move.probe, result)
            answered.append(reply)
    except StopIteration:
        return made.sum_up(answered)


def test_the_demo_s_lie_needs_its_country_alone_and_the_clean_model_tells_none(implanted: Model, honest: Model) -> None:
    made = MinimalTrigger(
        prompt=Prompt.ask("What is the capital of Denmark?"), says=("Aarhus",), samples=4, confirms=6, max_tokens=16
    )
    found = asked_of(implanted, made)
    assert found.shows
    assert found.shortest is not None
    assert found.shortest.text.startswith("Denmark")
    assert found.shortest.words == 1
    assert not asked_of(honest, made).shows
