"""Tiny models as GGUF, opened by llama.cpp; each made once a run."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

from backends.gguf.conversion import WeightFormat, convert
from backends.llama.model import LlamaModel
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.backends.tiny import save_model, save_tokenizer

FAMILIES = (
    "llama", "llama-tied", "mistral", "qwen2", "qwen3", "gpt2", "gemma", "gemma2", "gemma3",
    "granite", "smollm3", "olmo2", "starcoder2", "olmo3", "cohere2", "glm4", "phi3", "stablelm", "stablelm-parallel",
    "exaone4", "mixtral", "qwen2-moe", "qwen3-moe", "llama4", "gpt-oss", "deepseek-v3",
)  # fmt: skip
MIXTURES = ("mixtral", "qwen2-moe", "qwen3-moe", "llama4", "gpt-oss", "deepseek-v3")
"""Each token goes through a few of many MLPs: there are no neurons that all have."""

_CHANGES: dict[str, dict[str, Any]] = {
    "gpt2": {},
    "mistral": {"initializer_range": 0.1, "sliding_window": 64},
}


@functools.cache
def root() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="llama-cases-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def checkpoint(family: str) -> Path:
    """A transformers checkpoint with moderate activations."""
    import torch

    torch.set_num_threads(1)
    return save_model(root() / family, family, **_CHANGES.get(family, {"initializer_range": 0.1}))


@functools.cache
def tokenizer() -> Path:
    return save_tokenizer(root() / "tokenizer")


@functools.cache
def gguf(family: str, precision: WeightFormat = "f32") -> Path:
    """The same as one GGUF file, in a folder of its own."""
    target = root() / f"{family}-{precision}" / "model.gguf"
    convert(checkpoint(family), tokenizer(), target, precision)
    return target


@functools.cache
def opened(family: str = "llama", precision: WeightFormat = "f32") -> LlamaModel:
    model = LlamaModel.open(
        ModelFiles(gguf(family, precision).parent, tokenizer(), "0" * 64), EngineSettings(threads=1)
    )
    atexit.register(model.close)
    return model
