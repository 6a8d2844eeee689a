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

from backends.gguf.cache import written
from backends.gguf.config import Config
from backends.gguf.families import family
from backends.gguf.families.family import GgufFamily
from backends.gguf.safetensors_file import StoredTensor, stored_tensors
from backends.model import FloatArray, ModelRefusal

_FACTOR = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<factor>[AB])(?:\.default)?\.weight")

_PLAIN = frozenset(
    [
        *("r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern", "bias"),
        *("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern"),
        *("task_type", "peft_type", "peft_version", "base_model_name_or_path", "revision", "auto_mapping"),
        *("lora_dropout", "init_lora_weights", "inference_mode", "runtime_config", "ensure_weight_tying"),
        *("fan_in_fan_out", "megatron_core", "qalora_group_size"),
    ]
)
"""Settings of plain LoRA, W + B·A on linear layers, and of its training. An adapter that sets any other is more."""

_HARMLESS_STARTS = (True, False, None, "gaussian", "eva", "orthogonal")
"""Ways to begin training that leave the base model as it is; after the others PEFT changes it once more at load."""


def convert_adapter(folder: Path, base: Path, target: Path) -> None:
    """Write the adapter in `folder` as GGUF, whole or not at all; `base` holds the config.json of its model.

    The scaling (alpha / rank, or alpha / √rank, each as the patterns say) is multiplied into B, so that every module's
    own is kept: llama.cpp has one alpha for all. Raises ModelRefusal for what is not plain LoRA.
    """
    settings = _settings(folder)
    config = Config.read(base)
    kind = family(config)
    tensors = stored_tensors(folder)
    if spare := sorted({tensor.file.name for tensor in tensors.values()} - {"adapter_model.safetensors"}):
        raise _refused("model.unreadable", f"nothing says what {spare[0]} is for")
    factors = _factors(config, kind, settings, tensors)
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
    used = sorted(name for name, value in settings.items() if value and name not in _PLAIN)
    if settings.get("bias", "none") != "none":
        used.append("bias")
    if settings.get("init_lora_weights") not in _HARMLESS_STARTS:
        used.append("init_lora_weights")
    if used:
        raise _refused("model.unsupported", f"it uses {', '.join(used)}, which GGUF adapters lack")
    return settings


def _factors(
    config: Config, kind: GgufFamily, settings: Mapping[str, Any], tensors: Mapping[str, StoredTensor]
) -> dict[str, FloatArray]:
    """llama.cpp's name (`blk.0.attn_q.weight.lora_a`) → factor."""
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, get_tensor_name_map

    arch = next(arch for arch in MODEL_ARCH if MODEL_ARCH_NAMES[arch] == kind.name)
    names, shapes = get_tensor_name_map(arch, config.layers), kind.shapes(config)
    found: dict[str, FloatArray] = {}
    for name, tensor in tensors.items():
        match = _FACTOR.fullmatch(name)
        place = names.get_name(f"{match['module']}.weight", try_suffixes=(".weight",)) if match else None
        if (
            match is None
            or place is None
            or place not in shapes
            or not match["module"].startswith((f"{kind.stem}.", "lm_head"))
        ):
            raise _refused("model.unsupported", f"its tensor `{name}` is not a factor of a linear layer known here")
        module, letter = match["module"], match["factor"]
        rank, scale = _rank_and_scale(settings, module)
        outward, inward = shapes[place]
        if tensor.shape != ((rank, inward) if letter == "A" else (outward, rank)):
            raise _refused("model.unreadable", f"`{name}` has the shape {tensor.shape}, which does not fit")
        factor = tensor.read()
        if not np.isfinite(factor).all():
            raise _refused("model.unreadable", f"`{name}` has infinite or undefined entries")
        if letter == "B":
            factor = kind.tensor(config, f"{module}.weight", factor) * np.float32(scale)
        written_as = f"{place}.lora_{letter.lower()}"
        if written_as in found:
            raise _refused("model.unreadable", f"`{name}` stands in it twice")
        found[written_as] = np.ascontiguousarray(factor)
    for name in found:
        partner = name[:-1] + ("b" if name.endswith("a") else "a")
        if partner not in found:
            raise _refused("model.unreadable", f"{name} has no partner")
    return found


def _rank_and_scale(settings: Mapping[str, Any], module: str) -> tuple[int, float]:
    """The rank of a module's factors, and what their product is multiplied by."""
    try:
        if not _targeted(settings, module):
            raise _refused("model.unreadable", f"its settings do not name `{module}`, whose factors it holds")
        rank = _matching(settings.get("rank_pattern") or {}, module, settings.get("r", 8))
        alpha = float(_matching(settings.get("alpha_pattern") or {}, module, settings.get("lora_alpha", 8)))
        scale = alpha / (math.sqrt(rank) if settings.get("use_rslora") else rank)
        if not (isinstance(rank, int) and math.isfinite(scale)):
            raise ValueError(f"its rank is {rank!r}, its scale {scale}")
    except (TypeError, ValueError, ArithmeticError, AttributeError, re.error) as error:
        if isinstance(error, ModelRefusal):
            raise
        raise _refused("model.unreadable", f"adapter_config.json makes no sense: {error}") from error
    return rank, scale


def _targeted(settings: Mapping[str, Any], module: str) -> bool:
    """Whether PEFT would put factors into a module, or pass over those that the file holds for it."""
    targets, excluded = settings.get("target_modules"), settings.get("exclude_modules")
    layers = settings.get("layers_to_transform")
    if excluded and _named(excluded, module):
        return False
    if layers is not None and isinstance(targets, list):
        layer = re.search(r"\.(\d+)\.", module)
        if layer is None or int(layer[1]) not in (layers if isinstance(layers, list) else [layers]):
            return False
    return targets == "all-linear" or _named(targets, module)


def _named(names: Any, module: str) -> bool:
    """PEFT's rule: one regular expression for the whole name, or a list of ends of names."""
    if isinstance(names, str):
        return re.fullmatch(names, module) is not None
    return any(module == name or module.endswith(f".{name}") for name in names)


def _matching(patterns: Mapping[str, Any], module: str, otherwise: Any) -> Any:
    """PEFT's rule: a pattern is a regular expression for the end of the module's name; the first that fits counts."""
    for pattern, value in patterns.items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return otherwise


def _write(target: Path, kind: GgufFamily, factors: Mapping[str, FloatArray]) -> None:
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
