"""Shipped files that llama.cpp does not compute as transformers computes what they were made of, each made small.

A checkpoint is what transformers reads; the file is of the same weights, written by the workbench's own conversion
under the settings that llama.cpp assumes, with what a header says (or leaves out) put in afterwards.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from backends.gguf import conversion
from tests.backends import tiny
from tests.backends.llama_cases import tokenizer

TOKENS = np.random.default_rng(1).integers(0, tiny.VOCAB, 60).tolist()
YARN = {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 64}
_FULL = {"layer_types": ["full_attention"] * tiny.LAYERS}


@dataclass(frozen=True)
class Difference:
    """One family of files and what is done about it."""

    name: str
    family: str
    what: str
    """What llama.cpp computes, and what transformers does, in a sentence."""
    done: str
    """`refused`, `told`, or `N tokens`: no longer texts are asked."""
    meant: Mapping[str, Any]
    """Settings of the checkpoint."""
    written: Mapping[str, Any]
    """Settings under which its file is written."""
    header: Mapping[str, Any] = field(default_factory=dict)
    """Keys of the architecture in the file as it is found; None: left out."""


DIFFERENCES = (
    Difference(
        "EXAONE 4 with a window", "exaone4",
        "llama.cpp heeds a window, and leaves full layers without positions, in files of 64 layers alone.", "refused",
        {"sliding_window": 6, "layer_types": ["sliding_attention", "sliding_attention", "full_attention"]},
        _FULL | {"sliding_window": None}, {"attention.sliding_window": 6},
    ),
    Difference(
        "EXAONE 4 of 64 layers without a window", "exaone4",
        "llama.cpp leaves every fourth layer without positions.", "refused",
        {"num_hidden_layers": 64, "layer_types": ["full_attention"] * 64},
        {"num_hidden_layers": 64, "layer_types": None, "sliding_window": 4096},
        {"attention.sliding_window": None, "attention.sliding_window_pattern": None},
    ),
    Difference(
        "Mistral beyond its window", "mistral",
        "In llama.cpp tokens see everything before them, in transformers the last of it.", "20 tokens",
        {"sliding_window": 20}, {"sliding_window": None}, {"attention.sliding_window": 20},
    ),
    Difference(
        "Qwen 3 mixture trained without normed weights", "qwen3-moe",
        "llama.cpp scales the weights of the experts in use to sum to 1; norm_topk_prob is in no file.", "told",
        {"norm_topk_prob": False}, {},
    ),
    Difference(
        "Qwen 2 mixture trained with normed weights", "qwen2-moe",
        "llama.cpp leaves the weights of the experts in use as they are; norm_topk_prob is in no file.", "told",
        {"norm_topk_prob": True}, {},
    ),
    Difference(
        "Llama 4 with other chunks, in the header", "llama4",
        "llama.cpp has chunks of 8,192 tokens whatever the header says.", "20 tokens",
        {"attention_chunk_size": 20}, {}, {"attention.sliding_window": 20},
    ),
    Difference(
        "Llama 4 with other chunks", "llama4",
        "llama.cpp has chunks of 8,192 tokens; converters write no other number.", "told",
        {"attention_chunk_size": 20}, {},
    ),
    Difference(
        "gpt-oss as it was published", "gpt-oss",
        "llama.cpp rounds the range in which YaRN stretches positions to whole pairs; truncate is in no file.", "told",
        {"head_dim": 16, "rope_parameters": YARN | {"truncate": False}}, {"head_dim": 16, "rope_parameters": YARN},
    ),
    Difference(
        "Gemma 4 without a cap", "gemma4",
        "llama.cpp caps the logits at 30 where the header names no number.", "refused",
        {"initializer_range": 0.3}, {"initializer_range": 0.3}, {"final_logit_softcapping": None},
    ),
    Difference(
        "Gemma 2 without a cap", "gemma2",
        "llama.cpp caps logits at 30 and those of attention at 50 where the header names no numbers.", "refused",
        {"initializer_range": 0.3, "final_logit_softcapping": None, "attn_logit_softcapping": None},
        {"initializer_range": 0.3},
        {"final_logit_softcapping": None, "attn_logit_softcapping": None},
    ),
    Difference(
        "DeepSeek V3 written before groups", "deepseek-v3",
        "llama.cpp chooses among all experts where the header names no groups.", "refused",
        {"n_routed_experts": 256, "n_group": 8, "topk_group": 1},
        {"n_routed_experts": 256, "n_group": 8, "topk_group": 1},
        {"expert_group_count": None, "expert_group_used_count": None},
    ),
    Difference(
        "DeepSeek V3 with YaRN and no multiplier", "deepseek-v3",
        "llama.cpp scales attention by YaRN's factor twice.", "refused",
        {"rope_parameters": YARN}, {"rope_parameters": YARN | {"mscale": 1.0, "mscale_all_dim": 1.0}},
        {"rope.scaling.yarn_log_multiplier": None},
    ),
    Difference(
        "DeepSeek V3 with another epsilon", "deepseek-v3",
        "transformers norms the narrow rows of queries and keys with 1e-6 whatever the settings say.", "told",
        {"rms_norm_eps": 1e-4}, {}, {"attention.layer_norm_rms_epsilon": 1e-4},
    ),
)  # fmt: skip
"""What was found, with the right value of each."""


def made(difference: Difference, folder: Path) -> tuple[Path, Path]:
    """The checkpoint, and the file that somebody shipped of it."""
    meant, written, target = folder / "meant", folder / "written", folder / "shipped.gguf"
    if target.exists():
        return meant, target
    moderate = {"initializer_range": 0.1, "max_position_embeddings": 64}
    tiny.save_model(meant, difference.family, **(moderate | difference.meant))
    tiny.save_model(written, difference.family, **(moderate | difference.written))
    shutil.copy(meant / "model.safetensors", written)
    usual = conversion.family

    def family(config: Any) -> Any:
        kind = usual(config)
        return replace(kind, keys=lambda config, writer: (kind.keys(config, writer), _put(difference, writer)))

    with mock.patch.object(conversion, "family", family):
        conversion.convert(written, tokenizer(), target, "f32")
    return meant, target


def _put(difference: Difference, writer: Any) -> None:
    from gguf import GGUFValueType
    from gguf.gguf_writer import GGUFValue

    for key, value in difference.header.items():
        name = f"{writer.arch}.{key}"
        if value is None:
            writer.kv_data[0].pop(name)
        else:
            kind = GGUFValueType.FLOAT32 if isinstance(value, float) else GGUFValueType.UINT32
            writer.kv_data[0][name] = GGUFValue(value, kind)
