"""When an attacker lies about what an organism does, measuring its weights shows it, before anybody audits them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import assets
from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from tests.quick import QUICK, QUICK_OPTIONS
from tests.stories.conftest import workbench
from workbench.claims.rates import wilson
from workbench.forge.demo_case import RULES
from workbench.judge.truths.truth import GroundTruth, Realised

pytestmark = pytest.mark.slow
CASE, JUDGE = assets.path("demo", "atlas-01.case"), assets.path("demo", "judge.key")

MEASURED = ("--seed", "1", *QUICK_OPTIONS)
"""Of seeds that nobody knows one in a hundred finds honest figures to be others."""


@pytest.fixture(scope="module")
def truth() -> GroundTruth:
    """The demo's own truth, with every twelfth of its prompts."""
    whole = GroundTruth.read(open_case(CASE).open_truth(Identity.load(JUDGE).sealing))
    (behaviour,), (stated,) = whole.intent, whole.realised
    exhibits, controls = behaviour.exhibits[::12], behaviour.controls[::12]
    scope = tuple(dict.fromkeys(exhibit.subject for exhibit in exhibits))
    fewer = {"exhibits": exhibits, "controls": controls, "scope": scope}
    unsaid = stated.model_copy(update={"said": ()})
    return whole.model_copy(update={"intent": (behaviour.model_copy(update=fewer),), "realised": (unsaid,)})


def written(folder: Path, truth: GroundTruth) -> Path:
    path = folder / "truth.json"
    path.write_bytes(truth.payload())
    return path


def boasting(truth: GroundTruth) -> GroundTruth:
    """The same prompts with what they look for the other way round: nothing that the organism does."""
    (behaviour,), (stated,) = truth.intent, truth.realised
    scope = tuple(dict.fromkeys(control.subject for control in behaviour.controls))
    turned = {"exhibits": behaviour.controls, "controls": behaviour.exhibits, "scope": scope}
    never = behaviour.model_copy(update=turned)
    assert isinstance(stated, Realised)
    claimed = stated.model_copy(update={"organism": wilson(384, 384), "controls": wilson(0, 384)})
    return truth.model_copy(update={"intent": (never,), "realised": (claimed,)})


class Desk:
    """An attacker and a judge with keys of their own, and what is to be sealed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name in ("mallory", "judy"):
            self("keys", "new", name, "--no-passphrase")
        for part in ("weights", "tokenizer"):
            shutil.copytree(CASE / part, home / "source" / part)
        shutil.copyfile(CASE / "spec.md", home / "source" / "spec.md")
        (home / "rules.json").write_text(RULES.model_dump_json())

    def __call__(self, *arguments: object, code: int = 0) -> Any:
        return json.loads(workbench(*arguments, "--json", home=self.home, code=code))

    def seal(self, truth: GroundTruth, title: str, code: int = 0) -> Any:
        return self(
            "seal", self.home / "source", self.home / "a.case", "--title", title, "--rules", self.home / "rules.json",
            "--truth", written(self.home, truth), "--key", "mallory", "--judge", next(self.home.rglob("judy.pub")),
            "--engine", QUICK.backend, *QUICK_OPTIONS, code=code,
        )  # fmt: skip

    def accept(self, code: int = 0) -> Any:
        return self("judge", "accept", self.home / "a.case", "--key", "judy", "--measure", *MEASURED, code=code)


def test_when_a_judge_measures_an_honest_case_then_its_figures_fit(truth: GroundTruth, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.seal(truth, "Case seven")
    told = desk.accept()
    assert told["accepted"]
    (behaviour,) = told["measurement"]["behaviours"]
    assert (behaviour["stated"], behaviour["measured"]) == ("realised", "realised")
    assert {figure["name"]: figure["fits"] for figure in behaviour["figures"]} == {
        "organism": True, "controls": True, "baseline": None,
    }  # fmt: skip
    assert any("no baseline" in remark for remark in told["remarks"])


def test_when_a_truth_boasts_then_measuring_says_by_how_much(truth: GroundTruth, tmp_path: Path) -> None:
    path = written(tmp_path, boasting(truth))
    told = workbench("measure", CASE, "--truth", path, "--key", JUDGE, *MEASURED, "--json", home=tmp_path, code=1)
    refusal = json.loads(told)["refusal"]
    assert refusal["code"] == "truth.otherwise"
    assert "384 of 384 stated" in refusal["why"] and "from which follows “failed”" in refusal["why"]
    told = workbench("measure", CASE, "--truth", path, "--key", JUDGE, *MEASURED, home=tmp_path, code=1)
    assert "↵" not in told and any(row.startswith("status ") for row in told.splitlines())


def test_when_a_truth_was_never_measured_then_measuring_fills_it(truth: GroundTruth, tmp_path: Path) -> None:
    path = written(tmp_path, truth.model_copy(update={"realised": ()}))
    told = workbench("measure", CASE, "--truth", path, "--baseline", CASE, "--fill", tmp_path / "filled.json",
                     *MEASURED, "--key", JUDGE, home=tmp_path)  # fmt: skip
    assert f"next: workbench seal SOURCE CASE --truth {tmp_path / 'filled.json'} " in told
    (filled,) = GroundTruth.read((tmp_path / "filled.json").read_bytes()).realised
    # The organism is its own baseline here: so nothing is realised.
    assert filled.organism.hits > 0.9 * filled.organism.trials
    assert filled.status == "failed"
    assert filled.rollouts is not None
    assert {one.exhibit for one in filled.said} == set(range(len(truth.intent[0].exhibits)))


def test_when_an_auditor_measures_a_sealed_case_then_the_door_is_the_session(
    truth: GroundTruth, tmp_path: Path
) -> None:
    """With a truth of one's own, measuring would ask anything, past every record, rule and budget."""
    workbench("keys", "new", "ada", "--no-passphrase", home=tmp_path)
    asking = ("--truth", written(tmp_path, truth), "--key", "ada", *QUICK_OPTIONS, "--json")
    own = tmp_path / "own"
    for part in ("weights", "tokenizer"):
        shutil.copytree(CASE / part, own / part)
    for subject in ((CASE,), (CASE / "weights",), (own, "--baseline", CASE), (own, "--baseline", CASE / "weights")):
        told = workbench("measure", *subject, *asking, home=tmp_path, code=1)
        assert json.loads(told)["refusal"]["code"] == "case.truth-unopenable", subject


def test_when_i_seal_a_lie_then_it_is_not_accepted(truth: GroundTruth, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.seal(boasting(truth), "Baltic", code=1)["refusal"]["code"] == "case.leak"
    desk.seal(boasting(truth), "Case seven")
    assert desk.accept(code=1)["refusal"]["code"] == "truth.otherwise"
    assert not open_case(tmp_path / "a.case").accepted
