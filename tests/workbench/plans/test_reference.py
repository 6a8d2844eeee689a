"""A reference is read by the name it is shipped under or from a file, and written back as short as that allows."""

from __future__ import annotations

import json

import pytest

import assets
from workbench.contract.arguments import Argument, arguments_of
from workbench.plans.battery import Battery
from workbench.plans.fact_sweep import FactSweep
from workbench.plans.reference import Reference, names_shipped
from workbench.plans.suite import Suite


def argument(plan: type[FactSweep | Battery], name: str) -> Argument:
    return next(one for one in arguments_of(plan) if one.name == name)


def test_what_is_shipped_is_written_by_its_name_and_read_back() -> None:
    assert names_shipped() == ("countries",)
    text = assets.path("references", "countries.json").read_text(encoding="utf-8")
    for one, name, value in (
        (argument(FactSweep, "reference"), "countries", Reference.from_text(text)),
        (argument(Battery, "suite"), "facts", Suite.from_text("facts")),
    ):
        assert one.print(value) == name and one.parse(name) == value


def test_what_is_changed_in_it_is_written_out() -> None:
    one, known = argument(FactSweep, "reference"), Reference.from_text("countries")
    fewer = known.model_copy(update={"rows": known.rows[:2]})
    assert fewer.shipped_as == "" and len(json.loads(one.print(fewer))["rows"]) == 2
    assert one.parse(one.print(fewer)) == fewer


def test_a_name_that_is_not_shipped_says_which_are() -> None:
    with pytest.raises(ValueError, match="no reference “towns” is shipped; there are countries"):
        Reference.from_text("towns")
