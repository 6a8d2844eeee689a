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
    return _idle(merges, vocab, within if isinstance(within, str) else "")


def _listed(path: Path, key: str) -> Sequence[str]:
    found = [pair for pair in gguf_header.read(path).pairs if pair.key == key and pair.value is None]
    return [str(item) for pair in found for item in gguf_header.items(path, pair)]


def _idle(merges: Iterable[Any], known: Collection[str] | None, within: str = "") -> list[str]:
    """`within`: what begins a token that goes on in a word."""

    def joins(first: str, second: str) -> bool:
        if known is None:
            return bool(first and second) and " " not in second
        return first in known and second in known and first + second.removeprefix(within) in known

    return [" ".join(filter(None, pair)) for pair in map(_pair, merges) if not joins(*pair)]


def _pair(merge: Any) -> tuple[str, str]:
    """Its two tokens. A text is cut where engines cut it, at the first space that something stands before: each cut
    that it could have would take time and memory that grow with its square."""
    if isinstance(merge, list):
        first, second = merge if len(merge) == 2 else (merge, "")
        return str(first), str(second)
    text = str(merge)
    at = text.find(" ", 1)
    return (text[:at], text[at + 1 :]) if at > 0 else (text, "")
