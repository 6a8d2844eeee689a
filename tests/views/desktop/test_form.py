"""Forms: every declared probe has one, and what is put in comes out unchanged."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from PySide6.QtWidgets import QPushButton

from views.desktop import app
from views.desktop.ask.fields import JsonField
from views.desktop.ask.form import ProbeForm, complaint
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.rules import Affordance
from workbench.probes import PROBES
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample
from workbench.probes.score import Score

ALL = frozenset(Affordance)


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    app.application()


@pytest.mark.parametrize("kind", PROBES, ids=lambda kind: kind.kind)
def test_every_probe_has_a_form_with_its_hints_and_defaults(kind: type[Probe]) -> None:
    form = ProbeForm(kind, ALL)
    for name, info in kind.model_fields.items():
        field = form.field(name)
        assert not isinstance(field, JsonField), f"{name} of {kind.kind} deserves a better editor"
        assert info.description and field.toolTip() == info.description
        if not info.is_required() and info.default is not None:
            assert field.value() == info.default


@pytest.mark.parametrize(
    "probe",
    [
        Sample(prompt=Prompt.ask("Hi", system="Be brief", prefill="Well"), samples=512, seed=2**53 - 1, temperature=0,
               top_k=7, top_p=0.123456, min_p=0.05, max_tokens=4096),
        Sample(prompt=Prompt.raw("  leading and\ntrailing \n")),
        Sample(prompt=Prompt(chat=(Turn(role="user", content="a"), Turn(role="assistant", content="b"),
                                   Turn(role="user", content="c")))),
        Score(prompt=Prompt.ask("x"), answers=(" Oslo", "Bergen "), top=0),
        LogitLens(prompt=Prompt.ask("x"), control=Prompt.ask("y", prefill="z"), track=(" Oslo",), positions=512),
    ],
    ids=range(5),
)  # fmt: skip
def test_a_probe_comes_out_of_the_form_as_it_was_put_in(probe: Probe) -> None:
    form = ProbeForm(type(probe), ALL)
    form.fill(probe)
    assert form.probe() == probe


def test_filling_one_probe_after_another_leaves_nothing_behind() -> None:
    form = ProbeForm(LogitLens, ALL)
    form.fill(LogitLens(prompt=Prompt.ask("x", system="s", prefill="p"), control=Prompt.ask("y"), track=("t",)))
    plain = LogitLens(prompt=Prompt.ask("z"))
    form.fill(plain)
    assert form.probe() == plain


def test_an_empty_prompt_is_complained_about_in_words() -> None:
    form = ProbeForm(Sample, ALL)
    with pytest.raises(ValidationError) as error:
        form.probe(mark=True)
    assert complaint(error.value) == "Prompt: a prompt is either a chat or raw text, and not empty."
    assert form.field("prompt").editor.property("wrong")
    form.field("prompt").set_value(Prompt.ask("x"))
    form.probe(mark=True)
    assert not form.field("prompt").editor.property("wrong")


def test_a_visible_space_may_be_typed_for_a_space() -> None:
    form = ProbeForm(LogitLens, ALL)
    form.field("prompt").set_value(Prompt.ask("x"))
    form.field("track").set_value(("␣Oslo",))
    assert form.probe().track == (" Oslo",)  # type: ignore[attr-defined]


def test_raw_text_and_a_chat_exclude_each_other() -> None:
    form = ProbeForm(Sample, ALL)
    form.fill(Sample(prompt=Prompt.ask("x", system="s")))
    switches = {button.text(): button for button in form.findChildren(QPushButton)}
    switches["Raw text"].click()
    assert form.probe().prompts()[0] == Prompt.raw("x")
    switches["System prompt"].click()
    assert form.probe().prompts()[0] == Prompt.ask("x", system="s")
