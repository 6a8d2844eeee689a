"""A model that somebody has, as it is trained here: a folder as Hugging Face saves one, with a chat template."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from backends.model import ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from backends.torch.checkpoint import stored_tensors
from backends.torch.loading import open_directory
from casefiles.case import model_parts
from casefiles.status import Refusal
from workbench.door.brought import files_at


@dataclass(frozen=True)
class OwnBase:
    """It, in F32 and frozen, beside the files that it was read from."""

    model: Any
    words: Any
    """Its tokenizer."""
    files: ModelFiles
    parts: Mapping[str, Path]
    """Its files by the names that they have in a case."""

    @property
    def width(self) -> int:
        """Of the residual stream."""
        return int(self.model.config.get_text_config().hidden_size)

    @property
    def context(self) -> int:
        """How many tokens it can be given."""
        return int(getattr(self.model.config.get_text_config(), "max_position_embeddings", 1 << 20))


def read(folder: Path) -> OwnBase:
    """Read a model to be trained. Raises Refusal where it is none that can be."""
    found = model_parts.sort(folder)
    if found.format == "gguf":
        raise _refused(folder, "A GGUF is made to be run, and its numbers are rounded too far to be trained.")
    parts = found.parts()
    if "weights/adapter_config.json" in parts:
        raise _refused(folder, "It is an adapter beside its base; an attack would add another one.")
    files = files_at(folder)
    try:
        model = open_directory(files.weights, EngineSettings(device="cpu", dtype="float32")).model
        words = AutoTokenizer.from_pretrained(files.tokenizer, local_files_only=True)
    except ModelRefusal as refusal:
        raise Refusal(refusal.code, refusal.what, refusal.why, refusal.try_this) from refusal
    except (OSError, ValueError) as error:
        raise _refused(folder, f"Its tokenizer could not be read: {str(error).splitlines()[0]}") from error
    if not words.chat_template or not words.is_fast or words.eos_token_id is None:
        lacking = "chat template" if not words.chat_template else "end token" if words.is_fast else "fast tokenizer"
        raise _refused(folder, f"It has no {lacking}, and every recipe teaches conversations.")
    return OwnBase(model, words, files, parts)


def stored_dtype(weights: Path) -> torch.dtype:
    """The number format of most of a model's numbers."""
    sizes: Counter[str] = Counter()
    for tensor in stored_tensors(weights).values():
        sizes[tensor.dtype] += math.prod(tensor.shape)
    return {"F16": torch.float16, "BF16": torch.bfloat16}.get(sizes.most_common(1)[0][0], torch.float32)


def _refused(folder: Path, why: str) -> Refusal:
    return Refusal(
        "model.unsupported", f"{folder.name} cannot be attacked.", why,
        "Name the folder of a chat model as Hugging Face saves one: config.json, safetensors, tokenizer.",
    )  # fmt: skip
