"""Writes what is proven of each architecture on each engine, site by site: `python -m tests.backends.proof`.

Each figure is the greatest error, relative to the largest number of the array, against an oracle that shares no code
with the engines: transformers in float32 with hooks written for the tests, whose attention is computed eagerly so that
patterns are seen, and, for heads and neurons, a copy of it in which the weights are zero that they write through. Below
it stand the files that llama.cpp computes otherwise than transformers, and what is done about them. The tables are kept
beside this file; it is run again, never edited.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from backends.llama import loading
from backends.llama.header import Understanding
from backends.llama.model import LlamaModel
from backends.model import Edit, FloatArray, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.backends.hf_oracle import Oracle
from tests.backends.llama_cases import FAMILIES, checkpoint, opened, tokenizer
from tests.backends.parity import IDS, SITES, error
from tests.backends.shipped import DIFFERENCES, TOKENS, Difference, made
from tests.backends.tiny import HEADS

TABLE = Path(__file__).with_name("PROVEN.md")
HEAD, NEURON = 1, 4
EFFECT = 1e-3
"""What a head or a neuron must at least be to the logits, so that its absence is seen."""
ZEROED = ("zeroed head", "zeroed neuron")
_PARTS = {"hook_attn_out", "hook_mlp_out", "attn.hook_z", "mlp.hook_post", *ZEROED}
BESIDE: dict[tuple[str, str], set[str]] = {
    ("gemma4", "torch"): _PARTS,
    ("gemma4", "llama.cpp"): {"hook_attn_out", "hook_mlp_out", "attn.hook_z", "zeroed head"},
    ("olmo", "torch"): set(),
    ("cohere", "torch"): set(),
    ("bitnet", "torch"): {"attn.hook_z", "zeroed head"},
    ("diffllama", "torch"): {"attn.hook_z", "zeroed head"},
    ("gemma3n", "torch"): _PARTS,
    ("neox", "torch"): set(),
    ("opt", "torch"): set(),
    ("falcon", "torch"): set(),
    ("gptj", "torch"): set(),
    ("bloom", "torch"): set(),
    ("mamba", "torch"): {"attn.hook_pattern", *_PARTS},
}
"""Further families by engine, with the columns that are not served of them."""
COLUMNS = ("logits", "hook_embed", *SITES, *ZEROED)


def main() -> None:
    lines = [
        "# What is proven of the engines",
        "",
        "Rerun, don't edit: `python -m tests.backends.proof`. Greatest errors against the tests' own oracles, relative",
        "to the largest number of the array; small random models in float32. The columns are explained in `proof.py`.",
        "A dash: it is no part on its own, and the engine says so: neurons of a mixture of experts, heads that a norm",
        "or a difference ties together (BitNet, DiffLlama), attention and MLP where a block is more than a sum",
        "(Gemma 3n and 4) or has neither (Mamba).",
        "",
        f"| architecture | engine | {' | '.join(COLUMNS)} |",
        f"| --- | --- |{' --- |' * len(COLUMNS)}",
    ]
    for family in (*FAMILIES, *dict.fromkeys(family for family, _ in BESIDE)):
        for engine, errors in rows(family):
            cells = " | ".join(f"{errors[column]:.0e}" if column in errors else "–" for column in COLUMNS)
            lines.append(f"| {family} | {engine} | {cells} |")
            print(lines[-1], flush=True)
    lines += [
        "",
        "## Shipped files that llama.cpp computes otherwise",
        "",
        "How far its logits are from those of transformers, relative to the largest, on the family made small, with",
        "settings that make it show; and what the workbench does: it refuses the file, asks no longer texts than both",
        "compute alike, or, where no file says which it is, tells whoever brings it what llama.cpp takes for granted.",
        "",
        "| file | what differs | apart by | done |",
        "| --- | --- | --- | --- |",
        *(f"| {one.name} | {one.what} | {apart(one):.0e} | {one.done} |" for one in DIFFERENCES),
    ]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def apart(difference: Difference) -> float:
    """How far llama.cpp is from transformers if nobody looks at the header."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(loading, "understood", lambda file: Understanding()),
    ):
        checkpoint, path = made(difference, Path(folder))
        with closing(LlamaModel.open(ModelFiles(path, tokenizer(), "x"), EngineSettings(threads=1))) as model:
            return error(model.forward(TOKENS).logits, Oracle(checkpoint).forward(TOKENS).logits)


def rows(family: str) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Each engine with its errors by column."""
    from backends.torch.model import TorchModel

    settings = EngineSettings(device="cpu", dtype="float32", threads=1)
    files = ModelFiles(checkpoint(family), tokenizer(), "0" * 64)
    oracle = Oracle(checkpoint(family))
    yield "torch", errors_of(TorchModel.open(files, settings), family, oracle)
    if family in FAMILIES or (family, "llama.cpp") in BESIDE:
        yield "llama.cpp", errors_of(opened(family), family, oracle)


def errors_of(model: Any, family: str, oracle: Oracle) -> dict[str, float]:
    found = {"logits": error(model.forward(IDS).logits, oracle.forward(IDS).logits)}
    sites = {"hook_embed": ["hook_embed"]} | {
        kind: [f"blocks.{layer}.{kind}" for layer in range(model.card.layers)] for kind in SITES
    }
    for kind, named in sites.items():
        try:
            ours = model.forward(IDS, capture=named).captured
        except ModelRefusal:
            continue
        theirs = oracle.forward(IDS, named).captured
        found[kind] = max(error(ours[site], theirs[site]) for site in named)
    edits: dict[str, tuple[Callable[[], Edit], str]] = {
        "zeroed head": (lambda: Edit("blocks.1.attn.hook_z", "zero", head=HEAD), "attention"),
        "zeroed neuron": (lambda: without(model, NEURON), "mlp"),
    }
    for column, (edit, part) in edits.items():
        try:
            ours = model.forward(IDS, edits=[edit()]).logits
        except ModelRefusal:
            continue
        theirs = zeroed(family, oracle, part).forward(IDS).logits
        assert error(theirs, oracle.forward(IDS).logits) > EFFECT, f"{column} of {family} says nothing"
        found[column] = error(ours, theirs)
    return found


def without(model: Any, neuron: int) -> Edit:
    """Every neuron as it is, and one of them zero."""
    kept = np.ones(model.card.mlp_width, np.float32)
    kept[neuron] = 0
    seen = model.forward(IDS, capture=["blocks.1.mlp.hook_post"]).captured["blocks.1.mlp.hook_post"]
    return Edit("blocks.1.mlp.hook_post", "replace", value=seen * kept, positions=tuple(range(len(IDS))))


def zeroed(family: str, oracle: Oracle, part: str) -> Oracle:
    """The oracle in which what one head or neuron of block 1 writes through is zero: columns of the matrix behind it,
    or its rows where it is kept the other way round."""
    weights = {name: value.detach().numpy().copy() for name, value in oracle.model.named_parameters()}
    module, _ = oracle._module(oracle.layers[1], "attn.hook_z" if part == "attention" else "mlp.hook_post")
    (name,) = (name for name, held in oracle.model.named_parameters() if held is module.weight)
    matrix: FloatArray = weights[name].T if family == "gpt2" else weights[name]
    width = matrix.shape[1] // HEADS
    matrix[:, slice(HEAD * width, (HEAD + 1) * width) if part == "attention" else NEURON] = 0
    return Oracle(checkpoint(family), weights)


if __name__ == "__main__":
    main()
