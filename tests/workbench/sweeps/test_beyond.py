"""What was taken out of a plan after it ran is told with the figures that no longer hold it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.workbench.sweeps.conftest import Swept
from tests.workbench.sweeps.test_results import words
from views import cli
from workbench.sweeps.analysis import SweepAnalysis
from workbench.sweeps.beyond import UnaskedResult, told_of, unasked
from workbench.sweeps.cell_audit import IDENTITY
from workbench.sweeps.grid import SweepGrid
from workbench.sweeps.results import write_results


@pytest.fixture
def out(swept: Swept, tmp_path: Path) -> Path:
    return shutil.copytree(swept.out, tmp_path / "out")


def edited(swept: Swept, folder: Path, **fields: Any) -> Path:
    """The plan of the sweep with other fields, beside nothing that it names."""
    told = json.loads(swept.plan.read_text()) | fields
    for case in told["cases"]:
        case["path"] = str(swept.plan.parent / case["path"])
    (folder / "reference.json").write_bytes((swept.plan.parent / "reference.json").read_bytes())
    (folder / "edited.json").write_text(json.dumps(told))
    return folder / "edited.json"


def test_a_case_that_was_taken_out_is_told_on_page_in_json_and_on_the_terminal(
    swept: Swept, out: Path, tmp_path: Path
) -> None:
    """The one that was missed is no longer asked for, and every mean rises."""
    liar = swept.grid.cells[0]
    plan = edited(swept, tmp_path, cases=[{"path": "clean.case"}])
    done = CliRunner().invoke(cli.workbench, ["sweep", str(plan), "--out", str(out), "--analyse"])
    assert done.exit_code == 0, done.output
    found = SweepAnalysis.model_validate_json((out / "sweep.json").read_bytes())
    assert (found.judged, found.planned) == (2, 2), "so that nothing else is missing"
    assert {(one.case, one.unplanned, one.seed) for one in found.unasked} == {
        (f"{liar.case.digest[:8]}…", "case", 0)
    }  # fmt: skip
    said = (
        "What 2 audits came to whose results lie in this folder and that this plan does not ask for: 2 of case"
        f" {liar.case.digest[:8]}…. No figure holds them"
    )
    page = words((out / "sweep.html").read_text(encoding="utf-8"))
    assert found.leaves_out[0].startswith(said)
    assert said in page
    assert said in " ".join(done.output.split())


def test_nothing_is_told_of_a_sweep_as_it_was_run(swept: Swept) -> None:
    assert write_results(swept.grid, swept.out)[1].unasked == ()


def test_each_thing_that_the_plan_does_not_name_is_told_by_its_name(swept: Swept, out: Path, tmp_path: Path) -> None:
    grid = SweepGrid.of(edited(swept, tmp_path, restrictions=[{"name": "all"}]))
    first = json.loads((swept.grid.cells[0].folder(out) / IDENTITY).read_text())
    for name, changes in (("a", {"seed": 7}), ("b", {"auditor": "sc\x1breen", "arguments": "1" * 64})):
        (out / "cells" / name).mkdir()
        (out / "cells" / name / IDENTITY).write_text(json.dumps(first | changes))
    (out / "cells" / "c").mkdir()
    (out / "cells" / "d").mkdir()
    (out / "cells" / "d" / IDENTITY).write_bytes(b"{}")
    found = unasked(grid, out)
    assert [one.named for one in found] == [
        "auditor sc\x1breen 1 (11111111…)",
        "restriction prefill, sample (clean)", "restriction prefill, sample (liar)",
        "seed 7", "cells/c", "cells/d",
    ]  # fmt: skip
    (said,) = told_of(found)
    assert "1 of auditor" in said and "1 of seed 7; 1 of cells/c" in said


def test_what_each_name_asks_for_and_together_they_do_not_is_told(swept: Swept, out: Path, tmp_path: Path) -> None:
    """An auditor that is no longer held to a restriction that others are held to."""
    auditors = json.loads(swept.plan.read_text())["auditors"]
    other = {"name": "other", "kind": "corpus-reader", "under": ["no inside"]}
    grid = SweepGrid.of(edited(swept, tmp_path, auditors=[auditors[0] | {"under": ["all"]}, other]))
    assert {one.named for one in unasked(grid, out)} == {
        "liar, facts, no inside, seed 0", "clean, facts, no inside, seed 0"
    }  # fmt: skip


def test_many_are_counted() -> None:
    every = [
        UnaskedResult(folder=f"{at}", case=f"{at}", auditor="a", restriction="r", seed=0, unplanned="case")
        for at in range(20)
    ]
    (said,) = told_of(every)
    assert "What 20 audits came to" in said and "1 of case 11; and 8 more. No figure" in said
    assert list(told_of([])) == []
