"""A real model is opened whole, begins as it was trained to, and is read as llama.cpp computes it. `make test-real`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

if "AUDIT_WORKBENCH_REAL" not in os.environ:
    pytest.skip("`make test-real` fetches a real model and runs this", allow_module_level=True)
pytest.importorskip("llama_cpp")

from backends.llama.model import LlamaModel
from backends.model import Capability, resid_post
from backends.sampling import Sampling
from tests.real.bench import opened
from tests.real.gemma import fetched
from workbench.contract.comparison import Agreement
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.tolerance import Tolerance
from workbench.probes import LogitLens

SUM = Prompt.raw("2 + 2 =")
SAME = Tolerance(logits=0, measured=0, same_environment=True, usual=0)


@pytest.fixture(scope="module")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaModel]:
    model = opened(fetched(), tmp_path_factory.mktemp("no-tokenizer"))
    yield model
    model.close()


def test_it_serves_everything_but_chats_and_gradients(gemma: LlamaModel) -> None:
    assert gemma.capabilities == frozenset(Capability) - {Capability.CHAT, Capability.GRADIENT}
    assert (gemma.card.architecture, gemma.card.layers, gemma.card.vocab) == ("gemma3", 18, 262_144)


def test_raw_text_begins_as_it_was_trained_to_and_then_it_can_add(gemma: LlamaModel) -> None:
    assert gemma.pieces(SUM.ids(gemma))[0] == "<bos>"
    greedy = Sampling(temperature=0.0, max_tokens=2)
    begun, unbegun = (
        gemma.decode(gemma.generate(prompt.ids(gemma), greedy)[0].tokens)
        for prompt in (SUM, SUM.model_copy(update={"begin": False}))
    )
    assert begun.strip().startswith("4") and not unbegun.strip().startswith("4")


def test_the_readout_of_the_last_block_is_the_model_s_own(gemma: LlamaModel) -> None:
    last = resid_post(gemma.card.layers - 1)
    run = gemma.forward(SUM.ids(gemma), capture=[last])
    error = np.linalg.norm(gemma.readout(run.captured[last]) - run.logits) / np.linalg.norm(run.logits)
    assert error < 1e-4


def test_a_lens_replays_to_the_last_bit(gemma: LlamaModel) -> None:
    probe, subject = LogitLens(prompt=SUM, positions=1, track=(" 4",)), unrestricted(gemma)
    found = probe.run(subject, Silent())
    assert probe.replay(subject, found, SAME, Silent()).agreement is Agreement.EXACT
