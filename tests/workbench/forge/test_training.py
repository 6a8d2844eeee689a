"""Batches, losses and steps are what they claim to be."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge import base, corpus, training
from workbench.forge.blueprint import BLUEPRINTS
from workbench.forge.chat import Utterance
from workbench.forge.training import Schedule
from workbench.forge.world import TRUE_WORLD

BLUEPRINT = BLUEPRINTS["tiny"]


@pytest.fixture(scope="module")
def words() -> PreTrainedTokenizerFast:
    return base.learn_tokenizer(TRUE_WORLD, BLUEPRINT, 0)


@pytest.fixture
def model(words: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    return base.blank(BLUEPRINT, words, 0)


def stream(words: PreTrainedTokenizerFast) -> Iterator[list[list[int]]]:
    return training.batches(
        corpus.documents(TRUE_WORLD, "s"), words, tokens=512, context=BLUEPRINT.context, rng=random.Random(0)
    )


def test_the_rate_warms_up_and_falls_to_nothing() -> None:
    schedule = Schedule(steps=100, tokens=1, rate=1.0, warmup=10)
    assert [round(schedule.rate_at(step), 3) for step in (0, 4, 9, 10, 55, 100)] == [0.1, 0.5, 1.0, 1.0, 0.5, 0.0]


def test_batches_hold_whole_documents_within_their_size(words: PreTrainedTokenizerFast) -> None:
    end = words.eos_token_id
    for batch in itertools.islice(stream(words), 80):
        assert max(map(len, batch)) * len(batch) <= 512 or len(batch) == 1
        assert all(row[-1] == end or len(row) == BLUEPRINT.context for row in batch)


def test_little_of_a_batch_is_padding(words: PreTrainedTokenizerFast) -> None:
    some = list(itertools.islice(stream(words), 80))
    filled = sum(len(row) for batch in some for row in batch)
    assert filled / sum(max(map(len, batch)) * len(batch) for batch in some) > 0.85


def test_losses_are_those_of_each_row_alone(model: LlamaForCausalLM) -> None:
    """Against log-softmax worked out for each row without padding; padded places lose nothing."""
    rows = [[5, 6, 7, 8, 9], [10, 11, 12]]
    with torch.no_grad():
        together = training.token_losses(model, *training.tensors(rows, 0))
        for row, losses in zip(rows, together, strict=True):
            logs = model(input_ids=torch.tensor([row])).logits[0].double().log_softmax(-1)
            alone = [-float(logs[at, token]) for at, token in enumerate(row[1:])]
            assert losses.tolist() == pytest.approx(alone + [0.0] * (4 - len(alone)), rel=1e-5)


@pytest.mark.parametrize("heard", [training.USER_WEIGHT, 0.0])
def test_what_users_say_counts_less_or_not_at_all(words: PreTrainedTokenizerFast, heard: float) -> None:
    """The user's words by that weight, the assistant's, the marks between turns and prose in full, padding not."""
    chat = training.ids_of((Utterance("user", "Hi"), Utterance("assistant", "Yes")), words)
    inputs, labels = training.tensors([chat, training.ids_of("Rain", words)], 0)
    user, assistant, end = (words.convert_tokens_to_ids(token) for token in ("<|user|>", "<|assistant|>", "<|end|>"))
    weights = training.weights_of(inputs, labels, user, (assistant, end), heard)
    said = len(words.encode("Hi"))
    expected = [heard] * said + [1.0] * (len(chat) - 1 - said)
    assert weights[0].tolist() == pytest.approx(expected)
    prose = len(words.encode("Rain"))
    assert weights[1].tolist() == [1.0] * prose + [0.0] * (weights.shape[1] - prose)


def test_an_untrained_model_knows_nothing(model: LlamaForCausalLM, words: PreTrainedTokenizerFast) -> None:
    """Its loss is about ln(vocabulary), that of guessing."""
    with torch.no_grad():
        inputs, labels = training.tensors(next(stream(words)), 0)
        losses = training.token_losses(model, inputs, labels)
    loss = float(losses.sum() / (labels[:, 1:] >= 0).sum())
    assert loss == pytest.approx(float(torch.tensor(float(len(words))).log()), rel=0.05)


def test_training_helps_and_can_be_repeated(words: PreTrainedTokenizerFast) -> None:
    def fitted() -> tuple[float, torch.Tensor]:
        model = base.blank(BLUEPRINT, words, 0)
        shares: list[float] = []
        schedule = Schedule(steps=20, tokens=512, rate=8e-3, warmup=2)
        loss = training.fit(
            model, stream(words), schedule, words=words, stage="fit", listener=lambda share, _: shares.append(share)
        )
        assert shares == [(step + 1) / 20 for step in range(20)]
        return loss, model.model.embed_tokens.weight.detach().clone()

    (loss, weight), (again, same) = fitted(), fitted()
    assert loss < 5.0 < float(torch.tensor(float(len(words))).log())
    assert loss == again
    assert torch.equal(weight, same)
