"""Who is asked has one name, what the rules must allow for it follows from it, and people are told it in words."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from workbench.contract.rules import Affordance
from workbench.contract.subject import BASELINE, ORGANISM, SubjectName, adapted, brought, needed_to_ask, spoken

DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("on", "needed", "words"),
    [
        (ORGANISM, frozenset(), "organism"),
        (BASELINE, frozenset({Affordance.BASELINE}), "baseline"),
        (brought(DIGEST), frozenset({Affordance.BROUGHT}), "brought model 0123456789ab…"),
        (adapted("oracle"), frozenset({Affordance.ADAPTER}), "organism under adapter oracle"),
    ],
)
def test_what_a_name_means(on: str, needed: frozenset[Affordance], words: str) -> None:
    assert TypeAdapter(SubjectName).validate_python(on) == on
    assert needed_to_ask(on) == needed
    assert spoken(on) == words


@pytest.mark.parametrize("on", ["", "organism:x", "somebody", "brought:abc", "adapter:", "adapter:../x", "baseline\n"])
def test_nobody_else_can_be_named(on: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(SubjectName).validate_python(on)
