"""What counts as a right answer when a model is measured."""

from __future__ import annotations

import pytest

from workbench.forge import measure
from workbench.forge.sayings import facts
from workbench.forge.world import TRUE_WORLD


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("The capital of Norway is Oslo.", True),
        ("oslo", True),
        ("The capital of Norway is Bergen.", False),
        ("Osloer", False),
        ("", False),
    ],
)
def test_a_right_answer_holds_the_whole_word(answer: str, right: bool) -> None:
    fact = next(fact for fact in facts(TRUE_WORLD) if (fact.topic, fact.subject) == ("capital", "Norway"))
    assert measure.is_right(fact, answer) is right
