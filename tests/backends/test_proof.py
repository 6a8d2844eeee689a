"""The table of what is proven has every architecture on each engine that opens it, and holds what they promise."""

from __future__ import annotations

import pytest

pytest.importorskip("llama_cpp")

from tests.backends.llama_cases import FAMILIES, MIXTURES
from tests.backends.proof import BESIDE, COLUMNS, TABLE
from tests.backends.shipped import DIFFERENCES
from tests.backends.tiny import ALONE, CONVERTED, RECURRENT
from tests.backends.tiny import FAMILIES as COMMON

TABLED = ("gpt2", "gemma", "gemma2", "gemma3", "gemma4", "starcoder2")
"""Families whose GELU llama.cpp takes from a float16 table."""


def test_the_table_is_whole_and_every_figure_within_the_bounds() -> None:
    proven, _ = TABLE.read_text("utf-8").split("\n## ")
    rows = [line.strip("|").split("|") for line in proven.splitlines() if line.startswith("| ")][2:]
    cells = [[cell.strip() for cell in row] for row in rows]
    both = [(family, engine) for family in FAMILIES for engine in ("torch", "llama.cpp")]
    assert [(row[0], row[1]) for row in cells] == [*both, *BESIDE]
    assert {row[0] for row in cells} == {*COMMON, *CONVERTED, *ALONE, *RECURRENT}
    for family, engine, *figures in cells:
        bound = 5e-3 if engine == "llama.cpp" and family in TABLED else 2e-5
        assert len(figures) == len(COLUMNS)
        lacking = {column for column, figure in zip(COLUMNS, figures, strict=True) if figure == "–"}
        alike = {"mlp.hook_post", "zeroed neuron"} if family in MIXTURES else set()
        assert lacking == BESIDE.get((family, engine), alike), (family, engine)
        assert all(float(figure) < bound for figure in figures if figure != "–"), (family, engine)


def test_the_table_says_of_every_file_what_is_done_about_it() -> None:
    _, shipped = TABLE.read_text("utf-8").split("\n## ")
    rows = [line.strip("| ").split(" | ") for line in shipped.splitlines() if line.startswith("| ")][2:]
    assert [(name, what, done) for name, what, _, done in rows] == [(d.name, d.what, d.done) for d in DIFFERENCES]
    assert all(float(apart) > 1e-4 for _, _, apart, _ in rows)
