"""A probe's time is guessed from how long this session's own probes of its kind took a token."""

from __future__ import annotations

import pytest

from tests.workbench.logbook import LogBook
from workbench.contract.rules import Cost
from workbench.log.pace import seconds, spoken_seconds


def test_it_takes_as_long_as_what_was_asked_before(book: LogBook) -> None:
    cost = Cost(generated_tokens=500)
    assert seconds(book.log, "sample", "toy", cost) is None
    one, two = book.sample("Hi", ["a b c"]), book.sample("Ho", ["a b c d e"])
    took = sum(book.log.entry(seq).ts_us - book.log.entry(seq - 1).ts_us for seq in (one, two)) / 1e6
    spent = sum(
        sum(book.log.entry(seq).data["cost"][sort + "_tokens"] for sort in ("generated", "forward"))
        for seq in (one, two)
    )
    assert seconds(book.log, "sample", "toy", cost) == pytest.approx(500 * took / spent)
    assert seconds(book.log, "score", "toy", cost) is None
    assert seconds(book.log, "sample", "torch", cost) is None


def test_what_failed_says_nothing_of_how_fast_it_is(book: LogBook) -> None:
    book.result(book.intent_of("Hi"), None, "failed")
    assert seconds(book.log, "sample", "toy", Cost(generated_tokens=500)) is None


@pytest.mark.parametrize(
    ("estimate", "words"),
    [(0.2, "under a second"), (12.4, "about 12 s"), (99.4, "about 99 s"), (150.0, "about 2 min")],
)
def test_a_time_is_said_no_more_exactly_than_it_is_known(estimate: float, words: str) -> None:
    assert spoken_seconds(estimate) == words
