"""What a model directory says of itself: its configuration and its tensors' headers, before anything is built."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backends.memory import does_not_fit
from backends.model import ModelRefusal
from backends.torch import hardware

_PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".msgpack"})
BENIGN = re.compile(r"(?:^|\.)(rotary_emb\.inv_freq|attn\.(masked_)?bias|attention\.(masked_)?bias)$")
"""Buffers that older checkpoints stored and the model computes itself."""
_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(\d+)\.")
_HEADER_LIMIT = 100_000_000
FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""Types of numbers that are weights, and their bytes. Anything else is a code for numbers, or no weights."""
_LABELS = 1_000_000


@dataclass(frozen=True)
class Stored:
    """One tensor as a header describes it."""

    shape: tuple[int, ...]
    dtype: str
    """As safetensors spells it."""


def refuse_pickles(folder: Path) -> None:
    """Evidence is never unpickled: a file whose name says it might be is refused by name."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() in _PICKLES:
            raise ModelRefusal(
                "model.unreadable",
                f"{path.name} is refused.",
                "Files of this kind can run code when they are loaded; weights are read from safetensors only.",
                "Ask the attacker for model.safetensors.",
            )


def setting(config: Any, name: str) -> Any:
    """One entry of a configuration; None where it has none, or another one for every layer."""
    try:
        return getattr(config, name, None)
    except Exception:  # transformers raises on settings that vary by layer
        return None


def unreadable(what: str, why: object) -> ModelRefusal:
    """The refusal of damaged or lying files, unless `why` is an error that only says that memory ran out."""
    if isinstance(why, BaseException) and hardware.out_of_memory(why):
        return does_not_fit()
    foreign = isinstance(why, Exception) and not isinstance(why, OSError | ValueError)  # its class says half of it
    sentence = " ".join((f"{type(why).__name__}: {why}" if foreign else str(why)).split())[:600].rstrip(".")
    return ModelRefusal(
        "model.unreadable",
        what,
        f"{sentence[:1].upper()}{sentence[1:]}.",
        "Verify the case; if it verifies, ask the judge for a repaired one.",
    )


def configuration(folder: Path) -> Any:
    from transformers import AutoConfig

    try:
        raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if not isinstance(raw, dict):
            raise ValueError("it is not a JSON object")
        if isinstance(labels := raw.get("num_labels"), int) and labels > _LABELS:  # transformers would name each
            raise ValueError(f"it claims {labels} labels")
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable("config.json cannot be read.", error) from error
    if "quantization_config" in raw:
        raise ModelRefusal(
            "model.unsupported",
            "The weights are quantised.",
            "config.json holds a quantization_config, which needs code that this workbench does not load.",
            "Use the llama engine on a GGUF, or ask for plain weights.",
        )
    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # whatever transformers makes of hostile JSON
        raise unreadable("config.json is not a model configuration.", error) from error
    return config.get_text_config(decoder=True) if hasattr(config, "get_text_config") else config


def stored_tensors(folder: Path) -> dict[str, Stored]:
    """All tensors of a checkpoint by name, from the safetensors headers alone."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise unreadable("There are no weights.", f"{folder.name} holds no .safetensors file")
    _check_files(folder, {path.name for path in files})
    found: dict[str, Stored] = {}
    for path in files:
        try:
            with path.open("rb") as stream:
                (length,) = struct.unpack("<Q", stream.read(8))
                if length > min(_HEADER_LIMIT, path.stat().st_size):
                    raise ValueError("the header is longer than the file")
                header = json.loads(stream.read(length))
            header.pop("__metadata__", None)
            if twice := found.keys() & header.keys():
                raise ValueError(f"{min(twice)} stands in another file too")
            for name, entry in header.items():
                found[name] = Stored(tuple(int(n) for n in entry["shape"]), str(entry["dtype"]))
        except (OSError, ValueError, struct.error, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise unreadable(f"{path.name} is damaged.", f"its header cannot be read: {error}") from error
    return found


def _check_files(folder: Path, present: set[str]) -> None:
    """Every file of weights is one that is loaded: transformers passes silently over others, other engines do not."""
    single, index = "model.safetensors", folder / "model.safetensors.index.json"
    if single not in present and not index.is_file():
        raise unreadable("The weights cannot be found.", f"there is neither {single} nor {index.name}")
    shards = _check_index(index, present) if index.is_file() else set()
    loaded = {single} if single in present else shards
    if spare := sorted(present - loaded):
        raise unreadable("The folder holds more weights than are loaded.", f"nothing says what {spare[0]} is for")


def _check_index(path: Path, present: set[str]) -> set[str]:
    """The shards that an index names: files of this folder only."""
    try:
        named = set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values())
        strange = sorted(str(name) for name in named - present)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable(f"{path.name} cannot be read.", error) from error
    if strange:
        raise unreadable(f"{path.name} does not match the folder.", f"it names {strange[0]}, which is not there")
    return named


def compare(config: Any, stored: Mapping[str, Stored]) -> None:
    """Refuse a configuration that the weights contradict before anything is built from it, however large."""
    layers = {int(found[1]) for name in stored if (found := _LAYER.search(name))}
    said = setting(config, "num_hidden_layers")
    if not isinstance(said, int) or (layers and said != len(layers)):
        raise unreadable(
            "config.json does not describe the weights.", f"it says {said} layers, the weights hold {len(layers)}"
        )
    shapes = [tensor.shape for tensor in stored.values()]
    rows = {shape[0] for shape in shapes if len(shape) == 2}
    vocab, width = setting(config, "vocab_size"), setting(config, "hidden_size")
    sizes = {size for shape in shapes for size in shape}
    if not isinstance(vocab, int) or not isinstance(width, int) or vocab not in rows or width not in sizes:
        raise unreadable(
            "config.json does not describe the weights.",
            f"it says vocabulary {vocab} and width {width}, which no matrix in the weights has",
        )
    for name in ("intermediate_size", "num_attention_heads", "num_key_value_heads", "head_dim", "num_experts"):
        value = setting(config, name)
        if isinstance(value, int) and not 0 < value <= 2**20:
            raise unreadable("config.json does not describe the weights.", f"{name} is {value}")
    context = setting(config, "max_position_embeddings")
    if isinstance(context, int) and not 0 < context <= 2**40:
        raise unreadable("config.json does not describe a model.", f"max_position_embeddings is {context}")


def refuse_codes(model: Any, stored: Mapping[str, Stored]) -> None:
    """Integers where the model has numbers are a quantisation of somebody's own: read as they are, they are noise."""
    state = model.state_dict()
    for name, tensor in stored.items():
        wanted = state[name].is_floating_point() if name in state else not BENIGN.search(name)
        if tensor.dtype not in FLOATS and wanted:
            raise ModelRefusal(
                "model.unsupported",
                "The weights are not plain numbers.",
                f"{name} is stored as {tensor.dtype}, and nothing says what its codes stand for.",
                "Ask for weights in float32, float16 or bfloat16.",
            )
