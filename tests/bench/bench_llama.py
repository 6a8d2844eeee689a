"""How the llama.cpp engine compares: ratios of medians within one run, each pair taken turn by turn, on one thread.

    python -m tests.bench.bench_llama [--case FOLDER]   FOLDER: weights/ and tokenizer/; otherwise a random Llama

Not a test: machines differ, ratios less so.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from backends.gguf.conversion import convert
from backends.llama.model import LlamaModel
from backends.model import resid_post
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings

ROUNDS, TOKENS, THREADS = 7, 32, 1
SHAPE: dict[str, Any] = {
    "vocab_size": 8_000, "hidden_size": 384, "intermediate_size": 1024, "num_hidden_layers": 6,
    "num_attention_heads": 6, "num_key_value_heads": 2, "max_position_embeddings": 2048,
    "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", type=Path, help="a folder with weights/ and tokenizer/")
    case = parser.parse_args().case
    with tempfile.TemporaryDirectory() as folder:
        source = case or _random_case(Path(folder))
        files = {}
        for precision in ("f32", "f16", "q8_0"):
            files[precision] = Path(folder) / precision / "model.gguf"
            convert(source / "weights", source / "tokenizer", files[precision], precision)
        for precision, file in files.items():
            print(f"\n{precision}, {THREADS} threads, {TOKENS} tokens, median of {ROUNDS}")
            compare(file, source)


def compare(file: Path, source: Path) -> None:
    model = LlamaModel.open(ModelFiles(file.parent, source / "tokenizer", "bench"), EngineSettings(threads=THREADS))
    rng = np.random.default_rng(0)
    prompt = rng.integers(4, model.card.vocab, 32).tolist()
    how = Sampling(seed=1, max_tokens=TOKENS, temperature=0.0)
    sampled = Sampling(seed=1, max_tokens=TOKENS)
    theirs = _llama_class(file, prompt)

    def ours() -> None:
        model.generate(prompt, how)

    def drawn() -> None:
        model.generate(prompt, sampled)

    one, other, noisy = medians(ours, theirs, drawn)
    print(
        f"  one sample, tokens/s          {TOKENS / one:8.1f}   Llama class {TOKENS / other:8.1f}   {other / one:.2f}×"
    )
    print(f"  one sample at temperature 1   {TOKENS / noisy:8.1f}   of greedy {one / noisy:.2f}×")

    seeds = 32
    many, singles = medians(lambda: model.generate(prompt, sampled, n=seeds), lambda: [drawn() for _ in range(4)])
    print(
        f"  32 samples, tokens/s          {seeds * TOKENS / many:8.1f}   one by one {singles / 4 / (many / seeds):.2f}×"
    )

    text = rng.integers(4, model.card.vocab, 256).tolist()
    sites = [resid_post(layer) for layer in range(model.card.layers)]
    raw, captured = medians(lambda: model.forward(text), lambda: model.forward(text, capture=sites))
    same = (model.forward(text).logits == model.forward(text, capture=sites).logits).all()
    print(f"  all residuals of 256 tokens   {captured / raw:8.2f}× of a raw forward, logits equal: {same}")

    drawn_before = model.generate(prompt, sampled, n=8)
    continuations = [sample.tokens for sample in drawn_before]
    check, draw = medians(
        lambda: model.continuations(prompt, continuations), lambda: model.generate(prompt, sampled, n=8)
    )
    print(f"  checking 8 samples            {draw / check:8.2f}× faster than drawing them")
    agreement(model, source, prompt)
    model.close()


def agreement(model: LlamaModel, source: Path, prompt: list[int]) -> None:
    """How many of 30 seeds draw the same 60 tokens with transformers."""
    from backends.torch.model import TorchModel

    torch = TorchModel.open(
        ModelFiles(source / "weights", source / "tokenizer", "bench"), EngineSettings(device="cpu", dtype="float32")
    )
    same = 0
    for seed in range(30):
        how = Sampling(seed=seed, max_tokens=60)
        same += model.generate(prompt, how)[0].tokens == torch.generate(prompt, how)[0].tokens
    print(f"  texts of 60 tokens equal to torch's: {same} of 30")


def medians(*calls: Callable[[], object]) -> list[float]:
    """Processor seconds of each call, taken in turn. One thread does the work, so that a busy machine doesn't count."""
    for call in calls:
        call()
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for times, call in zip(taken, calls, strict=True):
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
    return [statistics.median(times) for times in taken]


def _llama_class(file: Path, prompt: list[int]) -> Callable[[], None]:
    """llama-cpp-python's own `Llama`, greedy, prefix reuse off."""
    from llama_cpp import Llama

    llama = Llama(str(file), n_ctx=2048, n_threads=THREADS, n_threads_batch=THREADS, verbose=False)

    def run() -> None:
        llama.reset()
        for count, _ in enumerate(llama.generate(prompt, temp=0.0, reset=True), start=1):
            if count == TOKENS:
                break

    return run


def _random_case(folder: Path) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.backends.tiny import save_tokenizer

    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(**SHAPE)).save_pretrained(folder / "weights")
    save_tokenizer(folder / "tokenizer")
    return folder


if __name__ == "__main__":
    main()
