"""The fields that an engine reads in a model's files; whatever else stands there has no business in a case.

What transformers' configurations and llama.cpp's keys are comes from the engines' own declarations and is generated
(`tests/casefiles/case/known_fields.py`); what tokenizers and adapters have is listed here.
"""

from __future__ import annotations

import json
import re
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

TOKENIZER_CONFIG: Final = listed(
    """
    add_bos_token add_eos_token add_prefix_space added_tokens_decoder additional_special_tokens backend bos_token
    chat_template clean_up_tokenization_spaces cls_token do_basic_tokenize do_clean_text do_lower_case
    do_lowercase_and_remove_accent eos_token errors extra_special_tokens fuse_unk is_local keep_accents legacy
    mask_token max_length model_input_names model_max_length model_specific_special_tokens normalization
    pad_to_multiple_of pad_token pad_token_type_id padding_side remove_space sep_token sp_model_kwargs
    spaces_between_special_tokens split_special_tokens stride strip_accents tokenize_chinese_chars tokenizer_class
    trim_offsets truncation_side truncation_strategy unk_token use_default_system_prompt use_fast
    """
)
"""Of tokenizer_config.json and special_tokens_map.json, where a tokenizer is converted from older files."""
BESIDE_TOKENIZER: Final = TOKENIZER_CONFIG - listed(
    """
    added_tokens_decoder additional_special_tokens errors extra_special_tokens max_length model_input_names
    model_specific_special_tokens pad_to_multiple_of pad_token_type_id sp_model_kwargs stride
    """
)
"""Of tokenizer_config.json beside a tokenizer.json, of which engines take the tokens of each role and the template."""
TOKENIZER: Final = listed(
    "version truncation padding added_tokens normalizer pre_tokenizer post_processor decoder model"
)
"""Of tokenizer.json at its top."""
TOKEN: Final = listed("content single_word lstrip rstrip normalized special")
"""Of a token that a tokenizer adds."""
TOKENIZER_BELOW: Final = {
    "added_tokens": TOKEN | {"id"},
    "truncation": listed("direction max_length strategy stride"),
    "padding": listed("strategy direction pad_to_multiple_of pad_id pad_type_id pad_token"),
    "strategy": listed("Fixed"),
    "pattern": listed("String Regex"),
    "single": listed("SpecialToken Sequence"),
    "pair": listed("SpecialToken Sequence"),
    "SpecialToken": listed("id type_id"),
    "Sequence": listed("id type_id"),
    "special_tokens[]": listed("id ids tokens"),
}
"""Of what is no step of a tokenizer.json, by the field that holds it."""
_SPACED: Final = listed("add_prefix_space trim_offsets use_regex")
_META: Final = listed("replacement prepend_scheme add_prefix_space split")
OF_TYPE: Final = {
    "BPE": listed(
        "dropout unk_token continuing_subword_prefix end_of_word_suffix fuse_unk byte_fallback ignore_merges vocab"
        " merges"
    ),
    "Unigram": listed("unk_id vocab byte_fallback"),
    "WordLevel": listed("vocab unk_token"),
    "WordPiece": listed("unk_token continuing_subword_prefix max_input_chars_per_word vocab prefix cleanup"),
    "BertNormalizer": listed("clean_text handle_chinese_chars strip_accents lowercase"),
    "Strip": listed("strip_left strip_right content start stop"),
    "Replace": listed("pattern content"),
    "Prepend": listed("prepend"),
    "Precompiled": listed("precompiled_charsmap"),
    "ByteLevel": _SPACED,
    "Metaspace": _META,
    "Split": listed("pattern behavior invert"),
    "Punctuation": listed("behavior"),
    "Digits": listed("individual_digits"),
    "CharDelimiterSplit": listed("delimiter"),
    "FixedLength": listed("length"),
    "TemplateProcessing": listed("single pair special_tokens"),
    "BertProcessing": listed("sep cls"),
    "RobertaProcessing": listed("sep cls trim_offsets add_prefix_space"),
    "BPEDecoder": listed("suffix"),
    "CTC": listed("pad_token word_delimiter_token cleanup"),
} | dict.fromkeys(
    listed(
        "Lowercase NFC NFD NFKC NFKD Nmt StripAccents Whitespace WhitespaceSplit BertPreTokenizer UnicodeScripts"
        " ByteFallback Fuse"
    ),
    frozenset[str](),
)
"""Of a step or a model of tokenizer.json, by its type; two that share a name have what either has."""
SEVERAL: Final = {
    "normalizer": "normalizers",
    "pre_tokenizer": "pretokenizers",
    "post_processor": "processors",
    "decoder": "decoders",
}
"""Where steps stand, and the field in which one that is a sequence holds others."""
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
        TOKENIZER_CONFIG, TOKENIZER, *TOKENIZER_BELOW.values(), *OF_TYPE.values(), OF_TYPE, _QUANTIZATION
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
