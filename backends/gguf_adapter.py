"""A PEFT LoRA adapter (Hu et al. 2021) as a GGUF adapter for a model that was converted or shipped as GGUF."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from backends.gguf_architectures import Family, family
from backends.gguf_cache import written
from backends.gguf_config import Config
from backends.model import FloatArray, ModelRefusal
from backends.safetensors_file import StoredTensor, stored_tensors

_FACTOR = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<factor>[AB])(?:\.default)?\.weight")

_UNKNOWN = ("use_dora", "modules_to_save", "trainable_token_indices", "target_parameters", "layer_replication")
"""Settings that make an adapter more than W + B·A on linear layers."""


def convert_adapter(folder: Path, base: Path, target: Path) -> None:
    """Write the adapter in `folder` as GGUF, whole or not at all; `base` holds the config.json of its model.

    The scaling (alpha / rank, or alpha / √rank, each as the patterns say) is multiplied into B, so that every module's
    own is kept: llama.cpp has one alpha for all. Raises ModelRefusal for what is not plain LoRA.
    """
    settings = _settings(folder)
    config = Config.read(base)
    kind = family(config)
    factors = _factors(config, kind, settings, stored_tensors(folder))
    with written(target) as part:
        _write(part, kind, factors)


def _settings(folder: Path) -> dict[str, Any]:
    try:
        settings = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        if not isinstance(settings, dict):
            raise ValueError("it is not a JSON object")
    except (OSError, ValueError, RecursionError) as error:
        raise _refused("model.unreadable", f"adapter_config.json cannot be read: {error}") from error
    if settings.get("peft_type") != "LORA":
        raise _refused("model.unsupported", f"it is of the kind {settings.get('peft_type')}, not LORA")
    used = [name for name in _UNKNOWN if settings.get(name)]
    if used or settings.get("bias", "none") != "none":
        raise _refused("model.unsupported", f"it uses {', '.join(used) or 'biases'}, which GGUF adapters lack")
    return settings


def _factors(
    config: Config, kind: Family, settings: Mapping[str, Any], tensors: Mapping[str, StoredTensor]
) -> dict[str, FloatArray]:
    """llama.cpp's name (`blk.0.attn_q.weight.lora_a`) → factor."""
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, get_tensor_name_map

    arch = next(arch for arch in MODEL_ARCH if MODEL_ARCH_NAMES[arch] == kind.name)
    names = get_tensor_name_map(arch, config.layers)
    found: dict[str, FloatArray] = {}
    for name, tensor in tensors.items():
        match = _FACTOR.fullmatch(name)
        place = names.get_name(f"{match['module']}.weight", try_suffixes=(".weight",)) if match else None
        if match is None or place is None or len(tensor.shape) != 2:
            raise _refused("model.unsupported", f"its tensor `{name}` is not a factor of a linear layer known here")
        factor = tensor.read()
        if match["factor"] == "B":
            scale = _scale(settings, match["module"], rank=factor.shape[1])
            factor = kind.tensor(config, f"{match['module']}.weight", factor) * np.float32(scale)
        found[f"{place}.lora_{match['factor'].lower()}"] = np.ascontiguousarray(factor)
    for name in found:
        partner = name[:-1] + ("b" if name.endswith("a") else "a")
        if partner not in found:
            raise _refused("model.unreadable", f"{name} has no partner")
    return found


def _scale(settings: Mapping[str, Any], module: str, *, rank: int) -> float:
    alpha = float(_matching(settings.get("alpha_pattern") or {}, module, settings.get("lora_alpha", rank)))
    return alpha / (math.sqrt(rank) if settings.get("use_rslora") else rank)


def _matching(patterns: Mapping[str, Any], module: str, otherwise: Any) -> Any:
    """PEFT's rule: a pattern is a regular expression for the end of the module's name; the first that fits counts."""
    for pattern, value in patterns.items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return otherwise


def _write(target: Path, kind: Family, factors: Mapping[str, FloatArray]) -> None:
    import gguf

    with closing(gguf.GGUFWriter(target, kind.name)) as writer:
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, 0.0)  # in llama.cpp's words: the scale is all in B
        for name, factor in factors.items():
            writer.add_tensor(name, factor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def _refused(code: str, why: str) -> ModelRefusal:
    return ModelRefusal(
        code,
        "The LoRA adapter cannot be used with llama.cpp.",
        f"Of the adapter: {why}.",
        "Use the torch engine, or ask the attacker for merged weights.",
    )
