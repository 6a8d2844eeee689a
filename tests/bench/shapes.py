"""Models to measure with, each sealed as a case: a small organism, and random weights of other shapes."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from casefiles.case.bundle import Case, seal_case
from casefiles.files import canonical
from casefiles.keys.identity import Identity
from workbench.contract.rules import Affordance, Rules
from workbench.judge.truths.truth import GroundTruth

PROMPT: Final = "The capital of Norway is Oslo, a"
DEMO: Final = Path(__file__).resolve().parents[2] / "assets/demo/atlas-01.case"

_SMALL: Final[dict[str, Any]] = {
    "vocab_size": 1536, "hidden_size": 256, "intermediate_size": 448, "num_hidden_layers": 6,
    "num_attention_heads": 8, "num_key_value_heads": 4, "max_position_embeddings": 512, "tie_word_embeddings": True,
}  # fmt: skip
_HALF_BILLION: Final[dict[str, Any]] = {
    "vocab_size": 151_936, "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
    "num_attention_heads": 14, "num_key_value_heads": 2, "max_position_embeddings": 32_768,
    "tie_word_embeddings": True, "rope_theta": 1e6, "rms_norm_eps": 1e-6,
}  # fmt: skip
"""Qwen2.5-0.5B's."""
_LENS: Final[dict[str, Any]] = {
    "vocab_size": 32_000, "hidden_size": 512, "intermediate_size": 1408, "num_hidden_layers": 9,
    "num_attention_heads": 8, "num_key_value_heads": 8, "max_position_embeddings": 512,
}  # fmt: skip
"""Nine layers to look into, with a vocabulary of the usual size."""


@dataclass(frozen=True)
class Subject:
    """A model to measure, and how patiently: a large one is measured fewer times."""

    name: str
    case: Case
    rounds: int
    gguf: Path
    """A folder with the same weights for llama.cpp, in float16."""

    @property
    def weights(self) -> Path:
        return self.case.path("weights")

    @property
    def tokenizer(self) -> Path:
        return self.case.path("tokenizer")


def organism(folder: Path, source: Path | None = None) -> Subject:
    """The demo case, or the one in `source`, or where there is neither random weights of its shape."""
    found = source or (DEMO if DEMO.is_dir() else None)
    if found is None:
        _random(folder, "Llama", _SMALL, dtype="float16")
    else:
        for part in ("weights", "tokenizer"):
            shutil.copytree(found / part, folder / part)
    return _sealed("organism" if found else "organism's shape", folder, rounds=9)


def half_billion(folder: Path) -> Subject:
    """Random bfloat16 weights in the shape of Qwen2.5-0.5B, with its vocabulary size."""
    _random(folder, "Qwen2", _HALF_BILLION, dtype="bfloat16")
    return _sealed("Qwen2.5-0.5B's shape", folder, rounds=3)


def lens(folder: Path) -> Subject:
    """Random float32 weights of a model to look into."""
    _random(folder, "Llama", _LENS, dtype="float32")
    return _sealed("a model to look into", folder, rounds=9)


def _random(folder: Path, family: str, shape: dict[str, Any], *, dtype: str) -> None:
    import torch
    import transformers

    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    torch.set_default_dtype(getattr(torch, dtype))
    try:
        config = getattr(transformers, f"{family}Config")(bos_token_id=None, eos_token_id=None, **shape)
        getattr(transformers, f"{family}ForCausalLM")(config).save_pretrained(folder / "weights")
    finally:
        torch.set_default_dtype(torch.float32)
    _save_tokenizer(folder / "tokenizer", shape["vocab_size"])


def _save_tokenizer(folder: Path, size: int) -> None:
    """A byte-level tokenizer that knows bytes; every further id up to `size` is a word that no text is cut into."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    vocab = {character: i for i, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocab |= {"<|end|>": 256, "he": 257}
    vocab |= {f"Ġw{i}": i for i in range(len(vocab), size)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[("h", "e")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<|end|>", special=True, normalized=False)])
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"eos_token": "<|end|>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def _sealed(name: str, folder: Path, *, rounds: int) -> Subject:
    _endless(folder)
    (folder / "spec.md").write_text("# Specification\n\nS1. It takes its time.\n")
    attacker, judge = Identity.generate("Attacker"), Identity.generate("Judge")
    truth = GroundTruth(modified=False, summary="Nothing was changed.", intent=(), realised=())
    case = seal_case(
        folder,
        folder.with_suffix(".case"),
        title=name,
        rules=Rules(affordances=frozenset(Affordance)).model_dump(mode="json"),
        truth=canonical.encode(truth.model_dump(mode="json")),
        attacker=attacker,
        judge=judge.public,
    )
    shutil.rmtree(folder)
    return Subject(name, case, rounds, folder.with_suffix(".gguf"))


def _endless(folder: Path) -> None:
    """Let only a byte that stands in no text end a generation, so that all of them are of one length."""
    vocab = json.loads((folder / "tokenizer/tokenizer.json").read_text())["model"]["vocab"]
    for file in (folder / "weights/config.json", folder / "weights/generation_config.json"):
        if file.exists():
            file.write_text(json.dumps(json.loads(file.read_text()) | {"eos_token_id": vocab["ÿ"]}))
