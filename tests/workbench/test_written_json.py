"""What somebody wrote as JSON is read, or told to be none."""

from __future__ import annotations

import pytest

from workbench.contract.excerpt import document_of
from workbench.plans.reference import Reference
from workbench.plans.suite import Suite
from workbench.written_json import toml_of, value_of

DEEP = "[" * 100_000


def test_a_value_is_read() -> None:
    assert value_of('{"a": [1, 2.5, null]}') == value_of(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}


@pytest.mark.parametrize("text", ["", "{", "hello", DEEP, '{"a":' * 100_000])
def test_what_is_none_is_told_to_be_none_however_deep_it_goes(text: str) -> None:
    with pytest.raises(ValueError):
        value_of(text)


def test_wherever_people_bring_json_depth_is_no_defect() -> None:
    for read in (
        lambda: document_of(DEEP.encode()),
        lambda: Reference.from_text(DEEP),
        lambda: Suite.from_text(DEEP),
        lambda: Suite.from_text('{"a":' * 100_000),
        lambda: toml_of(f"a = {DEEP}"),
        lambda: Suite.from_text(f'[[items]]\nprompt = "Hi"\nexpected = {DEEP}'),
    ):
        with pytest.raises(ValueError):
            read()
