"""What the llama.cpp engine promises beyond its numbers: determinism, cancelling, refusals, honest capabilities."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backends.distribution import token_scores
from backends.model import Aim, Capability, Edit, ModelRefusal, Pass, resid_post
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings

pytest.importorskip("llama_cpp")

from backends.gguf.conversion import WeightFormat, convert
from backends.llama.model import LlamaModel
from backends.llama.weights import dominant
from tests.backends import tiny
from tests.backends.llama_cases import FAMILIES, MIXTURES, checkpoint, gguf, opened, root, tokenizer
from tests.backends.stepping import stepped
from tests.backends.tiny import CONTEXT, LAYERS, VOCAB, WIDTH

IDS = [256, 17, 88, 201, 5, 64, 64, 140, 33, 9, 271, 12, 99, 180]


@pytest.mark.parametrize("precision", ["f32", "f16", "q8_0"])
class TestDeterminism:
    """Bitwise, on one build: what `llama_model` says is promised."""

    def test_rows_asked_for_do_not_change_them(self, precision: WeightFormat) -> None:
        model = opened("llama", precision)
        every = model.forward(IDS).logits
        for rows in ([-1], [3], [0, 13], [13, 0, 0], list(range(14))):
            assert (model.forward(IDS, rows=rows).logits == every[rows]).all()

    def test_looking_does_not_change_logits(self, precision: WeightFormat) -> None:
        model = opened("llama", precision)
        seen = model.forward(IDS, capture=[resid_post(1), "blocks.2.attn.hook_pattern", "hook_embed"])
        assert (seen.logits == model.forward(IDS).logits).all()

    def test_what_is_kept_is_what_all_would_have_held(
        self, precision: WeightFormat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In the last block llama.cpp computes only the rows that something is wanted at."""
        model = opened("llama", precision)
        kinds = (
            "hook_resid_post",
            "hook_attn_out",
            "hook_mlp_out",
            "attn.hook_z",
            "mlp.hook_post",
            "attn.hook_pattern",
        )
        sites = ["hook_embed", *(f"blocks.{layer}.{kind}" for layer in (0, LAYERS - 1) for kind in kinds)]
        for batch in (256, 5):  # also where nothing of a span is wanted
            monkeypatch.setattr(model, "_plan", replace(model._plan, batch=batch))
            every = model.forward(IDS, capture=sites)
            for keep, rows in (([3, 9], [-1]), ([13], [13]), ([0, 1], [2])):
                some = model.forward(IDS, capture=sites, rows=rows, keep=keep)
                assert (some.logits == every.logits[rows]).all()
                for site in sites:
                    axis = 1 if site.endswith("pattern") else 0
                    assert (some.captured[site] == every.captured[site].take(keep, axis)).all(), (site, keep)

    def test_threads_do_not_change_logits(self, precision: WeightFormat) -> None:
        two = LlamaModel.open(ModelFiles(gguf("llama", precision).parent, tokenizer(), "x"), EngineSettings(threads=2))
        assert (two.forward(IDS).logits == opened("llama", precision).forward(IDS).logits).all()
        two.close()

    def test_the_length_of_a_pass_does_not_change_logits(
        self, precision: WeightFormat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = opened("llama", precision)
        whole = model.forward(IDS).logits
        monkeypatch.setattr(model, "_plan", replace(model._plan, batch=5))
        assert (model.forward(IDS).logits == whole).all()

    def test_a_sample_does_not_depend_on_its_neighbours(self, precision: WeightFormat) -> None:
        model = opened("llama", precision)
        how = Sampling(seed=3, max_tokens=20)
        many, few = model.generate(IDS, how, n=70), model.generate(IDS, how, n=3)
        assert [sample.tokens for sample in many[:3]] == [sample.tokens for sample in few]

    def test_teacher_forcing_sees_the_logits_that_were_drawn_from(self, precision: WeightFormat) -> None:
        model = opened("llama", precision)
        how = Sampling(seed=3, max_tokens=12, temperature=0.0)
        tokens = model.generate(IDS, how)[0].tokens
        (forced,) = model.continuations(IDS, [tokens])
        assert tuple(forced.argmax(-1)) == tokens


class TestContinuations:
    def test_each_equals_its_own_forward_pass(self) -> None:
        model = opened()
        rng = np.random.default_rng(0)
        texts = [rng.integers(0, VOCAB, size).tolist() for size in (7, 1, 0, 12, 12, 3)]
        found = model.continuations(IDS, texts)
        for text, logits in zip(texts, found, strict=True):
            assert logits.shape == (len(text), VOCAB)
            expected = model.forward(IDS + text).logits[len(IDS) - 1 : len(IDS) + len(text) - 1]
            assert (logits == expected[: len(text)]).all()

    def test_edits_reach_into_every_continuation(self) -> None:
        model = opened()
        edits = [
            Edit(resid_post(0), "add", np.full(WIDTH, 0.5, np.float32)),
            Edit("blocks.1.attn.hook_z", "zero", head=1),
            Edit(resid_post(2), "scale", factor=3.0, positions=(2, len(IDS) + 1)),
            Edit("blocks.2.attn.hook_pattern", "scale", factor=0.5, head=0),
        ]
        texts = [[5, 6, 7, 8], [9, 10]]
        for text, logits in zip(texts, model.continuations(IDS, texts, edits=edits), strict=True):
            expected = model.forward(IDS + text, edits=edits).logits[len(IDS) - 1 : -1]
            np.testing.assert_allclose(logits, expected, atol=1e-5)

    def test_none_at_all(self) -> None:
        assert opened().continuations(IDS, []) == []
        assert opened().scores(IDS, []) == []

    @pytest.mark.parametrize("precision", ["f32", "f16", "q8_0"])
    def test_hundreds_are_scored_as_each_alone(self, precision: WeightFormat) -> None:
        """Over several rounds: the memory goes back to the end of the prefix, and no bit of it has changed."""
        model, rng = opened("llama", precision), np.random.default_rng(1)
        texts = [rng.integers(0, VOCAB, size).tolist() for size in rng.choice([0, 1, 3, 4, 5, 9], 150)]
        edits = [Edit(resid_post(1), "add", np.full(WIDTH, 0.5, np.float32), positions=(2, len(IDS) + 1))]
        for changed in ([], edits):
            for text, scores in zip(texts, model.scores(IDS, texts, edits=changed, top=2), strict=True):
                assert len(scores.ranks) == len(text)
                if text:
                    logits = model.forward([*IDS, *text, 0], edits=changed).logits[len(IDS) - 1 : -2]
                    for name, value in vars(token_scores(logits, text, top=2)).items():
                        assert np.array_equal(vars(scores)[name], value), name


class TestForwards:
    def test_each_is_what_it_is_alone(self) -> None:
        model, sites = opened(), [resid_post(1), "blocks.2.attn.hook_pattern", "blocks.0.attn.hook_z"]
        batch = [
            Pass(IDS, sites, [Edit(resid_post(0), "scale", factor=2.0)], rows=[-1], keep=[3, -1]),
            Pass(IDS[:3], keep=[0]),
            Pass(IDS[4:], sites[:1], rows=[]),
        ]
        for one, found in zip(batch, model.forwards(batch), strict=True):
            alone = model.forward(one.ids, capture=one.capture, edits=one.edits, rows=one.rows)
            assert np.array_equal(found.logits, alone.logits)
            assert list(found.captured) == list(one.capture)
            for site, seen in alone.captured.items():
                kept = seen if one.keep is None else np.take(seen, one.keep, axis=1 if "pattern" in site else 0)
                assert np.array_equal(found.captured[site], kept)


class TestGenerate:
    def test_edits_hold_while_generating(self) -> None:
        """Greedy with an edit equals taking the edited forward pass' best token again and again."""
        model = opened()
        for edits in (
            [Edit(resid_post(1), "add", np.linspace(-2, 2, WIDTH, dtype=np.float32))],  # llama.cpp adds it itself
            [Edit(resid_post(0), "add", np.linspace(-2, 2, WIDTH, dtype=np.float32))],
            [Edit("blocks.1.mlp.hook_post", "zero"), Edit(resid_post(1), "add", np.ones(WIDTH, np.float32))],
            [Edit(resid_post(2), "replace", np.linspace(1, 3, WIDTH, dtype=np.float32), positions=(len(IDS) + 2,))],
        ):
            ids = list(IDS)
            for _ in range(6):
                live = [edit for edit in edits if edit.positions is None or edit.positions[0] < len(ids)]
                ids.append(int(model.forward(ids, edits=live, rows=[-1]).logits.argmax()))
            (sample,) = model.generate(IDS, Sampling(max_tokens=6, temperature=0.0), edits=edits)
            assert sample.tokens == tuple(ids[len(IDS) :])

    def test_steering_inside_llama_equals_the_edit(self) -> None:
        model = opened()
        edits = [
            Edit(resid_post(1), "add", np.linspace(-1, 1, WIDTH, dtype=np.float32), factor=1.5),
            Edit(resid_post(2), "add", np.full(WIDTH, 0.25, np.float32)),
        ]
        steered = model.forward(IDS, edits=edits).logits
        edited = model.forward(IDS, edits=edits, capture=["hook_embed"]).logits
        assert (steered == edited).all()
        plain = model.forward(IDS).logits
        assert np.abs(plain - steered).max() > 0.1
        assert (model.forward(IDS).logits == plain).all()

    def test_a_number_for_each_position_is_not_taken_for_a_vector(self) -> None:
        """As many positions as the stream is wide: (width, 1) says something else than (width,)."""
        model, ids = opened(), (IDS * 3)[:WIDTH]
        edits = [Edit(resid_post(1), "add", np.linspace(-1, 1, WIDTH, dtype=np.float32)[:, None])]
        steered = model.forward(ids, edits=edits).logits
        edited = model.forward(ids, edits=edits, capture=["hook_embed"]).logits
        assert (steered == edited).all()

    def test_tokens_are_told_as_they_are_drawn(self) -> None:
        model = opened()
        heard: dict[int, list[int]] = {}
        found = model.generate(
            IDS, Sampling(seed=1, max_tokens=9), n=3, on_tokens=lambda s, ids, *_: heard.setdefault(s, []).extend(ids)
        )
        assert [tuple(heard[s]) for s in range(3)] == [sample.tokens for sample in found]

    def test_an_end_token_ends_a_sample(self) -> None:
        model = opened()
        found = model.generate(IDS, Sampling(seed=1, max_tokens=40, temperature=3.0), n=40)
        ended = [sample for sample in found if sample.stop == "end"]
        assert ended
        for sample in found:
            is_end = [token in model.card.end_tokens for token in sample.tokens]
            assert is_end.index(True) == len(is_end) - 1 if sample.stop == "end" else not any(is_end)

    def test_a_full_context_ends_a_sample_by_length(self) -> None:
        how = Sampling(max_tokens=50, temperature=0.0)
        (sample,) = opened().generate(list(range(CONTEXT - 3)), how)
        assert sample.stop == "end" or (sample.stop, len(sample.tokens)) == ("length", 3)
        (sample,) = opened().generate(list(range(CONTEXT)), how)
        assert (sample.tokens, sample.stop) == ((), "length")

    def test_cancelling_while_generating_keeps_what_is_there(self) -> None:
        cancel = threading.Event()
        drawn = 0

        def heard(*_: object) -> None:
            nonlocal drawn
            drawn += 1
            if drawn == 7:
                cancel.set()

        model = opened()
        found = model.generate(IDS, Sampling(seed=2, max_tokens=30), n=3, on_tokens=heard, cancel=cancel)
        whole = model.generate(IDS, Sampling(seed=2, max_tokens=30), n=3)
        assert 7 <= sum(len(sample.tokens) for sample in found) <= 9
        for part, full in zip(found, whole, strict=True):
            assert part.stop == "cancelled"
            assert full.tokens[: len(part.tokens)] == part.tokens

    def test_cancelling_within_a_prompt_leaves_the_model_as_it_was(self) -> None:
        """Counted in looks at the event, of which llama.cpp takes one for each node of a pass."""
        model = opened()
        ids = np.random.default_rng(0).integers(0, VOCAB, CONTEXT - 5).tolist()
        before = model.forward(IDS).logits
        whole = LookedAt(never := 10**9)
        model.generate(ids, Sampling(max_tokens=1), cancel=whole)
        assert 40 < whole.looks < never
        cancel = LookedAt(whole.looks // 4)
        found = model.generate(ids, Sampling(max_tokens=5), n=2, cancel=cancel)
        assert [(sample.tokens, sample.stop) for sample in found] == [((), "cancelled")] * 2
        assert cancel.looks < whole.looks // 2
        assert (model.forward(IDS).logits == before).all()


class LookedAt(threading.Event):
    """Is set from the look after the first `unset` on."""

    def __init__(self, unset: int) -> None:
        super().__init__()
        self.looks, self._unset = 0, unset

    def is_set(self) -> bool:
        self.looks += 1
        return self.looks > self._unset


class TestCursor:
    @pytest.mark.parametrize("n", [1, 3, 70])
    def test_driven_by_the_sampler_it_is_generate(self, n: int) -> None:
        model, how = opened(), Sampling(seed=1, max_tokens=20, temperature=3.0)
        plain = model.forward(IDS).logits
        steered = [Edit(resid_post(1), "add", np.linspace(-2, 2, WIDTH, dtype=np.float32))]
        tapped = [*steered, Edit("blocks.1.attn.hook_z", "zero", head=1, positions=(2, len(IDS) + 3))]

        def between() -> None:
            assert np.array_equal(model.forward(IDS).logits, plain)

        for edits in ([], steered, tapped):
            drawn = model.generate(IDS, how, n=n, edits=edits)
            assert stepped(model, IDS, how, n, edits=edits, between=between) == drawn
            assert n < 70 or {one.stop for one in drawn} == {"end", "length"}

    def test_it_is_closed_with_its_model(self) -> None:
        model = LlamaModel.open(ModelFiles(gguf("llama").parent, tokenizer(), "x"), EngineSettings(threads=1))
        cursor = model.cursor(IDS, 2, steps=3)
        model.close()
        with pytest.raises(ModelRefusal, match="closed"):
            cursor.advance([1, 2])
        cursor.close()


class TestRefusals:
    @pytest.mark.parametrize(
        ("ids", "reason"),
        [
            ([], "at least one token"),
            ([1] * (CONTEXT + 1), "context holds"),
            ([1, VOCAB], "vocabulary has"),
            ([1, -1], "vocabulary has"),
        ],
    )
    def test_input_that_llama_would_abort_on(self, ids: list[int], reason: str) -> None:
        for call in (opened().forward, lambda i: opened().generate(i, Sampling())):
            with pytest.raises(ModelRefusal, match=reason) as refusal:
                call(ids)
            assert refusal.value.code == "model.input"

    def test_edits_that_blow_up_are_no_result(self) -> None:
        model = opened()
        before = model.forward(IDS).logits
        huge = Edit(resid_post(1), "scale", factor=1e38)
        for call in (
            lambda: model.forward(IDS, edits=[huge, huge]),
            lambda: model.generate(IDS, Sampling(), n=2, edits=[huge, huge]),
        ):
            with pytest.raises(ModelRefusal, match="not finite"):
                call()
        assert (model.forward(IDS).logits == before).all()

    def test_sites_and_matrices_that_are_not_there(self) -> None:
        with pytest.raises(ModelRefusal, match="no site"):
            opened().forward(IDS, capture=[f"blocks.{LAYERS}.hook_resid_post"])
        with pytest.raises(ModelRefusal, match="no matrix"):
            opened().weights("blocks.0.attn.W_X")

    def test_it_takes_no_gradient(self) -> None:
        assert Capability.GRADIENT not in opened().capabilities
        with pytest.raises(ModelRefusal, match="takes no gradients") as refusal:
            opened().gradient(IDS, [Aim(-1, 5)])
        assert refusal.value.code == "model.unsupported"

    def test_a_tokenizer_of_another_model(self) -> None:
        stranger = root() / "stranger"
        shutil.copytree(tokenizer(), stranger)
        content = json.loads((stranger / "tokenizer.json").read_text())
        vocab = content["model"]["vocab"]
        vocab["A"], vocab["B"] = vocab["B"], vocab["A"]
        (stranger / "tokenizer.json").write_text(json.dumps(content))
        with pytest.raises(ModelRefusal, match="does not belong") as refusal:
            LlamaModel.open(ModelFiles(gguf("llama").parent, stranger, "x"), EngineSettings())
        assert refusal.value.code == "model.unreadable"

    def test_a_tokenizer_with_more_tokens_than_the_model(self) -> None:
        small = root() / "small" / "model.gguf"
        tiny.save_model(small.parent / "hf", "llama", vocab_size=260, bos_token_id=None, eos_token_id=None)
        convert(small.parent / "hf", tokenizer(), small, "f32")
        with pytest.raises(ModelRefusal, match="the model only 260"):
            LlamaModel.open(ModelFiles(small, tokenizer(), "x"), EngineSettings())

    def test_a_wrong_pre_tokenizer_is_recorded_not_used(self) -> None:
        """The silent trap of GGUF files: the same ids, another way of splitting. Ids still come from the tokenizer."""
        numbers = root() / "numbers"
        shutil.copytree(tokenizer(), numbers)
        content = json.loads((numbers / "tokenizer.json").read_text())
        for left, right in (("2", "3"), ("23", "4")):
            content["model"]["merges"].append([left, right])
            content["model"]["vocab"][left + right] = len(content["model"]["vocab"])
        (numbers / "tokenizer.json").write_text(json.dumps(content))
        right, wrong = root() / "right-pre" / "model.gguf", root() / "wrong-pre" / "model.gguf"
        convert(checkpoint("llama"), numbers, right, "f32")
        before, after = (_key("tokenizer.ggml.pre", name) for name in ("gpt-2", "qwen2"))
        assert right.read_bytes().count(before) == 1
        wrong.parent.mkdir()
        wrong.write_bytes(right.read_bytes().replace(before, after))
        told = []
        for file in (right, wrong):
            model = LlamaModel.open(ModelFiles(file, numbers, "x"), EngineSettings())
            told.append(str(model.environment["own_tokenizer"]))
            assert model.decode(model.encode("1234")[1:]) == "234"
            assert len(model.encode("1234")) == 2
            model.close()
        assert told[0] == "agrees"
        assert told[1].startswith("differs on ")

    def test_two_models_in_one_case(self) -> None:
        both = root() / "both"
        both.mkdir()
        for name in ("a.gguf", "b.gguf"):
            (both / name).write_bytes(gguf("llama").read_bytes())
        with pytest.raises(ModelRefusal, match="2 GGUF files"):
            LlamaModel.open(ModelFiles(both, tokenizer(), "x"), EngineSettings())

    def test_a_precision_that_the_file_does_not_have(self) -> None:
        with pytest.raises(ModelRefusal, match="stores q8_0"):
            LlamaModel.open(ModelFiles(gguf("llama", "q8_0"), tokenizer(), "x"), EngineSettings(dtype="float16"))

    def test_a_device_that_the_build_does_not_have(self) -> None:
        with pytest.raises(ModelRefusal, match="CPU only"):
            LlamaModel.open(ModelFiles(gguf("llama"), tokenizer(), "x"), EngineSettings(device="cuda"))


def _key(name: str, value: str) -> bytes:
    """A string key as it stands in a GGUF file."""
    return (
        b"".join(
            (
                len(name).to_bytes(8, "little"),
                name.encode(),
                (8).to_bytes(4, "little"),
                len(value).to_bytes(8, "little"),
            )
        )
        + value.encode()
    )


class TestVocabulary:
    def test_its_own_tokenizer_begins_and_ends_as_the_case_s(self, tmp_path: Path) -> None:
        from tokenizers import Tokenizer, processors

        folder = tiny.save_tokenizer(tmp_path / "tokenizer")
        own = Tokenizer.from_file(str(folder / "tokenizer.json"))
        own.post_processor = processors.TemplateProcessing(
            single="<|begin|> $A", special_tokens=[("<|begin|>", 256), ("<|end|>", 258)]
        )
        own.save(str(folder / "tokenizer.json"))
        weights = tmp_path / "weights"
        shutil.copytree(checkpoint("llama"), weights)
        (weights / "generation_config.json").write_text('{"eos_token_id": [258, 257]}')
        convert(weights, folder, tmp_path / "x" / "x.gguf", "f32")
        (tmp_path / "none").mkdir()
        begins = []
        for tokens in (folder, tmp_path / "none"):
            with closing(
                LlamaModel.open(ModelFiles(tmp_path / "x" / "x.gguf", tokens, "x"), EngineSettings(threads=1))
            ) as model:
                begins.append(model.card.begin_tokens)
                assert 258 in model.card.end_tokens
        assert begins == [(256,), (256,)]

    def test_without_a_tokenizer_the_file_s_own_is_used(self) -> None:
        nothing = root() / "no-tokenizer"
        nothing.mkdir()
        model = LlamaModel.open(ModelFiles(gguf("llama"), nothing, "x"), EngineSettings(threads=1))
        assert model.environment["tokenizer"] == "gguf"
        assert Capability.CHAT not in model.capabilities
        for text in ("hello thé", "it's\n 42", "", "👍🏽"):
            ids = opened().encode(text)
            assert model.encode(text) == ids
            assert model.decode(ids) == text
            assert model.pieces(ids) == opened().pieces(ids)
        assert model.encode("<|end|>", special=True) == [258]
        assert len(model.encode("<|end|>")) > 1
        for call in (lambda: model.render([]), lambda: model.encode("\ud800")):
            with pytest.raises(ModelRefusal):
                call()
        model.close()

    def test_a_vocabulary_that_llama_would_abort_on(self) -> None:
        """SentencePiece without tokens for bytes."""
        import gguf as package

        from backends.gguf.file import read_gguf

        folder, read = root() / "no-bytes", package.GGUFReader(gguf("llama"))
        (folder / "none").mkdir(parents=True)
        writer = package.GGUFWriter(folder / "model.gguf", "llama")
        for name, value in read_gguf(gguf("llama")).keys.items():
            kind = read.fields[name].types[0]
            if (
                not name.startswith(("GGUF.", "tokenizer.", "general.architecture"))
                and kind != package.GGUFValueType.ARRAY
            ):
                writer.add_key_value(name, value, kind)
        writer.add_tokenizer_model("llama")
        content = json.loads((tokenizer() / "tokenizer.json").read_text())["model"]["vocab"]
        texts = {number: text for text, number in content.items()}
        writer.add_token_list([texts.get(number, f"[{number}]") for number in range(VOCAB)])
        writer.add_token_scores([0.0] * VOCAB)
        writer.add_token_types([1 if number in texts else 5 for number in range(VOCAB)])
        for tensor in read.tensors:
            writer.add_tensor(tensor.name, tensor.data)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        with pytest.raises(ModelRefusal, match="single bytes") as refusal:
            LlamaModel.open(ModelFiles(folder / "model.gguf", folder / "none", "x"), EngineSettings())
        assert refusal.value.code == "model.unreadable"

    def test_neither_file_nor_case_has_one(self) -> None:
        nothing, none = root() / "nothing", root() / "no-vocabulary" / "model.gguf"
        nothing.mkdir()
        convert(checkpoint("llama"), nothing, none, "f32")
        with pytest.raises(ModelRefusal, match="no tokenizer"):
            LlamaModel.open(ModelFiles(none, nothing, "x"), EngineSettings())


class TestQuantised:
    """Files in the formats that people share, made by llama.cpp itself."""

    @pytest.mark.parametrize("kind", ["Q4_K_M", "Q6_K", "Q4_0", "BF16"])
    def test_logits_readout_and_weights_belong_together(self, kind: str) -> None:
        llama = opened()._lib.llama
        plain, target = root() / "for-k" / "model.gguf", root() / kind / "model.gguf"
        if not plain.exists():
            shape = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "initializer_range": 0.05}
            tiny.save_model(plain.parent / "hf", "llama", **shape)
            convert(plain.parent / "hf", tokenizer(), plain, "f32")
        target.parent.mkdir()
        settings = llama.llama_model_quantize_default_params()
        settings.ftype, settings.nthread = getattr(llama, f"LLAMA_FTYPE_MOSTLY_{kind}"), 1
        assert llama.llama_model_quantize(bytes(plain), bytes(target), settings) == 0
        exact, model = (
            LlamaModel.open(ModelFiles(file, tokenizer(), "x"), EngineSettings(threads=1)) for file in (plain, target)
        )
        assert model.card.dtype == {"Q4_K_M": "q4_K", "Q6_K": "q6_K", "Q4_0": "q4_0", "BF16": "bfloat16"}[kind]
        assert model.capabilities == exact.capabilities
        ours, theirs = (each.forward(IDS, capture=[resid_post(1)]) for each in (model, exact))
        scale = np.abs(theirs.logits).max()
        assert np.abs(model.readout(ours.captured[resid_post(1)]) - ours.logits).max() < 0.05 * scale
        assert (
            np.abs(ours.logits - theirs.logits).max()
            < {"Q4_K_M": 0.3, "Q4_0": 0.4, "Q6_K": 0.1}.get(kind, 0.02) * scale
        )
        assert (model.forward(IDS).logits == ours.logits).all()
        # These kernels treat a few rows otherwise than many: not bitwise, but as close as rounding.
        np.testing.assert_allclose(model.forward(IDS, rows=[-1]).logits[0], ours.logits[-1], atol=1e-4 * scale)
        how = Sampling(seed=2, max_tokens=16)
        drawn = model.generate(IDS, how, n=3)
        for sample, logits in zip(drawn, model.continuations(IDS, [d.tokens for d in drawn]), strict=True):
            whole = model.forward([*IDS, *sample.tokens]).logits[len(IDS) - 1 : -1]
            np.testing.assert_allclose(logits, whole, atol=1e-4 * scale)
        model.close()
        exact.close()


class TestCapabilities:
    @pytest.mark.parametrize("family", FAMILIES)
    def test_the_known_families_have_them_all(self, family: str) -> None:
        lacking = {Capability.GRADIENT, *((Capability.NEURONS, Capability.WEIGHTS) if family in MIXTURES else ())}
        assert opened(family).capabilities == frozenset(Capability) - lacking

    def test_mistral_is_cut_at_its_window(self) -> None:
        """llama.cpp attends past Mistral's window, so no more than the window is offered."""
        for window in (9, 3):
            target = root() / f"windowed-{window}" / "model.gguf"
            tiny.save_model(target.parent / "hf", "mistral", sliding_window=window)
            convert(target.parent / "hf", tokenizer(), target, "f32")
            model = LlamaModel.open(ModelFiles(target, tokenizer(), "x"), EngineSettings())
            assert model.card.context == window
            assert model.capabilities == frozenset(Capability) - {Capability.GRADIENT}
            model.close()

    def test_what_a_graph_does_not_offer_is_refused_with_the_reason(self) -> None:
        model = opened()
        missing = model._anatomy.without(Capability.HEADS, "Its blocks have different heads.")
        assert Capability.HEADS not in missing.capabilities
        assert not any(kind == "attn.hook_z" for kind, _ in missing.sites)

    def test_the_environment_tells_builds_and_plans_apart(self) -> None:
        exact, half = opened("llama").environment, opened("llama", "f16").environment
        assert exact["attention_memory"] == "float32" and half["attention_memory"] == "float16"
        assert len(str(exact["build"])) == 64
        assert "llama.cpp" in str(exact["version"])
        assert exact["threads"] == 1

    @pytest.mark.parametrize(("family", "tabled"), [("gpt2", True), ("gemma2", True), ("llama", False)])
    def test_it_says_that_gelu_is_looked_up_in_float16_whatever_the_weights(self, family: str, tabled: bool) -> None:
        assert opened(family).environment.get("activation", "") == ("float16" if tabled else "")


def test_importing_the_engine_loads_nothing_heavy() -> None:
    heavy = ("llama_cpp", "gguf", "torch", "transformers", "jinja2", "tokenizers")
    code = f"import sys, backends.engine, backends.llama.model; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("kept", "named"),
    [
        ({"f32": 9}, "float32"),
        ({"bf16": 9, "f16": 1}, "bfloat16"),
        ({"q4_K": 6, "q6_K": 4}, "q4_K"),
        ({"q4_0": 4, "q8_0": 3, "f16": 3}, "q8_0"),  # the most, and fewer than half of all
        ({"mxfp4": 5, "f32": 5}, "mxfp4"),
        ({"tq1_0": 1, "f16": 9}, "float16"),
        ({}, ""),
    ],
)
def test_a_mix_is_named_by_the_fewest_bits_in_which_half_of_it_is_kept(kept: dict[str, int], named: str) -> None:
    assert dominant(kept) == named
