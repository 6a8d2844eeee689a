"""What drawing and looking take at the shape of an 8B Llama of random weights, beside others."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch

from backends.model import resid_post
from backends.sampling import Sampling
from backends.torch.loading import LoadedCheckpoint
from backends.torch.model import TorchModel
from backends.torch.placement import Placement
from backends.vocabulary import Vocabulary
from tests.backends.tiny import save_tokenizer

LARGE: Final[dict[str, Any]] = {
    "vocab_size": 128_256, "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 8192,
}  # fmt: skip
SMALL: Final[dict[str, Any]] = {
    "vocab_size": 300, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
}  # fmt: skip
ROUNDS: Final = 3


def show(folder: Path, device: str, *, small: bool) -> None:
    """Print every row."""
    drawn, read = (8, 64) if small else (64, 1024)
    plain = built(device, SMALL if small else LARGE)
    opened = LoadedCheckpoint(plain, plain.config, (), "none", Placement((torch.device(device),)))
    model = TorchModel(opened, Vocabulary.open(save_tokenizer(folder / "words")), digest="0" * 64)
    prompt = [(7 * at) % 250 for at in range(32)]
    text = [(7 * at) % 250 for at in range(read)]
    sites = [resid_post(layer) for layer in range(model.card.layers)]
    how = Sampling(seed=1, max_tokens=drawn)
    ids = torch.tensor([prompt], device=device)

    def theirs() -> None:
        plain.generate(ids, max_new_tokens=drawn, min_new_tokens=drawn, do_sample=True, top_k=0)

    def bare() -> None:
        with torch.inference_mode():
            plain(torch.tensor([text], device=device))

    one = taken(lambda: model.generate(prompt, how), device)
    other = taken(theirs, device)
    many = taken(lambda: model.generate(prompt, how, n=32), device)
    seen = taken(lambda: model.forward(text, capture=sites, rows=[-1]), device)
    raw, unseen = taken(bare, device), taken(lambda: model.forward(text, rows=[-1]), device)
    told = {
        "one sample, tokens/s": f"{drawn / one:.1f}; generate {drawn / other:.1f}",
        "32 samples, tokens/s": f"{32 * drawn / many:.1f}",
        f"{read} tokens read, against a bare pass": f"{unseen / raw:.2f}×",
        "and with every residual stream": f"{seen / unseen:.2f}×",
        "TransformerLens, every residual stream": f"{bridged(plain, text, device) / raw:.2f}× of a bare pass",
        "memory of the device, GB": f"{torch.cuda.max_memory_allocated() / 1e9:.1f}" if device == "cuda" else "–",
    }
    for what, figure in told.items():
        print(f"  {what:52}{figure}", flush=True)


def built(device: str, shape: dict[str, Any]) -> Any:
    """A Llama with random weights in bfloat16, made where it runs."""
    from transformers import AutoModelForCausalLM, LlamaConfig

    torch.manual_seed(0)
    with torch.device(device):
        model: Any = AutoModelForCausalLM.from_config(
            LlamaConfig(**shape, bos_token_id=None, eos_token_id=None, pad_token_id=0), dtype=torch.bfloat16
        )
    return model.eval().requires_grad_(False)


def bridged(model: Any, text: list[int], device: str) -> float:
    """Seconds of TransformerLens with every residual stream kept, on a twin that shares the weights."""
    from backends.torch.bridge import Bridge

    bridge = Bridge(model)
    ids = torch.tensor([text], device=device)

    def passed() -> None:
        with torch.inference_mode():
            bridge._bridge.run_with_cache(ids, names_filter=lambda name: name.endswith("hook_resid_post"))

    return taken(passed, device)


def taken(call: Callable[[], object], device: str) -> float:
    """The median of a few, in seconds, once everything on the device is done."""
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
