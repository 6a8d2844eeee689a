"""On the command line: whom a session may ask, a model of one's own, and what a probe would cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from tests.conftest import MakeCase
from tests.views.test_cli import Shell
from tests.workbench.door.test_brought import model
from tests.workbench.toys import ToyOpener
from workbench.contract.rules import Affordance, Rules
from workbench.contract.subject import BASELINE, ORGANISM, brought
from workbench.door.brought import folder_of
from workbench.log.records import Intent
from workbench.log.stored_log import StoredLog
from workbench.visible import line as visible


@pytest.fixture
def case(make_case: MakeCase) -> Case:
    return make_case("pair", Rules(affordances=frozenset(Affordance)), baseline=True, adapters=("oracle",))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setattr("workbench.door.opener.Opener", ToyOpener)
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def asked(shell: Shell, auditor: Identity, tmp_path: Path) -> Any:
    """What a command answers on the case's session."""
    auditor.save(tmp_path / "ada.key", None)
    where = ("--key", tmp_path / "ada.key", "--session", tmp_path / "one.session")
    return lambda *arguments, code=0: shell.json(*arguments, *where, code=code)


SAMPLE = ("sample", "--prompt", "Hi", "--max-tokens", 16, "--samples", 1)


def test_whom_a_session_may_ask_is_listed_with_what_was_brought(asked: Any, case: Case, tmp_path: Path) -> None:
    assert [row["name"] for row in asked("subject", "list", case.root)] == [ORGANISM, BASELINE, "adapter:oracle"]
    mine = model(tmp_path / "mine")
    told = asked("subject", "add", case.root, mine, "--name", "honest", "--provenance", "Trained on a page.")
    assert told["model"] == folder_of(mine).digest
    last = asked("subject", "list", case.root)[-1]
    assert last == {"name": "brought:honest", "on": brought(told["model"]), "provenance": "Trained on a page."}


def test_a_probe_says_whom_it_asks(asked: Any, case: Case, tmp_path: Path) -> None:
    asked("subject", "add", case.root, model(tmp_path / "mine"), "--name", "honest", "--provenance", "Mine.")
    told = [asked("probe", case.root, *SAMPLE, "--on", on) for on in (ORGANISM, BASELINE, "brought:honest")]
    assert len({tuple(one["result"]["samples"][0]["ids"]) for one in told}) == 3, "each has weights of its own"
    nobody = asked("probe", case.root, *SAMPLE, "--on", "brought:nobody", code=1)
    assert nobody["refusal"]["code"] == "input.invalid"


def test_beside_what_is_said_under_an_adapter_stands_what_is_said_without(
    shell: Shell, asked: Any, case: Case, tmp_path: Path
) -> None:
    told = asked("probe", case.root, *SAMPLE, "--seed", 3, "--on", "adapter:oracle")
    assert told["alone"]["seq"] == told["seq"] + 2
    alone = asked("probe", case.root, *SAMPLE, "--seed", 3)
    assert told["alone"]["summary"] == alone["summary"] and "alone" not in alone
    where = ("--key", tmp_path / "ada.key", "--session", tmp_path / "one.session")
    line = json.dumps(
        {"kind": "sample", "arguments": {"prompt": "Hi", "max_tokens": 16, "seed": 3}, "on": "adapter:oracle"}
    )
    (tmp_path / "line").write_text(line)
    told = shell("probe", case.root, "batch", tmp_path / "line", *where).splitlines()
    (batch,) = [json.loads(one) for one in told if one.startswith("{")]
    assert batch["alone"] == {"seq": alone["seq"], "summary": alone["summary"]}
    first, second, *_ = shell("probe", case.root, *SAMPLE, "--seed", 3, "--on", "adapter:oracle", *where).splitlines()
    assert f"#{alone['seq']}  without the adapter  {visible(alone['summary'])}" in (first, second)
    assert "no control" not in first + second


def test_a_price_is_told_without_asking(asked: Any, case: Case) -> None:
    first = asked("probe", case.root, *SAMPLE, "--price")
    assert (first["generated_tokens"], first["seconds"]) == (16, None)
    seq = asked("probe", case.root, *SAMPLE)["seq"]
    assert asked("probe", case.root, *SAMPLE, "--price")["seconds"] > 0
    assert asked("probe", case.root, *SAMPLE)["seq"] == seq + 4, "the session reopened twice, an intent, a result"


def test_a_line_of_a_batch_says_with_whom_two_are_compared(
    shell: Shell, asked: Any, case: Case, tmp_path: Path
) -> None:
    line = {"kind": "diff", "arguments": {"texts": ["Hi"], "answer_tokens": 2}}
    lines = [line, line | {"beside": "adapter:oracle"}, line | {"beside": "nobody"}]
    (tmp_path / "lines").write_text("\n".join(map(json.dumps, lines)))
    where = ("--key", tmp_path / "ada.key", "--session", tmp_path / "one.session")
    told = shell("probe", case.root, "batch", tmp_path / "lines", *where, code=1)
    assert [json.loads(one)["status"] for one in told.splitlines() if one.startswith("{")] == ["ok", "ok", "refused"]
    with StoredLog(tmp_path / "one.session" / StoredLog.FILE) as log:
        beside = [entry.as_(Intent).beside for entry in log.entries((Intent.kind,))]
    assert beside == [BASELINE, "adapter:oracle"]


def test_tool_schemas_tell_whom_a_probe_may_be_put_to(shell: Shell, case: Case, make_case: MakeCase) -> None:
    def subjects(of: Case) -> Any:
        return json.loads(shell("probe", of.root, "--schema"))[0]["parameters"]["properties"]["on"]["enum"]

    assert subjects(case) == [ORGANISM, BASELINE, "adapter:oracle"]
    narrow = make_case("narrow", Rules(affordances=frozenset({Affordance.SAMPLE})), baseline=True)
    assert subjects(narrow) == [ORGANISM]
