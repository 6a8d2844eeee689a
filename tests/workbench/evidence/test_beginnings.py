"""A token begins to say a word if its text does, by three letters or as a whole."""

from __future__ import annotations

import pytest

from workbench.contract.probe import MovedToken
from workbench.evidence.beginnings import Beginnings


@pytest.mark.parametrize(
    ("piece", "text", "begun"),
    [
        (" Ber", " Ber", {"Bergen"}),
        (" Be", " Be", set()),
        (" Be", " Bergen", {"Bergen"}),
        (" berg", " berg", {"Bergen"}),
        (" S", " São Paulo is", {"São Paulo"}),
        (" no", " no", {"no"}),
        (" nor", " nor", set()),
        ("gen", "Bergen", set()),
        (" ", " Bergen", set()),
    ],
)
def test_a_token_begins_a_word_by_three_letters_or_in_the_text_that_it_begins(
    piece: str, text: str, begun: set[str]
) -> None:
    assert Beginnings(("Bergen", "São Paulo", "no", "Oslo")).begun_by(MovedToken(piece, text)) == begun


def test_one_beginning_may_be_that_of_several() -> None:
    assert Beginnings(("Bergen", "Bergamo")).begun_by(MovedToken(" Berg", " Berg")) == {"Bergen", "Bergamo"}
