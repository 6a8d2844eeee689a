"""Which result answers which intent, told record by record and by the stored log alike."""

from __future__ import annotations

import pytest

from tests.workbench.logbook import LogBook
from workbench.log.answering import Answering, answered


def test_each_result_finds_its_intent_and_the_rest_are_orphans(book: LogBook) -> None:
    first, second, third = (book.intent_of(name) for name in "abc")
    book.result(second, None, "failed")
    book.result(first, None, "failed")
    answering = Answering()
    found = [(entry.seq, intent.seq) for entry in book.log.entries() if (intent := answering.take(entry)) is not None]
    assert found == [(4, second.seq), (5, first.seq)]
    assert answering.orphans == book.log.orphans() == (third.seq,)
    assert book.log.orphans(until=4) == (third.seq,), "what comes later still answers"
    assert book.log.orphans(until=third.seq) == ()


def test_a_result_that_answers_nothing_is_no_evidence(book: LogBook) -> None:
    asked = book.intent_of("a")
    book.result(asked, None, "failed")
    book.result(asked, None, "failed")
    answering = Answering()
    entries = list(book.log.entries())
    assert [answered(entry) for entry in entries] == [None, None, 1, 1]
    with pytest.raises(ValueError, match="record 3 answers no open intent"):
        for entry in entries:
            answering.take(entry)
