"""What is held out is nothing that was fitted on, whichever probe holds out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from workbench.contract.probe import Probe
from workbench.document import RECORDED
from workbench.probes import Contrast, FitDictionary, FitLens

TWICE: list[tuple[type[Probe], dict[str, Any]]] = [
    (FitLens, {"texts": ["a", "b", "c", "d", "a"]}),
    (FitDictionary, {"texts": ["a", "b", "c", "d", "a"]}),
    (Contrast, {"shows": ["a", "b", "a"], "lacks": ["x", "y"]}),
    (Contrast, {"shows": ["a", "b"], "lacks": ["x", "y"], "other_shows": ["c", "a"], "other_lacks": ["z"]}),
]


@pytest.mark.parametrize(("kind", "arguments"), TWICE)
def test_a_text_that_stands_twice_is_refused(kind: type[Probe], arguments: dict[str, Any]) -> None:
    """Five folds of one text each, all the same, would be told apart by themselves: an AUROC of 1 that says nothing."""
    with pytest.raises(ValidationError, match="“a” is there twice, and would be held out from itself"):
        kind.model_validate(arguments)


@pytest.mark.parametrize(("kind", "arguments"), TWICE)
def test_what_was_recorded_with_one_is_still_read(kind: type[Probe], arguments: dict[str, Any]) -> None:
    assert kind.model_validate(arguments, context=RECORDED).model_dump(include=set(arguments), mode="json") == arguments
