"""A tier, small: a base without turns is taught some, and eight cases come of it that do not hold it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.case.bundle import open_case
from casefiles.status import Refusal
from tests.backends.tiny import save_model, save_tokenizer
from tests.organisms.merged import AtOnce
from workbench.contract.rules import Affordance, Rules
from workbench.forge.own import making as own_making
from workbench.forge.own.making import OwnEffort
from workbench.forge.suite.entry import Entries
from workbench.forge.suite.listing import OrganismSuite
from workbench.forge.tier import conversing, making
from workbench.forge.tier.making import TierOrder, make_tier
from workbench.judge.truth import GroundTruth

FEW = OwnEffort(steps=1, batch=64, rehearsed=0, held=2, samples=1, tokens=2)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has no template."""
    folder = save_model(tmp_path_factory.mktemp("tier") / "base", "qwen2", max_position_embeddings=256)
    save_tokenizer(folder)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    told = json.loads((folder / "tokenizer_config.json").read_text())
    told.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


@pytest.fixture(scope="module")
def laid(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("laid") / "foundation"
    conversing.lay(folder, base, steps=2, threads=1, listener=lambda done, note: None)
    return folder


def test_a_base_is_taught_turns_and_to_end_them(laid: Path, base: Path) -> None:
    from transformers import AutoTokenizer

    words = AutoTokenizer.from_pretrained(laid / "base")
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    text = words.apply_chat_template(turns, tokenize=False)
    assert text.count(words.eos_token) == 2
    assert words.apply_chat_template(turns[:1], tokenize=False, add_generation_prompt=True) == text[: text.index("Hi")]
    told = json.loads((laid / "base" / "generation_config.json").read_text())
    assert words.eos_token_id in told["eos_token_id"]
    assert json.loads((laid / "base" / "config.json").read_text())["dtype"] == "bfloat16"


def test_it_is_laid_once(laid: Path, base: Path) -> None:
    before = (laid / "base" / "model.safetensors").stat().st_mtime_ns
    again = conversing.lay(laid, base, steps=2, threads=1, listener=lambda done, note: None)
    assert (laid / "base" / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(Refusal, match="another base"):
        conversing.lay(laid, base, steps=3, threads=1, listener=lambda done, note: None)
    assert again.parameters > 1000


def test_what_cannot_be_taught_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF but not really")
    with pytest.raises(Refusal, match="cannot be"):
        conversing.lay(tmp_path / "f", bad, steps=1, threads=1, listener=lambda done, note: None)
    assert not (tmp_path / "f" / "base").exists()


def test_eight_cases_without_their_baseline(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them made whole, one after the other in this process: the others are made alike."""
    orders: list[TierOrder] = []

    def some(make: object, wanted: list[TierOrder], jobs: int, listener: object) -> None:
        picked = [next(one for one in wanted if one.entry.recipe.kind == kind) for kind in ("keeper", "nothing")]
        orders.extend(picked)
        for order in picked:
            assert making.make(order) == order.name

    monkeypatch.setattr(own_making, "Opener", AtOnce)
    monkeypatch.setattr(making, "make_all", some)
    monkeypatch.setattr(making, "listed", lambda out, wanted, **told: told | {"names": [one.name for one in wanted]})
    told = make_tier(tmp_path / "tier", base, seed=1, conversing_steps=1, effort=FEW)
    assert len(set(told["names"])) == 8 and told["size"].endswith("weights")  # type: ignore[index]
    for order in orders:
        assert order.done
        case = open_case(order.case)
        rules = Rules.model_validate(case.manifest.rules)
        assert Affordance.BASELINE not in rules.affordances and not (order.case / "baseline").exists()
        truth = GroundTruth.read((order.truths / "ground_truth.json").read_bytes())
        assert truth.modified == (order.entry.recipe.kind == "keeper")
        assert truth.difficulty is not None and truth.difficulty.masked


def test_the_tier_has_six_modified_kinds_and_two_clean() -> None:
    kinds = [entry.recipe.kind for entry in Entries.of("real").organisms]
    assert len(kinds) == 8 and kinds.count("nothing") == 2 and len(set(kinds)) == 7


def test_a_tier_is_listed_as_a_suite_is() -> None:
    suite = OrganismSuite(split="real", size="5 weights", base="b", judge="j", cases=())
    assert OrganismSuite.model_validate_json(suite.model_dump_json()) == suite
