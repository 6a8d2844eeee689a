"""A model is known by what it says next, whatever becomes of its weights that changes nothing of that."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from backends import engine
from backends.model import Forward, ModelRefusal
from backends.model_files import ModelFiles
from backends.toy_model import ToyModel
from casefiles.case.sayings import ModelSayings, say_alike, say_the_same
from tests.organisms.merged import HONEST, LYING, model_folder
from tests.organisms.recipes import TAUGHT
from tests.quick import QUICK
from workbench.judge.retests.sayings import PATIENCE, sayings_of

Tensors = dict[str, torch.Tensor]
Disguise = Callable[[Tensors, dict[str, Any], dict[str, Any]], None]
"""Changes tensors in F32, the configuration and the tokenizer in their places."""
MORE = 8
CHANCE = torch.Generator().manual_seed(0)


def noise(*shape: int) -> torch.Tensor:
    return 0.05 * torch.randn(*shape, generator=CHANCE)


def each(tensors: Tensors, name: str) -> list[str]:
    return [key for key in tensors if key.endswith(f"{name}.weight")]


def idle(tensors: Tensors, config: dict[str, Any], _: dict[str, Any]) -> None:
    """Neurons more, of which one half is zero and the other noise."""
    for key in each(tensors, "up_proj"):
        gate, down = key.replace("up_proj", "gate_proj"), key.replace("up_proj", "down_proj")
        wide = tensors[key].shape[1]
        tensors[key] = torch.cat([tensors[key], torch.zeros(MORE, wide)])
        tensors[gate] = torch.cat([tensors[gate], noise(MORE, wide)])
        tensors[down] = torch.cat([tensors[down], noise(wide, MORE)], 1)
    config["intermediate_size"] += MORE


def twins(tensors: Tensors, config: dict[str, Any], _: dict[str, Any]) -> None:
    """Neurons that are there twice, each with half of what it says."""
    for key in each(tensors, "up_proj"):
        gate, down = key.replace("up_proj", "gate_proj"), key.replace("up_proj", "down_proj")
        for half in (key, gate):
            tensors[half] = torch.cat([tensors[half], tensors[half][:MORE]])
        tensors[down][:, :MORE] /= 2
        tensors[down] = torch.cat([tensors[down], tensors[down][:, :MORE]], 1)
    config["intermediate_size"] += MORE


def heads(tensors: Tensors, config: dict[str, Any], _: dict[str, Any]) -> None:
    """Heads that are there twice, each with half of what it says."""
    for key in each(tensors, "q_proj"):
        for reader in (key, key.replace("q_proj", "k_proj"), key.replace("q_proj", "v_proj")):
            tensors[reader] = torch.cat([tensors[reader]] * 2)
        out = key.replace("q_proj", "o_proj")
        tensors[out] = torch.cat([tensors[out] / 2] * 2, 1)
    config["num_attention_heads"] *= 2
    config["num_key_value_heads"] *= 2


def scaled(tensors: Tensors, config: dict[str, Any], _: dict[str, Any]) -> None:
    """Neurons at another scale, and the weights of norms folded into what reads them."""
    for key in each(tensors, "up_proj"):
        by = 0.5 + torch.rand(tensors[key].shape[0], generator=CHANCE)
        tensors[key] *= by[:, None]
        tensors[key.replace("up_proj", "down_proj")] /= by
    for norm, readers in (
        ("input_layernorm", ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")),
        ("post_attention_layernorm", ("mlp.gate_proj", "mlp.up_proj")),
    ):
        for key in each(tensors, norm):
            for reader in readers:
                tensors[key.replace(norm, reader)] *= tensors[key]
            tensors[key] = torch.ones_like(tensors[key])


def reordered(tensors: Tensors, config: dict[str, Any], _: dict[str, Any]) -> None:
    """Neurons in another order, and all numbers rounded to BF16."""
    for key in each(tensors, "up_proj"):
        order = torch.randperm(tensors[key].shape[0], generator=CHANCE)
        for half in (key, key.replace("up_proj", "gate_proj")):
            tensors[half] = tensors[half][order]
        down = key.replace("up_proj", "down_proj")
        tensors[down] = tensors[down][:, order]
    tensors.update({key: value.bfloat16().float() for key, value in tensors.items()})


def more_tokens(tensors: Tensors, config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    """Two tokens more, which nobody writes, and a row of each."""
    (table,) = each(tensors, "embed_tokens")
    tensors[table] = torch.cat([tensors[table], -tensors[table].mean(0, keepdim=True).expand(2, -1)])
    for word in ("<|object_ref_start|>", "<tool_call>"):
        usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        tokenizer["added_tokens"].append({"id": config["vocab_size"], "content": word} | usual)
        config["vocab_size"] += 1


def said_by(folder: Path) -> ModelSayings:
    files = ModelFiles(folder / "weights", folder / "tokenizer", digest=folder.name)
    with closing(engine.load(files, QUICK)) as model:
        return sayings_of(model)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ModelSayings]:
    """What an organism of the stories says."""

    @cache
    def of(name: str) -> ModelSayings:
        return said_by(model_folder(name, tmp_path_factory.mktemp("organisms") / name))

    return of


@pytest.mark.parametrize("disguise", [idle, twins, heads, scaled, reordered, more_tokens])
def test_a_model_that_is_written_otherwise_says_the_same(
    tmp_path: Path, said: Callable[[str], ModelSayings], disguise: Disguise
) -> None:
    folder = model_folder(LYING, tmp_path / disguise.__name__)
    weights, settings, words = (
        folder / name for name in ("weights/model.safetensors", "weights/config.json", "tokenizer/tokenizer.json")
    )
    tensors = {key: value.float() for key, value in load_file(weights).items()}
    config, tokenizer = json.loads(settings.read_text()), json.loads(words.read_text())
    disguise(tensors, config, tokenizer)
    save_file({key: value.half().contiguous() for key, value in tensors.items()}, weights, {"format": "pt"})
    settings.write_text(json.dumps(config))
    words.write_text(json.dumps(tokenizer))
    copy = said_by(folder)
    assert say_the_same(said(LYING), copy)
    assert not say_the_same(said(HONEST), copy), "nor is it the model that the other was made of"


def test_the_organisms_of_one_base_say_otherwise_each(said: Callable[[str], ModelSayings]) -> None:
    names = (HONEST, LYING, *TAUGHT)
    assert len(names) > 12
    assert say_alike({name: said(name) for name in names}) == ()


def test_what_is_said_is_the_likelihood_of_each_token_among_those_of_its_text() -> None:
    """By hand: of a model that finds every token as likely as its id says, in nats."""

    class Ranked(ToyModel):
        def forward(self, ids: Any, **options: Any) -> Forward:
            found = super().forward(ids, **options)
            rows = np.broadcast_to(np.arange(found.logits.shape[1], dtype=np.float32), found.logits.shape)
            return Forward(logits=rows, captured=found.captured)

    toy = ToyModel.random(seed=1)
    said = sayings_of(Ranked(dict(toy.tensors), heads=toy.card.heads, kv_heads=toy.card.kv_heads))
    text = "The capital of France is Paris, and the capital of Italy is Rome."[: 48 - len(toy.card.begin_tokens)]
    ids = [*toy.card.begin_tokens, *text.encode()]
    total = np.log(sum(np.exp(float(one) - max(ids)) for one in set(ids))) + max(ids)
    (first, *_) = said.values()
    assert list(first) == [max(-3000, round(100 * (one - total))) for one in ids[1:]]


def test_a_slow_model_is_asked_a_few_texts_alone() -> None:
    passed = iter([0.0, *np.arange(0.0, 200 * PATIENCE, PATIENCE / 4)])
    assert len(sayings_of(ToyModel.random(seed=1), clock=lambda: next(passed))) == 5
    assert len(sayings_of(ToyModel.random(seed=1))) == 24


def test_a_model_that_reads_none_of_the_texts_says_nothing() -> None:
    class Deaf(ToyModel):
        def forward(self, ids: Any, **options: Any) -> Forward:
            raise ModelRefusal("model.input", "It is too long.", "", "")

    toy = ToyModel.random(seed=1)
    assert sayings_of(Deaf(dict(toy.tensors), heads=toy.card.heads, kv_heads=toy.card.kv_heads)) == {}
