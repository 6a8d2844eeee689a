"""Figures tell their numbers in words and as rows."""

from __future__ import annotations

import pytest

from workbench.contract.figures import (
    PROBABILITY,
    Answer,
    Answers,
    Counts,
    Curve,
    Curves,
    Ending,
    Histogram,
    Scale,
    percent,
)


@pytest.mark.parametrize(
    ("share", "probability", "rate"),
    [
        (0, "0 %", "0 %"),
        (1, "100 %", "100 %"),
        (0.5, "50.0 %", "50 %"),
        (0.986, "98.6 %", "99 %"),
        (0.004, "0.4 %", "0.4 %"),
        (0.996, "99.6 %", "99.6 %"),
        (1e-6, "< 0.1 %", "< 0.1 %"),
        (1 - 1e-6, "> 99.9 %", "> 99.9 %"),
        (-0.25, "−25.0 %", "−25 %"),
    ],
)
def test_only_none_is_zero_and_only_all_is_a_hundred(share: float, probability: str, rate: str) -> None:
    assert percent(share) == probability
    assert percent(share, digits=0) == rate


def test_answers_read_as_a_row_for_each_text_counts_first() -> None:
    texts = ["It is Oslo.", "No.", "It is Bergen.", "It is Oslo.", "It is Oslo.", ""]
    ends = [Ending.ITSELF, Ending.LENGTH, Ending.STRING, Ending.ITSELF, Ending.LENGTH, Ending.STOPPED]
    figure = Answers("", "?", tuple(Answer(i, text, len(text), ends[i]) for i, text in enumerate(texts)))
    table = figure.table()
    assert [column.heading for column in table.columns] == ["times", "begin alike", "text", "ended", "samples"]
    assert table.rows == (
        (3, 4, "It is Oslo.", "ended in different ways", "0, 3–4"),
        (1, 4, "It is Bergen.", "ended at a stop string", "2"),
        (1, 1, "No.", "cut off at the longest length", "1"),
    )
    assert figure.said.startswith("4 of 5 answers begin “It is…”; 1 differs")


def test_a_curve_of_shares_reads_in_per_cent() -> None:
    table = Curves("rates", "dose", PROBABILITY, (Curve("steered", (0.0, 1.0), (0.25, 0.5)),)).table()
    assert table.columns[2].words(table.rows[0][2]) == "25.0 %"
    assert table.columns[2].heading == "probability"


def test_a_histogram_reads_as_a_row_for_each_bin_of_each_group() -> None:
    groups = (Counts("one", (3, 0)), Counts("two", (1, 2)))
    table = Histogram("Spread", Scale("shift", -1, 1, unit="nats"), (-1.0, 0.0, 1.0), groups).table()
    assert [column.heading for column in table.columns] == ["group", "from (nats)", "to (nats)", "count"]
    assert table.rows == (("one", -1.0, 0.0, 3), ("one", 0.0, 1.0, 0), ("two", -1.0, 0.0, 1), ("two", 0.0, 1.0, 2))
