"""What a dictionary holds is as wide as what it reads and writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.case.dictionaries import misfits, widths
from tests.casefiles.case.tampering import WEIGHTS
from tests.casefiles.material import gguf_file

SHAPES = {"W_enc": [4, 9], "b_enc": [9], "W_dec": [9, 4], "b_dec": [4]}
OTHER = SHAPES | {"W_dec": [9, 6], "W_skip": [6, 4], "b_dec_out": [6]}


@pytest.mark.parametrize(
    ("shapes", "odd"),
    [
        (SHAPES, set()),
        (SHAPES | {"threshold": [9], "scaling_factor": [9]}, set()),
        (SHAPES | {"W_gate": [4, 9], "b_gate": [9], "r_mag": [9], "b_mag": [9]}, set()),
        (OTHER, set()),
        (OTHER | {"b_dec": [6]}, set()),
        (SHAPES | {"threshold": [99]}, {"threshold"}),
        (SHAPES | {"b_dec": [9]}, {"b_dec"}),
        (SHAPES | {"Aarhus": [9]}, {"Aarhus"}),
        ({"b_dec": [4]}, {"b_dec"}),
        ({"W_enc": [4, 9, 1], "W_dec": [9, 4]}, {"W_enc", "W_dec"}),
        ({"W_enc": [36], "W_dec": [36]}, {"W_enc", "W_dec"}),
        (SHAPES | {"W_dec": [9, 5]}, {*SHAPES}),
        ({"W_enc": [1, 9], "b_enc": [9], "W_dec": [9, 1], "b_dec": [1]}, {*SHAPES}),
    ],
)
def test_each_part_has_its_width(shapes: dict[str, list[int]], odd: set[str]) -> None:
    tensors = {name: {"dtype": "F32", "shape": shape} for name, shape in shapes.items()}
    assert {*misfits(tensors, frozenset({4, 6}))} == odd
    assert {*misfits({"W_enc": {"dtype": "U8", "shape": [4, 9]}}, frozenset({4}))} == {"W_enc"}


def test_a_model_has_the_widths_of_its_tensors(folder: Path) -> None:
    gguf_file(folder / "weights" / "model.gguf")
    assert {3, 5, 7} <= widths(folder, [WEIGHTS])
    assert widths(folder, ["weights/model.gguf"]) and not widths(folder, ["weights/config.json", "spec.md"])
