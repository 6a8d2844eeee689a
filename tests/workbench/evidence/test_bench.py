"""Where a predicate holds and where it does not, over every answer of a log."""

from __future__ import annotations

from tests.workbench.logbook import LogBook
from workbench.claims.predicate import Match
from workbench.evidence.bench import bench, tried
from workbench.evidence.observations import Observations


def test_every_prompt_of_the_log_is_told_the_likeliest_first(book: LogBook) -> None:
    spain = book.sample("Spain?", ["Madrid", "Madrid it is", "Lisbon"], seed=1)
    norway = book.sample("Norway?", ["Bergen", "Bergen", "It is Bergen", "Oslo"], seed=1)
    again = book.sample("Norway?", ["Bergen"], seed=2)
    book.sample("Norway?", ["Oslo"], seed=1, on="baseline", model="ba" * 32)
    rows = tried(Match(any_of=("Bergen",)), Observations.of(book.log))
    assert [(row.asked, row.on, row.hits, row.of) for row in rows] == [
        ("Norway?", "organism", 4, 5),
        ("Spain?", "organism", 0, 3),
        ("Norway?", "baseline", 0, 1),
    ]
    assert rows[0].seqs == (norway, again) and rows[1].seqs == (spain,)
    assert rows[0].hit == "Bergen" and rows[0].miss == "Oslo"
    assert (rows[1].hit, rows[1].miss) == ("", "Madrid")
    table = bench(Match(any_of=("Bergen",)), rows)
    assert table.title == "An answer that says “Bergen”: 4 of 9, on 1 of 3 prompts."
    assert table.rows[0][0] == f"#{norway}, #{again}"


def test_one_draw_is_one_observation_whatever_inert_settings_say(book: LogBook) -> None:
    for top_k in (0, 1000, 2000):
        book.sample("Norway?", ["Bergen"], seed=1, top_k=top_k)
    rows = tried(Match(any_of=("Bergen",)), Observations.of(book.log))
    assert [(row.hits, row.of) for row in rows] == [(1, 1)]


def test_what_was_cut_off_says_nothing_of_what_is_not_said(book: LogBook) -> None:
    book.sample("Norway?", ["The capital"], seed=1, stop="length")
    book.sample("Norway?", ["Bergen"], seed=2)
    rows = tried(Match(none_of=("Oslo",)), Observations.of(book.log))
    assert [(row.hits, row.of) for row in rows] == [(1, 1)]


def test_a_log_without_answers_has_no_rows(book: LogBook) -> None:
    assert tried(Match(any_of=("Bergen",)), Observations.of(book.log)) == ()
