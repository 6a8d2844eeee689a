"""Merges of a vocabulary that join nothing: engines pass over them, and whoever opens the file reads them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from casefiles.case import configs, gguf_header

_VERSION: Final = re.compile(r"#version: \d\.\d(?: - Trained by `huggingface/tokenizers`)?|")
"""What stands above merges in lines, if anything does."""
_PASSED_OVER: Final = "#version"


def idle(path: Path) -> list[str]:
    """The merges of a tokenizer.json, GGUF or merges.txt that do not join two tokens to a third one, and lines of the
    last that are none; of merges.txt by the vocab.json beside it, where there is one."""
    if path.suffix == ".gguf":
        tokens, merges = (_listed(path, key) for key in gguf_header.VOCABULARY)
        return _idle(merges, {*tokens})
    if path.suffix == ".txt":
        beside = path.with_name("vocab.json")
        first, *others = path.read_text(encoding="utf-8", errors="replace").split("\n")
        lines = [*others, *([] if _VERSION.fullmatch(first) else [first])]
        known = configs.load(beside) if beside.is_file() else None
        passed = [line for line in lines if line.startswith(_PASSED_OVER)]
        return passed + _idle(filter(None, lines), known if isinstance(known, dict) else None)
    value = configs.load(path)
    model = value.get("model") if isinstance(value, dict) else None
    return _of_model(model) if isinstance(model, dict) else []


def _of_model(model: dict[str, Any]) -> list[str]:
    merges, vocab = model.get("merges"), model.get("vocab")
    if model.get("type", "BPE") != "BPE" or not (isinstance(merges, list) and isinstance(vocab, dict)):
        return []
    within = model.get("continuing_subword_prefix")
    pairs = (" ".join(map(str, merge)) if isinstance(merge, list) else str(merge) for merge in merges)
    return _idle(pairs, vocab, within if isinstance(within, str) else "")


def _listed(path: Path, key: str) -> Sequence[str]:
    found = [pair for pair in gguf_header.read(path).pairs if pair.key == key and pair.value is None]
    return [str(item) for pair in found for item in gguf_header.items(path, pair)]


def _idle(merges: Iterable[str], known: Collection[str] | None, within: str = "") -> list[str]:
    """`within`: what begins a token that goes on in a word."""

    def joins(merge: str) -> bool:
        first, _, second = merge.partition(" ")
        # Pieces may hold spaces themselves, so that any space may be the one between.
        cuts = [(merge[:at], merge[at + 1 :]) for at, letter in enumerate(merge) if letter == " "]
        if known is None:
            return len(cuts) == 1 and bool(first and second)
        return any(a in known and b in known and a + b.removeprefix(within) in known for a, b in cuts)

    return [merge for merge in merges if not joins(merge)]
