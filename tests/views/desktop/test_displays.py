"""How results are drawn, by their shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.views.auditor_desk import colour, picture_of
from views.desktop import app, theme
from views.desktop.courier import Batch
from views.desktop.displays import display_for
from views.desktop.displays.grid import GridDisplay, heat
from views.desktop.displays.strip import StripDisplay
from views.desktop.displays.table import TableDisplay
from views.desktop.displays.transcript import TranscriptDisplay
from views.desktop.labels import visible
from views.desktop.meter import BudgetBar, RateBar
from workbench.contract.probe import Prompt, Shape, Table
from workbench.evidence.rates import wilson
from workbench.probes import PROBES
from workbench.probes.logit_lens import Grid, LensGrid, Tracked
from workbench.probes.sample import Sample, SampledText, Transcript
from workbench.probes.score import Alternative, ScoredToken, Scores, Strip

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SHARES = np.array([[0.05, 0.2, 0.4], [0.3, 0.6, 0.9]])  # (layer, position)


@pytest.fixture(autouse=True)
def _application(qapp: object) -> None:
    app.application()


def transcript(*texts: str) -> Transcript:
    samples = tuple(SampledText(index=i, ids=(1,), text=text, stop="end") for i, text in enumerate(texts))
    fields: dict[str, Any] = {"prompt_ids": (1, 2), "prompt_text": "<|user|>x", "samples": samples}
    return Transcript(**fields)


def lens() -> LensGrid:
    pieces = (" capital", "\n", ":")
    return LensGrid(
        layers=(0, 1),
        grid=Grid(title="x", ids=(4, 5, 6, 7), pieces=("a", *pieces), positions=(1, 2, 3)),
        control=None,
        tracked=(Tracked(text=" Bergen", id=2),),
        vocabulary={1: " Oslo", 2: " Bergen"},
        headline="h",
    ).with_arrays(
        {
            "top_ids": np.array([[[1], [1], [1]], [[1], [1], [2]]], dtype=np.int32),
            "top_logprobs": np.log(SHARES)[:, :, None],
            "tracked_logprobs": np.log(SHARES[::-1])[:, :, None],
            "tracked_ranks": np.full((2, 3, 1), 7, dtype=np.int32),
        }
    )


def scores() -> Scores:
    sure = ScoredToken(
        id=1, piece=" Oslo", logprob=math.log(0.9), rank=1, entropy=0.4,
        alternatives=(Alternative(id=1, piece=" Oslo", logprob=math.log(0.9)),),
    )  # fmt: skip
    odd = ScoredToken(
        id=2, piece=" Bergen", logprob=math.log(0.01), rank=12, entropy=0.4,
        alternatives=(Alternative(id=1, piece=" Oslo", logprob=math.log(0.9)),),
    )  # fmt: skip
    strips = (
        Strip(text=" Bergen", tokens=(odd,), logprob=odd.logprob),
        Strip(text=" Oslo", tokens=(sure,), logprob=sure.logprob),
    )
    return Scores(strips=strips, forward_tokens=8)


@pytest.mark.parametrize("kind", PROBES, ids=lambda kind: kind.kind)
def test_every_probe_has_a_drawing_for_its_shape(kind: Any) -> None:
    assert not isinstance(display_for(kind.result.shape), TableDisplay) or kind.result.shape is Shape.TABLE


def test_equal_answers_stand_together_the_most_frequent_first() -> None:
    display = TranscriptDisplay()
    display.show_result(transcript("Oslo.", "Bergen.", "Bergen. ", "Bergen."), None)
    assert [(a.text.strip(), a.samples, a.of) for a in display.model.answers] == [
        ("Bergen.", [1, 2, 3], 4), ("Oslo.", [0], 4),
    ]  # fmt: skip
    display._grouped.click()
    assert [a.samples for a in display.model.answers] == [[0], [1], [2], [3]]


def test_an_answer_is_never_read_as_markup_and_a_long_one_is_cut() -> None:
    display = TranscriptDisplay()
    display.show_result(transcript("<b>bold</b>", "x" * 5000), None)
    assert "<b>bold</b>" in [a.drawn for a in display.model.answers]
    assert any(a.drawn.endswith("(2,000 more characters)") for a in display.model.answers)


def test_marked_answers_are_what_a_citation_quotes() -> None:
    display = TranscriptDisplay()
    display.show_result(transcript("a", "b", "a"), None)
    display.view.setCurrentIndex(display.model.index(0))
    assert display.pick().samples == (0, 2)


def test_streaming_answers_grow_where_they_stand() -> None:
    display = TranscriptDisplay()
    display.begin(Sample(prompt=Prompt.ask("x"), samples=2))
    display.stream(Batch(texts={1: "Ber"}))
    display.stream(Batch(texts={0: "Os", 1: "gen"}))
    assert [a.text for a in display.model.answers] == ["Os", "Bergen"]


def test_a_cell_is_as_strong_as_its_probability() -> None:
    display = GridDisplay()
    display.resize(900, 500)
    display.show()
    display.show_result(lens(), None)
    app.QApplication.processEvents()
    [view] = display.views
    for row in (0, 1):
        for column in (0, 1, 2):
            box = view.visualRect(view.model().index(row, column))
            assert colour(view.viewport(), box.left() + 5, box.bottom() - 4) == heat(SHARES[1 - row, column])
    assert [view.model().headerData(c, Qt.Orientation.Horizontal) for c in range(3)] == ["␣capital", "↵", ":"]
    assert [view.model().headerData(r, Qt.Orientation.Vertical) for r in range(2)] == ["1", "0"]
    assert "⋯ one earlier position was not read ⋯" in [label.text() for label in display.findChildren(QLabel)]
    display.close()


def test_colour_by_a_tracked_token() -> None:
    display = GridDisplay()
    display.resize(900, 500)
    display.show()
    display.show_result(lens(), None)
    display._colour.setCurrentIndex(1)
    [view] = display.views
    box = view.visualRect(view.model().index(0, 2))
    assert view.model().index(0, 2).data() == "40.0"
    assert colour(view.viewport(), box.left() + 5, box.bottom() - 4) == heat(0.4)
    display.close()


def test_cells_where_a_tracked_token_leads_are_outlined() -> None:
    display = GridDisplay()
    display.resize(900, 500)
    display.show()
    display.show_result(lens(), None)
    [view] = display.views
    red = QColor(theme.LIGHT.bad)

    def outlined(row: int, column: int) -> bool:
        box, image = view.visualRect(view.model().index(row, column)), picture_of(view.viewport())
        edges = [image.pixelColor(box.center().x(), box.top() + down) for down in range(4)]
        return any(abs(edge.red() - red.red()) < 60 and edge.blue() < 120 for edge in edges)

    assert [(row, column) for row in (0, 1) for column in (0, 1, 2) if outlined(row, column)] == [(0, 2)]
    display.close()


def test_a_tracked_token_is_read_even_where_it_is_not_among_the_best() -> None:
    display = GridDisplay()
    display.show_result(lens(), None)
    display._read(display.views[0].sheet_model.sheet, 0, 0)
    assert [(g.piece, g.rank, g.marked) for g in display.reading.guesses] == [(" Oslo", 1, False), (" Bergen", 7, True)]
    assert display.reading.guesses[1].logprob == pytest.approx(math.log(0.3))


def test_wide_grids_scroll_and_narrow_ones_stand_beside_each_other() -> None:
    result = lens()
    both = result.model_copy(update={"control": result.grid}).with_arrays(
        {**result.arrays, **{f"control_{name}": array for name, array in result.arrays.items()}}
    )
    display = GridDisplay()
    display.show_result(both, None)
    for width, beside in ((900, True), (360, False)):
        display.resize(width, 600)
        display.show()
        app.QApplication.processEvents()
        first, second = (view.mapTo(display, view.rect().topLeft()) for view in display.views)
        assert (first.y() == second.y()) is beside
    display.close()


def test_texts_are_ranked_and_their_tokens_coloured(qtbot: QtBot) -> None:
    display = StripDisplay()
    display.resize(600, 400)
    display.show()
    display.show_result(scores(), None)
    app.QApplication.processEvents()
    assert [view.strip.text for view in display.strips] == [" Oslo", " Bergen"]
    for view, share in zip(display.strips, (0.9, 0.01), strict=True):
        assert colour(view, 6, 20) == heat(share)
    qtbot.keyClick(display.strips[1], Qt.Key.Key_Right)
    assert [(g.piece, g.rank, g.marked) for g in display.reading.guesses] == [
        (" Oslo", 1, False),
        (" Bergen", 12, True),
    ]
    assert display.pick().cells[-1].row == 0, "the row is the text's place in the record, not on the screen"
    display.close()


def test_a_table_is_sorted_by_value_and_copied_as_text() -> None:
    display = TableDisplay()
    display.show_table(Table(columns=("token", "n"), rows=((" b", 10), ("a", 9), ("c\td", 2))))
    display.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [display.view.model().index(row, 1).data() for row in range(3)] == ["2", "9", "10"]
    assert display.view.model().index(2, 0).data() == "␣b"
    display.view.selectAll()
    display._copy()
    assert QGuiApplication.clipboard().text() == "token\tn\nc d\t2\na\t9\n b\t10"


def test_blanks_in_tokens_are_visible() -> None:
    assert visible(" a\n\tb") == "␣a↵⇥b"


def test_a_rate_is_drawn_as_its_interval() -> None:
    bar = RateBar("Reproduced")
    bar.resize(200, 12)
    rate = wilson(5, 10)
    bar.show_rate(rate)
    image = picture_of(bar)
    ground, inside = (
        QColor(theme.LIGHT.line),
        [x for x in range(200) if image.pixelColor(x, 6) != QColor(theme.LIGHT.line)],
    )
    assert ground == image.pixelColor(20, 6)
    assert inside[2] == pytest.approx(rate.low * 200, abs=4)
    assert inside[-3] == pytest.approx(rate.high * 200, abs=4)
    assert bar.accessibleDescription() == "5 of 10, 24% to 76%"


@pytest.mark.parametrize(("share", "expected"), [(0.5, "accent"), (0.85, "warn_bar"), (1.2, "bad")])
def test_a_budget_turns_amber_and_red(share: float, expected: str) -> None:
    bar = BudgetBar("Probes")
    bar.resize(200, 5)
    bar.show_share(share)
    assert colour(bar, 40, 2) == QColor(getattr(theme.LIGHT, expected))
    if share < 1:
        assert colour(bar, 190, 2) == QColor(theme.LIGHT.line)
