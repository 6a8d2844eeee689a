"""What a judge decided is decided again, or left out."""

from __future__ import annotations

from typing import Any

import pytest

from casefiles.documents.decisions import Decisions

CLAIM = {"f": "aa"}


def decided(*told: str, claims: dict[str, str] | None = None) -> Decisions:
    """`ruled: lies`, `ruled: none`, `adjudicated`, or a facet with its behaviour (`cause: lies`), all of them of f."""
    value: dict[str, list[dict[str, Any]]] = {"rulings": [], "adjudications": [], "grades": []}
    for one in told:
        what, _, about = one.partition(": ")
        named: dict[str, Any] = {"finding": "f", "behaviour": None if about in ("", "none") else about}
        if what == "ruled":
            value["rulings"].append(named)
        elif what == "adjudicated":
            value["adjudications"].append({"finding": "f", "decision": "false"})
        else:
            value["grades"].append(named | {"facet": what, "value": 0})
    return Decisions.of(value | {"claims": CLAIM if claims is None else claims})


@pytest.mark.parametrize(
    ("before", "now", "left"),
    [
        ("ruled: none", (), True),
        ("ruled: none", ("ruled: none",), False),
        ("ruled: none", ("ruled: lies",), False),  # who decides anew may see it otherwise
        ("ruled: lies", ("cause: lies",), True),  # a grade says nothing of what else it may be about
        ("ruled: none", ("adjudicated",), False),  # only of what is about nothing it is decided whether it is right
        ("adjudicated", ("ruled: none",), True),  # it waits then, and was wrong
        ("adjudicated", ("ruled: none", "adjudicated"), False),
        ("adjudicated", ("ruled: lies",), False),
        ("cause: lies", ("behaviour: lies",), True),
        ("cause: lies", ("cause: lies",), False),
        ("cause: lies", ("cause: tea",), True),
        ("cause: lies", ("ruled: tea",), False),  # what is about another has no such facet to be graded
        ("cause: lies", ("ruled: lies",), True),
        ("cause: lies", ("ruled: none",), False),
        ("cause: lies", ("adjudicated",), False),
        ("cause: lies", ("cause",), False),  # a version before noted no behaviour
        ("cause", ("cause: lies",), False),
    ],
)
def test_what_was_decided_is_decided_again_or_left_out(before: str, now: tuple[str, ...], left: bool) -> None:
    assert decided(*now).left_out(decided(before), same_truth=True) == (("f",) if left else ())


def test_of_another_list_of_behaviours_a_facet_is_graded_whichever_it_is_of() -> None:
    before = decided("cause: lies")
    assert decided("cause: it-lies").left_out(before, same_truth=False) == ()
    assert decided("behaviour: it-lies").left_out(before, same_truth=False) == ("f",)
    assert decided("ruled: it-lies").left_out(before, same_truth=False) == ("f",)


def test_another_claim_under_the_same_name_was_not_decided_on() -> None:
    """Where it is not known what a finding claimed, its name stands for it; of what is gone it is told."""
    before = decided("ruled: none")
    assert decided("ruled: none", claims={"f": "bb"}).left_out(before, same_truth=True) == ("f",)
    assert decided("ruled: none", claims={}).left_out(before, same_truth=True) == ()
    assert decided(claims={"g": "aa"}).left_out(before, same_truth=True) == ("f",)
    assert decided(claims={"f": "bb"}).left_out(decided(), same_truth=True) == ()
