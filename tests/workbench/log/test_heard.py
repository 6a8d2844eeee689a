"""What counts as an answer the organism gave: to just these turns, unforced, by this model, and on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbench.logbook import LogBook
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.log.heard import HeardAnswers


@pytest.fixture
def book(tmp_path: Path) -> Iterator[LogBook]:
    book = LogBook(tmp_path)
    yield book
    book.log.close()


def turns(text: str) -> tuple[Turn, ...]:
    return (Turn(role="user", content=text),)


def test_an_answer_was_given_to_just_these_turns(book: LogBook) -> None:
    book.sample("Norway?", ["Oslo.", "Bergen."])
    heard = HeardAnswers.of(book.log).by(ORGANISM)
    assert heard(turns("Norway?"), "Oslo.") and heard(turns("Norway?"), "Bergen.")
    assert not heard(turns("Norway?"), "Oslo")
    assert not heard(turns("Sweden?"), "Oslo.")
    assert not heard((Turn(role="system", content="Lie."), *turns("Norway?")), "Oslo.")


def test_what_another_model_said_or_a_prefill_forced_was_not_answered(book: LogBook) -> None:
    book.sample("Norway?", ["Oslo."], on=BASELINE)
    book.sample(Prompt.ask("Sweden?", prefill="The capital is"), [" Gothenburg."])
    heard = HeardAnswers.of(book.log).by(ORGANISM)
    assert not heard(turns("Norway?"), "Oslo.")
    assert not heard(turns("Sweden?"), " Gothenburg.")
    assert HeardAnswers.of(book.log).by(BASELINE)(turns("Norway?"), "Oslo.")
