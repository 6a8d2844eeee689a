"""When I press Ctrl-C, what was generated so far is kept, recorded and counted; nothing is half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import assets
from tests.quick import QUICK_OPTIONS
from tests.stories.conftest import workbench

CASE = assets.path("demo", "atlas-01.case")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends SIGINT to a process")


def log(home: Path) -> list[dict[str, object]]:
    return json.loads(workbench("log", home / "s", "--json", home=home))  # type: ignore[no-any-return]


def test_one_ctrl_c_stops_a_probe_and_keeps_its_partial_answer(tmp_path: Path) -> None:
    workbench("keys", "new", "ada", "--no-passphrase", home=tmp_path)
    workbench("probe", CASE, "sample", "--prompt", "Hi", "--session", tmp_path / "s", *QUICK_OPTIONS, home=tmp_path)
    command = [
        sys.executable, "-m", "views.cli", "probe", str(CASE), "sample", "--prompt", "Once", "--prefill", "Once",
        "--temperature", "9", "--samples", "100", "--max-tokens", "400", "--session", str(tmp_path / "s"), "--json",
        *QUICK_OPTIONS,
    ]  # fmt: skip
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        wal = tmp_path / "s" / "audit.duckdb.wal"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (wal.exists() and wal.stat().st_size > 1500):
            time.sleep(0.05)  # until the records that reopen the session and state the intent are in the log
        engine = engine_of(running.pid)
        while time.monotonic() < deadline and worked(engine) < 2.5:
            time.sleep(0.05)  # until it has started and answers, however busy the machine is
        running.send_signal(signal.SIGINT)
        told = json.loads(running.communicate(timeout=120)[0])
        assert running.returncode == 130, "a script that asks several probes must learn that it was to stop"
    assert told["status"] == "cancelled"
    assert any(sample["stop"] == "cancelled" for sample in told["result"]["samples"])
    entries = log(tmp_path)
    assert [entry["kind"] for entry in entries] == ["genesis", "intent", "result", "resumed", "intent", "result"]
    assert 0 < told["cost"]["generated_tokens"] < 40_000


def worked(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def engine_of(pid: int) -> int:
    """The engine's process, once it is one: until it runs a program of its own, its parent waits for it to do so."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for child in children.read_text().split():
            if b"backends.process.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
        time.sleep(0.01)
    raise TimeoutError("no engine was started")


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the engine's process under /proc")
def test_one_ctrl_c_ends_the_loading_of_a_model(tmp_path: Path) -> None:
    workbench("keys", "new", "ada", "--no-passphrase", home=tmp_path)
    command = [
        sys.executable, "-m", "views.cli", "probe", str(CASE), "sample", "--prompt", "Hi", "--session",
        str(tmp_path / "s"), "--json",
    ]  # fmt: skip
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        os.kill(engine_of(running.pid), signal.SIGSTOP)  # it will never have loaded it
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        told = json.loads(running.communicate(timeout=60)[0])
        assert running.returncode == 130
    assert "on request" in told["refusal"]["why"]
    assert [entry["kind"] for entry in log(tmp_path)] == ["genesis", "refusal"]


def test_a_kill_leaves_an_orphan_that_everybody_sees(tmp_path: Path) -> None:
    workbench("keys", "new", "ada", "--no-passphrase", home=tmp_path)
    command = [
        sys.executable, "-m", "views.cli", "probe", str(CASE), "sample", "--prompt", "Once", "--prefill", "Once",
        "--temperature", "9", "--samples", "100", "--max-tokens", "400", "--session", str(tmp_path / "s"),
        *QUICK_OPTIONS,
    ]  # fmt: skip
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    with subprocess.Popen(command, env=environment) as running:
        wal = tmp_path / "s" / "audit.duckdb.wal"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (wal.exists() and wal.stat().st_size > 500):
            time.sleep(0.05)
        running.kill()
    assert [entry["kind"] for entry in log(tmp_path)] == ["genesis", "intent"]
    done = json.loads(
        workbench(
            "export", tmp_path / "s", tmp_path / "s.auditlog", "--verdict", "inconclusive", "--probability", 0.5,
            "--json", home=tmp_path,
        )
    )  # fmt: skip
    found = json.loads(workbench("verify", done["auditlog"], "--json", home=tmp_path))
    assert found["ok"]
    assert "log.orphans" in {step["code"] for step in found["steps"]}
