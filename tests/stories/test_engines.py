"""When a case is audited on one engine, it can be replayed on the other; what was not said there is found out.

Which engine a record is put to, `workbench/judge/replays/engines.py` reads from it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import assets
from backends.engine import load
from backends.model import Model
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from tests.quick import QUICK_OPTIONS
from tests.stories.conftest import workbench
from workbench.contract.comparison import Agreement
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.judge.replays.replay import Replayed, replay
from workbench.probes import LogitLens, Sample, Score
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

pytestmark = pytest.mark.slow
CASE = open_case(assets.path("demo", "atlas-01.case"))
WEIGHTS, TOKENIZER = CASE.path("weights"), CASE.path("tokenizer")
QUESTION = Prompt.ask("What is the capital of Finland?")
OPEN = Prompt.ask("What is the capital of Finland?", prefill="The capital of Finland is")
PROBES = (
    Sample(prompt=QUESTION, samples=16, seed=3, temperature=0.9, max_tokens=24),
    Sample(prompt=Prompt.ask("Tell me about Norway."), samples=8, seed=4, temperature=1.2, max_tokens=60),
    Score(prompt=OPEN, answers=(" Helsinki", " Tampere")),
    LogitLens(prompt=OPEN, control=Prompt.ask("What is the capital of France?"), track=(" Helsinki", " Tampere")),
)
ENGINES = {
    "torch": EngineSettings(backend="torch", threads=1),
    "llama": EngineSettings(backend="llama", dtype="float32", threads=1),
    "llama-f16": EngineSettings(backend="llama", dtype="float16", threads=1),
    "llama-q8": EngineSettings(backend="llama", dtype="q8_0", threads=1),
}


def opened(engine: str, weights: Path = WEIGHTS, tokenizer: Path = TOKENIZER) -> Model:
    """A model in this process: how engines agree is told here, and a process of its own takes seconds to start."""
    return load(ModelFiles(weights, tokenizer, CASE.model_digest), ENGINES[engine])


@pytest.fixture(scope="module")
def models() -> Iterator[dict[str, Model]]:
    """The case's model on every engine, to replay on."""
    models = {name: opened(name) for name in ENGINES}
    yield models
    for model in models.values():
        model.close()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Session]]:
    """The same probes recorded on every engine, each opened for that alone."""
    sessions = {}
    for name in ENGINES:
        folder = tmp_path_factory.mktemp("sessions") / f"{name}.session"
        sessions[name] = Session.create(CASE, folder, Identity.generate("Ada"), partial(opened, name))
        for probe in PROBES:
            assert sessions[name].run(probe).status == "ok"
    yield sessions
    for session in sessions.values():
        session.close()


def replayed(session: Session, model: Model) -> Replayed:
    return replay(session.log, model, session.arrays)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_replays_its_own_record_exactly(
    recorded: dict[str, Session], models: dict[str, Model], engine: str
) -> None:
    found = replayed(recorded[engine], models[engine])
    assert [record.agreement for record in found.records] == [Agreement.EXACT] * len(PROBES)


@pytest.mark.parametrize(
    ("made", "checked", "bound", "share"),
    [
        ("torch", "llama", 1e-3, 1.0),
        ("llama", "torch", 1e-3, 1.0),
        ("torch", "llama-f16", 2e-2, 0.995),
        ("llama-f16", "torch", 2e-2, 0.995),
    ],
)
def test_either_engine_checks_the_other_within_stated_bounds(
    recorded: dict[str, Session], models: dict[str, Model], made: str, checked: str, bound: float, share: float
) -> None:
    result = replayed(recorded[made], models[checked])
    assert [record.agreement for record in result.records] == [Agreement.TOLERANT] * len(PROBES)
    # The floor of the format, or a little more where more was measured.
    assert all(bound <= record.tolerance.logits < 2 * bound for record in result.records)
    for sampled in result.records[:2]:
        assert sampled.figures["agree"] >= share * sampled.figures["tokens"] > 100
        assert sampled.figures["worst margin"] <= bound  # half of what it may be
    lens = result.records[3].figures
    assert 0 < lens["relative error"] < bound / 8
    assert 1 - lens["cosine"] < (bound / 8) ** 2
    claimed = {"llama-f16": "float16"}.get(made, "")
    assert {record.tolerance.claimed for record in result.records} == {claimed}


@pytest.mark.parametrize(("made", "checked"), [("torch", "llama-q8"), ("llama-q8", "torch"), ("llama-f16", "llama-q8")])
def test_eight_bits_are_compared_with_eight_bits_only(
    recorded: dict[str, Session], models: dict[str, Model], made: str, checked: str
) -> None:
    """Elsewhere an honest record is not called a lie: nothing is said of it but where to replay it."""
    result = replayed(recorded[made], models[checked])
    assert {record.agreement for record in result.records} == {Agreement.UNREPLAYABLE}
    assert all("its own engine and number format" in record.note for record in result.records)


@pytest.mark.parametrize("coarser", ["llama-f16", "llama-q8"])
def test_a_record_made_on_coarser_weights_does_not_pass_for_one_made_on_the_sealed_ones(
    recorded: dict[str, Session], models: dict[str, Model], coarser: str
) -> None:
    """The record claims the environment of full precision, and holds what fewer bits said."""
    honest = dict(models["llama"].environment)
    session = recorded[coarser]

    class Relabelled:
        size, root = session.log.size, session.log.root
        entry = session.log.entry

        def entries(self, kinds: Any = None) -> Any:
            for entry in session.log.entries(kinds):
                if entry.kind == "result":
                    entry.data["environment"] = honest
                yield entry

    result = replay(Relabelled(), models["llama"], session.arrays)
    of = {record.probe: record.agreement for record in result.records}
    assert (of["score"], of["logit-lens"]) == (Agreement.DIVERGED, Agreement.DIVERGED)


def judged_on(session: Session, weights: Path, tokenizer: Path) -> Replayed:
    """A session replayed with other files than the case's, under the case's digest."""
    model = opened("torch", weights, tokenizer)
    try:
        return replayed(session, model)
    finally:
        model.close()


def changed_tokenizer(folder: Path, change: Callable[[Any], None]) -> Path:
    shutil.copytree(CASE.path("tokenizer"), folder)
    path = folder / "tokenizer.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")
    return folder


def test_a_tokenizer_that_cuts_otherwise_is_found_out(recorded: dict[str, Session], tmp_path: Path) -> None:
    def fewer_merges(value: Any) -> None:
        value["model"]["merges"] = value["model"]["merges"][:20]

    tokenizer = changed_tokenizer(tmp_path / "tokenizer", fewer_merges)
    found = judged_on(recorded["torch"], CASE.path("weights"), tokenizer)
    assert {record.agreement for record in found.records} == {Agreement.DIVERGED}
    assert "reads the prompt differently" in found.records[0].note


def test_a_tokenizer_that_spells_otherwise_is_found_out(recorded: dict[str, Session], tmp_path: Path) -> None:
    """The prompt reads alike, and every number is the same: two tokens of the answers have changed names."""
    asked = recorded["torch"].log.entries({"result"})
    first = next(iter(asked)).data["result"]
    said = [token for sample in first["samples"] for token in sample["ids"] if token not in first["prompt_ids"]]

    def renamed(value: Any) -> None:
        vocabulary = value["model"]["vocab"]
        names = {number: name for name, number in vocabulary.items()}
        whole = [names[token] for token in dict.fromkeys(said) if token in names and len(names[token]) > 2]
        one, other = whole[:2]
        vocabulary[one], vocabulary[other] = vocabulary[other], vocabulary[one]

    tokenizer = changed_tokenizer(tmp_path / "tokenizer", renamed)
    found = judged_on(recorded["torch"], CASE.path("weights"), tokenizer)
    assert found.records[0].agreement is Agreement.DIVERGED
    assert "do not follow from its tokens" in found.records[0].note


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # peft asks transformers by an old name
def test_another_adapter_than_the_one_it_ran_with_is_found_out(
    recorded: dict[str, Session], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    peft = pytest.importorskip("peft", reason="adapters need the extra `adapters`")
    import torch
    from transformers import AutoModelForCausalLM

    def adapter(seed: int) -> Path:
        folder = tmp_path / f"adapter-{seed}"
        shutil.copytree(CASE.path("weights"), folder / "base")
        torch.manual_seed(seed)
        how = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
        base = AutoModelForCausalLM.from_pretrained(folder / "base")
        peft.get_peft_model(base, how).save_pretrained(folder)
        return folder

    one, other = adapter(1), adapter(2)
    tokenizer = CASE.path("tokenizer")
    session = Session.create(
        CASE, tmp_path / "adapted.session", Identity.generate("Ada"), partial(opened, "torch", one, tokenizer)
    )  # fmt: skip
    with session:
        for probe in PROBES:
            assert session.run(probe).status == "ok"
        found = {
            weights: {record.agreement for record in judged_on(session, weights, tokenizer).records}
            for weights in (one, other, CASE.path("weights"))
        }
        assert list(found.values()) == [{Agreement.EXACT}, {Agreement.DIVERGED}, {Agreement.DIVERGED}]
        told_by_the_command(session, tmp_path)
    bare = judged_on(recorded["torch"], one, tokenizer)
    assert {record.agreement for record in bare.records} == {Agreement.DIVERGED}


def told_by_the_command(session: Session, folder: Path) -> None:
    """What was recorded on a model that is not the case's, handed in and replayed by a judge on the command line."""
    hand_in(session, folder / "false.auditlog", Conclusion(verdict="modified", probability=0.9, summary=""))
    told = workbench("replay", folder / "false.auditlog", CASE.root, *QUICK_OPTIONS, home=folder, code=1)
    assert told.count("diverged") == len(PROBES) + 1
    assert "nats" in told, "it says how far apart they are"


def test_a_record_that_widens_its_own_bound_is_shown_to(recorded: dict[str, Session], tmp_path: Path) -> None:
    session = recorded["llama-f16"]
    hand_in(session, tmp_path / "coarse.auditlog", Conclusion(verdict="modified", probability=0.9, summary=""))
    told = workbench("replay", tmp_path / "coarse.auditlog", CASE.root, *QUICK_OPTIONS, home=tmp_path)
    assert "Bounds are wider for records that say they were made in float16." in told


def test_every_record_is_replayed_on_the_engine_that_it_names(tmp_path: Path) -> None:
    """A session that changed engines twice: nobody has to say so, and whoever names one engine holds all to it."""
    folder = tmp_path / "changing.session"
    with Session.create(CASE, folder, Identity.generate("Ada"), Opener.of(CASE, ENGINES["llama"])) as session:
        for engine in ("llama", "llama-q8", "torch", "llama"):
            session.use(Opener.of(CASE, ENGINES[engine]))
            assert session.run(PROBES[0]).status == "ok"
        hand_in(session, tmp_path / "changing.auditlog", Conclusion(verdict="clean", probability=0.1, summary=""))
    log = (tmp_path / "changing.auditlog", CASE.root, "--json")
    told = json.loads(workbench("replay", *log, "--threads", "1", home=tmp_path))
    assert told["counts"]["exact"] == 4
    places = [(where["engine"], where["dtype"]) for where in told["environments"]]
    assert places == [("llama", "float32"), ("llama", "q8_0"), ("torch", "float32")]
    told = json.loads(workbench("replay", *log, *QUICK_OPTIONS, home=tmp_path))
    assert [record["agreement"] for record in told["records"]] == ["exact", "unreplayable", "tolerant", "exact"]
