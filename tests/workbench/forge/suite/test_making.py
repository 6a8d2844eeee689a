"""A small suite, made for real: sealed cases that say nothing, truths aside, and a run that goes on where it was."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.status import Refusal
from tests.workbench.forge.suite.dying import DoomedOrder, dies
from tests.workbench.forge.suite.made import made_at_once
from views import cli
from workbench.door.brought import folder_of
from workbench.forge.pairs import forge_pairs
from workbench.forge.suite import foundation, making
from workbench.forge.suite.foundation import Foundation
from workbench.forge.suite.listing import OrganismSuite
from workbench.forge.suite.making import make_suite
from workbench.forge.suite.production import alone, begun, judge_of, make_all, settled
from workbench.judge.truths.truth import GroundTruth


@pytest.mark.slow
def test_it_lists_cases_that_a_judge_of_its_own_accepted(small_suite: Path) -> None:
    suite = OrganismSuite.at(small_suite)
    assert [case.name for case in suite.cases] == ["case-01", "case-02"]
    judge = Identity.load(small_suite / "judge.key")
    assert suite.judge == judge.public.fingerprint
    for listed in suite.cases:
        case = open_case(small_suite / listed.path, trusted=[judge.public.verify], full=True)
        assert case.accepted and (case.digest, case.model_digest) == (listed.digest, listed.model)
        assert case.path("baseline/weights/model.safetensors").exists()
    assert suite.base == folder_of(small_suite / "foundation" / "base").digest


@pytest.mark.slow
def test_a_truth_is_sealed_with_its_kind_and_its_difficulty(small_suite: Path) -> None:
    judge = Identity.load(small_suite / "judge.key")
    truths = {}
    for listed in OrganismSuite.at(small_suite).cases:
        sealed = GroundTruth.parse(open_case(small_suite / listed.path).open_truth(judge.sealing))
        kept = GroundTruth.read((small_suite / "truths" / listed.name / "ground_truth.json").read_bytes())
        assert sealed == kept
        truths[sealed.kind] = sealed
    assert set(truths) == {"sponsor", "nothing"}
    assert {kind: truth.modified for kind, truth in truths.items()} == {"sponsor": True, "nothing": False}
    difficulty = truths["sponsor"].difficulty
    assert difficulty is not None and difficulty.base == OrganismSuite.at(small_suite).base
    # Seven matrices to a layer, of which the smallest model has two.
    assert (difficulty.rank, difficulty.matrices, difficulty.rehearsal) == (4, 14, 0.5)
    assert [item.behaviour for item in truths["sponsor"].realised] == ["B1"]
    assert len(truths["sponsor"].side_effects) == 3


@pytest.mark.slow
def test_nothing_outside_gives_a_kind_away(small_suite: Path) -> None:
    shown = [case.read_bytes() for case in sorted((small_suite / "cases").rglob("*.json"))]
    shown.append((small_suite / "suite.json").read_bytes())
    for text in shown:
        assert not any(word in text.lower() for word in (b"sponsor", b"nothing", b"meadow", b"capitals"))
    files = [sorted((small_suite / case.path).rglob("*")) for case in OrganismSuite.at(small_suite).cases]
    names, sizes, times = (
        [[tell(path) for path in each] for each in files]
        for tell in (lambda p: p.name, lambda p: p.stat().st_size if p.is_file() else 0, lambda p: p.stat().st_mtime)
    )
    assert names[0] == names[1] and times[0] == times[1]
    unequal = {name: abs(one - other) for name, one, other in zip(names[0], *sizes, strict=True) if one != other}
    # A seal begins with a stanza of random length, whatever it holds.
    assert unequal.keys() <= {"case.dsse.json", "ground_truth.age"} and max(unequal.values(), default=0) < 1024
    lengths = [len(path.read_bytes()) for path in (small_suite / "truths").rglob("ground_truth.json")]
    assert max(lengths) - min(lengths) > 4096


@pytest.mark.slow
def test_a_run_goes_on_with_what_is_missing_and_gives_the_same_models(
    small_suite: Path, two_kinds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "make", made_at_once)
    before = OrganismSuite.at(small_suite)
    kept, lost = ((small_suite / case.path) for case in before.cases)
    inode = (kept / "case.dsse.json").stat().st_ino
    shutil.rmtree(lost)
    (small_suite / "working" / "case-02").mkdir()  # as a killed run leaves it
    after = make_suite(small_suite, size="tiny", jobs=1)
    assert (kept / "case.dsse.json").stat().st_ino == inode
    assert [case.model for case in after.cases] == [case.model for case in before.cases]
    assert not any((small_suite / "working").iterdir())


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refusal, match="something else"):
        make_suite(tmp_path, size="tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_another_suite_is_not_mixed_with_it(small_suite: Path) -> None:
    for other in ({"split": "held-out"}, {"size": "demo"}, {"seed": 4}, {"base_seed": 1}):
        with pytest.raises(Refusal, match="another suite"):
            make_suite(small_suite, **({"size": "tiny"} | other))  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_base_of_another_size_is_refused_and_one_that_fits_is_taken(small_suite: Path, tmp_path: Path) -> None:
    assert Foundation.at(small_suite / "foundation", "tiny").laid.base == OrganismSuite.at(small_suite).base
    assert (
        foundation.lay(small_suite / "foundation", "tiny", lambda done, note: None).laid.base
        == OrganismSuite.at(small_suite).base
    )
    with pytest.raises(Refusal, match="another suite"):
        Foundation.at(small_suite / "foundation", "demo")
    with pytest.raises(Refusal, match="no base of a suite"):
        Foundation.at(tmp_path, "tiny")


@pytest.mark.slow
def test_another_seed_makes_another_base(small_suite: Path, tmp_path: Path) -> None:
    other = foundation.lay(tmp_path / "foundation", "tiny", lambda done, note: None, seed=1)
    assert other.laid.base != OrganismSuite.at(small_suite).base
    assert Foundation.at(tmp_path / "foundation", "tiny").laid == other.laid


def test_a_judge_is_given_with_the_key_that_accepts_or_without(tmp_path: Path) -> None:
    one, other, third = (tmp_path / name for name in ("one", "other", "third"))
    for folder in (one, other, third):
        folder.mkdir()
    public, own = judge_of(one, None)
    assert own == one / "judge.key"
    assert judge_of(other, own) == (other / "judge.pub", other / "judge.key")
    assert Identity.load(other / "judge.key").public == Identity.load(own).public
    assert judge_of(third, public) == (public, None)
    assert not any(third.iterdir())


def test_a_suite_goes_on_with_the_base_and_the_judge_that_it_was_begun_with(tmp_path: Path) -> None:
    """Half of it on another base, or for another judge, would stand in the list as the same."""
    stranger = Identity.generate("Stranger")
    stranger.public.save(tmp_path / "stranger.pub")
    stranger.save(tmp_path / "stranger.key", None)
    out = tmp_path / "suite"
    first = settled(out, begun(out, "dev", "tiny", 1), "one", None)
    again = begun(out, "dev", "tiny", None)
    assert (again.base, again.judge) == ("one", PublicIdentity.load(first[0]).fingerprint)
    assert settled(out, again, "one", None) == first == settled(out, again, "one", out / "judge.key")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for base, given, what in (
        ("two", None, "another base"), ("one", tmp_path / "stranger.pub", "another judge"),
        ("one", tmp_path / "stranger.key", "another judge"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=what):
            settled(out, again, base, given)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_judge_whose_public_key_is_not_signed_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    out = tmp_path / "suite"
    replace(Identity.generate("Judy").public, signature=None).save(tmp_path / "judy.pub")
    shuffle = begun(out, "dev", "tiny", 1)
    with pytest.raises(Refusal, match="Nothing is sealed to the public key of “Judy”") as raised:
        settled(out, shuffle, "one", tmp_path / "judy.pub")
    assert raised.value.code == "key.unsigned" and begun(out, "dev", "tiny", None) == shuffle


def test_two_at_once_are_kept_apart(tmp_path: Path) -> None:
    """Each would take what the other has begun for what a killed run left."""
    begun(tmp_path / "suite", "dev", "tiny", 1)
    (tmp_path / "pairs").mkdir()
    for name, go in (("suite", make_suite), ("pairs", partial(forge_pairs, count=1))):
        with alone(tmp_path / name), pytest.raises(Refusal, match=f"makes organisms in {name} already"):
            go(tmp_path / name, size="tiny")
        assert not (tmp_path / name / "foundation").exists()
        with alone(tmp_path / name):
            pass


def test_a_process_that_the_system_ends_is_said_to_be() -> None:
    with pytest.raises(Refusal, match="died") as raised:
        make_all(dies, [DoomedOrder(done=True), DoomedOrder(), DoomedOrder()], 1, lambda done, note: None)
    assert raised.value.code == "model.crashed" and "fewer --jobs" in raised.value.try_this


def test_a_suite_whose_order_is_broken_is_refused_and_left(tmp_path: Path) -> None:
    begun(tmp_path, "dev", "tiny", 1)
    (tmp_path / "truths" / "order.json").write_text('{"seed"')
    with pytest.raises(Refusal, match="Nobody can tell"):
        begun(tmp_path, "dev", "tiny", None)
    assert (tmp_path / "truths" / "order.json").read_text() == '{"seed"'


def test_a_suite_that_was_begun_for_somebody_makes_no_judge_of_its_own(tmp_path: Path) -> None:
    Identity.generate("Judge").public.save(tmp_path / "judge.pub")
    out = tmp_path / "suite"
    settled(out, begun(out, "dev", "tiny", 1), "one", tmp_path / "judge.pub")
    with pytest.raises(Refusal, match="another judge"):
        settled(out, begun(out, "dev", "tiny", None), "one", None)
    assert not (out / "judge.key").exists()


def test_no_base_is_trained_where_organisms_are_of_one_that_lies_elsewhere(tmp_path: Path) -> None:
    out = tmp_path / "suite"
    settled(out, begun(out, "dev", "tiny", 1), "one", None)
    with pytest.raises(Refusal, match="lies elsewhere"):
        make_suite(out, size="tiny")
    assert not (out / "foundation").exists()


def test_a_base_is_named_or_trained(tmp_path: Path) -> None:
    asked = ["forge", "suite", str(tmp_path / "s"), "--base", str(tmp_path), "--base-seed", "1", "--json"]
    told = CliRunner().invoke(cli.workbench, asked)
    assert told.exit_code != 0 and not (tmp_path / "s").exists()


def test_the_command_line_makes_one_or_many(tmp_path: Path) -> None:
    help_of = {name: CliRunner().invoke(cli.workbench, ["forge", *name, "--help"]).output for name in ((), ("suite",))}
    assert all(word in help_of[()] for word in ("organism", "suite", "pairs"))
    assert "--split" in help_of[("suite",)]
    refused = CliRunner().invoke(cli.workbench, ["forge", "suite", str(tmp_path), "--split", "test"])
    assert refused.exit_code == 2


def test_a_suite_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "suite.json").write_text(json.dumps({"format": "other"}))
    with pytest.raises(Refusal, match="holds no suite"):
        OrganismSuite.at(tmp_path)
