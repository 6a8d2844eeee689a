"""A prompt that is written in many ways and reaches the model as the same tokens is one prompt, asked in one noise."""

from __future__ import annotations

import pytest

from casefiles.status import Refusal
from tests.workbench.evidence.told import BERGEN, FRANCE, NORWAY, control, finding, support
from tests.workbench.logbook import BASELINE, LogBook
from workbench.answers.transcript import SampledText, Transcript
from workbench.claims.rates import wilson
from workbench.contract.prompt import Prompt, SwitchSetting
from workbench.evidence.first_written import FirstWritten
from workbench.evidence.observations import Observations
from workbench.evidence.strength import assess, strength
from workbench.probes.sample import Sample

OSLO = SampledText(index=0, ids=(1,), text="Oslo.", stop="end")


def told(text: str, *switches: tuple[str, int | str]) -> Prompt:
    given = tuple(SwitchSetting(name=name, value=value) for name, value in switches)
    return Prompt.ask(text).model_copy(update={"switches": given})


def test_one_draw_written_in_twelve_ways_is_one_observation_of_one_prompt(book: LogBook) -> None:
    """A template that trims, and a switch that any number turns on."""
    ways = [NORWAY + " " * n for n in range(6)] + [told(NORWAY, ("enable_thinking", n)) for n in range(6)]
    seqs = [book.sample(way, ["Bergen."]) for way in ways]
    others = [book.sample(FRANCE + " " * n, ["Paris."]) for n in range(6)]
    found = strength(finding(*map(support, seqs), *(control(seq, BERGEN) for seq in others)), book.log)
    assert (found.reproduction, found.control, found.repeats) == (wilson(1, 1), wilson(0, 1), 11 + 5)
    assert found.prompts == wilson(1, 1)
    assert found.test is not None and found.test.p == 1


def test_unwelcome_answers_under_another_spelling_stay_in_the_rate(book: LogBook) -> None:
    book.sample(NORWAY, ["Oslo."] * 5, seed=1)
    lucky = book.sample(NORWAY + "\n", ["Bergen."], seed=2)
    assert strength(finding(support(lucky)), book.log).reproduction == wilson(1, 6)


def test_an_invented_record_does_not_part_what_is_one_prompt(book: LogBook) -> None:
    """Each spelling is said once to reach the model as other tokens, which a replay refutes; then the lucky noise is
    drawn again in all of them."""
    ways = [NORWAY + " " * n for n in range(6)]
    false = [
        book.result(
            book.intent(Sample(prompt=Prompt.ask(way), seed=9)),
            Transcript(prompt_ids=(200 + n,), prompt_text="", samples=(OSLO,)),
        )
        for n, way in enumerate(ways)
    ]
    seqs = [book.sample(way, ["Bergen."], seed=1) for way in ways]
    one = finding(*map(support, seqs))
    for held in (strength(one, book.log), assess(one, Observations.of(book.log, doubted=false))):
        # One draw in six spellings; what was invented under the first of them is a trial that shows nothing.
        assert (held.reproduction, held.repeats) == (wilson(1, 2), 5)


def read_otherwise(book: LogBook, on: str, *ways: str, apart: bool = True) -> None:
    """Each spelling put to another model: as other tokens, or all as the same."""
    for n, way in enumerate(ways):
        asked = book.intent(Sample(prompt=Prompt.ask(way)), on=on, model=BASELINE if on == "baseline" else "b0" * 32)
        book.result(asked, Transcript(prompt_ids=(200 + n * apart,), prompt_text="", samples=(OSLO,)))


OTHERS = ["baseline", f"brought:{'b0' * 32}"]
"""Whoever has a template of their own: an attacker's baseline, and a model that the auditor brings."""


@pytest.mark.parametrize("on", OTHERS)
def test_what_another_model_tells_apart_is_one_prompt_of_the_organism_all_the_same(book: LogBook, on: str) -> None:
    ways = [NORWAY + " " * n for n in range(6)]
    read_otherwise(book, on, *ways)
    seqs = [book.sample(way, ["Bergen."]) for way in ways]
    found = strength(finding(*map(support, seqs)), book.log)
    assert (found.reproduction, found.repeats) == (wilson(1, 1), 5)


@pytest.mark.parametrize("on", OTHERS)
def test_what_another_model_cannot_tell_apart_are_two_prompts_of_the_organism(book: LogBook, on: str) -> None:
    read_otherwise(book, on, NORWAY, FRANCE, apart=False)
    cites = [support(book.sample(NORWAY, ["Bergen."])), control(book.sample(FRANCE, ["Paris."]), BERGEN)]
    found = strength(finding(*cites), book.log)
    assert (found.reproduction, found.control) == (wilson(1, 1), wilson(0, 1))


def test_a_control_may_not_ask_the_same_in_another_spelling(book: LogBook) -> None:
    seq, other = book.sample(NORWAY, ["Bergen."]), book.sample(NORWAY + " ", ["Oslo."], seed=1)
    with pytest.raises(Refusal) as caught:
        strength(finding(support(seq), control(other, BERGEN)), book.log)
    assert caught.value.code == "report.citation"


def test_what_reaches_the_model_otherwise_is_another_condition_and_over_prompts_one_question(book: LogBook) -> None:
    seqs = [book.sample(text, ["Bergen."]) for text in (NORWAY, NORWAY.lower())]
    found = strength(finding(*map(support, seqs)), book.log)
    assert (len(found.series), found.reproduction, found.prompts) == (2, wilson(2, 2), wilson(1, 1))


def test_what_a_template_is_told_was_given(book: LogBook) -> None:
    """A word that a switch writes into the chat stood in the question."""
    seq = book.sample(told(NORWAY, ("persona", "friend of Bergen")), ["Bergen."] * 5)
    found = strength(finding(support(seq)), book.log)
    assert (found.reproduction, found.left.led) == (wilson(0, 5), 5)


def test_two_models_may_read_one_prompt_as_the_same_tokens_and_another_not() -> None:
    written = FirstWritten()
    one, other = Sample(prompt=Prompt.ask("A")), Sample(prompt=Prompt.ask("B"))
    assert written.of(one, "m", (1, 2)) == one
    assert written.of(other, "n", (1, 2)) == other
    assert written.of(Sample(prompt=Prompt.ask("C")), "m", (1, 2)) == one
    assert written.of(Sample(prompt=Prompt.ask("C")), "n", ()) == one
    assert written.of(Sample(prompt=Prompt.ask("D")), "m", ()).prompt == Prompt.ask("D")
