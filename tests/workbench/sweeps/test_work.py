"""A sweep is worked off once: nothing twice, the first result wins, and whoever dies is taken over from."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.settings import EngineSettings
from casefiles.files.disk import read_small
from casefiles.keys.identity import Identity
from casefiles.log.auditlog import AuditLogFiles
from casefiles.status import Refusal
from tests.workbench.sweeps.conftest import Swept, toys
from workbench.contract.rules import Affordance
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.verdict import Verdict
from workbench.log.records import Genesis, ResultRecord
from workbench.sweeps import cell_audit, crew
from workbench.sweeps.cell_audit import IDENTITY, LOG, VERDICT, audited, seed_of_judge
from workbench.sweeps.grid import OrganismBlock, SweepCell, SweepGrid
from workbench.sweeps.work import done, failures, work
from workbench.sweeps.worker import WorkOrder
from workbench.teams.exported_records import ExportedRecords

TOY = EngineSettings(backend="toy", device="cpu", threads=1)


def verdict(cell: SweepCell, out: Path) -> Verdict:
    return issuing.read(read_small(cell.folder(out) / VERDICT, 1 << 26))


def told(grid: SweepGrid, out: Path) -> list[dict[str, Any]]:
    """What the verdicts say, but for who, where and when."""
    return [
        found.scores.model_dump() | {"retest": found.retest.model_dump() if found.retest else None}
        for found in (verdict(cell, out) for cell in grid.cells)
    ]


def test_every_cell_has_a_log_and_a_verdict_of_the_judge(swept: Swept, judge: Identity) -> None:
    assert len(swept.grid.cells) == 4 == done(swept.grid, swept.out)
    for cell in swept.grid.cells:
        found = verdict(cell, swept.out)
        assert found.judge.name == judge.name
        assert found.case.digest == cell.case.digest
        assert found.replay.status == "replayed" and found.replay.diverged == 0
        assert found.log.witnessed == found.log.size
        assert (cell.folder(swept.out) / LOG / "report.dsse.json").exists()
        assert json.loads((cell.folder(swept.out) / IDENTITY).read_text())["seed"] == 0
        assert not (cell.folder(swept.out) / "audit.session").exists()


def test_the_audits_of_an_organism_and_their_judge_share_one_engine(swept: Swept) -> None:
    assert swept.opened == len(swept.grid.blocks) == 2


def test_a_restriction_holds_in_its_sessions(swept: Swept) -> None:
    for cell in swept.grid.cells:
        first = next(iter(ExportedRecords(AuditLogFiles.open(cell.folder(swept.out) / LOG, None)).entries()))
        allowed = first.as_(Genesis).in_force.affordances
        assert (Affordance.LOGITS in allowed) == (cell.restriction == "all")


def one_cell(swept: Swept) -> SweepGrid:
    """The liar with everything."""
    block = swept.grid.blocks[0]
    return SweepGrid(swept.grid.plan, (OrganismBlock(block.case, block.cells[:1]),), 0)


def test_a_cell_that_is_run_again_finds_the_same(swept: Swept, judge: Identity, tmp_path: Path) -> None:
    grid = one_cell(swept)
    work(grid, tmp_path, judge, toys)
    assert told(grid, tmp_path) == told(grid, swept.out)
    assert answers(grid.cells[0], tmp_path) == answers(grid.cells[0], swept.out)


def test_another_seed_draws_other_answers(swept: Swept, judge: Identity, tmp_path: Path) -> None:
    cell = swept.grid.cells[0]
    other = replace(cell, seed=5)
    (tmp_path / "cells").mkdir()
    with toys() as lending:
        assert audited(other, judge, lending.of(other.case), tmp_path)
    assert answers(other, tmp_path) != answers(cell, swept.out)


def test_what_the_judge_draws_nobody_knows_without_their_key(swept: Swept, judge: Identity) -> None:
    """Whoever seals a case knows it and the plan: what follows from them alone could be met under that seed only."""
    seeds = set()
    for cell in swept.grid.cells:
        drawn = verdict(cell, swept.out).retest
        assert drawn is not None
        seeds.add(drawn.seed)
        public = int(hashlib.sha256(told_for(cell, "judge")).hexdigest()[:12], 16)
        theirs = (seed_of_judge(cell, Identity.generate(judge.name)), public)
        assert drawn.seed == seed_of_judge(cell, judge) and drawn.seed not in theirs
    assert len(seeds) == 2, "what several audits of an organism ask is drawn once"


def test_the_noise_of_a_session_nobody_knows_without_the_judges_key(swept: Swept, judge: Identity) -> None:
    """A maker who knew it would seal an organism until every auditor is answered as they please."""
    tickets = set()
    for cell in swept.grid.cells:
        log = ExportedRecords(AuditLogFiles.open(cell.folder(swept.out) / LOG, None))
        ticket = next(iter(log.entries((Genesis.kind,)))).read(Genesis).ticket
        assert ticket is not None
        tickets.add(ticket.ticket_id)
        signature = judge.signing.sign(told_for(cell, "ticket"))
        assert ticket.ticket_id == hashlib.sha256(signature).hexdigest()[:32]
        assert ticket.ticket_id != hashlib.sha256(told_for(cell, "ticket")).hexdigest()[:32]
    assert len(tickets) == 2, "what several auditors of an organism are answered differs by what they ask"


def told_for(cell: SweepCell, what: str) -> bytes:
    """What everybody knows of a cell's draws."""
    return f"audit-workbench sweep 1\n{what}\n{cell.case.digest}\n{cell.seed}\n".encode()


def test_whoever_is_allowed_less_is_answered_the_same(swept: Swept) -> None:
    """So that what differs is what they do, and not the noise."""
    whole, less = swept.grid.blocks[0].cells
    assert less.rules is not None
    assert answers(whole, swept.out) == answers(less, swept.out) != []


def answers(cell: SweepCell, out: Path) -> list[tuple[str, ...]]:
    """What the organism said, in the order in which it was asked."""
    records = ExportedRecords(AuditLogFiles.open(cell.folder(out) / LOG, None))
    return [
        tuple(sample["text"] for sample in entry.data["result"]["samples"])
        for entry in records.entries((ResultRecord.kind,))
        if entry.data["probe"] == "sample"
    ]


def test_what_has_a_result_is_not_run_again(swept: Swept, judge: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("it was run again")

    monkeypatch.setattr(cell_audit, "_judged", never)
    work(swept.grid, swept.out, judge, toys)


def test_the_first_result_wins(swept: Swept, judge: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Somebody who did not see the lock has the same cell, and is faster."""
    cell = swept.grid.cells[0]

    def overtaken(cell: SweepCell, judge: Identity, opener: object, folder: Path) -> None:
        cell.folder(tmp_path).mkdir(parents=True)
        (cell.folder(tmp_path) / "first").touch()
        (folder / "second").touch()

    monkeypatch.setattr(cell_audit, "_judged", overtaken)
    (tmp_path / "cells").mkdir()
    with toys() as lending:
        assert not audited(cell, judge, lending.of(cell.case), tmp_path)
    assert [path.name for path in cell.folder(tmp_path).iterdir()] == ["first"]


def marked(cell: SweepCell, judge: Identity, opener: object, folder: Path) -> None:
    """In the place of an audit: only that there was one."""
    (folder / "done").touch()


def test_a_block_that_somebody_works_on_is_left_to_them(
    swept: Swept, judge: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    block = swept.grid.blocks[0]
    block.lock(tmp_path).parent.mkdir(parents=True)
    monkeypatch.setattr(cell_audit, "_judged", marked)
    handle = os.open(block.lock(tmp_path), os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    work(swept.grid, tmp_path, judge, toys)
    assert {cell.organism.name for cell in swept.grid.cells if cell.folder(tmp_path).exists()} == {"clean"}
    os.close(handle)
    work(swept.grid, tmp_path, judge, toys)
    assert done(swept.grid, tmp_path) == 4


def test_what_comes_to_no_verdict_is_named_and_tried_again(
    swept: Swept, judge: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def crash(*_: Any) -> None:
        raise Refusal("model.crashed", "The engine died.", "It ran out of memory.", "Ask for less.")

    monkeypatch.setattr(cell_audit, "_judged", crash)
    work(swept.grid, tmp_path, judge, toys)
    assert [one.code for one in failures(swept.grid, tmp_path)] == ["model.crashed"] * 4
    assert done(swept.grid, tmp_path) == 0 and list((tmp_path / "cells").iterdir()) == []
    monkeypatch.setattr(cell_audit, "_judged", marked)
    work(swept.grid, tmp_path, judge, toys)
    assert (failures(swept.grid, tmp_path), done(swept.grid, tmp_path)) == ((), 4)


def test_what_was_noted_of_a_cell_and_cannot_be_read_is_told_all_the_same(swept: Swept, tmp_path: Path) -> None:
    cell = swept.grid.cells[0]
    place = tmp_path / "failed" / f"{cell.folder(tmp_path).name}.json"
    place.parent.mkdir()
    place.write_bytes(b"{")
    (told,) = failures(swept.grid, tmp_path)
    assert (told.title, told.code) == (cell.title, "sweep.incomplete")


def test_workers_that_die_of_it_are_no_sweep_that_is_done(
    swept: Swept, judge: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(crew, "_hired", lambda order: subprocess.Popen([sys.executable, "-S", "-c", "exit(3)"]))
    order = WorkOrder.of(swept.plan, tmp_path, (1, 1), TOY, judge)
    with pytest.raises(Refusal, match="4 of 4 audits have no verdict") as raised:
        crew.run(swept.grid, order, 2, tmp_path)
    assert raised.value.code == "sweep.incomplete" and "workers died" in raised.value.why


def test_shards_share_the_organisms_out(swept: Swept) -> None:
    first, second = swept.grid.shard(1, 2), swept.grid.shard(2, 2)
    assert {cell.organism.name for cell in first.cells} == {"liar"}
    assert {cell.organism.name for cell in second.cells} == {"clean"}


def test_a_killed_worker_is_taken_over_from_with_the_same_results(
    swept: Swept, judge: Identity, tmp_path: Path
) -> None:
    """A worker in a process of its own is killed while it is at its second cell, and another goes on."""
    order = WorkOrder.of(swept.plan, tmp_path, (1, 1), TOY, judge)
    worker = crew._hired(order)
    deadline = time.monotonic() + 200
    while not (done(swept.grid, tmp_path) and begun(tmp_path)):
        assert worker.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    worker.kill()
    crew._let_go(worker)
    first = {cell.folder(tmp_path): cell.folder(tmp_path).stat().st_ino for cell in swept.grid.cells
             if cell.folder(tmp_path).exists()}  # fmt: skip
    assert 0 < len(first) < 4
    # Seconds after, it might still be in the making.
    for left in (tmp_path / "cells").glob(".*.audit-workbench-unfinished"):
        os.utime(left, (time.time() - 60,) * 2)
    crew.run(swept.grid, order, 1, tmp_path)
    assert {place: place.stat().st_ino for place in first} == first
    assert told(swept.grid, tmp_path) == told(swept.grid, swept.out)
    assert not list((tmp_path / "cells").glob("*.audit-workbench-unfinished"))


def test_a_worker_ends_with_whoever_gave_it_its_order(swept: Swept, judge: Identity, tmp_path: Path) -> None:
    """Else it would go on with the judge's keys, and hold what it is at, with nobody told. What a killed process had
    open closes; the worker is in the middle of a cell then."""
    worker = crew._hired(WorkOrder.of(swept.plan, tmp_path, (1, 1), TOY, judge))
    deadline = time.monotonic() + 200
    while not begun(tmp_path):
        assert worker.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(timeout=60) == -signal.SIGKILL
    assert done(swept.grid, tmp_path) < len(swept.grid.cells)


def begun(out: Path) -> bool:
    """Whether a cell is in the making."""
    return any(path.name.endswith(".audit-workbench-unfinished") for path in (out / "cells").glob(".*"))
