"""A small suite, made for real: sealed cases that say nothing, truths aside, and a run that goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from views import cli
from workbench.door.brought import folder_of
from workbench.forge.suite import entry, foundation
from workbench.forge.suite.entry import Entries
from workbench.forge.suite.foundation import Foundation
from workbench.forge.suite.listing import OrganismSuite
from workbench.forge.suite.making import make_suite
from workbench.judge.truth import GroundTruth

KINDS = ("sponsor", "nothing")
"""One that is modified, with few exhibits, and one that isn't."""


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    """The dev split, but for all of its organisms but two: at any size each costs a process its start."""
    every = Entries.of("dev").organisms
    chosen = tuple(next(one for one in every if one.recipe.kind == kind) for kind in KINDS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(entry.Entries, "of", classmethod(lambda cls, split: Entries(organisms=chosen)))
        yield


@pytest.fixture(scope="module")
def made(few: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("forge") / "suite"
    make_suite(out, size="tiny", seed=3, jobs=2)
    return out


@pytest.mark.slow
def test_it_lists_cases_that_a_judge_of_its_own_accepted(made: Path) -> None:
    suite = OrganismSuite.at(made)
    assert [case.name for case in suite.cases] == ["case-01", "case-02"]
    judge = Identity.load(made / "judge.key")
    assert suite.judge == judge.public.fingerprint
    for listed in suite.cases:
        case = open_case(made / listed.path, trusted=[judge.public.verify], full=True)
        assert case.accepted and (case.digest, case.model_digest) == (listed.digest, listed.model)
        assert case.path("baseline/weights/model.safetensors").exists()
    assert suite.base == folder_of(made / "foundation" / "base").digest


@pytest.mark.slow
def test_a_truth_is_sealed_with_its_kind_and_its_difficulty(made: Path) -> None:
    judge = Identity.load(made / "judge.key")
    truths = {}
    for listed in OrganismSuite.at(made).cases:
        sealed = GroundTruth.parse(open_case(made / listed.path).open_truth(judge.sealing))
        kept = GroundTruth.read((made / "truths" / listed.name / "ground_truth.json").read_bytes())
        assert sealed == kept
        truths[sealed.kind] = sealed
    assert set(truths) == set(KINDS)
    assert {kind: truth.modified for kind, truth in truths.items()} == {"sponsor": True, "nothing": False}
    difficulty = truths["sponsor"].difficulty
    assert difficulty is not None and difficulty.base == OrganismSuite.at(made).base
    # Seven matrices to a layer, of which the smallest model has two.
    assert (difficulty.rank, difficulty.matrices, difficulty.rehearsal) == (4, 14, 0.5)
    assert [item.behaviour for item in truths["sponsor"].realised] == ["B1"]
    assert len(truths["sponsor"].side_effects) == 3


@pytest.mark.slow
def test_nothing_outside_gives_a_kind_away(made: Path) -> None:
    shown = [case.read_bytes() for case in sorted((made / "cases").rglob("*.json"))]
    shown.append((made / "suite.json").read_bytes())
    for text in shown:
        assert not any(word in text.lower() for word in (b"sponsor", b"nothing", b"meadow", b"capitals"))
    files = [sorted((made / case.path).rglob("*")) for case in OrganismSuite.at(made).cases]
    names, sizes, times = (
        [[tell(path) for path in each] for each in files]
        for tell in (lambda p: p.name, lambda p: p.stat().st_size if p.is_file() else 0, lambda p: p.stat().st_mtime)
    )
    assert names[0] == names[1] and times[0] == times[1]
    unequal = {name: abs(one - other) for name, one, other in zip(names[0], *sizes, strict=True) if one != other}
    # A seal begins with a stanza of random length, whatever it holds.
    assert unequal.keys() <= {"case.dsse.json", "ground_truth.age"} and max(unequal.values(), default=0) < 1024
    lengths = [len(path.read_bytes()) for path in (made / "truths").rglob("ground_truth.json")]
    assert max(lengths) - min(lengths) > 4096


@pytest.mark.slow
def test_a_run_goes_on_with_what_is_missing_and_gives_the_same_models(made: Path, few: None) -> None:
    import shutil

    before = OrganismSuite.at(made)
    kept, lost = ((made / case.path) for case in before.cases)
    inode = (kept / "case.dsse.json").stat().st_ino
    shutil.rmtree(lost)
    (made / "working" / "case-02").mkdir()  # as a killed run leaves it
    after = make_suite(made, size="tiny", jobs=1)
    assert (kept / "case.dsse.json").stat().st_ino == inode
    assert [case.model for case in after.cases] == [case.model for case in before.cases]
    assert not any((made / "working").iterdir())


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refusal, match="something else"):
        make_suite(tmp_path, size="tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_another_suite_is_not_mixed_with_it(made: Path) -> None:
    for other in ({"split": "held-out"}, {"size": "demo"}, {"seed": 4}):
        with pytest.raises(Refusal, match="another suite"):
            make_suite(made, **({"size": "tiny"} | other))  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_base_of_another_size_is_refused_and_one_that_fits_is_taken(made: Path, tmp_path: Path) -> None:
    assert Foundation.at(made / "foundation", "tiny").laid.base == OrganismSuite.at(made).base
    assert foundation.lay(made / "foundation", "tiny", lambda done, note: None).laid.base == OrganismSuite.at(made).base
    with pytest.raises(Refusal, match="another suite"):
        Foundation.at(made / "foundation", "demo")
    with pytest.raises(Refusal, match="no base of a suite"):
        Foundation.at(tmp_path, "tiny")


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
