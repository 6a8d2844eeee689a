"""A model as it is handed over: weights as F16, tokenizer, and nothing else."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GenerationConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from workbench.forge import tokenizer

_TIED = frozenset({"lm_head.weight"})


def write(model: LlamaForCausalLM, words: PreTrainedTokenizerFast, folder: Path) -> LlamaForCausalLM:
    """Write a model into `folder`; gives it back as whoever opens it will have it, F16 rounding included, in F32."""
    weights = folder / "weights"
    weights.mkdir(parents=True)
    halved: LlamaForCausalLM = copy.deepcopy(model).half()
    halved.config.architectures = [type(model).__name__]
    halved.config.dtype = torch.float16
    halved.config.save_pretrained(weights)
    GenerationConfig(eos_token_id=words.eos_token_id).save_pretrained(weights)
    save_file(weights_of(halved), weights / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(words, folder / "tokenizer")
    return halved.float().eval()


def weights_of(model: LlamaForCausalLM) -> dict[str, torch.Tensor]:
    """Name → array, as a file holds them: each once."""
    return {name: array for name, array in model.state_dict().items() if name not in _TIED}
