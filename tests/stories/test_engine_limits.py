"""When I limit the engine, then a probe that needs more fails in words, and the session goes on."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import assets
from backends.settings import EngineSettings
from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from tests.quick import QUICK, QUICK_OPTIONS
from tests.stories.conftest import workbench
from tests.stuck import StuckOpener
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.door.running import Outcome
from workbench.door.session import Session
from workbench.probes import Sample

CASE = open_case(assets.path("demo", "atlas-01.case"))
ASK = Sample(prompt=Prompt.ask("What is the capital of Finland?"), samples=1, max_tokens=4)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's private memory")


@pytest.fixture
def session(tmp_path: Path) -> Any:
    opener = Opener.of(CASE, QUICK)
    with Session.create(CASE, tmp_path / "x.session", Identity.generate("Ada"), opener) as session:
        yield session


@linux
def test_when_i_give_a_limit_on_the_command_line_then_it_holds_and_stands_in_the_record(tmp_path: Path) -> None:
    workbench("keys", "new", "ada", "--no-passphrase", home=tmp_path)

    def ask(limit: str, code: int = 0) -> Any:
        told = workbench(
            "probe", CASE.root, "sample", "--prompt", "Hi", "--samples", 1, "--max-tokens", 2, "--session",
            tmp_path / "mine.session", "--memory-limit", limit, "--hang-limit", 100, *QUICK_OPTIONS, "--json",
            home=tmp_path, code=code,
        )  # fmt: skip
        return json.loads(told)

    refused = ask("100MB", code=1)
    assert "memory limit" in json.dumps(refused)
    assert ask("2GiB")["environment"]["memory_limit"] == 2**31


@linux
def test_when_the_limits_change_then_the_next_probe_runs_under_them(session: Session) -> None:
    assert session.run(ASK).entry.data["environment"]["memory_limit"] == 0
    opener: Any = session.opener
    session.use(opener.using(replace(QUICK, memory_limit=2**31, hang_limit=60.0)))
    assert session.run(ASK).entry.data["environment"]["memory_limit"] == 2**31
    with pytest.raises(ValueError, match="memory_limit"):
        EngineSettings(memory_limit=5)


def test_when_i_give_up_while_the_model_loads_then_that_is_recorded_and_the_next_probe_loads_it(
    session: Session,
) -> None:
    opener = StuckOpener.of(CASE, QUICK)
    session.use(opener)
    outcomes: list[Outcome] = []
    asking = threading.Thread(target=lambda: outcomes.append(session.run(ASK)))
    asking.start()
    while not (opener.stuck and session.loading):
        time.sleep(0.01)
    started = time.monotonic()
    session.abort()
    asking.join(timeout=30)
    assert time.monotonic() - started < 5
    assert outcomes[0].status == "refused"
    assert "stopped on request" in outcomes[0].entry.data["why"]
    assert session.run(ASK).status == "ok"


@linux
def test_when_the_engine_hangs_then_it_can_be_ended_and_the_probe_fails_with_that_cause(session: Session) -> None:
    import os

    session.run(ASK)
    model: Any = session._subjects._models["organism"]
    os.kill(model.process, signal.SIGSTOP)
    threading.Timer(0.5, session.abort).start()
    outcome = session.run(ASK.model_copy(update={"samples": 4}), progress=Silent())
    assert outcome.status in ("failed", "refused")
    assert outcome.refusal is not None and "stopped on request" in outcome.refusal.why
    assert session.run(ASK).status == "ok"
