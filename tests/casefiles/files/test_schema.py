"""Published schemas: each is one, and what does not fit is told where."""

from __future__ import annotations

from importlib import resources

import jsonschema
import pytest

from casefiles.files import schema

NAMES = sorted(
    path.name.removesuffix(".schema.json") for path in resources.files("casefiles").joinpath("schemas").iterdir()
)


def test_there_are_schemas() -> None:
    assert {"manifest", "record"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_schema_of_its_draft(name: str) -> None:
    found = schema.load(name)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(found)


def test_what_does_not_fit_is_told_where_and_not_at_length() -> None:
    with pytest.raises(ValueError, match=r"^the document: .* is not of type 'object'$"):
        schema.check("record", [])
    with pytest.raises(ValueError) as told:
        schema.check("record", "x" * 1_000_000)
    assert len(str(told.value)) < 300
