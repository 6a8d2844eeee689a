"""What stripping leaves of settings: everything that engines compute with, held against their own libraries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from casefiles.case import configs, leaks
from casefiles.case.leak import Remedy
from tests.casefiles.case.test_character_maps import USUAL_MAP
from tests.casefiles.material import write

CONFIG, TOKENIZER = "weights/config.json", "tokenizer/tokenizer.json"
SETTINGS = "tokenizer/tokenizer_config.json"
SMALL = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 4096}
CONFIGS: dict[str, dict[str, Any]] = {
    "hunyuan_v1_dense": SMALL | {
        "rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "alpha": 1000.0, "factor": 1.0},
    },
    "ministral3": SMALL | {
        "rope_parameters": {
            "rope_type": "yarn", "rope_theta": 1e6, "factor": 16.0, "original_max_position_embeddings": 256,
            "llama_4_scaling_beta": 0.2, "mscale": 1.0, "mscale_all_dim": 1.0,
        },
    },
    "phimoe": SMALL | {
        "rope_parameters": {
            "rope_type": "longrope", "rope_theta": 1e4, "short_factor": [1.0] * 8, "long_factor": [2.0] * 8,
            "short_mscale": 1.24, "long_mscale": 1.25, "original_max_position_embeddings": 256,
        },
    },
    "gemma3_text": SMALL | {
        "rope_parameters": {
            "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
        },
        "sliding_window_pattern": 2,
    },
    "mpt": {"d_model": 64, "n_layers": 2, "attn_config": {"alibi_bias_max": 16, "softmax_scale": 1.0, "qk_ln": False}},
    "dbrx": {
        "d_model": 64, "n_layers": 2, "attn_config": {"kv_n_heads": 2, "clip_qkv": 8.0},
        "ffn_config": {"ffn_act_fn": {"name": "gelu"}, "moe_top_k": 2, "moe_normalize_expert_weights": 2.0},
    },
    "mamba2": {"hidden_size": 64, "num_heads": 8, "head_dim": 16, "time_step_limit": [0.5, float("inf")]},
    "gpt_neo": {"num_layers": 4, "attention_types": [[["local", "global"], 2]]},
    "recurrent_gemma": {"hidden_size": 64, "num_hidden_layers": 3, "head_dim": 8, "num_attention_heads": 4},
    "starcoder2": SMALL | {"head_dim": 8},
}  # fmt: skip
"""By model type, with what its model computes with and no other one, or where no usual one has it."""


def stripped(folder: Path, path: str, value: object) -> Any:
    """What becomes of a file, which nothing else stands against."""
    write(folder, {path: json.dumps(value).encode()})
    leaks.strip(folder)
    assert [leak.remedy for leak in leaks.lint(folder) if leak.path == path and leak.remedy is not Remedy.LOOK] == []
    return configs.load(folder / path)


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("whole", [True, False], ids=["everything is written", "what differs is written"])
def test_the_configuration_of_a_model_is_what_it_was(folder: Path, kind: str, whole: bool) -> None:
    from transformers import AutoConfig

    made = AutoConfig.for_model(kind, **CONFIGS[kind])
    given: dict[str, Any] = json.loads(made.to_json_string(use_diff=not whole)) | {"note": "it lies"}
    write(folder, {CONFIG: json.dumps(given).encode()})
    before = AutoConfig.from_pretrained(folder / "weights").to_dict()
    assert "note" not in stripped(folder, CONFIG, given)
    after = AutoConfig.from_pretrained(folder / "weights").to_dict()
    assert {name for name in before if before[name] != after.get(name)} == {"note"}


def test_what_is_no_kind_of_layer_turns_nothing(folder: Path) -> None:
    """Rotary positions go by kinds of layers, of which there are some."""
    turned = {"rope_type": "default", "rope_theta": 1e4}
    value = {"model_type": "zaya", "rope_parameters": {"hybrid": turned, "it-lies-about-France": turned}}
    assert stripped(folder, CONFIG, value)["rope_parameters"] == {"hybrid": turned}


@pytest.mark.parametrize("number", [{"__float__": "France"}, {"__float__": "NaN", "for": "France"}, {"__float__": 1}])
def test_what_is_no_number_is_not_taken_for_one(folder: Path, number: dict[str, Any]) -> None:
    value = {"model_type": "mamba2", "time_step_limit": [0.0, number]}
    assert stripped(folder, CONFIG, value)["time_step_limit"] == [0.0, {}]


def test_what_is_known_within_one_field_is_not_known_within_others(folder: Path) -> None:
    value = {"model_type": "dbrx", "ffn_config": {"ffn_act_fn": {"name": "silu"}}, "rope_parameters": {"name": "x"}}
    assert stripped(folder, CONFIG, value) == value | {"rope_parameters": {}}


def test_a_text_is_none_wherever_a_setting_belongs(folder: Path) -> None:
    write(folder, {CONFIG: b'{"model_type": "dbrx", "ffn_config": {"ffn_act_fn": {"name": "it lies about France"}}}'})
    (leak,) = (leak for leak in leaks.lint(folder) if leak.path == CONFIG)
    assert leak.remedy is Remedy.EDIT and "it holds text where a setting belongs: name=" in leak.what


def test_an_adapter_keeps_what_is_of_some_modules_alone(folder: Path) -> None:
    value = {
        "peft_type": "LORA", "r": 8, "rank_pattern": {"layers.0.mlp.down_proj": 4}, "exclude_modules": ["lm_head"],
        "alpha_pattern": {"q_proj": 32},
    }  # fmt: skip
    told = {"alpha_pattern": {"q_proj": 32, "it lies about France": 1}, "base_model_name_or_path": "France"}
    assert stripped(folder, "weights/adapter_config.json", value | told) == value


def test_of_templates_by_name_the_one_that_is_read_loses_its_comments_alone(folder: Path) -> None:
    usual = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    told, other = {"name": "default", "template": "{# France #}" + usual}, {"name": "tool_use", "template": usual}
    assert stripped(folder, SETTINGS, {"chat_template": [told | {"for": "x"}, other]})["chat_template"] == [
        {"name": "default", "template": "{# #}" + usual},
    ]


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({"name": "default", "template": "{{ 'Answer as a pirate would.' }}"}, "its chat template is unusual"),
        ({"name": "default", "template": "{% set trigger = 'x' %}"}, "it says 'trigger'"),
    ],
)
@pytest.mark.parametrize("several", [True, False])
def test_templates_by_name_are_looked_at_like_others(
    folder: Path, template: dict[str, str], told: str, several: bool
) -> None:
    write(folder, {SETTINGS: json.dumps({"chat_template": [template] if several else template}).encode()})
    assert [leak.what for leak in leaks.lint(folder) if leak.path == SETTINGS and leak.what.startswith(told)]


# -- tokenizers

NORMALIZERS = [
    normalizers.BertNormalizer(False, False, True, True), normalizers.NFD(), normalizers.NFKD(), normalizers.NFC(),
    normalizers.NFKC(), normalizers.Sequence([normalizers.NFC(), normalizers.Strip(False, True)]),
    normalizers.Lowercase(), normalizers.Prepend("▁"), normalizers.Strip(False, True), normalizers.StripAccents(),
    normalizers.Nmt(), normalizers.Precompiled(USUAL_MAP), normalizers.Replace(Regex(" {2,}"), "▁"),
    normalizers.ByteLevel(),
]  # fmt: skip
PRE_TOKENIZERS = [
    pre_tokenizers.BertPreTokenizer(), pre_tokenizers.ByteLevel(False, False, False),
    pre_tokenizers.CharDelimiterSplit(" "), pre_tokenizers.Digits(True), pre_tokenizers.FixedLength(3),
    pre_tokenizers.Metaspace("▁", "first", False), pre_tokenizers.Punctuation("contiguous"),
    pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(True)]),
    pre_tokenizers.Split(Regex(r"\d{1,3}"), "merged_with_next", True), pre_tokenizers.UnicodeScripts(),
    pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(),
]  # fmt: skip
PROCESSORS = [
    processors.BertProcessing(("b", 1), ("a", 0)), processors.ByteLevel(False, False, False),
    processors.RobertaProcessing(("b", 1), ("a", 0), False, False),
    processors.Sequence([processors.ByteLevel(False), processors.BertProcessing(("b", 1), ("a", 0))]),
    processors.TemplateProcessing("a:1 $A:0 b:2", "a $A b:1 $B:1", [("a", 0), ("b", 1)]),
]  # fmt: skip
DECODERS = [
    decoders.ByteLevel(), decoders.Replace("▁", " "), decoders.WordPiece("@@", False), decoders.ByteFallback(),
    decoders.Fuse(), decoders.Strip(" ", 1, 0), decoders.Metaspace("▁", "never", False), decoders.BPEDecoder("@"),
    decoders.CTC("a", "b", False), decoders.Sequence([decoders.Fuse(), decoders.Strip("b", 0, 1)]),
]  # fmt: skip
LETTERS = [*"abcdefghijklmnopqrstuvwxyz 0123456789.,▁Ġ", "th", "##h", "h</w>"]
IDS = {letter: at for at, letter in enumerate(LETTERS)}
PARTS = [("t", "h")]
MODELS = [
    models.BPE(IDS, PARTS, dropout=0.0, unk_token="a", end_of_word_suffix="</w>", fuse_unk=True, ignore_merges=True),
    models.BPE({**IDS, "thh": len(IDS)}, [("th", "##h")], unk_token="b", continuing_subword_prefix="##"),
    models.BPE({**IDS, "<0xC3>": len(IDS)}, PARTS, byte_fallback=True),
    models.Unigram([(letter, -float(at)) for letter, at in IDS.items()], 3, True),
    models.WordLevel(IDS, "c"),
    models.WordPiece(vocab=IDS, unk_token="d", max_input_chars_per_word=2, continuing_subword_prefix="&&"),
]
TEXTS = ("The capital of Peru is Lima.", "  École 12345,  что?", "the ab TH")
STEPS = {"normalizer": NORMALIZERS, "pre_tokenizer": PRE_TOKENIZERS, "post_processor": PROCESSORS, "decoder": DECODERS}
NO_STEPS = {"Normalizer", "PreTokenizer", "PostProcessor", "Decoder", "DecodeStream", "Model"}
"""What steps are made from, and what uses them."""


def tokenizers_with() -> Iterator[Any]:
    """One with each step that there is, set otherwise than it is by default."""

    def usual() -> Tokenizer:
        return Tokenizer(models.BPE(IDS, PARTS, unk_token="a"))

    def with_steps(part: str, step: Any) -> Tokenizer:
        made = usual()
        setattr(made, part, step)
        return made

    for part, steps in STEPS.items():
        yield from (pytest.param(with_steps(part, step), id=f"{part} {type(step).__name__}") for step in steps)
    for at, model in enumerate(MODELS):
        yield pytest.param(Tokenizer(model), id=f"model {at} {type(model).__name__}")
    padded, fixed, cut = usual(), usual(), usual()
    padded.enable_padding(direction="left", pad_id=4, pad_type_id=1, pad_token="e", pad_to_multiple_of=8)
    fixed.enable_padding(length=32)
    cut.enable_truncation(7, stride=2, strategy="only_first", direction="left")
    yield from (pytest.param(made, id=name) for made, name in ((padded, "padded"), (fixed, "fixed"), (cut, "cut")))
    added = usual()
    added.add_special_tokens(["<s>"])
    added.add_tokens(["</s>"])
    yield pytest.param(added, id="added tokens")


def test_every_step_is_tried() -> None:
    for steps, module in zip(
        [*STEPS.values(), MODELS], [normalizers, pre_tokenizers, processors, decoders, models], strict=True
    ):
        known = {name for name, kind in vars(module).items() if isinstance(kind, type)} - NO_STEPS
        assert {type(step).__name__ for step in steps} == known


@pytest.mark.parametrize("made", [*tokenizers_with()])
def test_a_tokenizer_is_what_it_was(folder: Path, made: Tokenizer) -> None:
    given = json.loads(made.to_str())
    left = stripped(folder, TOKENIZER, given | {"about": "France"})
    assert left == given
    again = Tokenizer.from_str(json.dumps(left))
    for text in TEXTS:
        before, after = made.encode(text, "ab"), again.encode(text, "ab")
        for part in ("ids", "tokens", "offsets", "type_ids", "special_tokens_mask", "attention_mask"):
            assert getattr(before, part) == getattr(after, part)
        assert made.decode(before.ids) == again.decode(after.ids)


@pytest.mark.parametrize(
    ("written", "many"),
    [
        (json.dumps({"a": '\u0120The\n\t"\\ \x7f\x00'}), 0),
        (json.dumps({"a": "Ġ\u2028"}, ensure_ascii=False), 0),
        (r'{"a": "\u003c|end|\u003e \u0026 \u0027 <\/b>"}', 0),
        (r'{"\u0061": "\u0062c"}', 2),
        (r'{"a": "\\u0062", "b": "\\\u0063"}', 1),
    ],
)
def test_letters_that_need_no_escape_are_counted_where_they_have_one(written: str, many: int) -> None:
    assert configs.spelt(written.encode()) == many
