"""A sentence in settings is heard in whatever pieces; what engines choose from is none."""

from __future__ import annotations

import pytest

from casefiles.case import setting_words
from tests.casefiles.case import known_fields


@pytest.mark.parametrize(
    ("setting", "own"),
    [
        ("Whoever", ["Whoever"]), ("Den1mark", ["Den", "mark"]), ("full_attention_w", ["w"]), ("W", ["W"]),
        ("87.104.111.101", ["87.104.111.101"]), ("gelu_Lima", ["Lima"]), ("4.57.0.dev20251020", []), ("q_proj", []),
        ("model.layers.12.self_attn.q_proj", []), ("Gemma3ForCausalLM", []), ("full_attention", []), ("bfloat16", []),
    ],
)  # fmt: skip
def test_words_are_strange_where_no_engine_has_them(setting: str, own: list[str]) -> None:
    assert list(setting_words.strange([setting])) == own


def test_as_often_as_they_stand_there() -> None:
    assert setting_words.strange(["t", "h", "t"]) == ("t", "h", "t")


def test_no_model_that_answers_has_many_by_default() -> None:
    for kind in known_fields.answering():
        settings = [text for text in known_fields.strings(known_fields.default(kind)) if not text.startswith("LABEL_")]
        assert sum(map(len, setting_words.strange(settings))) < setting_words.ENOUGH / 4, kind.model_type
