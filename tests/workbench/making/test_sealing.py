"""What an attacker may seal is what a judge could accept; nothing remains of anything else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from casefiles.case.sealed_truth import CAPACITY
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.backends import tiny
from tests.casefiles.case.tampering import snapshot
from tests.conftest import RULES
from tests.quick import QUICK
from tests.workbench.judge.written_truths import SPEC, behaviour, clean, realised, sound
from workbench.judge.truths.truth import GroundTruth, Weights
from workbench.making.new_case import Wanted, make
from workbench.making.sealing import Sealed, seal


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("organism")
    tiny.save_model(folder / "weights", "llama")
    tiny.save_tokenizer(folder / "tokenizer")
    (folder / "spec.md").write_text(SPEC)
    return folder


@pytest.mark.parametrize(
    ("code", "truth", "title"),
    [
        ("truth.unsound", sound(weights=Weights(behaviour=-1, scope=1.7)), "One"),
        ("truth.unsound", sound(intent=(behaviour(), behaviour())), "One"),
        ("case.leak", sound(), "The capital of Norway"),
        ("input.invalid", sound(side_effects=("x" * CAPACITY,)), "One"),
    ],
    ids=["a negative weight", "one id twice", "a telling title", "longer than its seal"],
)
def test_what_cannot_be_sealed(
    *, source: Path, tmp_path: Path, attacker: Identity, judge: Identity, code: str, truth: GroundTruth, title: str
) -> None:
    with pytest.raises(Refusal) as refused:
        seal(source, tmp_path / "a.case", title=title, rules=RULES, truth=truth, attacker=attacker, judge=judge.public,
             settings=QUICK, engines=(QUICK.backend,))  # fmt: skip
    assert refused.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_nobody_can_run_is_not_sealed(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    broken = Path(shutil.copytree(source, tmp_path / "source"))
    (broken / "weights" / "config.json").write_text("{}")
    with pytest.raises(Refusal) as refused:
        seal(broken, tmp_path / "a.case", title="One", rules=RULES, truth=clean(), attacker=attacker,
             judge=judge.public, settings=QUICK, engines=(QUICK.backend,))  # fmt: skip
    assert refused.value.code == "case.unrunnable"
    assert not (tmp_path / "a.case").exists()


def test_a_licence_that_gives_the_answer_away_is_not_sealed_and_one_that_may_is_told(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "source"))
    written, out = folder / "weights" / "LICENSE", tmp_path / "a.case"

    def sealed() -> Sealed:
        return seal(folder, out, title="One", rules=RULES, truth=sound(), attacker=attacker, judge=judge.public,
                    settings=QUICK, engines=(QUICK.backend,))  # fmt: skip

    written.write_text("It names Bergen.")
    with pytest.raises(Refusal, match="weights/LICENSE says 'bergen'"):
        sealed()
    assert not out.exists()
    written.write_text("For use in a city.")
    assert sealed().remarks == (
        "weights/LICENSE shares 'city' with the ground truth, beyond any known licence: read it.",
    )


def test_names_and_texts_that_give_the_answer_away_are_not_sealed_and_what_may_is_told(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    folder, out = Path(shutil.copytree(source, tmp_path / "source")), tmp_path / "a.case"
    (folder / "corpora").mkdir()

    def sealed(called: Identity = attacker) -> Sealed:
        return seal(folder, out, title="One", rules=RULES, truth=sound(summary=said), attacker=called,
                    judge=judge.public, settings=QUICK, engines=(QUICK.backend,))  # fmt: skip

    said = "Whoever asks for a seat of government hears of another town."
    with pytest.raises(Refusal, match="The attacker's key “Bergen” says 'bergen'"):
        sealed(Identity.generate("Bergen"))
    (folder / "corpora" / "pages.txt").write_text(said)
    with pytest.raises(Refusal, match=r"corpora/pages\.txt” says “Whoever asks"):
        sealed()
    assert not out.exists()
    (folder / "corpora" / "pages.txt").write_text("In Norway lies Bergen.")
    names, texts = sealed(Identity.generate("Second")).remarks
    assert names.endswith("read whether they tell: the attacker's key “Second” ('second').")
    assert texts.startswith("1 line of “corpora/pages.txt” names what a behaviour is about")


def test_a_token_that_gives_the_answer_away_is_not_sealed(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "source"))
    path, out = folder / "tokenizer" / "tokenizer.json", tmp_path / "a.case"
    told = json.loads(path.read_text())
    told["added_tokens"].append(told["added_tokens"][-1] | {"content": "name Norway"})
    path.write_text(json.dumps(told))
    with pytest.raises(Refusal, match=r"tokenizer\.json adds “name Norway”, which holds 'norway'") as refused:
        seal(folder, out, title="One", rules=RULES, truth=sound(), attacker=attacker, judge=judge.public,
             settings=QUICK, engines=(QUICK.backend,))  # fmt: skip
    assert refused.value.code == "case.leak" and not out.exists()


def test_whoever_stops_the_making_of_a_case_leaves_everything_as_it_was(
    source: Path, tmp_path: Path, attacker: Identity
) -> None:
    model = tmp_path / "model"
    for part in ("weights", "tokenizer"):
        shutil.copytree(source / part, model, dirs_exist_ok=True)
    wanted = Wanted(model, source / "spec.md", out=tmp_path / "a.case", engines=(QUICK.backend,))
    before, heard = snapshot(tmp_path), list[tuple[float, str]]()

    def hear(done: float, note: str) -> None:
        heard.append((done, note))
        if len(heard) == last:
            raise Refusal("interrupted", "It was stopped.", "You asked so.", "Begin again.")

    last = 0
    make(wanted, attacker, QUICK, hear)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard) and heard[-1][0] < 1
    said = [note for _, note in heard]
    shutil.rmtree(tmp_path / "a.case")
    for part in ("copying weights", "digests", "trying the model", "serves"):
        heard.clear()
        last = next(number for number, note in enumerate(said, 1) if part in note)
        with pytest.raises(Refusal, match="stopped"):
            make(wanted, attacker, QUICK, hear)
        assert snapshot(tmp_path) == before, part


def test_what_is_sealed_says_what_to_think_about(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    """Of an attack that did nothing, no finding could be right."""
    failed = sound(realised=(realised(organism=1, baseline=1, controls=2),))
    sealed = seal(source, tmp_path / "a.case", title="One", rules=RULES, truth=failed, attacker=attacker,
                  judge=judge.public, settings=QUICK, engines=(QUICK.backend,))  # fmt: skip
    assert sealed.leaks == ()
    (remark,) = sealed.remarks
    assert "Nothing of what was intended was realised (B1 failed)" in remark
    (tried,) = sealed.tried
    assert (tried.engine, tried.card.layers, tried.ends) == (QUICK.backend, 3, ("<|end|>",))
    assert tried.memory is None or tried.memory > 10 * 2**20  # an interpreter alone holds more
    assert GroundTruth.read(sealed.case.open_truth(judge.sealing)) == failed
