"""Nobody seals another model than was given."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.gguf import cache
from backends.settings import EngineSettings
from casefiles.case import configs, known_fields
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.backends import tiny
from tests.conftest import RULES
from tests.quick import QUICK
from tests.workbench.judge.written_truths import SPEC, clean
from workbench.judge.acceptance import trial
from workbench.making.sealing import Sealed, seal

CONFIG, SETTINGS, TOKENIZER = "weights/config.json", "tokenizer/tokenizer_config.json", "tokenizer/tokenizer.json"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("organism")
    turned = {"rope_type": "default", "rope_theta": 100.0}
    tiny.save_model(folder / "weights", "llama", rope_parameters=turned)
    tiny.save_tokenizer(folder / "tokenizer")
    (folder / "spec.md").write_text(SPEC)
    return folder


@pytest.fixture
def source(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "source"))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The engines in which a model was loaded, one after the other."""
    attempted, attempt = list[str](), trial.attempt

    def counted(files: Any, settings: EngineSettings, *asked: Any) -> trial.TriedEngine:
        attempted.append(settings.backend)
        return attempt(files, settings, *asked)

    monkeypatch.setattr(trial, "attempt", counted)
    return attempted


def sealed(source: Path, attacker: Identity, judge: Identity, engine: str = QUICK.backend) -> Sealed:
    return seal(source, source.parent / "a.case", title="One", rules=RULES, truth=clean(), attacker=attacker,
                judge=judge.public, settings=replace(QUICK, backend=engine), engines=(engine,))  # fmt: skip


def edited(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def without(monkeypatch: pytest.MonkeyPatch, *fields: str) -> None:
    """As if engines read no such fields of config.json."""
    known = known_fields.config

    def fewer(kind: str | None) -> frozenset[str] | None:
        return (known(kind) or frozenset()) - frozenset(fields)

    monkeypatch.setattr(known_fields, "config", fewer)


def test_a_model_that_says_the_same_without_what_was_taken_out_is_sealed(
    source: Path, tmp_path: Path, attacker: Identity, judge: Identity, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "kept"))
    edited(source / CONFIG, _name_or_path="runs/france", id2label={"0": "France"})
    made = sealed(source, attacker, judge)
    assert "id2label" in made.leaks[0].what
    assert len(loads) == 2
    assert {path.name for path in (tmp_path / "kept").glob("*")} <= {made.case.model_digest}
    assert {path.name for path in tmp_path.iterdir()} - {"kept"} == {"a.case", "source"}


def test_a_model_of_which_nothing_was_taken_out_is_loaded_once(
    source: Path, attacker: Identity, judge: Identity, loads: list[str]
) -> None:
    sealed(source, attacker, judge)
    assert loads == [QUICK.backend]


@pytest.mark.parametrize("engine", ["torch", "llama"])
def test_a_model_that_says_something_else_is_not_sealed(
    source: Path, attacker: Identity, judge: Identity, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip({"torch": "torch", "llama": "llama_cpp"}[engine])
    without(monkeypatch, "rope_parameters", "rope_theta")
    with pytest.raises(
        Refusal, match=r"what it says next differs by \d\.\d+ nats a token\. .*rope_parameters="
    ) as refused:
        sealed(source, attacker, judge, engine)
    assert refused.value.code == "case.stripped"
    assert [path.name for path in source.parent.iterdir()] == ["source"]


def test_a_model_that_runs_no_more_is_said_to_have_run(
    source: Path, attacker: Identity, judge: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "num_key_value_heads")
    with pytest.raises(Refusal, match=r"without what sealing takes out, it cannot be run\.") as refused:
        sealed(source, attacker, judge)
    assert refused.value.code == "case.stripped"


def test_a_model_that_never_ran_is_refused_as_such(source: Path, attacker: Identity, judge: Identity) -> None:
    edited(source / CONFIG, num_key_value_heads=1, note="it lies")
    with pytest.raises(Refusal) as refused:
        sealed(source, attacker, judge)
    assert refused.value.code == "case.unrunnable"


NAMED = {"chat_template": [{"name": "default", "template": tiny.TEMPLATE}]}


@pytest.mark.parametrize(
    ("path", "value", "gone", "told"),
    [
        (TOKENIZER, {"normalizer": {"type": "Lowercase"}}, ("TOKENIZER", "normalizer"), "it takes texts for other"),
        (SETTINGS, NAMED, ("BESIDE_TOKENIZER", "chat_template"), "it has no chat template"),
    ],
)
def test_a_tokenizer_that_is_another_one_is_not_sealed(
    source: Path,
    attacker: Identity,
    judge: Identity,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    value: dict[str, Any],
    gone: tuple[str, str],
    told: str,
) -> None:
    if path == SETTINGS:
        (source / "tokenizer" / "chat_template.jinja").unlink()
    edited(source / path, **value)
    name, field = gone
    known = {one: kind for one, kind in getattr(known_fields, name).items() if one != field}
    monkeypatch.setattr(known_fields, name, known)
    assert configs.read(path, source / path).unread.keys() == {field}
    with pytest.raises(Refusal, match=told) as refused:
        sealed(source, attacker, judge)
    assert refused.value.code == "case.stripped"


def test_a_baseline_is_held_against_its_own_files(
    source: Path, attacker: Identity, judge: Identity, monkeypatch: pytest.MonkeyPatch, loads: list[str]
) -> None:
    turned = {"rope_type": "default", "rope_theta": 100.0}
    tiny.save_model(source / "baseline" / "weights", "llama", seed=1, rope_parameters=turned)
    edited(source / "baseline" / "weights" / "config.json", note="it lies")
    sealed(source, attacker, judge)
    assert len(loads) == 3  # the organism once
    shutil.rmtree(source.parent / "a.case")
    told = json.loads((source / CONFIG).read_text())
    del told["rope_parameters"]
    (source / CONFIG).write_text(json.dumps(told))
    without(monkeypatch, "rope_parameters")
    with pytest.raises(Refusal, match="another baseline than was given"):
        sealed(source, attacker, judge)
