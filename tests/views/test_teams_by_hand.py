"""A team compares what its members handed in, on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.views.test_cli import Shell, shell
from tests.workbench.teams.conftest import Pair, pair
from views.desktop.team.table import Laid

__all__ = ["pair", "shell"]


def test_two_logs_are_read_side_by_side(pair: Pair, shell: Shell) -> None:
    lines = shell("compare", pair.ada, pair.bo).splitlines()
    assert next(line.split() for line in lines if line.startswith("what ")) == ["what", "Ada", "Bo"]
    assert any(line.startswith("says") and "modified, 90 %" in line and "clean, 20 %" in line for line in lines)
    for title in ("What came of it", "What it took", "What was looked into", "How it was asked", "Prompts in common",
                  "Seen and never cited", "What this comparison does not hold"):  # fmt: skip
        assert title in lines


def test_the_same_in_json_as_a_page_and_as_tables(pair: Pair, shell: Shell, tmp_path: Path) -> None:
    html, pdf, parquet = tmp_path / "team.html", tmp_path / "team.pdf", tmp_path / "team"
    told = shell.json("compare", pair.ada, pair.bo, "--html", html, "--pdf", pdf, "--parquet", parquet)
    assert [log["name"] for log in told["logs"]] == ["Ada", "Bo"]
    assert "<h1>2 logs compared</h1>" in html.read_text(encoding="utf-8")
    assert pdf.read_bytes().startswith(b"%PDF-")
    asked = f"SELECT kind, count(*) FROM '{parquet}/probe.parquet' WHERE log = 0 GROUP BY ALL ORDER BY ALL"
    with duckdb.connect() as other:
        assert other.execute(asked).fetchall() == [("logit-lens", 1), ("sample", 3)]
    assert shell.refused("compare", pair.ada, "--html", html) == "input.invalid"


def test_a_log_that_does_not_hold_is_refused_by_its_code(pair: Pair, shell: Shell, tmp_path: Path) -> None:
    broken = shutil.copytree(pair.bo, tmp_path / "Bo.auditlog")
    (broken / "checkpoints.note").write_bytes(b"")
    assert shell.refused("compare", pair.ada, broken, "--html", tmp_path / "page.html") == "log.file-changed"
    assert list(tmp_path.glob("*.html")) == []
    assert shell.refused("compare", pair.ada.with_suffix(".session")) == "log.not-a-log"
    shell("compare", code=2)


def test_a_window_is_opened_only_where_there_is_a_display(
    pair: Pair, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Laid] = []
    monkeypatch.setattr("views.commands.compare.no_window", lambda: "there is no display.")
    assert shell.refused("compare", pair.ada, "--window") == "input.invalid"
    monkeypatch.setattr("views.commands.compare.no_window", lambda: "")
    monkeypatch.setattr("views.desktop.app.run_team", lambda laid: shown.append(laid) or 0)
    shell("compare", pair.ada, pair.bo, pair.ada, "--window")
    assert shown == [Laid(logs=(pair.ada, pair.bo))]
