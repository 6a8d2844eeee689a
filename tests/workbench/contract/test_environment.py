"""A name in a record's environment is a text, or there is none."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.contract.environment import environment_of, name_in


@pytest.mark.parametrize("put", [None, [], ["torch"], {}, {"torch": 1}, 0, 1.5, True, "t" * 70_000])
def test_what_is_no_name_names_nothing(put: Any) -> None:
    assert name_in({"engine": put}, "engine") == "" == name_in({}, "engine")


def test_a_name_is_the_one_that_stands_there() -> None:
    assert name_in({"engine": "torch", "dtype": "f16"}, "engine") == "torch"


@pytest.mark.parametrize("put", [None, [], ["engine"], "engine", 7])
def test_what_is_no_table_says_nothing(put: Any) -> None:
    assert environment_of({"environment": put}) == {} == environment_of({})


def test_the_environment_of_either_model_is_read() -> None:
    told = {"environment": {"engine": "torch"}, "beside_environment": {"engine": "llama"}}
    assert environment_of(told) == {"engine": "torch"}
    assert environment_of(told, "beside_environment") == {"engine": "llama"}
