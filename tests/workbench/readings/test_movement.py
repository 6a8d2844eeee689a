"""A text put into messages moves their answers as far as two distributions are apart."""

from __future__ import annotations

import numpy as np
import pytest

from backends.toy_model import ToyModel
from workbench.contract.prompt import Prompt
from workbench.readings.movement import Movement, put_into, without


@pytest.mark.parametrize(
    ("text", "put", "plain"),
    [
        ("Who is it?", "now Who is it?", "Who is it?"),
        ("Who is it? {}", "Who is it? now", "Who is it?"),
        ("{} Who?", "now Who?", "Who?"),
        ("Who {} is it?", "Who now is it?", "Who is it?"),
    ],
)
def test_a_text_has_its_place(text: str, put: str, plain: str) -> None:
    assert put_into(text, "now") == put
    assert without(text) == plain


def test_it_is_the_divergence_of_the_answer_s_tokens_along_the_likeliest_answer() -> None:
    """Against a pass for each text, alone and by hand."""
    model, texts, tried = ToyModel.random(seed=3), ("Who? {}", "Why {} so?"), ("now", "Z", "then")
    moving = Movement(model, None, texts, 3)
    plain = moving.unmoved()
    found = moving.moved([moving.ids(one, plain) for one in tried], plain)
    for number, text in enumerate(texts):
        ids = Prompt.ask(without(text)).ids(model)
        answer: list[int] = []
        for _ in range(3):
            answer.append(int(model.forward([*ids, *answer], rows=[-1]).logits[0].argmax()))
        for row, one in enumerate(tried):
            asked = Prompt.ask(put_into(text, one)).ids(model)
            total = 0.0
            for step in range(3):
                p, q = (_shares(model, [*each, *answer[:step]]) for each in (asked, ids))
                total += float((p * np.log(p / q)).sum())
            assert found[row, number] == pytest.approx(total, rel=1e-4, abs=1e-9)


def test_nothing_put_there_moves_nothing() -> None:
    model = ToyModel.random(seed=3)
    moving = Movement(model, None, ("Who? {}",), 2)
    plain = moving.unmoved()
    unchanged = [[*Prompt.ask("Who?").ids(model), *plain[0].answer]]
    assert moving.moved([unchanged], plain) == 0


def _shares(model: ToyModel, ids: list[int]) -> np.ndarray:  # type: ignore[type-arg]
    logits = model.forward(ids, rows=[-1]).logits[0].astype(np.float64)
    raised = np.exp(logits - logits.max())
    return np.asarray(raised / raised.sum())
