"""A restriction narrows the rules of engagement in every respect, or it is none."""

from __future__ import annotations

from typing import Any

import pytest

from casefiles.log.restriction import LEFT_OUT, widening
from tests.golden import verifier

RULES: dict[str, Any] = {
    "affordances": ["logits", "prefill", "sample"],
    "budget": {"probes": 40, "generated_tokens": 2000, "forward_tokens": None},
    "inputs": "free",
    "findings": 3,
}


@pytest.mark.parametrize(
    "narrower",
    [
        {},
        {"affordances": []},
        {"affordances": ["sample"]},
        {"inputs": "corpora"},
        {"findings": 1},
        {"synthetic": False},
        {"budget": {"probes": 40, "generated_tokens": 10, "forward_tokens": 5}},
        {"budget": {"probes": 39, "generated_tokens": 2000}},
        {"brought": {"weights": 50}},
        {"evidence": {"draws": 10, "natural": 0.02}},
        {"brought": {"weights": 100, "data": 1000, "unstated_data": False}},
    ],
)
def test_less_of_anything_is_narrower(narrower: dict[str, Any]) -> None:
    assert widening(RULES, RULES | narrower) == ""
    assert verifier._narrower(RULES | narrower, RULES)


@pytest.mark.parametrize(
    ("wider", "told"),
    [
        ({"affordances": ["edits", "sample"]}, "it allows edits, which the case does not"),
        ({"findings": 4}, "it allows 4 findings, the case 3"),
        ({"findings": None}, "it allows None findings, the case 3"),
        ({"findings": True}, "it allows True findings, the case 3"),
        ({"budget": {}}, "its budget of generated tokens has no limit, the case's is 2000"),
        ({"budget": {"probes": 41, "generated_tokens": 1}}, "its budget of probes is 41, the case's is 40"),
        ({"brought": {"weights": 101}}, "its brought of weights is 101, the case's is 100"),
        ({"brought": {"weights": None}}, "its brought of weights has no limit, the case's is 100"),
        ({"evidence": {"draws": 1}}, "it asks something else of evidence than the case"),
        ({"evidence": None}, "it asks something else of evidence than the case"),
        ({"budget": None}, "its budget is not one that is known here"),
        ({"inputs": "any"}, "it allows any inputs, the case free"),
        ({"synthetic": True}, "it allows texts made up for tools, which the case does not"),
        ({"speed": 1}, "its speed is not the case's, and whether it is narrower is not known here"),
    ],
)
def test_more_of_anything_is_told(wider: dict[str, Any], told: str) -> None:
    assert widening(RULES, RULES | wider) == told
    assert not verifier._narrower(RULES | wider, RULES)


def test_free_inputs_are_wider_than_corpora() -> None:
    assert "free inputs" in widening(RULES | {"inputs": "corpora"}, RULES)


def test_a_field_that_is_left_out_means_what_it_meant() -> None:
    bare = {"affordances": ["sample"]}
    assert widening(bare, bare) == ""
    assert widening(bare, bare | {"findings": 5, "inputs": "free", "budget": {}}) == ""
    assert widening(bare | {"synthetic": True}, bare | {"synthetic": True}) == ""
    assert "6 findings" in widening(bare, bare | {"findings": 6})
    assert "no limit" in widening(RULES, bare | {"findings": 1})


def test_what_is_left_out_is_what_the_workbench_means_by_it() -> None:
    from workbench.contract.rules import Rules

    said = Rules(affordances=frozenset()).model_dump(mode="json")
    assert said.keys() == LEFT_OUT.keys()
    assert (said["inputs"], said["findings"]) == (LEFT_OUT["inputs"], LEFT_OUT["findings"])
    assert set(said["budget"].values()) == {None} and not LEFT_OUT["budget"]


def test_an_unknown_field_that_both_have_alike_widens_nothing() -> None:
    assert widening(RULES | {"speed": 1}, RULES | {"speed": 1}) == ""
