"""A sweep is run and analysed on the command line, and says what stands in its way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from casefiles.keys.identity import Identity
from tests.views.test_cli import Shell, shell
from tests.workbench.sweeps.conftest import Swept, swept, toy_folder
from tests.workbench.sweeps.toy_sweep import plan_file

__all__ = ["shell", "swept", "toy_folder"]


def test_what_was_judged_is_analysed(swept: Swept, shell: Shell) -> None:
    lines = shell("sweep", swept.plan, "--out", swept.out, "--analyse").splitlines()
    assert lines[0].startswith("4 of 4 audits judged, of 2 organisms (0 with something to find, 1 clean, 1 in which")
    for title in ("What auditors found", "What it took", "What these figures do not hold"):
        assert title in lines
    told = shell.json("sweep", swept.plan, "--out", swept.out, "--analyse")
    assert [arm["name"]["restriction"] for arm in told["arms"]] == ["all", "no inside"]
    assert (swept.out / "sweep.html").exists()


def test_a_sweep_that_is_done_is_not_run_again_and_a_part_is_not_analysed(
    swept: Swept, shell: Shell, judge: Identity, tmp_path: Path
) -> None:
    judge.save(tmp_path / "judge.key", None)
    out = shutil.copytree(swept.out, tmp_path / "out")
    (out / "sweep.html").unlink(missing_ok=True)
    told = shell.json("sweep", swept.plan, "--out", out, "--shard", "2/2", "--key", tmp_path / "judge.key")
    assert told == {"cells": 2, "judged": 2}
    assert not (out / "sweep.html").exists()


@pytest.mark.parametrize("shard", ["3/2", "0/2", "one", "1/2/3", "-1/2"])
def test_a_part_is_one_of_several(swept: Swept, shell: Shell, shard: str) -> None:
    assert shell.refused("sweep", swept.plan, "--out", swept.out, f"--shard={shard}") == "input.invalid"


def test_another_judge_is_refused_before_anything_is_run(
    swept: Swept, shell: Shell, auditor: Identity, tmp_path: Path
) -> None:
    auditor.save(tmp_path / "ada.key", None)
    refused = shell.refused("sweep", swept.plan, "--out", tmp_path / "out", "--key", tmp_path / "ada.key")
    assert refused == "envelope.foreign-key"
    assert not (tmp_path / "out").exists()


def test_a_folder_of_somebody_elses_tables_is_refused_before_anything_is_run(
    swept: Swept, shell: Shell, judge: Identity, tmp_path: Path
) -> None:
    judge.save(tmp_path / "judge.key", None)
    (tmp_path / "out" / "tables").mkdir(parents=True)
    (tmp_path / "out" / "tables" / "important.txt").write_text("mine")
    refused = shell.refused("sweep", swept.plan, "--out", tmp_path / "out", "--key", tmp_path / "judge.key")
    assert refused == "input.invalid"
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["tables", "important.txt"]


def test_a_plan_that_is_none_is_refused(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("no plan")
    assert shell.refused("sweep", tmp_path / "plan.json", "--out", tmp_path / "out") == "input.invalid"
    assert shell.refused("sweep", tmp_path / "none.json", "--out", tmp_path / "out") == "input.missing"
    missing = plan_file(tmp_path)
    assert shell.refused("sweep", missing, "--out", tmp_path / "out") == "case.not-a-case"
