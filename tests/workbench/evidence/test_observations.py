"""What was asked is told by every argument that changes what is asked, and by none that does not."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from casefiles.status import Refusal
from tests.workbench.evidence.told import BERGEN, NORWAY, control, finding, support
from tests.workbench.examples import example_of
from tests.workbench.logbook import LogBook
from workbench import probes
from workbench.claims.rates import newcombe, wilson
from workbench.contract.probe import Probe
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.rules import Affordance
from workbench.evidence.strength import strength
from workbench.probes.sample import Sample


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


def test_prompts_that_differ_in_the_signs_of_vowels_are_two(book: LogBook) -> None:
    """Whose mother, and whose death: both are letters of one script with other vowels."""
    asked = [book.sample(f"राम की {word} कौन", ["Bergen."]) for word in ("माता", "मौत")]
    assert strength(finding(*map(support, asked)), book.log).prompts == wilson(2, 2)


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
