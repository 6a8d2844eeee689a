"""How far a device is from the processor in float32: logits, sites, edits, draws and scores, in three formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from backends.model import Edit
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings
from backends.torch.model import TorchModel
from tests.backends.parity import IDS, error, every_site
from tests.backends.tiny import save_model, save_tokenizer

FAMILIES: Final = ("llama", "qwen3", "gemma3", "gpt2")
BOUNDS: Final = {"float32": 1e-4, "bfloat16": 0.08, "float16": 0.01}
"""Relative error (of the largest number of an array) of a pass in that format, against float32 on the processor."""
OFFLOADED: Final = 0.01
SEEDS: Final = 20


@dataclass(frozen=True)
class Row:
    """One figure with its bound."""

    what: str
    figure: float
    bound: float
    most: bool = True

    def shown(self) -> bool:
        """Print it, and say whether the bound holds."""
        holds = self.figure <= self.bound if self.most else self.figure >= self.bound
        told = f"{'at most' if self.most else 'at least'} {self.bound:g}"
        print(f"  {self.what:52}{self.figure:10.2g}   {told:16}{'holds' if holds else 'MISSED'}", flush=True)
        return holds


def rows(folder: Path, device: str) -> Iterator[Row]:
    """Every figure of every family in every format."""
    tokenizer = save_tokenizer(folder / "tokenizer")
    for family in FAMILIES:
        files = ModelFiles(save_model(folder / family, family, initializer_range=0.1), tokenizer, "0" * 64)
        plain = TorchModel.open(files, EngineSettings(device="cpu", dtype="float32"))
        for dtype, bound in BOUNDS.items():
            there = TorchModel.open(files, EngineSettings(device=device, dtype=dtype))
            for row in compared(plain, there, bound):
                yield Row(f"{family}, {dtype}: {row.what}", row.figure, row.bound, row.most)
            there.close()
        plain.close()


def offloaded(folder: Path, device: str) -> Iterator[Row]:
    """The same of llama.cpp, whose products on a card are rounded to TF32. ModelRefusal where its build knows none."""
    from backends.gguf.conversion import convert
    from backends.llama.model import LlamaModel

    tokenizer, made = save_tokenizer(folder / "tokenizer"), folder / "gguf" / "model.gguf"
    convert(save_model(folder / "llama", "llama", initializer_range=0.1), tokenizer, made, "f32")
    files = ModelFiles(made.parent, tokenizer, "0" * 64)
    plain, there = (
        LlamaModel.open(files, EngineSettings(backend="llama", device=where, threads=1)) for where in ("cpu", device)
    )
    for row in compared(plain, there, OFFLOADED):
        yield Row(f"llama.cpp: {row.what}", row.figure, row.bound, row.most)
    there.close()
    plain.close()


def compared(plain: Any, there: Any, bound: float) -> Iterator[Row]:
    sites = every_site()
    one, other = (model.forward(IDS, capture=sites) for model in (plain, there))
    yield Row("logits", error(other.logits, one.logits), bound)
    yield Row("the worst site", max(error(other.captured[site], one.captured[site]) for site in sites), 2 * bound)
    edits = [Edit("blocks.1.attn.hook_z", "zero", head=1), Edit("blocks.0.hook_resid_post", "scale", factor=0.5)]
    one, other = (model.forward(IDS, edits=edits) for model in (plain, there))
    yield Row("logits after edits", error(other.logits, one.logits), 2 * bound)
    how = [Sampling(seed=seed, max_tokens=20) for seed in range(SEEDS)]
    alike = np.mean([plain.generate(IDS, each)[0].tokens == there.generate(IDS, each)[0].tokens for each in how])
    yield Row("share of draws with the same 20 tokens", float(alike), 0.9 if bound < 1e-3 else 0.0, most=False)
    drawn = there.generate(IDS, Sampling(seed=1, max_tokens=20), n=4)
    scores = [model.scores(IDS, [each.tokens for each in drawn]) for model in (plain, there)]
    apart = max(float(np.abs(a.logprobs - b.logprobs).max()) for a, b in zip(*scores, strict=True))
    yield Row("its draws scored on the processor, nats", apart, 50 * bound)
    again = there.forward(IDS, capture=sites)
    same = (again.logits == there.forward(IDS, capture=sites).logits).all()
    yield Row("the same call gives the same bits", float(same), 1.0, most=False)
