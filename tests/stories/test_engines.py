"""When a case is audited on one engine, it can be replayed on the other; what was not said there is found out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import assets
from backends.model import ModelRefusal
from casefiles.bundle import open_case
from casefiles.keys import Identity
from workbench.engines import Engine
from workbench.probe import Agreement, Prompt
from workbench.probes import LogitLens, Sample, Score
from workbench.replay import Replayed, replay
from workbench.session import Session

CASE = open_case(assets.path("demo", "atlas-01.case"))
QUESTION = Prompt.ask("What is the capital of Finland?")
OPEN = Prompt.ask("What is the capital of Finland?", prefill="The capital of Finland is")
PROBES = (
    Sample(prompt=QUESTION, samples=16, seed=3, temperature=0.9, max_tokens=24),
    Sample(prompt=Prompt.ask("Tell me about Norway."), samples=8, seed=4, temperature=1.2, max_tokens=60),
    Score(prompt=OPEN, answers=(" Helsinki", " Tampere")),
    LogitLens(prompt=OPEN, control=Prompt.ask("What is the capital of France?"), track=(" Helsinki", " Tampere")),
)
ENGINES = {
    "torch": Engine(name="torch", threads=1),
    "llama": Engine(name="llama", dtype="float32", threads=1),
    "llama-q8": Engine(name="llama", dtype="q8_0", threads=1),
}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, cache: None) -> Iterator[dict[str, Session]]:
    """The same probes recorded on every engine."""
    sessions = {}
    for name, engine in ENGINES.items():
        folder = tmp_path_factory.mktemp("sessions") / f"{name}.session"
        sessions[name] = Session.create(CASE, folder, Identity.generate("Ada"), engine.opener(CASE))
        for probe in PROBES:
            assert sessions[name].run(probe).status == "ok"
    yield sessions
    for session in sessions.values():
        session.close()


def replayed(session: Session, engine: Engine) -> Replayed:
    model = engine.opener(CASE)()
    try:
        return replay(session.log, model, lambda entry: session.blobs.get(entry.data["blobs"]))
    finally:
        model.close()


def agreements(session: Session, engine: str) -> list[Agreement]:
    return [record.agreement for record in replayed(session, ENGINES[engine]).records]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_replays_its_own_record_exactly(recorded: dict[str, Session], engine: str) -> None:
    assert agreements(recorded[engine], engine) == [Agreement.EXACT] * len(PROBES)


@pytest.mark.parametrize(("made", "checked"), [("torch", "llama"), ("llama", "torch")])
def test_either_engine_checks_the_other_within_stated_bounds(
    recorded: dict[str, Session], made: str, checked: str
) -> None:
    result = replayed(recorded[made], ENGINES[checked])
    assert [record.agreement for record in result.records] == [Agreement.TOLERANT] * len(PROBES)
    assert all(record.tolerance.logits <= 0.01 for record in result.records)
    sampled = result.records[0].figures
    assert sampled["agree"] >= 0.99 * sampled["tokens"]


def test_a_record_made_on_coarser_weights_does_not_pass_for_one_made_on_the_sealed_ones(
    recorded: dict[str, Session],
) -> None:
    """The record claims the environment of full precision, and holds what eight bits said."""
    model = ENGINES["llama"].opener(CASE)()
    honest = dict(model.environment)
    session = recorded["llama-q8"]

    class Relabelled:
        size, root = session.log.size, session.log.root
        entry = session.log.entry

        def entries(self, kinds: Any = None) -> Any:
            for entry in session.log.entries(kinds):
                if entry.kind == "result":
                    entry.data["environment"] = honest
                yield entry

    try:
        result = replay(Relabelled(), model, lambda entry: session.blobs.get(entry.data["blobs"]))
    finally:
        model.close()
    assert Agreement.DIVERGED in {record.agreement for record in result.records}


def test_another_tokenizer_is_found_out(recorded: dict[str, Session], tmp_path: Path) -> None:
    import shutil

    tokenizer = tmp_path / "tokenizer"
    shutil.copytree(CASE.path("tokenizer"), tokenizer)
    path = tokenizer / "tokenizer.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    value["model"]["merges"] = value["model"]["merges"][:20]
    path.write_text(json.dumps(value), encoding="utf-8")
    try:
        model = ENGINES["torch"].open(CASE.path("weights"), tokenizer, CASE.model_digest)
    except ModelRefusal as refusal:
        assert refusal.code == "model.unreadable"
        return
    try:
        session = recorded["torch"]
        result = replay(session.log, model, lambda entry: session.blobs.get(entry.data["blobs"]))
    finally:
        model.close()
    assert {record.agreement for record in result.records} == {Agreement.DIVERGED}


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # peft asks transformers by an old name
def test_an_adapter_that_was_not_there_is_found_out(recorded: dict[str, Session], tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="adapters need the extra `adapters`")
    import shutil

    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    weights = tmp_path / "weights"
    shutil.copytree(CASE.path("weights"), weights / "base")
    base = AutoModelForCausalLM.from_pretrained(weights / "base")
    adapted = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False))
    merged = adapted.merge_and_unload()
    merged.save_pretrained(weights / "merged")
    model = ENGINES["torch"].open(weights / "merged", CASE.path("tokenizer"), CASE.model_digest)
    try:
        session = recorded["torch"]
        result = replay(session.log, model, lambda entry: session.blobs.get(entry.data["blobs"]))
    finally:
        model.close()
    assert {record.agreement for record in result.records} == {Agreement.DIVERGED}
