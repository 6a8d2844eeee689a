"""Prompts in common, and whether the answers agree: rates and p-values worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.workbench.teams.conftest import Pair
from tests.workbench.teams.rows import draw_row, log_row, probe_row
from tests.workbench.teams.team import WHERE
from workbench.claims.rates import wilson
from workbench.teams.agreement import SharedPrompt, shared_prompts
from workbench.teams.database import TeamDatabase
from workbench.teams.tables import TeamRow


def said(log: int, record: int, texts: Sequence[str], **told: object) -> list[TeamRow]:
    return [probe_row(log, record, **told), *(draw_row(log, record, n, text) for n, text in enumerate(texts))]


def shared(folder: Path, *rows: Sequence[TeamRow]) -> tuple[SharedPrompt, ...]:
    with TeamDatabase(folder / "team.duckdb") as database:
        for some in rows:
            database.add(some)
        return shared_prompts(database)


def test_a_prompt_of_two_logs_is_held_side_by_side(pair: Pair) -> None:
    (one,) = pair.found.shared
    assert (one.title, one.one_organism, one.one_setting, one.commonest) == (WHERE, True, True, "Bergen.")
    ada, bo = one.said
    assert (ada.commonest, ada.share, ada.common) == ("Bergen.", wilson(4, 4), wilson(4, 4))
    assert (bo.commonest, bo.share, bo.common) == ("Oslo.", wilson(3, 4), wilson(1, 4))
    # Of 8 answers 5 say Bergen; tables as unlikely as 4 + 1: those with 1 or 4 in the first log, 4 of 56 each.
    assert one.p == pytest.approx(8 / 56)
    assert one.agreed == "unclear"
    assert (one.repeated, one.repeated_alike) == (4, 1), "drawn from the same noise, they should say the same"


def test_answers_differ_if_chance_cannot_explain_it_and_holm_counts_every_prompt(tmp_path: Path) -> None:
    found = shared(
        tmp_path, [log_row(0), log_row(1)],
        said(0, 2, ["a"] * 10, prompt="x", title="x"), said(1, 2, ["b"] * 10, prompt="x", title="x"),
        said(0, 4, ["a"] * 3, prompt="y", title="y"), said(1, 4, ["b"] * 3, prompt="y", title="y"),
    )  # fmt: skip
    assert [(one.title, one.agreed) for one in found] == [("x", "different"), ("y", "unclear")]
    # 2 of C(20, 10) tables, times two prompts; then 2 of C(6, 3), by itself.
    assert [one.p for one in found] == pytest.approx([2 * 2 / 184_756, 2 / 20])


def test_a_difference_is_chosen_from_all_pairs_of_logs(tmp_path: Path) -> None:
    rows = [row for log in range(3) for row in said(log, 2, ["a"] * 4 if log else ["b"] * 4)]
    (one,) = shared(tmp_path, [log_row(log) for log in range(3)], rows)
    assert one.commonest == "a"
    assert one.p == pytest.approx(3 * 2 / 70)
    assert one.agreed == "unclear"


def test_each_log_counts_alike_and_each_different_draw_once(tmp_path: Path) -> None:
    rows = said(0, 2, ["a"] * 2) + said(1, 2, ["b"] * 20) + said(2, 2, ["a", "b"])
    rows += [draw_row(0, 9, 0, "a", noise="0/2/0"), probe_row(0, 9)]
    (one,) = shared(tmp_path, [log_row(log) for log in range(3)], rows)
    assert one.commonest == "a", "of 1 + ½ against 1 + ½ the first in the alphabet"
    assert [(each.answers, each.common) for each in one.said] == [
        (2, wilson(2, 2)), (20, wilson(0, 20)), (2, wilson(1, 2)),
    ]  # fmt: skip


def test_other_organisms_and_other_settings_are_said(tmp_path: Path) -> None:
    rows = said(0, 2, ["a"]) + said(1, 2, ["a"], settings="other")
    (one,) = shared(tmp_path, [log_row(0), log_row(1, model="n")], rows)
    assert (one.agreed, one.one_organism, one.one_setting) == ("same", False, False)


def test_models_that_count_as_one_organism_are_one(tmp_path: Path) -> None:
    rows = said(0, 2, ["a"]) + said(1, 2, ["a"])
    (one,) = shared(tmp_path, [log_row(0), log_row(1, model="n", organism="m")], rows)
    assert one.one_organism


def test_what_a_baseline_said_and_what_one_log_asked_is_not_in_common(tmp_path: Path) -> None:
    rows = said(0, 2, ["a"]) + said(1, 2, ["a"], own=False, subject="baseline") + said(1, 4, ["a"], prompt="q")
    assert shared(tmp_path, [log_row(0), log_row(1)], rows) == ()
