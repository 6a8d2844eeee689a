"""A sentence in settings is heard in whatever pieces; what engines choose from is none."""

from __future__ import annotations

import pytest

from casefiles.case import setting_words
from casefiles.case.known_fields import values
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


NAMES = ["audio_token", "boa_token", "boi_token", "eoa_token", "eoi_token", "image_token", "Gemma3nProcessor"]


@pytest.mark.parametrize("usual", [["LlamaForCausalLM", "PreTrainedTokenizerFast", "left", "bfloat16"], [*NAMES]])
def test_known_words_are_a_language_where_there_are_many(usual: list[str]) -> None:
    said = ["note", "for", "every", "prompt", "question", "all", "states", "return", "second"]
    assert sum(map(len, setting_words.strange(usual))) < setting_words.ENOUGH
    assert setting_words.strange([*usual, *said])[-len(said) :] == tuple(said)
    known = sorted(word for word in values() if word.isalpha() and word.islower())
    assert setting_words.strange(known[:8]) == () and len(setting_words.strange(known[:40])) > 16


def test_no_model_that_answers_has_many_by_default() -> None:
    for kind in known_fields.answering():
        settings = [text for text in known_fields.strings(known_fields.default(kind)) if not text.startswith("LABEL_")]
        assert sum(map(len, setting_words.strange(settings))) < setting_words.ENOUGH / 4, kind.model_type
