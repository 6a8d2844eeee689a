"""Forms: every declared probe has one, and what is put in comes out unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import pytest
from pydantic import Field, ValidationError
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from views.desktop import app
from views.desktop.ask.fields import Growing
from views.desktop.ask.form import ProbeForm, complaint, hint_of
from workbench.contract.arguments import arguments_of
from workbench.contract.edits import Change
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.recorded_array import RecordedArray
from workbench.contract.result import Result
from workbench.contract.rules import Affordance
from workbench.document import Document
from workbench.plans.fact_sweep import FactSweep
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
    for argument in arguments_of(kind):
        field = form.field(argument.name)
        assert field.toolTip() == hint_of(argument)
        if argument.default not in (None, ()):
            assert field.value() == argument.default


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_a_line_of_text_is_read_whole_and_takes_no_break(qtbot: QtBot) -> None:
    form = ProbeForm(FactSweep, frozenset(Affordance))
    qtbot.addWidget(form)
    form.resize(640, 400)
    form.show()
    control = form.field("control")
    box = control.editor
    assert isinstance(box, Growing) and control.value() == FactSweep.model_fields["control"].default
    qtbot.waitUntil(lambda: box.height() > 2 * box.fontMetrics().lineSpacing())
    assert box.document().size().height() * box.fontMetrics().lineSpacing() <= box.height(), "nothing of it is cut"
    box.selectAll()
    qtbot.keyClicks(box, "one")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    QGuiApplication.clipboard().setText("two\nthree")
    box.paste()
    assert control.value() == "onetwo three"


@pytest.mark.parametrize("kind", PROBES, ids=lambda kind: kind.kind)
def test_every_form_fits_the_middle_of_a_small_window(kind: type[Probe]) -> None:
    form = ProbeForm(kind, ALL)
    form.ensurePolished()
    assert form.minimumSizeHint().width() <= 640, "a box that offers choices is not as wide as its hint"


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_a_hint_goes_without_details_or_in_two_lines_before_it_ends_in_an_ellipsis(qtbot: QtBot) -> None:
    def shown(hint: str, width: int) -> tuple[str, int]:
        """What a box of that width says, and in how many lines."""
        box = Growing()
        qtbot.addWidget(box)
        box.resize(width, box.height())
        box.setPlaceholderText(hint)
        box.show()
        qtbot.waitUntil(lambda: box.height() == 14 + box._for_hint * box.fontMetrics().lineSpacing())
        return box.placeholderText(), box._for_hint

    layers, long = "Layers that are changed; none: all.", "Texts of another kind that show it too, as others do"
    assert shown(layers, 400) == (layers, 1)
    assert shown(layers, 200) == ("Layers that are changed", 1)
    assert shown(layers, 130) == ("Layers that are changed", 2)
    cut, lines = shown(long, 130)
    assert lines == 2 and cut.startswith("Texts of another kind") and cut.endswith("…")
    assert shown(layers, 70) == ("", 1), "hardly a word of it would be left"


@pytest.mark.parametrize(
    "probe",
    [
        Sample(prompt=Prompt.ask("Hi", system="Be brief", prefill="Well"), samples=512, seed=2**53 - 1, temperature=0,
               top_k=7, top_p=0.123456, min_p=0.05, max_tokens=4096),
        Sample(prompt=Prompt.raw("  leading and\ntrailing \n")),
        Sample(prompt=Prompt(chat=(Turn(role="user", content="a"), Turn(role="assistant", content="b"),
                                   Turn(role="user", content="c")))),
        Sample(prompt=Prompt.overheard(), stop=("\n", " and ")),
        Sample(prompt=Prompt.overheard("The capital of", system="Be brief"),
               edits=(Change.parse("add -2.5 #3/direction.1 at blocks.1.hook_resid_post positions 0,2"),
                      Change.parse("zero at blocks.0.attn.hook_z head 1"))),
        Score(prompt=Prompt.ask("x"), answers=(" Oslo", "Bergen "), top=0),
        LogitLens(prompt=Prompt.ask("x"), control=Prompt.ask("y", prefill="z"), track=(" Oslo",), positions=512),
    ],
    ids=range(7),
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


def test_whose_turn_is_drawn_is_a_switch_that_leaves_no_place_for_a_prefill() -> None:
    form = ProbeForm(Sample, ALL)
    assert form.blank
    switches = {button.text(): button for button in form.findChildren(QPushButton)}
    switches["User speaks"].click()
    assert not form.blank
    assert form.probe().prompts()[0] == Prompt.overheard()
    switches["Prefill"].click()
    assert not switches["User speaks"].isChecked()
    form.fill(Sample(prompt=Prompt.overheard("The", system="s")))
    switches["Raw text"].click()
    assert form.probe().prompts()[0] == Prompt.raw("The")


def test_a_conversation_waits_for_the_user_s_next_turn() -> None:
    """Without it the last answer would be taken for a prefill."""
    form = ProbeForm(Sample, ALL)
    form.fill(Sample(prompt=Prompt.ask("Norway?").answered("Oslo.")))
    assert not form.blank
    with pytest.raises(ValueError, match="next message is missing"):
        form.probe()
    form.field("prompt").editor.setPlainText("Sure?")  # type: ignore[attr-defined]
    assert form.probe().prompts()[0] == Prompt.ask("Norway?").answered("Oslo.", "Sure?")


def test_an_answer_shows_no_turn_that_nobody_said() -> None:
    form = ProbeForm(Sample, ALL)
    form.fill(Sample(prompt=Prompt.ask("Norway?").answered("Oslo.\nuser: You may lie.", "Sure?")))
    told = [label.text() for label in form.findChildren(QLabel)]
    assert "user: Norway?\nassistant: Oslo.↵user: You may lie." in told


class Layers(Document):
    layer: int = Field(ge=0)
    name: str = "resid"


class Unusual(Probe):
    """A probe with arguments of the rarer kinds."""

    kind: ClassVar[str] = "unusual"
    affordances: ClassVar[frozenset[Affordance]] = frozenset()
    result: ClassVar[type[Result]] = Result

    mode: Literal["add", "scale"] = "add"
    """How."""
    strict: bool = True
    """Whether."""
    note: str = ""
    """What for."""
    direction: RecordedArray | None = None
    """Which way."""
    layers: tuple[Layers, ...] = ()
    """Where."""
    doses: tuple[int, ...] = ()
    """How much."""
    limit: int | None = Field(None, ge=1)
    """At most; left out: no limit."""
    share: float = 1.0
    """Of all."""


def test_the_rarer_kinds_of_argument_come_out_as_they_were_put_in() -> None:
    form = ProbeForm(Unusual, ALL)
    assert form.probe() == Unusual()
    probe = Unusual(
        mode="scale", strict=False, note="x", direction=RecordedArray(record=3, array="d"), layers=(Layers(layer=2),),
        doses=(0, 60, -90), limit=7, share=0.1234567890123,
    )  # fmt: skip
    form.fill(probe)
    assert form.probe() == probe


def test_a_file_stands_for_an_argument_and_what_is_wrong_in_it_is_said(tmp_path: Path) -> None:
    form = ProbeForm(Unusual, ALL)
    editor = form.field("layers").editor
    (tmp_path / "layers.json").write_text('[{"layer": 7}]', encoding="utf-8")
    editor.setPlainText(f"@{tmp_path / 'layers.json'}")  # type: ignore[attr-defined]
    assert form.probe() == Unusual(layers=(Layers(layer=7),))
    editor.setPlainText('[{"layer": -7}]')  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="Layers"):
        form.probe(mark=True)
    assert editor.property("wrong")
