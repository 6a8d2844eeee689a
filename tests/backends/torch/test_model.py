"""The torch engine against other people's arithmetic: numpy, plain transformers, eager attention, TransformerLens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from backends import engine
from backends.distribution import token_scores
from backends.intake import PlacedPass, Site
from backends.model import Aim, Capability, Edit, Message, Model, ModelRefusal, Pass, resid_post
from backends.model_files import ModelFiles
from backends.sampling import Sampler, Sampling
from backends.settings import EngineSettings
from backends.torch import batches, passes
from backends.torch import sites as torch_sites
from backends.toy_model import ToyModel
from tests.backends import tiny
from tests.backends.stepping import stepped

FAMILIES = list(tiny.FAMILIES)
DIGEST = "ab" * 32
IDS = [256, 257, 5, 17, 200, 17, 99, 44, 258, 3, 64, 250]
LAYERS = range(tiny.LAYERS)


def sites(model: Model, *, plain: bool = False) -> list[str]:
    """Every site the model says it serves; `plain`: only those that need no bridge."""
    kinds = {
        Capability.RESIDUAL: ["hook_resid_post"],
        Capability.SUBLAYERS: ["hook_attn_out", "hook_mlp_out"],
        Capability.PATTERNS: ["attn.hook_pattern"],
        Capability.HEADS: ["attn.hook_z"],
        Capability.NEURONS: ["mlp.hook_post"],
    }
    bridged = str(model.environment.get("bridged", "")).split(",") if plain else []
    kept = [c for c in kinds if c in model.capabilities and c.value not in bridged]
    served = [kind for capability in kept for kind in kinds[capability]]
    return ["hook_embed", *(f"blocks.{layer}.{kind}" for layer in LAYERS for kind in served)]


@pytest.fixture(scope="module")
def load(saved: Callable[[str], Path], tokenizer: Path) -> Iterator[Callable[[str], Model]]:
    models: dict[str, Model] = {}

    def opened(family: str) -> Model:
        if family not in models:
            models[family] = engine.load(
                ModelFiles(saved(family), tokenizer, DIGEST), EngineSettings(backend="torch", device="cpu")
            )
        return models[family]

    yield opened
    for model in models.values():
        model.close()
        model.close()


@pytest.fixture(scope="module")
def plain(saved: Callable[[str], Path]) -> Callable[..., Any]:
    """The same checkpoint, opened as anybody would."""
    from transformers import AutoModelForCausalLM

    def opened(family: str, **how: Any) -> Any:
        softcapped = {"attn_implementation": "eager"} if family == "gemma2" else {}
        return AutoModelForCausalLM.from_pretrained(saved(family), **(softcapped | how)).eval()

    return opened


@pytest.mark.parametrize("family", FAMILIES)
def test_capturing_everything_changes_no_bit_of_the_logits(
    load: Callable[[str], Model], plain: Callable[..., Any], family: str
) -> None:
    import torch

    model = load(family)
    with torch.inference_mode():
        raw = plain(family)(input_ids=torch.tensor([IDS]), use_cache=False).logits[0].numpy()
    assert np.array_equal(model.forward(IDS).logits, raw)
    captured = model.forward(IDS, capture=sites(model, plain=True))
    assert np.array_equal(captured.logits, raw)
    assert set(captured.captured) == set(sites(model, plain=True))
    np.testing.assert_allclose(model.forward(IDS, capture=sites(model)).logits, raw, atol=1e-4)
    assert np.array_equal(model.forward(IDS, rows=[-1, 3, 0]).logits.argmax(-1), raw[[-1, 3, 0]].argmax(-1))
    np.testing.assert_allclose(model.forward(IDS, rows=[-1, 3, 0]).logits, raw[[-1, 3, 0]], atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_residual_stream_is_what_transformers_reports(
    load: Callable[[str], Model], plain: Callable[..., Any], family: str
) -> None:
    import torch

    seen = load(family).forward(IDS, capture=["hook_embed", *map(resid_post, LAYERS)]).captured
    with torch.inference_mode():
        states = plain(family)(input_ids=torch.tensor([IDS]), output_hidden_states=True).hidden_states
    stream = [seen["hook_embed"], *(seen[resid_post(layer)] for layer in LAYERS)]
    for mine, theirs in zip(stream[:-1], states[:-1], strict=True):  # their last is after the final norm
        assert np.array_equal(mine, theirs[0].numpy())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_readout_of_the_last_block_is_the_logits(load: Callable[[str], Model], family: str) -> None:
    model = load(family)
    run = model.forward(IDS, capture=[resid_post(tiny.LAYERS - 1)])
    np.testing.assert_allclose(model.readout(run.captured[resid_post(tiny.LAYERS - 1)]), run.logits, atol=2e-5)
    assert model.readout(np.empty((0, tiny.WIDTH), np.float32)).shape == (0, tiny.VOCAB)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_readout_is_linear_at_its_own_norm(load: Callable[[str], Model], family: str) -> None:
    model, last = load(family), resid_post(tiny.LAYERS - 1)
    residual = model.forward(IDS, capture=[last]).captured[last]
    logits, cap = model.readout(residual), tiny.config(family).to_dict().get("final_logit_softcapping")
    if cap:
        logits = np.arctanh(logits.astype(np.float64) / cap) * cap
    read = model.reading(residual, IDS)
    found = (read.directions.astype(np.float64) * residual).sum(-1) + read.offsets
    np.testing.assert_allclose(found, logits[range(len(IDS)), IDS], rtol=1e-4, atol=1e-4)
    spread = model.reading(residual[:1], range(tiny.VOCAB))
    np.testing.assert_allclose(spread.directions @ residual[0] + spread.offsets, logits[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_sum_to_the_stream(load: Callable[[str], Model], family: str) -> None:
    model = load(family)
    seen = model.forward(IDS, capture=sites(model)).captured
    total = seen["hook_embed"].astype(np.float64)
    for layer in LAYERS:
        total = total + seen[f"blocks.{layer}.hook_attn_out"] + seen[f"blocks.{layer}.hook_mlp_out"]
        scale = np.abs(seen[resid_post(layer)]).max()
        np.testing.assert_allclose(total, seen[resid_post(layer)], atol=2e-6 * scale)


@pytest.mark.parametrize("family", FAMILIES)
def test_patterns_are_those_of_eager_attention(
    load: Callable[[str], Model], plain: Callable[..., Any], family: str
) -> None:
    import torch

    seen = load(family).forward(IDS, capture=[f"blocks.{i}.attn.hook_pattern" for i in LAYERS]).captured
    with torch.inference_mode():
        run = plain(family, attn_implementation="eager")(input_ids=torch.tensor([IDS]), output_attentions=True)
    for layer in LAYERS:
        theirs = run.attentions[layer][0].numpy()
        np.testing.assert_allclose(seen[f"blocks.{layer}.attn.hook_pattern"], theirs, atol=1e-5)


def test_what_a_family_cannot_serve_is_said_and_refused(load: Callable[[str], Model]) -> None:
    for family in FAMILIES:
        lacking = {Capability.NEURONS, Capability.WEIGHTS} if family == "mixtral" else set()
        assert load(family).capabilities == frozenset(Capability) - lacking, family
    with pytest.raises(ModelRefusal, match="does not expose neurons") as caught:
        load("mixtral").forward(IDS, capture=["blocks.0.mlp.hook_post"])
    assert caught.value.code == "model.unsupported"


def test_a_pattern_that_is_not_what_the_attention_did_is_not_served(
    saved: Callable[[str], Path], tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Causal and summing to 1 is not enough: here every token attends evenly to those before it."""
    import torch

    from backends.torch import patterns

    def even(query: torch.Tensor, key: torch.Tensor, *_: object) -> torch.Tensor:
        rows = torch.ones(query.shape[2], key.shape[2]).tril()
        return (rows / rows.sum(-1, keepdim=True)).expand(len(query), query.shape[1], -1, -1)

    monkeypatch.setattr(patterns, "_pattern", even)
    model = engine.load(ModelFiles(saved("llama"), tokenizer, DIGEST), EngineSettings(backend="torch", device="cpu"))
    assert "patterns" in str(model.environment["bridged"]).split(",")  # the bridge's own stand in for them
    [seen] = model.forward(IDS, capture=["blocks.0.attn.hook_pattern"]).captured.values()
    assert seen[:, -1].std() > 1e-3


def test_a_closed_model_holds_no_weights(saved: Callable[[str], Path], tokenizer: Path) -> None:
    import gc
    import weakref

    model: Any = engine.load(
        ModelFiles(saved("llama"), tokenizer, DIGEST), EngineSettings(backend="torch", device="cpu")
    )
    embedding = weakref.ref(model._layout.embedding.weight)
    model.forward(IDS, capture=sites(model))
    model.close()
    model.close()
    gc.collect()
    assert embedding() is None


# Against numpy: an implementation of the same architecture that shares no code with torch.


@pytest.fixture(scope="module")
def oracle(saved: Callable[[str], Path], tokenizer: Path) -> ToyModel:
    return ToyModel.open(ModelFiles(saved("llama"), tokenizer, DIGEST))


def test_every_site_and_the_logits_agree_with_numpy(load: Callable[[str], Model], oracle: ToyModel) -> None:
    mine, theirs = (m.forward(IDS, capture=sites(oracle)) for m in (load("llama"), oracle))
    np.testing.assert_allclose(mine.logits, theirs.logits, atol=3e-4)
    for site in sites(oracle):
        assert mine.captured[site].shape == theirs.captured[site].shape, site
        np.testing.assert_allclose(mine.captured[site], theirs.captured[site], atol=3e-4, err_msg=site)


def _random_edits() -> list[Edit]:
    rng = np.random.default_rng(0)

    def value(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    return [
        Edit("hook_embed", "add", value(32), factor=0.5, positions=(2, 9)),
        Edit("hook_embed", "replace", value(3, 32), positions=(7, 1, 4)),
        Edit(resid_post(0), "add", value(32), factor=-2.0),
        Edit(resid_post(1), "scale", factor=0.3, positions=(0, 11)),
        Edit(resid_post(2), "replace", value(12, 32)),
        Edit("blocks.0.hook_attn_out", "zero"),
        Edit("blocks.1.hook_mlp_out", "zero", positions=(3,)),
        Edit("blocks.1.hook_mlp_out", "replace", value(1, 32)),
        Edit("blocks.1.attn.hook_z", "zero", head=3),
        Edit("blocks.1.attn.hook_z", "replace", value(2, 8), head=1, positions=(10, 2)),
        Edit("blocks.2.attn.hook_z", "add", value(4, 8), factor=3.0, positions=(5,)),
        Edit("blocks.2.attn.hook_z", "add", value(2, 4, 8), positions=(5, 1)),
        Edit("blocks.0.mlp.hook_post", "add", value(48), factor=2.0, positions=(6,)),
        Edit("blocks.2.mlp.hook_post", "scale", factor=-1.0),
        Edit("blocks.0.attn.hook_pattern", "zero", head=2, positions=(4, 5)),
        Edit("blocks.1.attn.hook_pattern", "replace", np.full((12, 12), 1 / 12, np.float32), head=0),
        Edit("blocks.1.attn.hook_pattern", "scale", factor=0.5),
        Edit("blocks.2.attn.hook_pattern", "add", value(4, 1, 12), positions=(3,)),
    ]


@pytest.mark.parametrize("number", range(len(_random_edits())))
def test_every_edit_does_what_it_does_in_numpy(load: Callable[[str], Model], oracle: ToyModel, number: int) -> None:
    edit, model = _random_edits()[number], load("llama")
    untouched = model.forward(IDS, capture=sites(oracle))
    mine, theirs = (m.forward(IDS, capture=sites(oracle), edits=[edit]) for m in (model, oracle))
    assert np.abs(mine.logits - untouched.logits).max() > 1e-3
    np.testing.assert_allclose(mine.logits, theirs.logits, atol=1e-3)
    np.testing.assert_allclose(mine.captured[edit.site], theirs.captured[edit.site], atol=1e-3)
    assert np.array_equal(model.forward(IDS).logits, untouched.logits), "an edit outlived its call"


def test_edits_are_made_in_the_order_given(load: Callable[[str], Model], oracle: ToyModel) -> None:
    edits = _random_edits()
    mine, theirs = (m.forward(IDS, edits=edits[::-1]).logits for m in (load("llama"), oracle))
    np.testing.assert_allclose(mine, theirs, atol=1e-3)


def test_samples_are_the_ones_numpy_draws(load: Callable[[str], Model], oracle: ToyModel) -> None:
    s = Sampling(seed=11, max_tokens=8, temperature=0.9, top_p=0.95)
    assert load("llama").generate(IDS, s, n=5) == oracle.generate(IDS, s, n=5)


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2", "gptj"])
def test_a_cursor_driven_by_the_sampler_is_generate(load: Callable[[str], Model], family: str) -> None:
    """Over two batches, with edits that hold in the cursor alone, and other calls between its steps."""
    model, how = load(family), Sampling(seed=5, max_tokens=6, temperature=1.2)
    push = np.ones(tiny.WIDTH, np.float32)
    edits = [
        Edit(resid_post(0), "add", push, factor=2.0, positions=(3, len(IDS) + 1)),
        Edit("blocks.1.attn.hook_z", "zero", head=2),
    ]
    plain = model.forward(IDS).logits
    for changed in ([], edits):

        def between() -> None:
            assert np.array_equal(model.forward(IDS).logits, plain)

        assert stepped(model, IDS, how, 35, edits=changed, between=between) == model.generate(
            IDS, how, n=35, edits=changed
        )


# Several passes side by side.


def batch(model: Model) -> list[Pass]:
    """Texts of several lengths, most with sites and edits of their own."""
    every, rng = sites(model), np.random.default_rng(3)
    push = rng.standard_normal(tiny.WIDTH).astype(np.float32)
    found = [
        Pass(IDS),
        Pass(IDS[:5], rows=[-1]),
        Pass(IDS[3:], every, rows=[0, -2]),
        Pass(IDS[::-1], every, keep=[-1, 2]),
    ]
    for at, kind in enumerate(("hook_resid_post", "hook_attn_out", "attn.hook_z", "attn.hook_pattern")):
        site, ids = f"blocks.{at % tiny.LAYERS}.{kind}", IDS[at:] + IDS[:at]
        if site in every and not (kind.startswith("attn.") and model.card.architecture == "gptj"):
            found.append(Pass(ids, [site], [Edit(site, "scale", factor=0.3, positions=(3, 7))], rows=[-1], keep=[7]))
            found.append(Pass(ids[:9], every[::2], [Edit(site, "zero")], rows=[]))
    rows = rng.standard_normal((7, tiny.WIDTH)).astype(np.float32)
    found.append(
        Pass(IDS[:7], [resid_post(2)], [Edit(resid_post(1), "replace", rows), Edit("hook_embed", "add", push)])
    )
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_each_of_several_passes_is_what_it_is_alone(load: Callable[[str], Model], family: str) -> None:
    model = load(family)
    asked = batch(model)
    for number, (one, together) in enumerate(zip(asked, model.forwards(asked), strict=True)):
        alone = model.forward(one.ids, capture=one.capture, edits=one.edits, rows=one.rows)
        np.testing.assert_allclose(together.logits, alone.logits, atol=2e-4, err_msg=str(number))
        assert together.captured.keys() == alone.captured.keys()
        for site, seen in alone.captured.items():
            kept = seen if one.keep is None else np.take(seen, one.keep, axis=1 if "pattern" in site else 0)
            np.testing.assert_allclose(together.captured[site], kept, atol=2e-4, err_msg=f"{number} {site}")
    assert model.forwards([]) == []


def test_passes_are_taken_in_groups_that_fit(load: Callable[[str], Model], monkeypatch: pytest.MonkeyPatch) -> None:
    """By tokens, by logits and patterns, and by how much would be padding; each pass is in one group, in any order."""
    placed = [PlacedPass([0] * length) for length in (5, 30, 6, 5, 31)]

    def found(**limits: float) -> list[list[int]]:
        with monkeypatch.context() as patched:
            for name, value in limits.items():
                patched.setattr(batches, name, value)
            return list(batches.groups(placed, vocab=100, heads=2))

    assert found() == [[0, 3, 2], [1, 4]]
    assert found(_WASTE=9) == [[0, 3, 2, 1, 4]]
    assert found(BATCH_TOKENS=10) == [[0, 3], [2], [1], [4]]
    assert found(BATCH_NUMBERS=1100) == [[0, 3], [2], [1], [4]]
    pattern = Site("blocks.0.attn.hook_pattern", "attn.hook_pattern", 0)
    placed = [replace(one, rows=[0], capture=(pattern,)) for one in placed]
    assert found(BATCH_NUMBERS=301) == [[0, 3, 2], [1], [4]]


def test_a_pass_that_cannot_be_is_refused_with_all_the_others(load: Callable[[str], Model]) -> None:
    model = load("llama")
    for wrong in (Pass([]), Pass(IDS, rows=[12]), Pass(IDS, keep=[-13]), Pass(IDS, ["blocks.9.hook_resid_post"])):
        with pytest.raises(ModelRefusal):
            model.forwards([Pass(IDS), wrong])


# Against TransformerLens, and through it where plain hooks end.


@pytest.fixture(scope="module")
def bridged(saved: Callable[[str], Path], tokenizer: Path) -> Callable[[str], Model]:
    """A model that is made to use its bridge for every site."""
    from backends.torch.bridge import Bridge

    def opened(family: str) -> Model:
        model: Any = engine.load(
            ModelFiles(saved(family), tokenizer, DIGEST), EngineSettings(backend="torch", device="cpu")
        )
        model._bridge, model._bridged = Bridge(model._model), frozenset(Capability)
        return model

    return opened


@pytest.mark.parametrize("family", ["llama", "mistral", "qwen3", "gemma2", "gemma3", "gpt2", "neox", "phi3", "granite"])
def test_plain_hooks_see_what_transformer_lens_sees(
    load: Callable[[str], Model], bridged: Callable[[str], Model], family: str
) -> None:
    plain = load(family)
    mine, theirs = (m.forward(IDS, capture=sites(plain)) for m in (plain, bridged(family)))
    np.testing.assert_allclose(mine.logits, theirs.logits, atol=1e-4)
    for site in sites(plain):
        assert mine.captured[site].shape == theirs.captured[site].shape, site
        np.testing.assert_allclose(mine.captured[site], theirs.captured[site], atol=1e-4, err_msg=site)


def test_a_bridge_leaves_the_model_it_was_booted_on_alone(
    bridged: Callable[[str], Model], plain: Callable[..., Any]
) -> None:
    import torch

    model = bridged("llama")
    model.forward(IDS, capture=sites(model), edits=_random_edits()[:3])
    with torch.inference_mode():
        raw = plain("llama")(input_ids=torch.tensor([IDS]), use_cache=False).logits[0].numpy()
    assert np.array_equal(model.forward(IDS).logits, raw)


@pytest.mark.parametrize("number", range(len(_random_edits())))
def test_every_edit_on_a_bridge_does_what_it_does_in_numpy(
    bridged: Callable[[str], Model], oracle: ToyModel, number: int
) -> None:
    edit = _random_edits()[number]
    mine, theirs = (m.forward(IDS, capture=sites(oracle), edits=[edit]) for m in (bridged("llama"), oracle))
    np.testing.assert_allclose(mine.logits, theirs.logits, atol=1e-3)
    np.testing.assert_allclose(mine.captured[edit.site], theirs.captured[edit.site], atol=1e-3)


@pytest.mark.parametrize(
    ("family", "capability"), [("falcon", "patterns"), ("gptj", "patterns"), ("bloom", "sublayers")]
)
def test_older_families_are_served_through_a_bridge(load: Callable[[str], Model], family: str, capability: str) -> None:
    model = load(family)
    assert capability in str(model.environment["bridged"]).split(",")
    edit = Edit("blocks.1.attn.hook_pattern", "zero", head=1)
    if family == "gptj":  # its bridge shows patterns after the attention has used them
        with pytest.raises(ModelRefusal, match="can only be read"):
            model.forward(IDS, edits=[edit])
        edit = Edit("blocks.1.hook_attn_out", "zero")
    s = Sampling(seed=3, max_tokens=4)
    samples = model.generate(IDS, s, n=2, edits=[edit])
    for number, sample in enumerate(samples):
        whole = model.forward([*IDS, *sample.tokens], edits=[edit]).logits[len(IDS) - 1 : -1]
        assert [Sampler(s, IDS).choose(row, number, t) for t, row in enumerate(whole)] == list(sample.tokens)
    assert np.abs(model.forward(IDS, edits=[edit]).logits - model.forward(IDS).logits).max() > 1e-2


def test_a_model_without_attention_is_decoded_without_a_cache(saved: Callable[[str], Path], tokenizer: Path) -> None:
    model = engine.load(ModelFiles(saved("mamba"), tokenizer, DIGEST), EngineSettings(backend="torch", device="cpu"))
    assert model.environment["cache"] == "none"
    assert {Capability.RESIDUAL, Capability.READOUT, Capability.EDITS} <= model.capabilities
    assert not {Capability.PATTERNS, Capability.HEADS} & model.capabilities
    push = Edit(resid_post(1), "add", np.ones(tiny.WIDTH, np.float32), positions=(len(IDS),))
    s = Sampling(seed=2, max_tokens=5)
    samples = model.generate(IDS, s, n=3, edits=[push])
    forced = model.continuations(IDS, [g.tokens for g in samples], edits=[push])
    for number, (sample, rows) in enumerate(zip(samples, forced, strict=True)):
        assert [Sampler(s, IDS).choose(row, number, t) for t, row in enumerate(rows)] == list(sample.tokens)
        whole = model.forward([*IDS, *sample.tokens], edits=[push]).logits[len(IDS) - 1 : -1]
        np.testing.assert_allclose(rows, whole, atol=1e-3)


@pytest.mark.parametrize("family", ["bitnet", "diffllama"])
def test_heads_that_a_norm_or_a_difference_ties_together_are_not_served(
    load: Callable[[str], Model], family: str
) -> None:
    model = load(family)
    assert {Capability.PATTERNS, Capability.SUBLAYERS, Capability.NEURONS} <= model.capabilities
    with pytest.raises(ModelRefusal, match=r"does not serve blocks\.0\.attn\.hook_z"):
        model.forward(IDS, capture=["blocks.0.attn.hook_z"])


def test_of_several_streams_the_one_that_is_read_is_the_residual(
    load: Callable[[str], Model], plain: Callable[..., Any]
) -> None:
    """Gemma 3n: each block hands on four, and attention and MLP read one."""
    model, theirs, site = load("gemma3n"), plain("gemma3n"), resid_post(1)
    active, block, seen = theirs.config.altup_active_idx, theirs.model.layers[1], []
    push = np.linspace(-1, 1, tiny.WIDTH, dtype=np.float32)

    def pushed(_: Any, __: Any, streams: torch.Tensor) -> torch.Tensor:
        seen.append(streams[active, 0].clone())
        streams = streams.clone()
        streams[active] += torch.from_numpy(push)
        return streams

    hook = block.register_forward_hook(pushed)
    with torch.inference_mode():
        edited = theirs(torch.tensor([IDS])).logits[0]
        hook.remove()
        whole = theirs(torch.tensor([IDS])).logits[0]
    ours, other = model.forward(IDS, capture=[site]), model.forward(IDS, edits=[Edit(site, "add", push)])
    assert ours.captured[site].shape == (len(IDS), tiny.WIDTH)
    np.testing.assert_allclose(ours.captured[site], seen[0], atol=1e-5)
    np.testing.assert_allclose(ours.logits, whole, atol=1e-4)
    np.testing.assert_allclose(other.logits, edited, atol=1e-4)
    assert np.abs(other.logits - ours.logits).max() > 1e-2
    batch = model.forwards([Pass(IDS, [site]), Pass(IDS[:9], [site])])
    np.testing.assert_allclose(batch[1].captured[site], ours.captured[site][:9], atol=1e-5)


# Decoding with cached keys.


@pytest.mark.parametrize("family", FAMILIES)
def test_decoding_and_teacher_forcing_follow_the_whole_sequence(load: Callable[[str], Model], family: str) -> None:
    """Sliding windows, learned positions, soft caps: at each step the choice from a pass over everything so far."""
    model, s = load(family), Sampling(seed=3, max_tokens=10)
    samples = model.generate(IDS, s, n=3)
    forced = model.continuations(IDS, [g.tokens for g in samples])
    for number, (sample, rows) in enumerate(zip(samples, forced, strict=True)):
        whole = model.forward([*IDS, *sample.tokens]).logits[len(IDS) - 1 : -1]
        np.testing.assert_allclose(rows, whole, atol=2e-3)
        assert [Sampler(s, IDS).choose(row, number, t) for t, row in enumerate(whole)] == list(sample.tokens)


def test_edits_in_blocks_that_share_keys_hold_at_their_positions(load: Callable[[str], Model]) -> None:
    """Gemma 4's last blocks take their keys from earlier ones, and transformers runs them, if it may, for the positions
    alone whose logits are wanted."""
    model = load("gemma4")
    push = np.linspace(-9, 9, tiny.WIDTH, dtype=np.float32)
    early, late = (Edit(resid_post(4), "add", push, positions=(at,)) for at in (3, len(IDS) - 1))
    for edit in (early, late):
        whole = model.forward([*IDS, 5], edits=[edit]).logits[-2:]
        for texts in ([[5, 6]], [[5, 6], [7, 8]]):
            np.testing.assert_allclose(model.continuations(IDS, texts, edits=[edit])[0], whole, atol=1e-3)
        cursor = model.cursor(IDS, 2, steps=2, edits=[edit])
        np.testing.assert_allclose(cursor.logits[0], whole[0], atol=1e-3)
        cursor.close()
    assert np.abs(whole[0] - model.forward(IDS).logits[-1]).max() > 0.1


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2"])
def test_edits_hold_at_absolute_positions_while_decoding(load: Callable[[str], Model], family: str) -> None:
    rng = np.random.default_rng(1)
    push = rng.standard_normal(tiny.WIDTH).astype(np.float32)
    edits = [
        Edit(resid_post(0), "add", push, factor=4.0, positions=(3, len(IDS), len(IDS) + 2)),
        Edit("blocks.1.attn.hook_z", "zero", head=2),
        Edit("blocks.2.attn.hook_pattern", "scale", factor=0.5, head=1),
        Edit("blocks.1.mlp.hook_post", "scale", factor=1.5, positions=(len(IDS) + 1,)),
    ]
    model, s = load(family), Sampling(seed=5, max_tokens=6)
    samples = model.generate(IDS, s, n=4, edits=edits)
    assert samples != model.generate(IDS, s, n=4)
    for number, (sample, rows) in enumerate(
        zip(samples, model.continuations(IDS, [g.tokens for g in samples], edits=edits), strict=True)
    ):
        ids = [*IDS, *sample.tokens]
        inside = [
            Edit(e.site, e.op, e.value, e.factor, tuple(p for p in e.positions or () if p < len(ids)), e.head)
            if e.positions
            else e
            for e in edits
        ]
        whole = model.forward(ids, edits=inside).logits[len(IDS) - 1 : -1]
        np.testing.assert_allclose(rows, whole, atol=2e-3)
        assert [Sampler(s, IDS).choose(row, number, t) for t, row in enumerate(whole)] == list(sample.tokens)


def test_a_sample_is_the_same_alone_and_among_many(load: Callable[[str], Model]) -> None:
    model, s = load("llama"), Sampling(seed=7, max_tokens=5)
    many = model.generate(IDS, s, n=70)  # three batches
    assert many[:3] == model.generate(IDS, s, n=3)
    assert many[0] == model.generate(IDS, s, n=1)[0]
    assert len({g.tokens for g in many}) > 60


def test_samples_end_at_the_end_token_and_at_the_context(load: Callable[[str], Model]) -> None:
    model = load("llama")
    [cut] = model.generate(IDS[:2] * 31, Sampling(max_tokens=50))
    assert len(cut.tokens) == tiny.CONTEXT - 62
    assert cut.stop == "length"
    # The end token is made the only one possible after the third token.
    unembed = model.weights("unembed")[258]
    edits = [Edit(resid_post(2), "replace", 100 * unembed, positions=(len(IDS) + 1,))]
    ended = model.generate(IDS, Sampling(max_tokens=6, temperature=0), n=2, edits=edits)
    assert [g.stop for g in ended] == ["end", "end"]
    assert all(g.tokens.index(258) == len(g.tokens) - 1 for g in ended)
    streamed: dict[int, list[int]] = {0: [], 1: []}
    again = model.generate(
        IDS, Sampling(max_tokens=6), n=2, edits=edits, on_tokens=lambda s, new, _: streamed[s].extend(new)
    )
    assert [list(g.tokens) for g in again] == [streamed[0], streamed[1]]


def test_a_cancelled_call_returns_what_it_has(load: Callable[[str], Model]) -> None:
    cancel, count = threading.Event(), 0

    def watch(_: int, __: object, ___: str) -> None:
        nonlocal count
        count += 1
        if count == 6:
            cancel.set()

    samples = load("llama").generate(IDS, Sampling(max_tokens=30), n=2, on_tokens=watch, cancel=cancel)
    assert [len(g.tokens) for g in samples] == [3, 3]
    assert {g.stop for g in samples} == {"cancelled"}


def test_continuations_of_any_length_and_number(load: Callable[[str], Model], oracle: ToyModel) -> None:
    model = load("llama")
    asked = [[], [4], [9, 9, 9, 9], [1, 2], []]
    rows = model.continuations(IDS, asked)
    assert [len(r) for r in rows] == [0, 1, 4, 2, 0]
    for mine, theirs in zip(rows, oracle.continuations(IDS, asked), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-3)
    assert model.continuations(IDS, []) == []


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma3", "gemma4", "mistral"])
def test_what_continuations_begin_with_is_read_once_for_all(
    load: Callable[[str], Model], family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts of all lengths that begin alike, a few that do not, and a change of the inside on the way."""
    model, rng = load(family), np.random.default_rng(0)
    heads = [[5], [5, 6], [5, 6, 7], [8], [9, 4]]
    asked = [heads[at % 5] + rng.integers(0, 12, at % 4).tolist() for at in range(40)] + [[], [3], [3, 3, 3, 3, 3, 3]]
    push = Edit(resid_post(1), "add", np.linspace(-2, 2, tiny.WIDTH, dtype=np.float32), positions=(len(IDS) + 1,))
    passed: list[int] = []
    run = passes.Passes._pass
    monkeypatch.setattr(
        passes.Passes, "_pass",
        lambda self, rows, taps, **told: passed.append(len(rows) * len(rows[0])) or run(self, rows, taps, **told),
    )  # fmt: skip
    for edits in ((), (push,)):
        spent = []
        for spared in (10_000, 2):
            monkeypatch.setattr(passes, "SHARED_TOKENS", spared)
            passed.clear()
            found = model.continuations(IDS, asked, edits=edits)
            spent.append(sum(passed) - len(IDS))
            for rows, text in zip(found, asked, strict=True):
                within = [edit for edit in edits if len(text) > 1]
                whole = model.forward([*IDS, *text], edits=within).logits[len(IDS) - 1 :][: len(text)]
                np.testing.assert_allclose(rows, whole, atol=2e-3)
        assert spent[1] < 0.7 * spent[0]


def test_thousands_of_continuations_are_scored_in_groups_that_fit(
    load: Callable[[str], Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each limit in turn ends the groups, or cuts one text into pieces; what is found are whole passes' figures."""
    model, rng = load("llama"), np.random.default_rng(0)
    asked = [rng.integers(0, tiny.VOCAB, size).tolist() for size in rng.integers(0, 9, 40)]
    whole = [model.forward([*IDS, *text]).logits[len(IDS) - 1 :][: len(text)] for text in asked]
    limits = (
        (model._passes, "replayed", 20),
        (passes, "REPLAY_LOGITS", 3 * tiny.VOCAB),
        (passes, "_CACHE_BYTES", 60_000),
    )  # type: ignore[attr-defined]
    for of, limit, value in limits:
        with monkeypatch.context() as patched:
            patched.setattr(of, limit, value)
            found = model.scores(IDS, asked, top=2)
            [alone] = model.scores(IDS, asked[-1:], top=2)
        for scores, text, logits in zip(found, asked, whole, strict=True):
            expected = token_scores(logits, text, top=2)
            np.testing.assert_allclose(scores.logprobs, expected.logprobs, atol=1e-4)
            np.testing.assert_allclose(scores.entropies, expected.entropies, atol=1e-4)
            assert scores.best.tolist() == expected.best.tolist()
        np.testing.assert_allclose(alone.logprobs, found[-1].logprobs, atol=1e-4)
    assert model.scores(IDS, []) == []


# Gradients.


def total(model: Model, ids: list[int], aims: list[Aim], edits: list[Edit]) -> float:
    logits = model.forward(ids, edits=edits, rows=[aim.position for aim in aims]).logits.astype(np.float64)
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return float(sum(aim.weight * row[aim.token] for aim, row in zip(aims, logs, strict=True)))


AIMS = [Aim(-1, 44), Aim(5, 200, -0.5)]


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2", "neox", "mixtral"])
def test_slopes_are_those_of_differences(load: Callable[[str], Model], family: str) -> None:
    """At each kind of site, with an edit there and one elsewhere: along a few directions, what two passes say."""
    model, rng = load(family), np.random.default_rng(0)
    edits = [
        Edit(resid_post(0), "scale", factor=0.7, positions=(2, 3)),
        Edit("blocks.2.hook_attn_out", "zero", positions=(1,)),
    ]
    every = [site for site in sites(model, plain=True) if "pattern" not in site]
    for site in every:
        found = model.gradient(IDS, AIMS, at=site, edits=edits)
        assert found.total == pytest.approx(total(model, IDS, AIMS, edits), abs=1e-4)
        direction = rng.standard_normal(found.slopes.shape).astype(np.float32)
        step = np.float32(2e-3 / np.abs(direction).max())
        ends = [total(model, IDS, AIMS, [*edits, Edit(site, "add", direction, factor=sign * step)]) for sign in (-1, 1)]
        expected = (ends[1] - ends[0]) / (2 * float(step))
        assert float((found.slopes * direction).sum()) == pytest.approx(expected, rel=0.02, abs=0.02), site
        kept = model.gradient(IDS, AIMS, at=site, edits=edits, keep=[-1, 3])
        np.testing.assert_allclose(kept.slopes, found.slopes[[-1, 3]], atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_slopes_in_tokens_tell_what_another_embedding_would_do(load: Callable[[str], Model], family: str) -> None:
    """One-hot slopes are the embedding's slopes times every embedding, scaled as the model scales them: between two
    tokens they differ by the slope along the difference of what the stream starts with."""
    model = load(family)
    slopes = model.gradient(IDS, AIMS).slopes
    assert slopes.shape == (len(IDS), tiny.VOCAB)
    stream = model.gradient(IDS, AIMS, at="hook_embed").slopes
    other = [*IDS[:4], 77, *IDS[5:]]
    starts = [model.forward(ids, capture=["hook_embed"], rows=[]).captured["hook_embed"][4] for ids in (IDS, other)]
    if family == "bloom":  # a norm stands between the embedding and the stream
        assert np.abs(slopes).max() > 0
    else:
        expected = float(stream[4] @ (starts[1] - starts[0]))
        assert slopes[4, 77] - slopes[4, IDS[4]] == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(("family", "special"), [("gemma3n", {"vocab_size_per_layer_input": 250}), ("gemma4", {})])
def test_slopes_in_tokens_count_every_embedding_of_the_token(
    tokenizer: Path, tmp_path: Path, family: str, special: dict[str, int]
) -> None:
    """Gemma 3n and 4 have one beside the stream: a little of another token mixed into both is what the slopes tell.
    Tokens that the second table has not are its first."""
    from transformers import AutoModelForCausalLM

    folder = tiny.save_model(tmp_path, family, initializer_range=0.1, **special)
    model = engine.load(ModelFiles(folder, tokenizer, DIGEST), EngineSettings(backend="torch", device="cpu"))
    slopes = model.gradient(IDS, AIMS).slopes
    model.close()
    theirs: Any = AutoModelForCausalLM.from_pretrained(folder).eval()
    tables = (theirs.model.embed_tokens, theirs.model.embed_tokens_per_layer)

    def mixed(at: int, token: int, share: float) -> float:
        """Σ weight · log p with that share of the token added to the one-hot at a position."""
        hooks = []
        for table in tables:
            row = table(torch.tensor(token if token < len(table.weight) else 0))
            push = torch.zeros(len(IDS), 1).index_fill_(0, torch.tensor(at), share) * row
            hooks.append(table.register_forward_hook(lambda _, __, out, push=push: out + push))
        logs = theirs(torch.tensor([IDS])).logits[0].double().log_softmax(-1)
        for hook in hooks:
            hook.remove()
        return float(sum(aim.weight * logs[aim.position, aim.token] for aim in AIMS))

    with torch.inference_mode():
        for at, token in ((4, 77), (0, 3), (3, 280), (11, 9)):
            expected = (mixed(at, token, 2e-3) - mixed(at, token, -2e-3)) / 4e-3
            assert slopes[at, token] == pytest.approx(expected, rel=0.01, abs=2e-3)


def test_there_are_no_slopes_by_token_where_tokens_are_read_in_an_unknown_place(
    saved: Callable[[str], Path], tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_sites, "_BESIDE", ())
    model = engine.load(ModelFiles(saved("gemma4"), tokenizer, DIGEST), EngineSettings(backend="torch", device="cpu"))
    with pytest.raises(ModelRefusal, match=r"no slopes by token .* reads its tokens elsewhere too .* hook_embed"):
        model.gradient(IDS, AIMS)
    assert np.abs(model.gradient(IDS, AIMS, at="hook_embed").slopes).max() > 0
    model.close()


def test_gradients_are_those_of_numpy_s_differences(load: Callable[[str], Model], oracle: ToyModel) -> None:
    edit = Edit("blocks.1.hook_mlp_out", "scale", factor=0.5)
    for at in ("tokens", "hook_embed", resid_post(1), "blocks.1.attn.hook_z", "blocks.2.mlp.hook_post"):
        mine, theirs = (
            m.gradient(IDS[:6], [Aim(-1, 44)], at=at, edits=[edit], keep=[1, 5]) for m in (load("llama"), oracle)
        )
        assert mine.total == pytest.approx(theirs.total, abs=1e-4)
        np.testing.assert_allclose(mine.slopes, theirs.slopes, atol=2e-3 * max(1.0, float(np.abs(theirs.slopes).max())))


def test_a_gradient_leaves_nothing_behind_and_of_nothing_there_is_none(load: Callable[[str], Model]) -> None:
    model = load("llama")
    plain = model.forward(IDS).logits
    model.gradient(IDS, AIMS)
    assert np.array_equal(model.forward(IDS).logits, plain)
    for aims, at in (
        ([], "tokens"),
        (AIMS, "blocks.0.attn.hook_pattern"),
        ([Aim(12, 3)], "tokens"),
        ([Aim(0, 999)], "tokens"),
    ):
        with pytest.raises(ModelRefusal) as caught:
            model.gradient(IDS, aims, at=at)
        assert caught.value.code == "model.input"


# Matrices.


@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "mixtral"])
def test_neurons_write_what_the_mlp_adds(load: Callable[[str], Model], family: str) -> None:
    """Differences between positions cancel biases: post · W_outᵀ moves as the MLP's output does."""
    model = load(family)
    seen = model.forward(IDS, capture=["blocks.1.mlp.hook_post", "blocks.1.hook_mlp_out"]).captured
    assert model.weights("blocks.1.mlp.W_out").shape == (tiny.WIDTH, model.card.mlp_width)
    assert model.weights("blocks.1.mlp.W_in").shape == (model.card.mlp_width, tiny.WIDTH)
    if family in ("gemma2", "gemma3", "olmo2", "granite"):
        return  # normed or scaled after the projection
    written = seen["blocks.1.mlp.hook_post"] @ model.weights("blocks.1.mlp.W_out").T
    added = seen["blocks.1.hook_mlp_out"]
    np.testing.assert_allclose(written - written[0], added - added[0], atol=1e-4)


def test_gates_and_values_of_a_fused_projection_are_told_apart(
    load: Callable[[str], Model], saved: Callable[[str], Path]
) -> None:
    from safetensors.numpy import load_file

    fused = load_file(saved("phi3") / "model.safetensors")["model.layers.1.mlp.gate_up_proj.weight"]
    assert np.array_equal(load("phi3").weights("blocks.1.mlp.W_in"), fused[48:])


def test_embeddings_are_the_checkpoints(load: Callable[[str], Model], saved: Callable[[str], Path]) -> None:
    from safetensors.numpy import load_file

    stored = load_file(saved("llama") / "model.safetensors")
    assert np.array_equal(load("llama").weights("embed"), stored["model.embed_tokens.weight"])
    assert np.array_equal(load("llama").weights("unembed"), stored["lm_head.weight"])
    tied = load("llama-tied")
    assert np.array_equal(tied.weights("embed"), tied.weights("unembed"))


def test_text_and_chats(load: Callable[[str], Model]) -> None:
    model = load("llama")
    for text in ("hello té\tthe <|end|> world", "日本\n", ""):
        ids = model.encode(text)
        assert model.decode(ids) == text
        assert not {256, 257, 258} & set(ids)
    assert model.encode("<|end|>", special=True) == [258]
    chat = model.render([Message("user", "hi")])
    assert model.decode(chat) == "<|begin|><|turn|>user\nhi<|end|><|turn|>assistant\n"
    assert chat[:2] == [256, 257]
    prefilled = model.render([Message("user", "hi"), Message("assistant", "Sure")])
    assert model.decode(prefilled) == "<|begin|><|turn|>user\nhi<|end|><|turn|>assistant\nSure"


def test_the_card_and_the_environment_name_what_ran(load: Callable[[str], Model]) -> None:
    card = load("qwen3").card
    assert (card.architecture, card.layers, card.width, card.heads, card.kv_heads) == ("qwen3", 3, 32, 4, 2)
    assert (card.mlp_width, card.vocab, card.context, card.dtype) == (48, 300, 64, "float32")
    assert (card.digest, card.end_tokens) == (DIGEST, (258,))
    environment = load("gemma2").environment
    assert environment["attention"] == "eager"
    assert environment["air_gap_sockets"] is True
    assert {"torch", "transformers", "threads", "device_name", "sampler", "decode_rows"} <= set(environment)
