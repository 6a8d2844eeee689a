"""Merges of a vocabulary: of those that join nothing engines pass over, and whoever opens the file reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from casefiles.case import configs, gguf_header

_VERSION: Final = re.compile(r"#version: \d\.\d(?: - Trained by `huggingface/tokenizers`)?|")
"""What stands above merges in lines, if anything does."""
_ENDS: Final = "</w>"
"""What ends words in a vocabulary beside lines, if anything does."""
_BYTE: Final = re.compile(r"<0x[0-9A-F]{2}>")
_PASSED_OVER: Final = "#version"


@dataclass(frozen=True)
class Merges:
    """The merges of a tokenizer, and the vocabulary that they make."""

    pairs: Sequence[tuple[str, str]]
    numbers: Mapping[str, int] | None
    """Its tokens with their numbers; None: nobody knows them."""
    within: str = ""
    """What begins a token that goes on in a word."""
    ends: str = ""
    """What ends one that ends a word."""
    passed: tuple[str, ...] = ()
    """Lines among them that are none."""

    @property
    def idle(self) -> list[str]:
        """Those that do not join two tokens to a third one, or join what is joined before, and lines that are none."""
        again, seen = list[bool](), set[tuple[str, str]]()
        for pair in self.pairs:
            again.append(pair in seen)
            seen.add(pair)
        told = zip(self.pairs, again, strict=True)
        return [
            *self.passed,
            *(" ".join(filter(None, pair)) for pair, twice in told if twice or not self._joins(*pair)),
        ]

    @property
    def made(self) -> list[tuple[str, int]]:
        """The tokens that they make, in the order in which these were learnt, with their numbers: one from other pieces
        again, as often as it is."""
        known = self.numbers or {}
        every = (first + second.removeprefix(self.within) for first, second in self.pairs)
        return [(token, known[token]) for token in every if type(known.get(token)) is int]

    @property
    def unmade(self) -> list[str]:
        """The tokens of more than a letter that none makes: nobody can say or hear them, but for those that are
        added."""
        made = {token for token, _ in self.made}
        known = (token for token in self.numbers or () if token not in made and _BYTE.fullmatch(token) is None)
        return [token for token in known if len(token.removeprefix(self.within).removesuffix(self.ends)) > 1]

    def _joins(self, first: str, second: str) -> bool:
        known = self.numbers
        if known is None:
            return bool(first and second) and " " not in second
        return first in known and second in known and first + second.removeprefix(self.within) in known


def read(path: Path) -> Merges:
    """The merges of a tokenizer.json, GGUF or merges.txt; of the last by the vocab.json beside it, where there is
    one."""
    if path.suffix == ".gguf":
        tokens, merges = (_listed(path, key) for key in gguf_header.VOCABULARY)
        if not merges:  # its pieces were learnt by their scores
            return Merges([], None)
        return Merges([*map(_pair, merges)], {token: number for number, token in enumerate(tokens)})
    if path.suffix == ".txt":
        return _in_lines(path)
    value = configs.load(path)
    model = value.get("model") if isinstance(value, dict) else None
    return _of_model(model) if isinstance(model, dict) else Merges([], None)


def _listed(path: Path, key: str) -> Sequence[str]:
    found = [pair for pair in gguf_header.read(path).pairs if pair.key == key and pair.value is None]
    return [str(item) for pair in found for item in gguf_header.items(path, pair)]


def _in_lines(path: Path) -> Merges:
    beside = path.with_name("vocab.json")
    first, *others = path.read_text(encoding="utf-8", errors="replace").split("\n")
    lines = [*others, *([] if _VERSION.fullmatch(first) else [first])]
    known = configs.load(beside) if beside.is_file() else None
    passed = tuple(line for line in lines if line.startswith(_PASSED_OVER))
    return Merges(
        [*map(_pair, filter(None, lines))], known if isinstance(known, dict) else None, ends=_ENDS, passed=passed
    )


def _of_model(model: dict[str, Any]) -> Merges:
    merges, vocab = model.get("merges"), model.get("vocab")
    if model.get("type", "BPE") != "BPE" or not (isinstance(merges, list) and isinstance(vocab, dict)):
        return Merges([], None)
    within, ends = (
        sign if isinstance(sign := model.get(name), str) else ""
        for name in ("continuing_subword_prefix", "end_of_word_suffix")
    )
    return Merges([*map(_pair, merges)], vocab, within, ends)


def _pair(merge: Any) -> tuple[str, str]:
    """Its two tokens. A text is cut where engines cut it, at the first space that something stands before: each cut
    that it could have would take time and memory that grow with its square."""
    if isinstance(merge, list):
        first, second = merge if len(merge) == 2 else (merge, "")
        return str(first), str(second)
    text = str(merge)
    at = text.find(" ", 1)
    return (text[:at], text[at + 1 :]) if at > 0 else (text, "")
