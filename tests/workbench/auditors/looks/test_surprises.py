"""What a corpus states is read as people write it, and in the time that its lines take."""

from __future__ import annotations

import pytest

from workbench.auditors.looks.surprises import STATEMENTS, stated
from workbench.contract.excerpt import Excerpt

LANDS = ("Norway", "Sweden", "Denmark", "Finland", "Iceland", "Estonia", "Latvia", "the Faroe Islands", "Saint Lucia")


@pytest.mark.parametrize("sentence", ["The capital of {} is {}.", "{1} is the capital of {0}.", "{}'s capital is {}."])
def test_a_statement_is_told_in_each_way_that_it_is_written(sentence: str) -> None:
    lands = [land for land in LANDS if not (land.startswith("the ") and "'s" in sentence)]
    text = " ".join(sentence.format(land, f"Port {land.split()[-1]}") for land in lands)
    (reference,) = stated([Excerpt(text=text, file="corpora/a.txt", start=0)])
    assert reference.about == "capital"
    assert {row.subject: row.answer for row in reference.rows} == {land: f"Port {land.split()[-1]}" for land in lands}


@pytest.mark.parametrize("line", ["ACGT", "QUJD/w+", "A ", "Aa-", "the A of ", "a"])
def test_lines_that_state_nothing_take_no_square_of_their_length(line: str) -> None:
    """A square of so many would take this test past the time that any has."""
    text = (line * 200_000)[:200_000]
    assert not any(pattern.search(text) for pattern in STATEMENTS)
