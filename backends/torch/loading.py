"""Opens a local model directory with transformers: offline, safetensors only, no code from files, no guesses."""

from __future__ import annotations

import json
import math
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from backends.end_tokens import ids_of, stated_ends
from backends.model import ModelRefusal
from backends.settings import EngineSettings
from backends.torch import hardware
from backends.torch.checkpoint import (
    BENIGN,
    FLOATS,
    compare,
    configuration,
    refuse_codes,
    refuse_pickles,
    setting,
    stored_tensors,
    unreadable,
)
from backends.torch.placement import Placement


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A loaded model in evaluation mode, and what the environment record says about how."""

    model: Any
    config: Any
    end_tokens: tuple[int, ...]
    adapter: str
    """`none`, or `lora-merged`."""
    placement: Placement


def open_directory(weights: Path, settings: EngineSettings, applied: Path | None = None) -> LoadedCheckpoint:
    """Load `weights`: a plain checkpoint, or a PEFT adapter with its base in `weights/base`; and a further adapter that
    is `applied` to either. Raises ModelRefusal."""
    refuse_pickles(weights)
    adapter = (weights / "adapter_config.json").is_file()
    base = weights / "base" if adapter else weights
    if adapter:
        refuse_pickles(base)
    config, stored = configuration(base), stored_tensors(base)
    compare(config, stored)
    sizes: Counter[str] = Counter()
    for tensor in stored.values():
        sizes[tensor.dtype] += math.prod(tensor.shape) * FLOATS.get(tensor.dtype, 0)
    placement = Placement.named(settings.device)
    hardware.steady(placement.first)
    model = _load(base, config, hardware.dtype(settings.dtype, placement.first, sizes))
    refuse_codes(model, stored)
    if adapter:
        model = _adapted(model, weights)
    if applied is not None:
        refuse_pickles(applied)
        model = _adapted(model, applied)
    if settings.device == "auto":
        placement = placement.widened(model)
    model = placement.put(model)
    model.eval().requires_grad_(False)
    return LoadedCheckpoint(
        model,
        model.config,
        stated_ends(base) or ids_of(setting(model.config, "eos_token_id")),
        _merged(adapter, applied),
        placement,
    )


def _merged(adapter: bool, applied: Path | None) -> str:
    merged = ["lora-merged"] * adapter + ["applied"] * (applied is not None)
    return "+".join(merged) or "none"


def _load(folder: Path, config: Any, dtype: torch.dtype) -> Any:
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    softcapped = setting(config, "attn_logit_softcapping") is not None
    try:
        model, report = transformers.AutoModelForCausalLM.from_pretrained(
            str(folder),
            config=config,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation="eager" if softcapped else None,
            output_loading_info=True,
        )
    except Exception as error:  # safetensors, torch and transformers each have their own
        raise unreadable("The weights cannot be loaded.", error) from error
    unknown = [name for name in report["unexpected_keys"] if not BENIGN.search(name)]
    for names, what in ((report["missing_keys"], "misses"), (unknown, "holds, unknown to config.json,")):
        if names:
            raise unreadable(
                "The weights do not match config.json.", f"the checkpoint {what} {', '.join(sorted(names)[:3])}"
            )
    if report["mismatched_keys"]:
        raise unreadable("The weights do not match config.json.", f"shapes differ: {report['mismatched_keys']}")
    return model


def _adapted(model: Any, folder: Path) -> Any:
    """The base with a LoRA adapter (Hu et al. 2021) merged in, so that every site is where it was."""
    try:
        import peft
    except ImportError as error:
        raise ModelRefusal(
            "model.unsupported",
            "The case is a LoRA adapter.",
            "The package peft is not installed.",
            "Install audit-workbench[adapters].",
        ) from error
    try:
        settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        if not isinstance(settings, dict) or settings.get("peft_type") != "LORA":
            raise ValueError("only LoRA adapters are supported")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # peft uses names that transformers is about to drop
            adapted = peft.PeftModel.from_pretrained(model, str(folder), is_trainable=False)
            _check_adapter(adapted, peft.get_peft_model_state_dict(adapted, save_embedding_layers=False), folder)
            return adapted.merge_and_unload()
    except Exception as error:  # whatever peft makes of hostile files
        raise unreadable("The adapter cannot be loaded.", error) from error


def _check_adapter(adapted: Any, expected: Mapping[str, torch.Tensor], folder: Path) -> None:
    """Nothing is missing from the adapter's file, and all of it is used: peft makes up random tensors for those that it
    does not find, and passes over those that it does not know."""
    from safetensors import safe_open

    if spare := sorted({path.name for path in folder.glob("*.safetensors")} - {"adapter_model.safetensors"}):
        raise ValueError(f"nothing says what {spare[0]} is for")
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        held = set(file.keys())
    unused = held - expected.keys() - adapted.state_dict().keys()
    for names, what in ((expected.keys() - held, "misses"), (unused, "holds, unknown to its settings,")):
        if names:
            raise ValueError(f"it {what} {min(names)}")
