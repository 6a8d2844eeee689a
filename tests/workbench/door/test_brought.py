"""A model of the auditor's own is taken in by its files, under the rules' limits, and judged with or without them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.casefiles.material import gguf_file
from tests.conftest import MakeCase
from tests.workbench.forged import Edited
from tests.workbench.toys import Compare, toys
from workbench.contract.comparison import Agreement
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, BroughtLimits, Rules
from workbench.contract.subject import ORGANISM, brought
from workbench.door.brought import Bulk, TrainingData, files_at, folder_of, weigh
from workbench.door.session import Session
from workbench.judge.replays.engines import RecordedEngines
from workbench.judge.scores.engagement import Terms, examine
from workbench.judge.verdicts.procedure import replay_log
from workbench.log.wording import line_of
from workbench.probes.sample import Sample

ASK = Sample(prompt=Prompt.ask("Hi"), samples=2, max_tokens=12)
ORGANISM_WEIGHTS = 4
"""What `make_case` gives an organism."""


def model(folder: Path, weights: int = 4) -> Path:
    for part in ("weights", "tokenizer"):
        (folder / part).mkdir(parents=True)
    save_file({"a": np.ones((1, weights), np.float32)}, folder / "weights" / "model.safetensors")
    (folder / "tokenizer" / "tokenizer.json").write_text("{}")
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return model(tmp_path / "mine")


def rules(**limits: Any) -> Rules:
    return Rules(affordances=frozenset(Affordance), brought=BroughtLimits(**limits))


def test_a_model_as_it_lies_on_a_disk_has_the_digest_that_it_has_in_a_folder(mine: Path, tmp_path: Path) -> None:
    """Wherever its files lie, and whatever lies beside them: a measured model is the one that is sealed."""
    saved = tmp_path / "saved"
    saved.mkdir()
    for path in (mine / "weights" / "model.safetensors", mine / "tokenizer" / "tokenizer.json"):
        shutil.copyfile(path, saved / path.name)
    for folder in (mine / "weights", saved):
        (folder / "config.json").write_text("{}")
    (saved / "README.md").write_text("A card.")
    assert files_at(saved).digest == files_at(mine).digest == folder_of(mine).digest
    assert files_at(saved).weights == saved
    (saved / "config.json").write_text('{"a": 1}')
    assert files_at(saved).digest != files_at(mine).digest


def test_the_baseline_of_what_is_to_be_sealed_may_do_without_a_tokenizer_of_its_own(mine: Path) -> None:
    alone = model(mine.parent / "alone")
    shutil.copytree(mine / "weights", mine / "baseline" / "weights")
    assert files_at(mine / "baseline").digest == files_at(alone).digest
    assert files_at(mine / "baseline").tokenizer == mine / "tokenizer"
    shutil.copytree(mine / "weights", mine / "other" / "weights")
    with pytest.raises(Refusal, match=f"{mine / 'other'} holds no model") as refused:
        files_at(mine / "other")
    assert refused.value.code == "input.missing"


@pytest.fixture
def begun(make_case: MakeCase, auditor: Identity, tmp_path: Path) -> Iterator[Session]:
    case = make_case("open", rules())
    with Session.create(case, tmp_path / "open.session", auditor, toys(case)) as session:
        yield session


def replayed(session: Session, *folders: Path) -> list[Any]:
    class Records:
        arrays = staticmethod(session.arrays)

        def __getattr__(self, name: str) -> Any:
            return getattr(session.log, name)

    handed = {brought(files.digest): files for folder in folders for files in (folder_of(folder),)}
    engines = RecordedEngines(toys(session.case), (), handed.get)
    return list(replay_log(Records(), engines).records)  # type: ignore[arg-type]


def test_a_model_in_two_formats_is_weighed_once_as_the_larger(tmp_path: Path) -> None:
    """Whoever brings a crumb in one and a model in the other asks the model."""
    folder = model(tmp_path / "it") / "weights"
    assert weigh(folder) == Bulk(4, "safetensors")
    gguf_file(folder / "model.gguf")
    larger = weigh(folder).weights
    assert larger > 4
    for part in (1, 2):
        shutil.copy(folder / "model.gguf", folder / f"split-0000{part}-of-00002.gguf")
    assert weigh(folder).weights == 2 * larger
    model(tmp_path / "wide", 3 * larger)
    shutil.copy(tmp_path / "wide" / "weights" / "model.safetensors", folder)
    assert weigh(folder).weights == 3 * larger


def test_a_folder_is_named_by_its_bytes(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        folder_of(tmp_path)
    assert refused.value.code == "input.missing"
    for part in ("weights", "tokenizer"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.json").write_text("{}")
    first = folder_of(tmp_path).digest
    assert folder_of(tmp_path).digest == first
    (tmp_path / "weights" / "a.json").write_text("[]")
    assert folder_of(tmp_path).digest != first


def test_what_is_brought_is_asked_and_said_in_the_log(begun: Session, mine: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.txt"
    data.write_text("Paris is the capital of France.")
    entry = begun.bring(mine, "honest", "Trained on an encyclopaedia.", data)
    told = TrainingData.of(data)
    assert (entry.data["weights"], entry.data["format"], entry.data["data"], entry.data["data_size"]) == (
        4, "safetensors", told.sha256, 31,
    )  # fmt: skip
    on = begun.whom("brought:honest")
    assert on == brought(folder_of(mine).digest)
    assert begun.subjects() == (ORGANISM, on)
    outcome = begun.run(ASK, on=on)
    assert outcome.result == ASK.run(toys(begun.case).beside(folder_of(mine))(), _silent())
    intent = begun.log.entry(outcome.entry.data["intent"]).data
    assert (intent["on"], intent["model"]) == (on, folder_of(mine).digest)
    assert line_of(entry).what.startswith(
        f"model “honest” brought, 4 weights, {folder_of(mine).digest[:16]}…, trained on"
    )


def test_a_judge_replays_it_where_its_files_are_handed_in(begun: Session, mine: Path, tmp_path: Path) -> None:
    begun.bring(mine, "honest", "Mine.")
    begun.run(ASK, on=begun.whom("brought:honest"))
    begun.run(ASK)
    without = replayed(begun)
    assert [one.agreement for one in without] == [Agreement.UNREPLAYABLE, Agreement.EXACT]
    assert "its files were not handed in" in without[0].note
    assert [one.agreement for one in replayed(begun, mine)] == [Agreement.EXACT, Agreement.EXACT]
    other = model(tmp_path / "other", 3)
    assert [one.agreement for one in replayed(begun, other)] == [Agreement.UNREPLAYABLE, Agreement.EXACT]
    found = examine(begun.log, Terms.of(begun.case))
    assert (found.elsewhere, found.breaches) == ((), ())


def test_what_compares_two_is_let_in_where_only_ones_own_model_may_be_asked(
    make_case: MakeCase, auditor: Identity, tmp_path: Path, mine: Path
) -> None:
    case = make_case("own", Rules(affordances=frozenset(Affordance) - {Affordance.BASELINE}))
    with Session.create(case, tmp_path / "own.session", auditor, toys(case)) as session:
        assert session.lacks(Compare) == {Affordance.BASELINE}
        session.bring(mine, "mine", "Mine.")
        assert session.lacks(Compare) == frozenset()
        outcome = session.run(Compare(prompt=Prompt.ask("Hi")), beside=session.whom("brought:mine"))
        assert session.log.entry(outcome.entry.data["intent"]).data["beside_model"] == folder_of(mine).digest
        refused = session.run(Compare(prompt=Prompt.ask("Hi"))).refusal
        assert refused is not None
        assert refused.code == "rules.affordance"


def test_files_that_were_changed_after_they_were_brought_are_not_asked(begun: Session, mine: Path) -> None:
    begun.bring(mine, "honest", "Mine.")
    on = begun.whom("brought:honest")
    kept = begun.folder / "brought" / folder_of(mine).digest / "tokenizer" / "tokenizer.json"
    kept.write_text("[]")
    outcome = begun.run(ASK, on=on)
    assert outcome.refusal is not None
    assert outcome.refusal.what == "The brought model was changed."


@pytest.mark.parametrize(
    ("allowed", "weights", "stated", "why"),
    [
        (rules(weights=100), ORGANISM_WEIGHTS + 1, False, "It has 5 weights; allowed are 4"),
        (rules(weights=50), 3, False, "allowed are 2, 50 % of the organism's"),
        (rules(unstated_data=False), 1, False, "does not say what it was trained on"),
        (rules(data=30), 1, True, "It was trained on 31 bytes"),
        (rules(data=30), 1, False, "or does not say"),
        (Rules(affordances=frozenset({Affordance.SAMPLE})), 1, False, "no model but the case's own"),
    ],
)
def test_the_rules_say_what_may_be_brought(
    allowed: Rules, weights: int, stated: bool, why: str,
    make_case: MakeCase, auditor: Identity, tmp_path: Path,
) -> None:  # fmt: skip
    case, data = make_case("held", allowed), tmp_path / "data.txt"
    data.write_text("Paris is the capital of France.")
    with Session.create(case, tmp_path / "held.session", auditor, toys(case)) as session:
        with pytest.raises(Refusal, match=why) as refused:
            session.bring(model(tmp_path / "it", weights), "it", "Mine.", data if stated else None)
        assert refused.value.code == "rules.brought"
        assert session.log.size == 1
        assert not (session.folder / "brought").exists()


def test_what_was_never_brought_or_is_too_large_is_a_breach(begun: Session, mine: Path, make_case: MakeCase) -> None:
    begun.bring(mine, "honest", "Mine.")
    begun.run(ASK, on=begun.whom("brought:honest"))
    stricter = Terms.of(make_case("strict", rules(weights=50)))
    terms = Terms(stricter.rules, stricter.corpora, begun.case.model_digest, {}, ORGANISM_WEIGHTS)
    (breach,) = examine(begun.log, terms).breaches
    assert breach.why == "It has 4 weights; allowed are 2, 50 % of the organism's."
    claimed = Edited(begun, 1, lambda data: data.update(weights=1))
    assert examine(claimed, terms).breaches == (), "its auditor's word, as long as its files are elsewhere"
    weighed = RecordedEngines(toys(begun.case), (), {brought(folder_of(mine).digest): folder_of(mine)}.get).weighed(
        begun.log
    )
    (breach,) = examine(claimed, replace(terms, weighed=weighed)).breaches
    assert breach.why.startswith("It has 4 weights")
    renamed = Edited(begun, 2, lambda data: data.update(on=brought("0" * 64), model="0" * 64))
    (breach,) = examine(renamed, Terms.of(begun.case)).breaches
    assert breach.why == "It was asked of a model that had not been brought."


def spoilt(folder: Path, how: str) -> Path:
    weights = model(folder) / "weights"
    match how:
        case "link":
            (weights / "config.json").symlink_to("/etc/passwd")
        case "hard":
            os.link(weights / "model.safetensors", weights / "b.safetensors")
        case "pickle":
            (weights / "model.bin").write_bytes(b"x")
        case "bare":
            (weights / "model.safetensors").unlink()
        case "torn":
            (weights / "model.safetensors").write_bytes(b"x" * 9)
        case "hollow":
            os.truncate(weights / "model.safetensors", 1 << 27)
    return folder


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("link", "case.link"),
        ("hard", "case.link"),
        ("pickle", "case.file-kind"),
        ("bare", "input.missing"),
        ("torn", "model.unreadable"),
        ("hollow", "case.file-sparse"),
    ],
)
def test_links_pickles_and_what_is_no_model_are_refused(begun: Session, tmp_path: Path, how: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        begun.bring(spoilt(tmp_path / how, how), how, "Mine.")
    assert refused.value.code == code
    assert begun.log.size == 1


def test_weights_are_counted_in_every_file(mine: Path) -> None:
    save_file({"b": np.ones((2, 3), np.float16), "c": np.ones(5, np.int8)}, mine / "weights" / "more.safetensors")
    assert weigh(mine / "weights").weights == 4 + 6 + 5


def test_an_export_leaves_the_files_behind(begun: Session, mine: Path, tmp_path: Path) -> None:
    from workbench.report.handing_in import hand_in
    from workbench.report.report import Conclusion

    begun.bring(mine, "honest", "Mine.")
    out = tmp_path / "one.auditlog"
    hand_in(begun, out, Conclusion(verdict="clean", probability=0.1))
    assert not [path for path in out.rglob("*") if "honest" in path.name or path.suffix == ".safetensors"]


def _silent() -> Any:
    from workbench.contract.progress import Silent

    return Silent()
