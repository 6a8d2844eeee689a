"""Tokens that stand in a vocabulary where nobody learnt them: engines go by their numbers, or by the weights that were
moved with them, and whoever opens the file reads them in their order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from casefiles.case import added_tokens, configs, gguf_header, merges, sentencepiece_model
from casefiles.case.sentencepiece_model import SentencePieceModel

_SCORES: Final = "tokenizer.ggml.scores"
_TYPES: Final = "tokenizer.ggml.token_type"


def moved(path: Path) -> list[str]:
    """The tokens of a tokenizer.json, vocab.json, GGUF or SentencePiece model that are not where they were learnt, but
    for those without a letter: in JSON where they stand, and everywhere by the merges that make them, or by their
    scores."""
    found = dict.fromkeys((*_written_elsewhere(path), *_numbered_elsewhere(path)))
    return [token for token in found if any(map(str.isalpha, token))]


def _written_elsewhere(path: Path) -> list[str]:
    """Those of a vocabulary in JSON that stand neither by their numbers nor by their letters."""
    vocab = _in_json(path)
    if not isinstance(vocab, dict) or [*vocab] == sorted(vocab):  # as slow tokenizers write it
        return []
    return _outside([(token, number) for token, number in vocab.items() if type(number) is int])


def _numbered_elsewhere(path: Path) -> list[str]:
    """Each token gets the next number once its merge is learnt, or the more likely it is."""
    if path.suffix == ".model":
        with suppress(ValueError):
            return _outside(_falling(SentencePieceModel(sentencepiece_model.read(path)).scored))
        return []
    if path.suffix == ".gguf":
        return [*_outside(merges.read(path).made), *_outside(_falling(_of_gguf(path)))]
    merged = path.with_name("merges.txt") if path.name == "vocab.json" else path
    if isinstance(vocab := _in_json(path), list):
        added = {*added_tokens.brought(path)}
        return _outside(_falling((token, score) for token, score in filter(_is_scored, vocab) if token not in added))
    return _outside(merges.read(merged).made) if merged.is_file() else []


def _in_json(path: Path) -> Any:
    if path.suffix != ".json":
        return None
    value = configs.load(path)
    model = value if path.name == "vocab.json" or not isinstance(value, dict) else value.get("model")
    return model.get("vocab") if isinstance(model, dict) and path.name != "vocab.json" else model


def _is_scored(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and isinstance(item[1], int | float)


def _of_gguf(path: Path) -> list[tuple[str, float]]:
    by_key = {pair.key: pair for pair in gguf_header.read(path).pairs if pair.value is None}
    if not {_SCORES, _TYPES, gguf_header.VOCABULARY[0]} <= by_key.keys():
        return []
    tokens = gguf_header.texts(path, by_key[gguf_header.VOCABULARY[0]])
    kinds, scores = (gguf_header.numbers(path, by_key[key]) for key in (_TYPES, _SCORES))
    return [
        (token, score)
        for token, score, kind in zip(tokens, scores, kinds, strict=False)
        if kind == sentencepiece_model.LEARNT
    ]


def _falling(scored: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """What rises where scores fall."""
    return [(token, -score) for token, score in scored]


def _outside(places: Sequence[tuple[str, float]]) -> list[str]:
    """The tokens without which the others rise, as few as there can be."""
    ends, last, before = list[float](), list[int](), list[int]()
    for at, (_, place) in enumerate(places):  # `ends`: of the runs of each length the one that ends lowest
        length = bisect_right(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [place], [at]
    kept, at = set[int](), last[-1] if last else -1
    while at >= 0:
        kept.add(at)
        at = before[at]
    return [token for at, (token, _) in enumerate(places) if at not in kept]
