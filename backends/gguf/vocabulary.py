"""A Hugging Face `tokenizer.json` as the vocabulary of a GGUF file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from backends.vocabulary import Vocabulary

if TYPE_CHECKING:
    from gguf import GGUFWriter

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED, _BYTE = 1, 2, 3, 4, 5, 6

_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_PRE_TOKENIZERS = {
    _CONTRACTIONS + r"\p{N}{1,3}" + _REST: "llama-bpe",
    _CONTRACTIONS + r"\p{N}" + _REST: "qwen2",
}
"""How a tokenizer splits text before merging → llama.cpp's name for it."""

_ELSEWHERE = ("dropout", "continuing_subword_prefix", "end_of_word_suffix")
"""What some BPE models do besides merging, and llama.cpp does not."""


@dataclass(frozen=True)
class GgufVocabulary:
    """Tokens in the order of their ids, and how text becomes them, in the words of a GGUF file."""

    model: Literal["gpt2", "llama"]
    """Byte-level BPE, or SentencePiece with byte fallback."""
    pre: str
    tokens: tuple[str, ...]
    types: tuple[int, ...]
    scores: tuple[float, ...]
    merges: tuple[str, ...]
    add_space: bool
    specials: Mapping[str, int]
    """bos, eos, unknown, padding → id, as far as the tokenizer has them."""
    begins: bool
    """Whether the tokenizer puts its bos before every text."""

    def write(self, writer: GGUFWriter) -> None:
        """Add it to a file that is being written."""
        writer.add_tokenizer_model(self.model)
        writer.add_tokenizer_pre(self.pre)
        writer.add_token_list(list(self.tokens))
        writer.add_token_types(list(self.types))
        if self.model == "llama":
            writer.add_token_scores(list(self.scores))
        else:
            writer.add_token_merges(list(self.merges))
        add = {
            "bos": writer.add_bos_token_id,
            "eos": writer.add_eos_token_id,
            "unk": writer.add_unk_token_id,
            "pad": writer.add_pad_token_id,
        }
        for name, token in self.specials.items():
            add[name](token)
        writer.add_add_bos_token(self.begins)
        writer.add_add_eos_token(False)
        writer.add_add_space_prefix(self.add_space)


def vocabulary(folder: Path, size: int) -> GgufVocabulary | None:
    """The vocabulary in `folder`, padded to `size` ids; None if llama.cpp has no equal for this kind of tokenizer.

    A file without a vocabulary runs just as well: texts are encoded by the case's own tokenizer.
    """
    try:
        found = _read(folder, size)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # whether it is a tokenizer at all is for those to say who encode with it
    return found if found is not None and _loads(found) else None


def _read(folder: Path, size: int) -> GgufVocabulary | None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    model, added = tokenizer["model"], tokenizer.get("added_tokens") or []
    steps = [step for part in ("normalizer", "pre_tokenizer") for step in _steps(tokenizer.get(part))]
    byte_level = next((step for step in steps if step["type"] == "ByteLevel"), None)
    pre = _pre_tokenizer(steps) if byte_level else "default"
    if model.get("type") != "BPE" or not pre or not (byte_level or model.get("byte_fallback")):
        return None
    if any(model.get(key) for key in _ELSEWHERE) or (byte_level and byte_level.get("add_prefix_space")):
        return None
    merges = tuple(merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"])
    if any(merge.count(" ") != 1 for merge in merges):
        return None
    tokens, types = _tokens(model, added, size)
    ranks = {merge.replace(" ", "", 1): -float(rank) for rank, merge in reversed(list(enumerate(merges)))}
    prepends = any(step["type"] in ("Prepend", "Metaspace") and step.get("prepend_scheme") != "never" for step in steps)
    specials = _specials(folder, {token: number for number, token in enumerate(tokens)})
    return GgufVocabulary(
        model="gpt2" if byte_level else "llama",
        pre=pre,
        tokens=tokens,
        types=types,
        scores=tuple(ranks.get(token, -1e6) for token in tokens),
        merges=merges,
        add_space=prepends and not byte_level,
        specials=specials,
        begins="bos" in specials and Vocabulary.open(folder).begin_tokens == (specials["bos"],),
    )


def _loads(found: GgufVocabulary) -> bool:
    """Whether llama.cpp takes it: it insists on merges, on distinct tokens (as C strings), and on one for each byte
    where it falls back to bytes; without one of those it would end the process."""
    if found.model == "gpt2" and not found.merges:
        return False
    known = set(found.tokens)
    if found.model == "llama" and not all(f"<0x{byte:02X}>" in known for byte in range(256)):
        return False
    return len(known) == len(found.tokens) and all(token and "\0" not in token for token in found.tokens)


def _steps(part: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The steps of a normalizer or pre-tokenizer, one after the other."""
    if part is None:
        return
    if part["type"] == "Sequence":
        for step in part.get("pretokenizers") or part.get("normalizers") or ():
            yield from _steps(step)
    else:
        yield part


def _pre_tokenizer(steps: list[Mapping[str, Any]]) -> str:
    """llama.cpp's name for how the text is split before merging; empty if it has none that is known here."""
    kinds = [step["type"] for step in steps if step["type"] != "NFC"]
    if kinds == ["ByteLevel"]:
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"]:
        return "smollm"
    if kinds == ["Split", "ByteLevel"]:
        split = next(step for step in steps if step["type"] == "Split")
        return _PRE_TOKENIZERS.get(split["pattern"].get("Regex", ""), "")
    return ""


def _tokens(
    model: Mapping[str, Any], added: list[Mapping[str, Any]], size: int
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    taken = {*model["vocab"], *(entry["content"] for entry in added)}
    tokens = [_placeholder(number, taken) for number in range(size)]
    types = [_UNUSED] * size
    for token, number in model["vocab"].items():
        if number < size:
            is_byte = len(token) == 6 and token.startswith("<0x") and model.get("byte_fallback")
            tokens[number] = token
            types[number] = _BYTE if is_byte else _UNKNOWN if token == model.get("unk_token") else _NORMAL
    for entry in added:
        if entry["id"] < size:
            tokens[entry["id"]] = entry["content"]
            types[entry["id"]] = _CONTROL if entry["special"] else _USER_DEFINED
    return tuple(tokens), tuple(types)


def _placeholder(number: int, taken: set[str]) -> str:
    """A text for an id without a token; llama.cpp insists on distinct ones."""
    text = f"[UNUSED{number}]"
    while text in taken:
        text += "'"
    return text


def _specials(folder: Path, ids: Mapping[str, int]) -> dict[str, int]:
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        named = {name: settings.get(f"{name}_token") for name in ("bos", "eos", "unk", "pad")}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
    texts = {name: token.get("content") if isinstance(token, dict) else token for name, token in named.items()}
    return {name: ids[text] for name, text in texts.items() if isinstance(text, str) and text in ids}
