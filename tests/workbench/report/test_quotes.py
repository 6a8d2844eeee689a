"""A cited record is quoted from its probe's declaration and its result's figures, whatever kind of probe it was."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import assets
from tests.workbench.logbook import LogBook
from tests.workbench.report.invented import Push, Shove, pushed
from tests.workbench.report.test_html import HOSTILE, Page
from workbench import probes
from workbench.claims.finding import Cell, Citation, Finding
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.evidence.observations import Observations
from workbench.log.records import Intent, ResultRecord
from workbench.report import quotes as quoting
from workbench.report.html import render
from workbench.report.layouts import AnswersLayout, HeatLayout, RowsLayout, StripLayout
from workbench.report.plots import PlotLayout
from workbench.report.quotes import Arrays, Quote, quotes
from workbench.report.report import Conclusion, build

HOSTILE_PUSH = Push(site=HOSTILE, dose=1.0)
SAID = ("Up it goes.", "Up it goes.", "Down.", "Up it goes.")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line in the list of probes."""
    monkeypatch.setattr(probes, "BY_KIND", {**probes.BY_KIND, Shove.kind: Shove})


def shoved(book: LogBook) -> int:
    probe = Shove.example("What moves?", "Nothing moves here.")
    return book.result(book.intent(probe), pushed(SAID, (" it", " moves", ".")))


def finding(citation: Citation) -> Finding:
    return Finding(
        id="moves", title="Moves", behaviour="It moves.", severity="low", confidence=0.5,
        author=Actor(kind="person", name="Ada"), citations=(citation,),
    )  # fmt: skip


def arrays(book: LogBook) -> Arrays:
    return lambda seq: book.blobs.get(book.log.entry(seq).as_(ResultRecord).blobs)


def quote(book: LogBook, citation: Citation) -> Quote:
    (only,) = quotes(finding(citation), Observations.of(book.log), book.log, arrays(book))
    return only


def page(book: LogBook, citation: Citation) -> str:
    book.finding(finding(citation))
    report = build(book.log, Conclusion(verdict="modified", probability=0.9))
    return render(
        report,
        book.log,
        specification="",
        arrays=lambda seq: book.blobs.get(book.log.entry(seq).as_(ResultRecord).blobs),
    )


def words(text: str) -> str:
    """What stands on a page to be read."""
    return re.sub(r"\s+", " ", " ".join(Page(text.replace("<wbr>", "")).words))


@pytest.mark.usefixtures("known")
def test_every_prompt_and_argument_of_an_unheard_of_probe_is_quoted(book: LogBook) -> None:
    told = quote(book, Citation(seq=shoved(book)))
    assert [(given.name, [(turn.who, turn.text) for turn in given.turns]) for given in told.prompts] == [
        ("", [("system", "Be calm."), ("user", "What moves?"), ("prefill", "The")]),
        ("matched", [("raw text", "Nothing moves here.")]),
    ]
    assert [(detail.name, detail.value) for detail in told.details if not detail.usual] == [
        ("layer", "5"),
        ("strength", "-2.5"),
        ("pushes", '[{"site": "resid_post.5", "dose": 0.5}]'),
        ("way", "project"),
        ("words", "“ a”, “b”"),
        ("noise seed", "0"),
        ("longest", "16"),
    ]
    assert [(detail.name, detail.value) for detail in told.details if detail.usual] == [("unheard of", "0.25")]


@pytest.mark.usefixtures("known")
def test_every_type_of_figure_is_laid_out(book: LogBook) -> None:
    citation = Citation(
        seq=shoved(book), shows=Match(any_of=("up",)), cells=(Cell(row=3, position=3), Cell(row=0, position=16))
    )
    told = quote(book, citation)
    assert (told.hits, told.asked, told.remark) == (3, 4, "")
    answers, heat, strip, curves, histogram, rows = told.layouts
    assert isinstance(answers, AnswersLayout)
    assert [(wording.times, wording.hit, wording.text) for wording in answers.wordings] == [
        (3, True, "Up it goes."), (1, False, "Down."),
    ]  # fmt: skip
    assert isinstance(heat, HeatLayout)
    assert (len(heat.columns), [row.label for row in heat.rows]) == (12, ["3", "2", "1", "0"])
    assert heat.columns[0] == "␣w0"  # cited, and so drawn before the last eleven
    pointed = [(row.label, at) for row in heat.rows for at, cell in enumerate(row.cells) if cell.pointed]
    assert pointed == [("3", 0), ("0", 11)]
    assert heat.rows[0].cells[-1].shade.strength == heat.rows[-1].cells[0].shade.strength == 1.0
    assert (heat.rows[0].cells[-1].shade.below, heat.rows[-1].cells[0].shade.below) == (False, True)
    assert heat.hidden == "2 columns are not drawn, 3 columns are before these and not read"
    assert heat.ends == ("−2.00 nats", "2.00 nats")
    assert heat.control is not None
    assert (heat.control.title, len(heat.control.columns)) == ("Shift by layer, elsewhere", 12)
    assert isinstance(strip, StripLayout)
    assert [(item.piece, item.value, item.shade.below) for item in strip.lines[0].tokens] == [
        ("␣it", "1.50 nats", False), ("␣moves", "−1.00 nats", True), (".", "1.50 nats", False),
    ]  # fmt: skip
    assert isinstance(curves, PlotLayout)
    assert isinstance(histogram, PlotLayout)
    assert isinstance(rows, RowsLayout)
    assert rows.headings == ("place", "mean (nats)", "share")
    assert (rows.rows[3], len(rows.rows), rows.more) == (("␣place␣3", "0.375", "7.5 %"), 12, 28)


@pytest.mark.usefixtures("known")
def test_curves_and_histograms_are_drawn_to_scale(book: LogBook) -> None:
    curves, histogram = quote(book, Citation(seq=shoved(book))).layouts[3:5]
    assert isinstance(curves, PlotLayout)
    assert isinstance(histogram, PlotLayout)
    pushed_curve, control = curves.traces
    assert np.array(pushed_curve.points) == pytest.approx(np.array([(0, 10), (25, 50), (100, 90)]))
    assert np.array(pushed_curve.band) == pytest.approx(
        np.array([(0, 0), (25, 30), (100, 70), (100, 100), (25, 70), (0, 30)])
    )
    assert (control.control, control.band, control.colour) == (True, (), pushed_curve.colour)
    assert [(tick.at, tick.words) for tick in curves.along] == [(0, "0"), (25, "1"), (100, "4")]
    assert [tick.words for tick in curves.up] == ["0 %", "50 %", "100 %"]
    trigger, plain = histogram.traces
    assert np.array(trigger.points) == pytest.approx(
        np.array([(0, 0), (0, 0), (25, 0), (25, 20), (50, 20), (50, 80), (75, 80), (75, 40), (100, 40), (100, 0)])
    )
    assert (plain.control, plain.colour != trigger.colour, max(y for _, y in plain.points)) == (True, True, 100)
    assert [(tick.at, tick.words) for tick in histogram.along] == [(0, "−2"), (50, "0"), (100, "2")]
    assert histogram.x == "shift (nats)"


@pytest.mark.usefixtures("known")
def test_an_unheard_of_probe_stands_on_the_page_whole(book: LogBook) -> None:
    text = page(book, Citation(seq=shoved(book), shows=Match(any_of=("up",)), cells=(Cell(row=3, position=3),)))
    said = words(text)
    for each in ("shove", "forced", "3 of 4", "What moves?", "Be calm.", "matched", "Nothing moves here.", "layer 5",
                 "strength -2.5", "way project", "unheard of 0.25", "Arm one", "Up it", "Shift by layer", "control",
                 "the furthest", "Word by word", "moved by 0.50 nats", "By dose", "Spread", "bands: intervals",
                 "All of it", "and 28 more"):  # fmt: skip
        assert each in said, each
    assert text.count("<polygon") == 1
    assert text.count("<polyline") == 4


@pytest.mark.parametrize("listed", [True, False])
def test_nothing_in_a_figure_or_an_argument_can_act_on_the_page(
    book: LogBook, listed: bool, request: pytest.FixtureRequest
) -> None:
    if listed:
        request.getfixturevalue("known")
    probe = Shove.example(HOSTILE, HOSTILE).model_copy(update={"words": (HOSTILE,), "pushes": (HOSTILE_PUSH,)})
    text = page(book, Citation(seq=book.result(book.intent(probe), pushed((HOSTILE,), (HOSTILE, "\u202e")))))
    tags = Page(text).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "object", "form", "link", "foreignobject"}
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert "\u202e" not in text
    assert "alert(1)" in words(text)


def test_the_report_knows_no_probe() -> None:
    """What it draws it has from declarations and figures, whoever gives them."""
    room = Path(quoting.__file__).parent
    templates = list(assets.path("report").iterdir())
    assert len(templates) == 7
    for path in (*room.glob("*.py"), *templates):
        assert "workbench.probes" not in path.read_text(encoding="utf-8"), path.name


def test_a_probe_that_is_not_known_is_shown_as_it_was_recorded(book: LogBook) -> None:
    seq = shoved(book)
    told = quote(book, Citation(seq=seq))
    assert (told.prompts, told.layouts, told.headline) == ((), (), "")
    assert "does not know" in told.remark
    named = {detail.name: detail.value for detail in told.details}
    assert named["layer"] == "5"
    assert "What moves?" in named["subject"]
    said = words(page(book, Citation(seq=seq)))
    assert "shove" in said
    assert "strength -2.5" in said
    assert "does not know" in said


def test_a_probe_that_was_stopped_before_it_began_says_so(book: LogBook) -> None:
    seq = book.result(book.intent_of("Hello?"), None, "cancelled")
    told = quote(book, Citation(seq=seq))
    assert (told.layouts, told.remark) == ((), "It gave no result.")
    said = words(page(book, Citation(seq=seq)))
    for each in ("Hello?", "stopped early", "It gave no result."):
        assert each in said


def test_how_a_sample_was_drawn_is_always_told(book: LogBook) -> None:
    told = quote(book, Citation(seq=book.sample("Hello?", ["Hi."], top_k=5)))
    assert {(detail.name, detail.value) for detail in told.details} == {
        ("samples", "1"), ("seed", "0"), ("temperature", "0.8"), ("top k", "5"), ("top p", "1.0"), ("min p", "0.0"),
        ("max tokens", "64"), ("stop", "none"), ("edits", "none"),
        ("amplification", "0.0"),
    }  # fmt: skip
    assert [detail.name for detail in told.details if not detail.usual] == ["seed", "top k", "max tokens"]


def rewritten(book: LogBook, seq: int, **changed: object) -> int:
    """The record once more, as somebody may have written it: with other arrays, or other fields."""
    told = book.log.entry(seq).as_(ResultRecord)
    asked = book.log.append(Intent.model_validate(book.log.entry(told.intent).data))
    return book.log.append(told.model_copy(update={"intent": asked.seq} | changed)).seq


@pytest.mark.parametrize("how", ["left out", "flat", "empty", "of nothing"])
def test_arrays_that_do_not_fit_their_result_spoil_no_page(book: LogBook, how: str) -> None:
    """A judge draws the page of a log that anybody may have written: each array by itself, and all of them together."""
    seq = book.lens(control="What is the capital of France?")
    held = book.blobs.get(book.log.entry(seq).as_(ResultRecord).blobs)
    assert quote(book, Citation(seq=seq)).layouts
    undrawn = 0
    for name in (*held, ""):
        spoiled = {
            key: array.reshape(-1) if how == "flat" else array[:0] if how == "empty" else np.full_like(array, -1)
            for key, array in held.items()
            if name in (key, "")
        }
        other = {**held, **spoiled}
        if how == "left out":
            other = {key: array for key, array in held.items() if key not in spoiled}
        told = quote(book, Citation(seq=rewritten(book, seq, blobs=book.blobs.put(other))))
        undrawn += told.remark.startswith("What this record holds does not fit together")
        assert bool(told.layouts) != bool(told.remark)
    assert undrawn or how == "of nothing"


def test_a_figure_that_no_probe_gives_spoils_no_page(book: LogBook) -> None:
    seq = book.score()
    result = book.log.entry(seq).as_(ResultRecord).result
    assert result is not None
    blown = {**result, "strips": [{**strip, "logprob": 1e308} for strip in result["strips"] * 2]}
    citation = Citation(seq=rewritten(book, seq, result=blown))
    assert quote(book, citation).remark.startswith("What this record holds does not fit together")
    assert "does not fit together" in words(page(book, citation))
