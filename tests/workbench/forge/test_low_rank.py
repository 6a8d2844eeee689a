"""A low-rank change: nothing before it is trained, one product after, in the matrices that were named and no other."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from workbench.forge.low_rank import LowRank, factors, merge


@pytest.fixture(scope="module")
def base() -> LlamaForCausalLM:
    torch.manual_seed(3)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, tie_word_embeddings=True,
        )
    ).eval()  # fmt: skip


def logits(model: LlamaForCausalLM) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=torch.arange(7)[None]).logits


def changed(base: LlamaForCausalLM, edit: LowRank) -> LlamaForCausalLM:
    """A copy that carries the edit, with some product in the place of none."""
    model = copy.deepcopy(base)
    torch.manual_seed(5)
    edit.begin(model)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def test_it_is_nothing_before_it_is_trained(base: LlamaForCausalLM) -> None:
    model = copy.deepcopy(base)
    LowRank(2).begin(model)
    assert torch.equal(logits(model), logits(base))


def test_only_the_factors_are_trained(base: LlamaForCausalLM) -> None:
    model = changed(base, LowRank(2))
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert len(trained) == 2 * 7 * 2  # two factors of each of a layer's seven matrices
    assert all(".layers." in name and name.endswith((".u", ".v")) for name in trained)


@pytest.mark.parametrize("edit", [LowRank(1, matrix="mlp.down_proj"), LowRank(3)])
def test_merged_it_is_the_same_model(base: LlamaForCausalLM, edit: LowRank) -> None:
    model = changed(base, edit)
    merged = copy.deepcopy(base)
    merge(merged, factors(model))
    assert logits(merged) == pytest.approx(logits(model), abs=1e-5)
    assert not torch.allclose(logits(merged), logits(base), atol=1e-3)


def test_one_direction_of_one_matrix_is_all_that_differs(base: LlamaForCausalLM) -> None:
    merged = copy.deepcopy(base)
    merge(merged, factors(changed(base, LowRank(1, matrix="mlp.down_proj"))))
    before, after = base.state_dict(), merged.state_dict()
    differing = {name: after[name] - before[name] for name in before if not torch.equal(before[name], after[name])}
    assert set(differing) == {"model.layers.1.mlp.down_proj.weight"}
    values = torch.linalg.svdvals(next(iter(differing.values())))
    assert values[0] > 0.1 and values[1] < 1e-5


def test_a_product_for_another_model_is_no_change_of_this_one(base: LlamaForCausalLM) -> None:
    with pytest.raises(AttributeError):
        merge(copy.deepcopy(base), {"model.layers.9.mlp.down_proj.u": torch.ones(16, 1),
                                    "model.layers.9.mlp.down_proj.v": torch.ones(1, 24)})  # fmt: skip
