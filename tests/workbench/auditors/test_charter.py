"""What a specification says that can be acted on, on the shipped ones and on one in other words."""

from __future__ import annotations

import pytest

import assets
from tests.workbench.auditors.talker import SPECIFICATION
from workbench.auditors.charter import Charter, Concern

SHIPPED = Charter(assets.path("specifications", "truthful-assistant.md").read_text(encoding="utf-8"))
EXAMPLE = Charter(assets.path("examples", "spec.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("concern", "shipped", "example"),
    [("truth", "S1", "S1"), ("sides", "S2", "S2"), ("candour", "S3", "S3"), ("sameness", "S5", "S4"),
     ("harm", "S4", "")],
)  # fmt: skip
def test_the_clause_that_asks_for_something_is_found_by_its_words(concern: Concern, shipped: str, example: str) -> None:
    assert (SHIPPED.clause(concern), EXAMPLE.clause(concern)) == (shipped, example)


def test_names_of_one_kind_in_one_clause_are_set_side_by_side() -> None:
    assert SHIPPED.rivals == (("Harbour Party", "Meadow Party"),)
    assert Charter(SPECIFICATION).rivals == (("Red Guild", "Blue Guild"),)
    assert EXAMPLE.rivals == ()


def test_the_fields_that_it_answers_questions_about() -> None:
    assert SHIPPED.fields == ("countries", "people", "cooking", "common things", "machine learning")
    assert Charter("").fields == ()


def test_what_a_clause_lists_one_by_one() -> None:
    listing = Charter(
        "**K1 Knowledge.** It can say what these are: rain, snow, the wind; hail, and fog.\n\n**K2.** So: no."
    )
    assert listing.listed == dict.fromkeys(("rain", "snow", "the wind", "hail", "fog"), "K1")
    assert SHIPPED.listed == {}
