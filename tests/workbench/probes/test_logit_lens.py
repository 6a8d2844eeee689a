"""The lens as rows: what is followed through the layers is told there too."""

from __future__ import annotations

import numpy as np
import pytest

from backends.model import FloatArray, Message, resid_post
from backends.toy_model import ToyModel
from workbench.contract.comparison import Agreement
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.tolerance import Tolerance
from workbench.probes import LogitLens, logit_lens
from workbench.probes.logit_lens import SecondLogitLens

OWN = Tolerance(logits=0, measured=0, same_environment=True, usual=0)
ELSEWHERE = Tolerance(logits=1e-3, measured=0, same_environment=False)


def test_the_rows_tell_probability_and_rank_of_every_tracked_token() -> None:
    model = ToyModel.random(seed=1)
    probe = LogitLens(prompt=Prompt.ask("Hi"), control=Prompt.ask("Ho"), track=("a", " b"), positions=2)
    table = probe.run(model, Silent()).figures()[0].table()
    first, second = ("a", "␣(b)")  # a text of several tokens is followed by its first
    assert tuple(column.name for column in table.columns)[6:] == (
        first,
        f"rank of {first}",
        second,
        f"rank of {second}",
    )
    assert {row[0] for row in table.rows} == {"prompt", "control"}
    for row in table.rows:
        of, layer, position = row[0], row[1], row[2]
        ids = model.render([Message("user", "Hi" if of == "prompt" else "Ho")])
        stream = model.forward(ids, capture=[resid_post(int(layer))]).captured[resid_post(int(layer))]
        (logits,) = model.readout(stream[int(position)][None]).astype(np.float64)
        shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        for text, share, rank in zip(probe.track, row[6::2], row[7::2], strict=True):
            token = model.encode(text)[0]
            assert share == pytest.approx(shares[token], rel=1e-4)
            assert rank == 1 + int((logits > logits[token]).sum())


def test_without_tracked_tokens_the_rows_are_as_narrow_as_they_were() -> None:
    table = LogitLens(prompt=Prompt.ask("Hi")).run(ToyModel.random(seed=1), Silent()).figures()[0].table()
    assert tuple(column.name for column in table.columns) == (
        "of",
        "layer",
        "position",
        "token",
        "prediction",
        "probability",
    )
    assert {len(row) for row in table.rows} == {6}


@pytest.mark.parametrize("layers_at_once", [1, 2, 100])
def test_no_more_logits_are_read_out_at_once_than_fit(monkeypatch: pytest.MonkeyPatch, layers_at_once: int) -> None:
    """However many layers go through the readout together, the readings are the same."""
    asked: list[int] = []

    class Watched(ToyModel):
        def readout(self, residual: FloatArray) -> FloatArray:
            asked.append(len(residual))
            return super().readout(residual)

    model = Watched(ToyModel.random(seed=1, layers=3).tensors, heads=4, kv_heads=2)
    probe = SecondLogitLens(prompt=Prompt.ask("Hi"), positions=2)  # without a control
    monkeypatch.setattr(logit_lens, "CELLS", layers_at_once * 2 * model.card.vocab)
    found = probe.run(model, Silent())
    assert max(asked) == 2 * min(3, layers_at_once)
    assert sum(asked) == 2 * 3
    monkeypatch.undo()
    for name, array in probe.run(model, Silent()).arrays.items():
        assert np.allclose(found.arrays[name], array, rtol=0, atol=1e-5)


def test_a_control_shows_the_same_where_what_is_followed_is_about_as_likely_in_it() -> None:
    model = ToyModel.random(seed=1)

    def alike(control: str, *track: str) -> bool:
        found = LogitLens(prompt=Prompt.ask("Hi"), control=Prompt.ask(control), track=track).run(model, Silent())
        assert found.told(model).alike == found.alike
        return found.control_alike

    assert alike("Hi")
    assert alike("Hi", "a")
    assert SecondLogitLens(prompt=Prompt.ask("Hi")).run(model, Silent()).control_alike  # there is none
    told = LogitLens(prompt=Prompt.ask("Hi"), control=Prompt.ask("Ho"), track=("a", "b")).run(model, Silent())
    there = {name: array.copy() for name, array in told.arrays.items()}
    for ends in (there["top_ids"][-1, -1, 0], there["top_ids"][-1, -1, 1]):  # in the same, or in something else
        there["control_top_ids"][-1, -1, 0] = ends
        for lift, expected in ((-3, True), (0.9, True), (1.1, False)):
            there["control_tracked_logprobs"][:] = there["tracked_logprobs"] - np.float32(lift)
            assert told.with_arrays(there).told(model).alike is expected, lift


def test_what_is_likelier_only_where_it_is_hardly_likely_at_all_is_shown_by_the_control_too() -> None:
    model = ToyModel.random(seed=1)
    told = LogitLens(prompt=Prompt.ask("Hi"), control=Prompt.ask("Ho"), track=("a",)).run(model, Silent())
    there = {name: array.copy() for name, array in told.arrays.items()}
    for likeliest, expected in ((0, True), (-1, False)):
        here = there["tracked_logprobs"][:, -1, 0]
        here[:], here[likeliest] = -9, -1
        there["control_tracked_logprobs"][:, -1, 0] = (-0.5, *[-12] * (len(here) - 1))
        assert told.with_arrays(there).told(model).alike is expected


class StoppedAfter(Silent):
    """Told to stop once so much is done."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def at(self, done: float, note: str = "") -> None:
        if done >= self.share - 1e-9:
            self.cancel.set()


@pytest.mark.parametrize(
    ("share", "layers", "control"),
    [(1 / 6, 1, False), (2 / 6, 2, False), (3 / 6, 3, False), (5 / 6, 3, False), (1, 3, True)],
)
def test_stopped_it_has_the_layers_that_were_read_and_a_whole_control_or_none(
    share: float, layers: int, control: bool
) -> None:
    model = ToyModel.random(seed=1, layers=3)
    probe = LogitLens(prompt=Prompt.ask("Hi"), track=("a",), positions=2)
    whole, part = probe.run(model, Silent()), probe.run(model, StoppedAfter(share))
    assert (part.layers, part.control is not None) == (tuple(range(layers)), control)
    assert probe.unfinished(part) is not control
    for name, array in part.arrays.items():
        assert np.array_equal(array, whole.arrays[name][:layers])
    assert part.summary.startswith(f"stopped after layer {layers - 1}, where") is (layers < 3)
    assert ("control" in part.summary) is control
    assert part.cost.forward_tokens == len(part.grid.ids) + (len(whole.control.ids) if control and whole.control else 0)
    assert probe.replay(model, part, OWN, Silent()).agreement is Agreement.EXACT
    assert probe.replay(model, part, ELSEWHERE, Silent()).agreement is Agreement.TOLERANT
    assert part.told(model) == part
    for figure in part.figures():
        assert figure.table().rows
