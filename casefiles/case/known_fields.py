"""The fields that an engine reads in a model's files; whatever else stands there has no business in a case.

What transformers' configurations and llama.cpp's keys are comes from the engines' own declarations and is generated
(`tests/casefiles/case/known_fields.py`); what tokenizers and adapters have is listed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final


def listed(names: str) -> frozenset[str]:
    """Names with spaces between them."""
    return frozenset(names.split())


GGUF_GENERAL: Final = frozenset(
    f"general.{name}" for name in ("architecture", "type", "alignment", "file_type", "quantization_version")
)
"""In `general.`, most keys describe where a model came from; these are the ones engines need."""
_GGUF_TEXTS: Final = frozenset(
    ["tokenizer.huggingface.json", "tokenizer.chat_template.{name}", "tokenizer.chat_templates", "tokenizer.rwkv.world"]
)
"""Named by llama.cpp's package, and read by no engine here."""

_OF_KIND: Final[dict[str, Callable[[Any], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "number": lambda value: type(value) in (int, float),
    "setting": lambda value: isinstance(value, str | int | float),
    "texts": lambda value: _is_list(value, str),
    "part": lambda value: isinstance(value, dict),
    "parts": lambda value: _is_list(value, dict),
    "token": lambda value: isinstance(value, str | dict),
    "tokens": lambda value: _is_list(value, str | dict),
    "named": lambda value: isinstance(value, dict) or _is_list(value, str | dict),
    "template": lambda value: isinstance(value, str | dict) or _is_list(value, dict),
    "one": lambda value: _is_list(value, str | int) and len(value) == 1,
    "numbered": lambda value: _is_list(value, str | int) and [type(one) for one in value] == [str, int],
    "any": lambda value: True,
}
"""What a field of a tokenizer holds. Nothing else stands there, be it lists in lists or objects in objects: engines
pass over such things, and whoever opens the file reads them."""
Kinds = dict[str, str]
"""Field → one of these."""


def _is_list(value: Any, of: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, of) for one in value)


def _fields(**kinds: str) -> Kinds:
    return {name: kind for kind, names in kinds.items() for name in names.split()}


def fitting(value: dict[str, Any], kinds: Kinds) -> frozenset[str]:
    """The fields of an object that are known and hold what they may, if anything."""
    return frozenset(
        name for name, item in value.items() if name in kinds and (item is None or _OF_KIND[kinds[name]](item))
    )


_ROLES: Final = "bos_token cls_token eos_token mask_token pad_token sep_token unk_token"
BESIDE_TOKENIZER: Final = _fields(
    setting="""
    add_bos_token add_eos_token add_prefix_space backend clean_up_tokenization_spaces do_basic_tokenize do_clean_text
    do_lower_case do_lowercase_and_remove_accent fuse_unk is_local keep_accents legacy model_max_length normalization
    padding_side remove_space spaces_between_special_tokens split_special_tokens strip_accents tokenize_chinese_chars
    tokenizer_class trim_offsets truncation_side truncation_strategy use_default_system_prompt use_fast
    """,
    token=_ROLES,
    template="chat_template",
)
"""Of tokenizer_config.json beside a tokenizer.json, of which engines take the tokens of each role and the template."""
TOKENIZER_CONFIG: Final = BESIDE_TOKENIZER | _fields(
    setting="errors max_length pad_to_multiple_of pad_token_type_id stride",
    tokens="additional_special_tokens",
    named="extra_special_tokens model_specific_special_tokens",
    part="added_tokens_decoder sp_model_kwargs",
    texts="model_input_names",
)
"""Of tokenizer_config.json and special_tokens_map.json, where a tokenizer is converted from older files."""
NAMED_TEMPLATE: Final = _fields(text="name template")
"""Of one of several templates."""
TOKENIZER: Final = _fields(
    text="version",
    part="truncation padding normalizer pre_tokenizer post_processor decoder model",
    parts="added_tokens",
)
"""Of tokenizer.json at its top."""
TOKEN: Final = _fields(text="content", flag="single_word lstrip rstrip normalized special")
"""Of a token that a tokenizer adds."""
_PLACED: Final = _fields(part="SpecialToken Sequence")
_NAMED: Final = _fields(text="id", number="type_id")
TOKENIZER_BELOW: Final = {
    "added_tokens": TOKEN | _fields(number="id"),
    "truncation": _fields(text="direction strategy", number="max_length stride"),
    "padding": _fields(text="direction pad_token", number="pad_to_multiple_of pad_id pad_type_id", token="strategy"),
    "strategy": _fields(number="Fixed"),
    "pattern": _fields(text="String Regex"),
    "single": _PLACED,
    "pair": _PLACED,
    "SpecialToken": _NAMED,
    "Sequence": _NAMED,
    "special_tokens[]": _fields(text="id", one="ids tokens"),
}
"""Of what is no step of a tokenizer.json, by the field that holds it."""
_SPACED: Final = _fields(flag="add_prefix_space trim_offsets use_regex")
_META: Final = _fields(text="replacement prepend_scheme", flag="add_prefix_space split")
_REPLACE: Final = _fields(part="pattern", text="content")
_PAIR: Final = _fields(numbered="sep cls")


def _plain(names: str) -> dict[str, Kinds]:
    return {name: {} for name in names.split()}


STEPS: Final[dict[str, dict[str, Kinds]]] = {
    "model": {
        "BPE": _fields(
            text="unk_token continuing_subword_prefix end_of_word_suffix",
            flag="fuse_unk byte_fallback ignore_merges",
            number="dropout",
            any="vocab merges",
        ),
        "Unigram": _fields(number="unk_id", flag="byte_fallback", any="vocab"),
        "WordLevel": _fields(text="unk_token", any="vocab"),
        "WordPiece": _fields(
            text="unk_token continuing_subword_prefix", number="max_input_chars_per_word", any="vocab"
        ),
    },
    "normalizer": {
        "BertNormalizer": _fields(flag="clean_text handle_chinese_chars strip_accents lowercase"),
        "Strip": _fields(flag="strip_left strip_right"),
        "Replace": _REPLACE,
        "Prepend": _fields(text="prepend"),
        "Precompiled": _fields(text="precompiled_charsmap"),
    }
    | _plain("ByteLevel Lowercase NFC NFD NFKC NFKD Nmt StripAccents"),
    "pre_tokenizer": {
        "ByteLevel": _SPACED,
        "CharDelimiterSplit": _fields(text="delimiter"),
        "Digits": _fields(flag="individual_digits"),
        "FixedLength": _fields(number="length"),
        "Metaspace": _META,
        "Punctuation": _fields(text="behavior"),
        "Split": _fields(part="pattern", text="behavior", flag="invert"),
    }
    | _plain("BertPreTokenizer UnicodeScripts Whitespace WhitespaceSplit"),
    "post_processor": {
        "BertProcessing": _PAIR,
        "ByteLevel": _SPACED,
        "RobertaProcessing": _PAIR | _fields(flag="trim_offsets add_prefix_space"),
        "TemplateProcessing": _fields(parts="single pair", part="special_tokens"),
    },
    "decoder": {
        "BPEDecoder": _fields(text="suffix"),
        "ByteLevel": _SPACED,
        "CTC": _fields(text="pad_token word_delimiter_token", flag="cleanup"),
        "Metaspace": _META,
        "Replace": _REPLACE,
        "Strip": _fields(text="content", number="start stop"),
        "WordPiece": _fields(text="prefix", flag="cleanup"),
    }
    | _plain("ByteFallback Fuse"),
}
"""Of the model and the steps of tokenizer.json, by their place and type."""
SEVERAL: Final = {
    "normalizer": "normalizers",
    "pre_tokenizer": "pretokenizers",
    "post_processor": "processors",
    "decoder": "decoders",
}
"""Where steps stand, and the field in which one that is a sequence holds others."""


def of_step(place: str, kind: str) -> Kinds:
    """Of a step or the model of tokenizer.json, by its place, be that in a sequence, and its type."""
    first = next((one for one, inner in SEVERAL.items() if place == inner), place)
    sequence = {SEVERAL[first]: "parts"} if kind == "Sequence" and first in SEVERAL else {}
    return {"type": "text"} | sequence | STEPS[first].get(kind, {})


INDEX: Final = {
    "": frozenset(["metadata", "weight_map"]),
    "metadata": frozenset(["total_size", "total_parameters"]),
}
"""Of a list of weights that lie in several files, by what holds them."""
_QUANTIZATION: Final = listed(
    """
    activation_scheme bits bnb_4bit_compute_dtype bnb_4bit_quant_storage bnb_4bit_quant_type bnb_4bit_use_double_quant
    desc_act fmt group_size llm_int8_enable_fp32_cpu_offload llm_int8_has_fp16_weight llm_int8_skip_modules
    llm_int8_threshold load_in_4bit load_in_8bit modules_to_not_convert quant_method sym version weight_block_size
    zero_point
    """
)


@cache
def _generated() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    return value


@cache
def config(model_type: str | None) -> frozenset[str] | None:
    """Of config.json, or of one of its parts; None if transformers has no such model."""
    types = _generated()["config_by_type"]
    return frozenset([*_generated()["config"], *types[model_type]]) if model_type in types else None


@cache
def config_part(at: str = "") -> frozenset[str]:
    """Of anything inside config.json that says of no model type, and that the field `at` holds."""
    told = _generated()
    types = told["config_by_type"].values()
    within = [*told["rope"], *told["config_below"].get(at, ())]
    return frozenset([*told["config"], *within, *(name for one in types for name in one)]) | _QUANTIZATION


@cache
def adapter() -> frozenset[str]:
    """Of adapter_config.json."""
    return frozenset(_generated()["adapter"])


@cache
def generation() -> frozenset[str]:
    """Of generation_config.json."""
    return frozenset(_generated()["generation"])


@cache
def names() -> frozenset[str]:
    """Every field and kind of model that an engine knows."""
    told = _generated()
    types, below = told["config_by_type"], told["config_below"]
    found = [*types, *(name for part in ("config", "rope", "generation", "adapter", "gguf") for name in told[part])]
    found += [name for part in (*types.values(), *below.values()) for name in part]
    return frozenset(found).union(
        TOKENIZER_CONFIG,
        TOKENIZER,
        *TOKENIZER_BELOW.values(),
        *STEPS.values(),
        *(fields for place in STEPS.values() for fields in place.values()),
        _QUANTIZATION,
    )


@cache
def values() -> frozenset[str]:
    """Every word that a setting has by default or may have, where the engines say which."""
    return frozenset(_generated()["values"])


def is_gguf(key: str, architecture: str) -> bool:
    """Whether a GGUF's key is one that llama.cpp knows."""
    return re.fullmatch(_gguf_pattern(architecture), key) is not None


@cache
def _gguf_pattern(architecture: str) -> str:
    names = [key for key in _generated()["gguf"] if key not in _GGUF_TEXTS]
    return "|".join(re.escape(key).replace(r"\{arch\}", re.escape(architecture)) for key in names)
