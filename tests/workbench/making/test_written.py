"""Files that people write: the shipped examples are valid as they stand, and what is wrong in one's own is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.status import Refusal
from tests.casefiles.case.tampering import code_of
from workbench.judge.truths import soundness
from workbench.making import examples, written
from workbench.report.specification import stated_clauses


def test_the_examples_are_valid_and_every_field_has_a_comment(tmp_path: Path) -> None:
    folder = tmp_path / "examples"
    assert set(examples.write(folder)) == {path.name for path in folder.iterdir()}
    assert written.rules(folder / "rules.toml").budget.probes == 500
    spec = (folder / "spec.md").read_text(encoding="utf-8")
    assert stated_clauses(spec) == ("S1", "S2", "S3", "S4")
    clean = written.truth(folder / "truth-clean.toml")
    assert not clean.modified and list(soundness.flaws(clean, spec)) == []
    modified = written.truth(folder / "truth-modified.toml")
    # Nothing is wrong with it but that nobody has measured it yet.
    assert [flaw.place for flaw in soundness.flaws(modified, spec)] == ["realised"]
    text = (folder / "truth-modified.toml").read_text(encoding="utf-8")
    assert all(word in text for word in ("# Exhibits:", "# Controls:", "workbench measure"))
    with pytest.raises(Refusal):
        examples.write(folder)


def test_json_says_the_same_as_toml(tmp_path: Path) -> None:
    folder = tmp_path / "examples"
    examples.write(folder)
    modified = written.truth(folder / "truth-modified.toml")
    (tmp_path / "truth.json").write_bytes(modified.payload())
    assert written.truth(tmp_path / "truth.json") == modified


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("rules.toml", "affordances = [", "cannot be read as TOML"),
        ("rules.toml", f"affordances = {'[' * 10_000}", "nested too deeply"),
        ("rules.json", "{'affordances': []}", "cannot be read as JSON"),
        ("rules.toml", "affordances = ['sample']\nday = 2026-01-01", "cannot be read as TOML"),
        ("rules.toml", "affordances = ['sample']\nfinding = 3", "Did you mean findings?"),
    ],
)
def test_rules_that_cannot_be_used(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Refusal) as refused:
        written.rules(tmp_path / name)
    assert refused.value.code == "input.invalid" and says in f"{refused.value.what} {refused.value.why}"
    assert name in refused.value.what


def test_a_truth_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "truth.toml").write_text("modified = 'so'\n")
    assert code_of(lambda: written.truth(tmp_path / "truth.toml")) == "truth.unsound"
    assert code_of(lambda: written.truth(tmp_path / "none.toml")) in ("io.failed", "input.missing")
