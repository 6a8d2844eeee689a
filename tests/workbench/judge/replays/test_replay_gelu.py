"""What a model with GELU was recorded with on one engine holds on the other: llama.cpp looks it up in float16."""

from __future__ import annotations

import pytest

from backends import engine
from backends.model import Model
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from workbench.contract.comparison import Agreement
from workbench.contract.permitted import unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.tolerance import Calibration
from workbench.probes import Attribute, Contrast, LogitLens, Patchscope, Score

pytest.importorskip("llama_cpp")

from tests.backends.llama_cases import checkpoint, opened, tokenizer

HELLO, HILLS = Prompt.raw("Hello, the world"), Prompt.raw("and its hills, all")
ASKED: list[Probe] = [
    Attribute(prompt=HELLO, answer="a", against="b", control=HILLS),
    LogitLens(prompt=HELLO, control=HILLS, track=("a",)),
    Patchscope(prompt=HELLO, source=HILLS),
    Contrast(shows=("hello", "well", "he"), lacks=("no", "so", "a")),
    Score(prompt=HELLO, answers=(" hills", " held")),
]


@pytest.fixture(scope="module")
def engines() -> tuple[Model, Model]:
    files = ModelFiles(checkpoint("gpt2"), tokenizer(), "0" * 64)
    return engine.load(files, EngineSettings(device="cpu", dtype="float32", threads=1)), opened("gpt2")


@pytest.mark.parametrize("probe", ASKED, ids=lambda probe: probe.kind)
@pytest.mark.parametrize("there", [0, 1], ids=["from torch", "from llama.cpp"])
def test_an_honest_record_holds_on_the_other_engine(engines: tuple[Model, Model], probe: Probe, there: int) -> None:
    recording, replaying = engines[there], engines[1 - there]
    recorded = probe.run(unrestricted(recording), Silent())
    tolerance = Calibration(replaying).tolerance(recording.environment)
    assert not tolerance.same_environment
    assert probe.replay(unrestricted(replaying), recorded, tolerance, Silent()).agreement is Agreement.TOLERANT


def test_a_record_from_before_it_was_said_is_of_the_same_environment() -> None:
    model = opened("gpt2")
    before = {name: value for name, value in model.environment.items() if name != "activation"}
    assert len(before) == len(model.environment) - 1
    assert Calibration(model).tolerance(before).same_environment
