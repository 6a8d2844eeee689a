"""What is made of logits does not depend on the order and the pieces in which an engine computes them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from backends import forcing
from backends.distribution import token_scores
from backends.forcing import ForcedLogits, ForcedScores, Forcing, Taken
from backends.model import FloatArray

VOCAB = 50
TEXTS = [[3], [], [7, 7, 2, 9], [1, 0], [4, 49, 4]]


@pytest.fixture(scope="module")
def logits() -> list[FloatArray]:
    """(len(text), vocab) for each text, with the same first row."""
    rng = np.random.default_rng(0)
    first = rng.standard_normal((1, VOCAB))
    rest = [rng.standard_normal((max(1, len(text)) - 1, VOCAB)) for text in TEXTS]
    return [
        np.concatenate([first, more])[: len(text)].astype(np.float32) for text, more in zip(TEXTS, rest, strict=True)
    ]


def pieces(logits: list[FloatArray], way: str) -> Iterator[tuple[int, FloatArray]]:
    for at in reversed(range(len(TEXTS))) if way == "backwards" else range(len(TEXTS)):
        for start in range(1, len(TEXTS[at]), 1 if way == "one by one" else VOCAB):
            yield at, logits[at][start : start + (1 if way == "one by one" else VOCAB)]


def forced(logits: list[FloatArray], way: str, into: Forcing[Taken]) -> list[Taken]:
    lent = np.empty((4, VOCAB), np.float32)  # what is lent is overwritten by what comes next
    lent[:1] = logits[0][:1]
    into.start(lent[:1], TEXTS)
    for at, rows in pieces(logits, way):
        lent[: len(rows)] = rows
        into.rest(at, lent[: len(rows)])
    return into.found()


@pytest.mark.parametrize("way", ["in order", "backwards", "one by one"])
@pytest.mark.parametrize("enough", [0, 3 * VOCAB, 1 << 20])
def test_every_text_gets_its_own_rows(
    logits: list[FloatArray], way: str, enough: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forcing, "_ENOUGH", enough)
    for found, rows in zip(forced(logits, way, ForcedLogits()), logits, strict=True):
        assert np.array_equal(found, rows)
    for scores, text, rows in zip(forced(logits, way, ForcedScores(2)), TEXTS, logits, strict=True):
        expected = token_scores(rows, text, 2)
        assert scores.best.shape == (len(text), 2)
        for name, value in vars(expected).items():
            assert np.array_equal(vars(scores)[name], value), name


def test_a_text_by_itself_gets_all_its_rows(logits: list[FloatArray]) -> None:
    text, rows = TEXTS[2], logits[2]
    read, scored = ForcedLogits(), ForcedScores(2)
    lent = rows.copy()
    for into in (read, scored):
        into.alone(text, lent)
    lent[:] = 0
    assert np.array_equal(read.found()[0], rows)
    for name, value in vars(token_scores(rows, text, 2)).items():
        assert np.array_equal(vars(scored.found()[0])[name], value), name


def test_no_texts_are_no_scores() -> None:
    into = ForcedScores(1)
    into.start(np.zeros((1, VOCAB), np.float32), [])
    assert into.found() == []
