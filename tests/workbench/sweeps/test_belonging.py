"""Results of a sweep that changed places, or were made otherwise, stand for nobody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.workbench.sweeps.conftest import Swept, toys
from tests.workbench.sweeps.toy_sweep import QUICK
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.procedure import judge_log
from workbench.sweeps import cell_audit
from workbench.sweeps.cell_audit import DRAW, IDENTITY, LOG, VERDICT, audited, signed, told
from workbench.sweeps.grid import SweepGrid
from workbench.sweeps.results import write_results
from workbench.sweeps.work import work


def _exchanged(one: Path, other: Path, *names: str) -> None:
    for name in names:
        (one / name).rename(one / "kept")
        (other / name).rename(one / name)
        (one / "kept").rename(other / name)


def _everything(swept: Swept, out: Path) -> None:
    one, other = (cell.folder(out) for cell in swept.grid.cells[:2])
    _exchanged(one, other, LOG, VERDICT, IDENTITY)


def _all_but_the_name(swept: Swept, out: Path) -> None:
    one, other = (cell.folder(out) for cell in swept.grid.cells[:2])
    _exchanged(one, other, LOG, VERDICT)


def _of_another_case(swept: Swept, out: Path) -> None:
    one, other = swept.grid.cells[0], swept.grid.cells[2]
    assert one.case.digest != other.case.digest and one.rules == other.rules
    _exchanged(one.folder(out), other.folder(out), LOG, VERDICT)


def _verdicts(swept: Swept, out: Path) -> None:
    one, other = (cell.folder(out) for cell in swept.grid.cells[:2])
    _exchanged(one, other, VERDICT)


def _another_auditor(swept: Swept, out: Path) -> None:
    """A plan whose auditor of that name is another kind now."""
    place = swept.grid.cells[0].folder(out) / IDENTITY
    place.write_text(json.dumps(json.loads(place.read_text()) | {"auditor": "screen"}))


@pytest.mark.parametrize(
    "change",
    [_everything, _all_but_the_name, _of_another_case, _verdicts, _another_auditor],
    ids=lambda one: one.__name__,
)
def test_what_is_another_audits_is_refused(swept: Swept, tmp_path: Path, change: Callable[[Swept, Path], None]) -> None:
    out = shutil.copytree(swept.out, tmp_path / "out")
    change(swept, out)
    for name in ("sweep.html", "sweep.json"):
        (out / name).unlink(missing_ok=True)
    with pytest.raises(Refusal) as raised:
        write_results(swept.grid, out)
    assert raised.value.code == "sweep.other-cell"
    assert not (out / "sweep.json").exists()


@pytest.mark.parametrize("name", [IDENTITY, VERDICT, LOG, DRAW])
@pytest.mark.parametrize("left", [None, b"", b"{", b"[1]", b"\xff\xfe"], ids=["none", "empty", "half", "list", "bytes"])
def test_a_cell_that_was_altered_is_refused_by_its_name(
    swept: Swept, tmp_path: Path, name: str, left: bytes | None
) -> None:
    out = shutil.copytree(swept.out, tmp_path / "out")
    place = swept.grid.cells[0].folder(out) / name
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    if left is not None:
        place.write_bytes(left)
    before = (out / "sweep.json").read_bytes() if (out / "sweep.json").exists() else None
    with pytest.raises(Refusal) as raised:
        write_results(swept.grid, out)
    cell = swept.grid.cells[0]
    assert cell.title in raised.value.what and cell.folder(out).name in raised.value.try_this
    assert ((out / "sweep.json").read_bytes() if before else None) == before


def test_a_result_of_another_seed_is_refused_by_whoever_has_no_key(
    swept: Swept, tmp_path: Path, judge: Identity
) -> None:
    """Its folder is called otherwise, and says that it is the cell's; the seed is in what the judge signed alone."""
    cell = swept.grid.cells[0]
    other, out = replace(cell, seed=5), tmp_path / "out"
    with toys() as lending:
        (out / "cells").mkdir(parents=True)
        assert audited(other, judge, lending.of(other.case), out)
    other.folder(out).rename(cell.folder(out))
    (cell.folder(out) / IDENTITY).write_text(cell.identity.model_dump_json())
    with pytest.raises(Refusal, match="of another case or seed"):
        write_results(swept.grid, out)
    theirs = Identity.generate("theirs")
    for draw in (signed(cell, "ticket", judge), signed(other, "ticket", theirs), b""):
        (cell.folder(out) / DRAW).write_bytes(draw)
        with pytest.raises(Refusal, match="of another case or seed"):
            write_results(swept.grid, out)


def test_a_result_whose_ticket_everybody_knew_before_is_read_and_told(
    swept: Swept, tmp_path: Path, judge: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Earlier versions drew it from case and seed alone."""
    out, (cell, *_) = tmp_path / "out", swept.grid.cells
    (out / "cells").mkdir(parents=True)
    with monkeypatch.context() as earlier, toys() as lending:
        earlier.setattr(cell_audit, "signed", lambda cell, what, judge: told(cell, what))
        assert audited(cell, judge, lending.of(cell.case), out)
    (cell.folder(out) / DRAW).unlink()
    (said,) = (one for one in write_results(swept.grid, out)[1].leaves_out if "known it before" in one)
    assert said.startswith("What 1 audit would have come to") and f"whoever sealed “{cell.organism.name}” could" in said
    work(swept.grid, out, judge, toys)
    _, found = write_results(swept.grid, out)
    assert found.judged == 4 and said in found.leaves_out
    assert not any("known it before" in one for one in write_results(swept.grid, swept.out)[1].leaves_out)


def test_a_cell_of_the_same_auditor_told_something_else_is_refused(
    swept: Swept, toy_folder: Path, tmp_path: Path
) -> None:
    """Whoever has the folder may give a result another cell's name and identity; who asked stands in every record."""
    auditor = {"name": "more", "kind": "fact-checker", "arguments": QUICK | {"confirms": 2}}
    told = json.loads(swept.plan.read_text()) | {"auditors": [auditor]}
    for case in told["cases"]:
        case["path"] = str(toy_folder / case["path"])
    (tmp_path / "reference.json").write_bytes((toy_folder / "reference.json").read_bytes())
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(told))
    grid = SweepGrid.of(plan)
    for theirs, ours in zip(swept.grid.cells, grid.cells, strict=True):
        folder = ours.folder(tmp_path / "out")
        shutil.copytree(theirs.folder(swept.out), folder)
        (folder / IDENTITY).write_text(ours.identity.model_dump_json())
    with pytest.raises(Refusal, match="told something else") as raised:
        write_results(grid, tmp_path / "out")
    assert raised.value.code == "sweep.other-cell"


def test_an_audit_that_asked_nothing_stands_for_nobody_who_asks(
    swept: Swept, toy_folder: Path, tmp_path: Path, judge: Identity
) -> None:
    """A reader of texts on a case that brings none: its log names no auditor, for none of its records is a probe."""
    auditors = [
        {"name": "facts", "kind": "fact-checker", "arguments": QUICK},
        {"name": "idle", "kind": "corpus-reader"},
    ]
    told = json.loads(swept.plan.read_text()) | {"auditors": auditors, "restrictions": [{"name": "all"}]}
    told["cases"] = [{"path": str(toy_folder / "liar.case")}]
    (tmp_path / "reference.json").write_bytes((toy_folder / "reference.json").read_bytes())
    plan, out = tmp_path / "plan.json", tmp_path / "out"
    plan.write_text(json.dumps(told))
    grid = SweepGrid.of(plan)
    work(grid, out, judge, toys)
    asks, idle = (cell.folder(out) for cell in grid.cells)
    assert write_results(grid, out)[1].judged == 2
    shutil.rmtree(asks)
    idle.rename(asks)
    (asks / IDENTITY).write_text(grid.cells[0].identity.model_dump_json())
    with pytest.raises(Refusal, match="Nothing was asked") as raised:
        write_results(grid, out)
    assert raised.value.code == "sweep.other-cell"


def test_a_verdict_for_which_nothing_was_replayed_stands_for_no_audit(
    swept: Swept, tmp_path: Path, judge: Identity
) -> None:
    """The judge's own, on the very same report: what an auditor found would count as missed."""
    out = shutil.copytree(swept.out, tmp_path / "out")
    cell = swept.grid.cells[0]
    folder = cell.folder(out)
    given = judge_log(folder / LOG, cell.case, judge, Register(tmp_path / "register", judge.signing), None).verdict
    assert given.report == issuing.read((folder / VERDICT).read_bytes()).report
    (folder / VERDICT).write_bytes(issuing.sign(given, judge))
    with pytest.raises(Refusal, match="provisional") as raised:
        write_results(swept.grid, out)
    assert raised.value.code == "sweep.other-cell"
