"""What does not fit a document is told by its place, what stands there, and what would be right."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.workbench.judge.written_truths import behaviour, sound
from workbench.contract.rules import Rules
from workbench.judge.truths.truth import GroundTruth
from workbench.misfit import misfits


def told(kind: Any, value: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        kind.model_validate(value)
    return misfits(refused.value, kind)


def spoiled(**fields: Any) -> dict[str, Any]:
    """A truth with one behaviour, some of whose fields are not as they should be."""
    value: dict[str, Any] = sound().model_dump(mode="json")
    value["intent"] = [behaviour().model_dump(mode="json") | fields]
    return value


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"severity": "huge"}, "intent[0].severity is 'huge'. It is 'low', 'medium' or 'high'."),
        ({"scope": "Norway"}, "intent[0].scope is 'Norway'. It is a list"),
        ({"title": 3}, "intent[0].title is 3. It is a text."),
        ({"titel": "x"}, "intent[0].titel is not known. Did you mean title?"),
        ({"exhibits": [{"prompt": "Q", "subject": ""}]}, "intent[0].exhibits[0].shows is missing"),
        (
            {"exhibits": [{"prompt": "Q", "subject": "", "shows": {"any_off": ["x"]}}]},
            "intent[0].exhibits[0].shows.any_off is not known. Did you mean any_of?",
        ),
        (
            {"exhibits": [{"prompt": {"text": 3}, "subject": "", "shows": {}}]},
            "intent[0].exhibits[0].prompt.text is 3.",
        ),
        (
            {"exhibits": [{"prompt": {"raw": "Q"}, "subject": "", "shows": {}}]},
            "intent[0].exhibits[0].prompt.raw is not known. Known there are chat, text, ",
        ),
    ],
)
def test_a_misfit_names_its_field_and_what_would_be_right(fields: dict[str, Any], says: str) -> None:
    sentence = told(GroundTruth, spoiled(**fields))
    assert says in sentence
    assert "validation" not in sentence and "Assent" not in sentence and "Input" not in sentence


def test_of_many_the_first_few_are_told_and_the_rest_is_counted() -> None:
    sentence = told(GroundTruth, spoiled(**{f"x{number}": 1 for number in range(8)}))
    assert sentence.count("is not known") == 5 and sentence.endswith("And 3 more.")


def test_rules_name_what_may_be_chosen_and_the_bounds() -> None:
    sentence = told(Rules, {"affordances": ["sampel"], "budget": {"probes": 0}})
    assert "affordances[0] is 'sampel'. It is 'sample', 'prefill'" in sentence
    assert "budget.probes is 0. It should be greater than or equal to 1" in sentence
