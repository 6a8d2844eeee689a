"""Whole words, their tokens, and what they would add by given slopes."""

from __future__ import annotations

import numpy as np
import pytest

from backends.model import Model
from backends.toy_model import ToyModel
from workbench.readings.lexicon import Lexicon


def test_every_word_has_the_tokens_that_it_has_inside_a_sentence(honest: Model) -> None:
    lexicon = Lexicon.of(honest, 300)
    assert {"the", "because", "Norway"} <= set(lexicon.words), "frequent words, and whole tokens of the model"
    assert len(set(lexicon.words)) == len(lexicon.words)
    for word, row in zip(lexicon.words, lexicon.tokens, strict=True):
        assert honest.encode(f" {word}") == row[row >= 0].tolist(), word


def test_where_no_token_is_a_word_english_is_what_there_is() -> None:
    lexicon = Lexicon.of(ToyModel.random(seed=1), 3)
    assert lexicon.words == ("the", "to", "and")
    assert bytes(lexicon.tokens[2].tolist()) == b" and"


def test_a_word_adds_what_its_tokens_do_by_hand() -> None:
    lexicon = Lexicon(("one", "long", "none"), np.array([[2, -1, -1], [0, 1, 2], [-1, -1, -1]]))
    slopes = np.array([[1.0, 5.0, 2.0], [0.0, 3.0, 7.0]])
    assert lexicon.gains(slopes) == pytest.approx([2.0, (1.0 + 3.0 + 7.0) / 3**0.5, 0.0])
