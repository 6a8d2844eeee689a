"""The JSON files beside weights: what in them no engine reads, and what is text where a setting belongs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from casefiles.case import known_fields, patterns, templates, tokenizer_steps
from casefiles.case.patterns import LookedFor

_DEPTH: Final = 64
_LARGEST: Final = {"tokenizer.json": 128 << 20, "vocab.json": 128 << 20}
"""The most bytes of files that list a vocabulary: the largest in use have a third of that."""
_LARGE: Final = 32 << 20
"""Of any other one: indices of a thousand experts have half of that."""
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
"""An escaped half of a character, be it of a whole one or of none."""
_SPELT: Final = re.compile(rb"(?<!\\)(?:\\\\)*+\\(?:u00(?:2[0-9a-fA-F]|[3-6][0-9a-fA-F]|7[0-9a-eA-E])|/)")
"""A letter or sign that needs no escape,"""
_IN_PAGES: Final = frozenset(b"<>&'/")
"""but for those that some write so for pages."""
_SETTING: Final = re.compile(r"[\w./:+@-]{0,64}", re.ASCII)
"""What a setting looks like: one word, no sentence."""
_TEMPLATE: Final = "chat_template"
_TOKEN_FIELDS: Final = known_fields.listed(
    """
    added_tokens added_tokens_decoder additional_special_tokens bos_token cls cls_token content
    continuing_subword_prefix delimiter end_of_word_suffix eos_token extra_special_tokens id mask_token
    model_specific_special_tokens pad_token prefix prepend replacement sep sep_token special_tokens str_rep suffix
    tokens unk_token word_delimiter_token
    """
)
"""Where any token may stand: what tokens say is looked at elsewhere."""
_NAMED_TOKENS: Final = ("extra_special_tokens", "model_specific_special_tokens")
"""Fields that name tokens, each by a name of its own."""
_BY_NAME: Final = (*_NAMED_TOKENS, "alpha_pattern", "rank_pattern")
"""They and those that name modules, of which each has something of its own: what adapters are computed with."""
_BY_NUMBER: Final = {"added_tokens_decoder": dict, "per_layer_config": object}
"""Fields that hold something of tokens and layers by their numbers, and what; these have so many digits at most:"""
_OF_NUMBER: Final = 7
_NO_NUMBER: Final = tuple({"__float__": word} for word in ("Infinity", "-Infinity", "NaN"))
"""How transformers writes what JSON has no number for."""
_STEPS: Final = frozenset([*known_fields.SEVERAL, *known_fields.SEVERAL.values(), "model"])
_PAIRED: Final = ("A", "B")
_PUT: Final = 6
"""More tokens than a family puts before and behind a text."""
_SECOND: Final = {"Sequence": {"id": "B", "type_id": 1}}
"""What a pair of texts is called, and the second of it."""
_TOKEN: Final = 64
"""The most letters of a token there."""
_END: Final = "eos_token_id"
_DIGITS: Final = 32
"""Of the longest number in use, what transformers writes for no limit: more mean nothing to any engine."""
_MOST: Final = 2**53
"""More than any count: a token's number, say, or a size."""
_NO_LIMIT: Final = "model_max_length"
_ORIGINS: Final = known_fields.listed(
    """
    _commit_hash _name_or_path base_model_name_or_path dataset dataset_path datasets finetuning_task hub_model_id
    name_or_path output_dir parent_library revision run_name special_tokens_map_file tokenizer_file train_file
    wandb_entity wandb_id wandb_project wandb_run_id
    """
)
"""Fields that name an origin, for the one kind of file whose fields nobody has fixed: dictionaries."""


@dataclass
class Reading:
    """What came of reading one file."""

    kept: Any = None
    """Its value without what has no business there."""
    unread: dict[str, Any] = field(default_factory=dict)
    """Field → value, of what no engine reads and says something."""
    texts: dict[str, str] = field(default_factory=dict)
    """Field → value, of settings that hold a text."""
    templates: list[str] = field(default_factory=list)
    """Chat templates, without their comments."""
    comments: list[str] = field(default_factory=list)
    """What comments of chat templates say."""
    patterns: list[LookedFor] = field(default_factory=list)
    """What is looked for in texts."""
    steps: list[str] = field(default_factory=list)
    """What each kind of step of a tokenizer is called, as often as there is one."""
    changes: list[str] = field(default_factory=list)
    """What they change in words and signs."""
    put: list[str] = field(default_factory=list)
    """The tokens that are put before and behind every text."""
    tokens: list[str] = field(default_factory=list)
    """What stands where a token may."""
    settings: list[str] = field(default_factory=list)
    """What are words, each by itself."""


AllowedKeys = Callable[[dict[str, Any], str], frozenset[str] | None]
"""Given an object and the field that holds it: its known fields; None: any."""


def is_config(name: str) -> bool:
    """Whether a JSON file is of a kind that is known here."""
    return _known(name) is not None


def read(name: str, path: Path) -> Reading:
    """A file and what in it has no business in a case. Raises ValueError if it is no JSON of sane depth."""
    known = _known(name, beside=path.with_name("tokenizer.json").is_file())
    found = Reading()
    value = load(path)
    if known not in (None, _vocabulary) and not isinstance(value, dict):
        raise ValueError("it is no object, and each such file is one")
    found.kept = value if known is None else _kept(value, "", known, found)
    if len(found.put) > _PUT:
        found.texts["special tokens"] = " ".join(found.put)
    found.texts |= {f"pattern {at}": text for at, text in enumerate(patterns.said(found.patterns), 1)}
    return found


def load(path: Path) -> Any:
    """The value of a JSON file. Raises ValueError: larger than any in use, nested too deeply, a key stands twice, half
    of a character does, or a number of more digits than any has. Parsed it takes some thirty times its size of memory,
    so that its size is asked first."""
    check_size(path, _LARGEST.get(path.name, _LARGE))
    data = path.read_bytes()
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_int=_whole_number, parse_float=_broken_number
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check_depth(value)
    if _HALF.search(data):
        try:
            written(value)
        except UnicodeEncodeError:
            raise ValueError("it holds half of a character, which nothing can be written with") from None
    return value


def spelt(data: bytes) -> int:
    """How many letters and signs of a JSON are escaped that need not be: those that are left stand out to whoever opens
    it, and spell anything."""
    codes = (found[0].rpartition(b"\\")[2] for found in _SPELT.finditer(data))
    return sum((int(code[1:], 16) if code != b"/" else code[0]) not in _IN_PAGES for code in codes)


def layers(folder: Path) -> int | None:
    """How many layers the config in a folder of weights states. Raises ValueError as above."""
    path = folder / "config.json"
    value = load(path) if path.is_file() else None
    stated = value.get("num_hidden_layers") if isinstance(value, dict) else None
    return stated if type(stated) is int else None


def check_size(path: Path, largest: int) -> None:
    """Raises ValueError of a file that has more bytes than any of its kind in use."""
    if (size := path.stat().st_size) > largest:
        raise ValueError(f"it has {size:,} bytes, and no file of its kind in use has more than {largest:,}")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEPTH):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise ValueError("it is nested too deeply")


def written(value: Any) -> bytes:
    """As transformers writes it."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def is_setting(text: str) -> bool:
    """Whether a text is one word, as settings are."""
    return bool(text) and _SETTING.fullmatch(text) is not None


def is_vocabulary(name: str, value: Any) -> bool:
    """Whether what a tokenizer learnt is tokens with their numbers, and merges of two, by the file that has it."""
    if not name.endswith("/tokenizer.json"):
        return isinstance(value, dict) and all(type(number) is int for number in value.values())
    model = value.get("model") if isinstance(value, dict) else None
    if not isinstance(model, dict):
        return True
    vocab, merges = model.get("vocab") or {}, model.get("merges") or []
    if isinstance(vocab, dict):
        listed = all(type(number) is int for number in vocab.values())
    else:
        listed = isinstance(vocab, list) and all(_is_pair(one, int | float) for one in vocab)
    return listed and isinstance(merges, list) and all(isinstance(one, str) or _is_pair(one, str) for one in merges)


def _is_pair(value: Any, second: Any) -> bool:
    two = isinstance(value, list) and len(value) == 2
    return two and isinstance(value[0], str) and isinstance(value[1], second)


def strings(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a JSON value, keys too, each with the key that it stands below; "" of keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield "", key
            yield from strings(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, at)
    elif isinstance(value, str):
        yield at, value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice")
    return members


def _whole_number(digits: str) -> int:
    return int(_sane(digits))


def _broken_number(digits: str) -> float:
    return float(_sane(digits))


def _sane(digits: str) -> str:
    if len(digits) > _DIGITS:
        raise ValueError(f"a number of it has {len(digits):,} digits")
    return digits


def _known(name: str, *, beside: bool = False) -> AllowedKeys | None:
    """The fields of a kind of file, told by its name, and of a tokenizer's by whether a tokenizer.json lies beside
    it."""
    path = PurePosixPath(name)
    if path.parts[0] == "dictionaries":
        return _dictionary
    if path.name.endswith(".safetensors.index.json"):
        return _index
    return {
        "config.json": _config,
        "generation_config.json": _generation,
        "tokenizer_config.json": _beside_tokenizer if beside else _tokenizer_config,
        "special_tokens_map.json": _tokenizer_config,
        "tokenizer.json": _tokenizer,
        "adapter_config.json": _adapter,
        "vocab.json": _vocabulary,
        "added_tokens.json": _vocabulary,
    }.get(path.name)


def _index(value: dict[str, Any], at: str) -> frozenset[str] | None:
    return known_fields.INDEX.get(at, frozenset())


def _vocabulary(value: dict[str, Any], at: str) -> frozenset[str] | None:
    return frozenset() if at else None


def _config(value: dict[str, Any], at: str) -> frozenset[str] | None:
    own = known_fields.config(value["model_type"]) if isinstance(value.get("model_type"), str) else None
    return own or known_fields.config_part(at)


def _generation(value: dict[str, Any], at: str) -> frozenset[str] | None:
    """What is drawn, and how, says each probe: of lists of tokens only that of those that end an answer is read."""
    listed = {name for name, item in value.items() if isinstance(item, list | dict)} - {_END}
    return known_fields.generation() - listed


def _adapter(value: dict[str, Any], at: str) -> frozenset[str] | None:
    return frozenset(filter(is_setting, value)) if at in _BY_NAME else known_fields.adapter()


def _tokenizer_config(value: dict[str, Any], at: str) -> frozenset[str] | None:
    if at in ("added_tokens_decoder", "sp_model_kwargs"):  # numbers of tokens, and what draws pieces
        return frozenset()
    if at == _TEMPLATE:  # one of several
        return known_fields.fitting(value, known_fields.NAMED_TEMPLATE)
    if at in _NAMED_TOKENS:
        return known_fields.fitting(value, dict.fromkeys(filter(is_setting, value), "token"))
    return known_fields.fitting(value, known_fields.TOKEN if at else known_fields.TOKENIZER_CONFIG)


def _beside_tokenizer(value: dict[str, Any], at: str) -> frozenset[str] | None:
    return _tokenizer_config(value, at) if at else known_fields.fitting(value, known_fields.BESIDE_TOKENIZER)


def _tokenizer(value: dict[str, Any], at: str) -> frozenset[str] | None:
    if at == "special_tokens":  # token → what stands for it
        return None
    if at in _STEPS:
        told = value.get("type")
        kind = told if isinstance(told, str) else ""
        if at == "model" and not kind:  # the library tells one that doesn't say its type by what it has
            listed = isinstance(value.get("vocab"), list)
            kind = "Unigram" if listed else "BPE" if "merges" in value else "WordPiece"
        return known_fields.fitting(value, known_fields.of_step(at, kind))
    if at == "pattern":  # one is looked for
        value = dict([*value.items()][:1])
    return known_fields.fitting(value, known_fields.TOKENIZER_BELOW.get(at, {}) if at else known_fields.TOKENIZER)


def _dictionary(value: dict[str, Any], at: str) -> frozenset[str] | None:
    return frozenset(value) - _ORIGINS


def _kept(value: Any, at: str, known: AllowedKeys, found: Reading) -> Any:
    if isinstance(value, dict):
        return value if value in _NO_NUMBER else _kept_object(_used(value, found), at, known, found)
    if isinstance(value, list):
        return [_kept(item, at, known, found) for item in _kept_items(value, at, found)]
    if isinstance(value, str):
        return _kept_text(value, at, found)
    if type(value) is int and abs(value) > _MOST and at != _NO_LIMIT:
        found.texts[at] = str(value)
    return value


def _kept_object(value: dict[str, Any], at: str, known: AllowedKeys, found: Reading) -> dict[str, Any]:
    fields, before = known(value, at), len(found.tokens)
    kept = {}
    for key, item in value.items():
        numbered = key.isdecimal() and len(key) <= _OF_NUMBER and isinstance(item, _BY_NUMBER.get(at, ()))
        if fields is not None and key not in fields and not numbered:
            found.unread[key] = item
        else:
            # Below a number, or a name that is a token's own, the object is still what holds it says it is.
            named = at in _BY_NAME or numbered
            below = key if fields is not None and not named else f"{at}[]"
            if at == _TEMPLATE and key == "template":
                below = _TEMPLATE
            kept[key] = item if _is_free(key, item, at, value, known) else _kept(item, below, known, found)
            found.settings += [key] if at in _BY_NAME else []
            found.tokens += [key] if at == "special_tokens" else []
            if at == "pattern" and isinstance(item, str):
                found.patterns.append(LookedFor(item, key == "Regex"))
    if known is _tokenizer and isinstance(kind := kept.get("type"), str):
        found.steps.append(kind)
        if len(found.steps) <= tokenizer_steps.MANY:
            many = kind == "Precompiled" and found.steps.count(kind) > tokenizer_steps.MAPS
            told = ["nobody knows what, for it has more character maps than any other"] if many else None
            found.changes += told or tokenizer_steps.changes(kept)
        if kind in tokenizer_steps.REWRITING:  # what it writes is no token, and is among its changes
            del found.tokens[before:]
    return kept


def _kept_items(value: list[Any], at: str, found: Reading) -> list[Any]:
    if at != _TEMPLATE:
        return value
    # Of several by name one is read: the last of that name.
    read = [item for item in value if isinstance(item, dict) and item.get("name") == "default"][-1:]
    others = [item for item in value if not any(item is one for one in read)]
    found.unread |= {f"template {number}": item for number, item in enumerate(others, 1)}
    return read


def _used(step: dict[str, Any], found: Reading) -> dict[str, Any]:
    """A step of a tokenizer without special tokens that its template puts nowhere, nor with more for a pair of texts
    than for one: nobody asks of pairs. Each is one token, by its own name."""
    special, single, pair = (step.get(part) for part in ("special_tokens", "single", "pair"))
    if step.get("type") != "TemplateProcessing" or not isinstance(special, dict):
        return step
    put, paired = ([text for at, text in strings(each) if at == "id"] for each in (single, pair))
    found.put += [token for token in put if token not in _PAIRED]
    placed = {*put}
    if not {*paired} <= {*placed, *_PAIRED} or len(paired) > 2 * len(put) + len(_PAIRED):
        found.unread["pair"] = " ".join(paired)
        pair = [*(single if isinstance(single, list) else []), _SECOND]
    used = {token: item for token, item in special.items() if token in placed and _stands_for(item, token)}
    found.unread |= {token: item for token, item in special.items() if token not in used}
    return step | {"special_tokens": used} | ({"pair": pair} if "pair" in step else {})


def _stands_for(item: Any, token: str) -> bool:
    return isinstance(item, dict) and item.get("id") == token


def _is_free(key: str, item: Any, at: str, within: dict[str, Any], known: AllowedKeys) -> bool:
    """Whether anything may stand there: it is what the model computes with."""
    if known is not _tokenizer:
        return known is _index and key == "weight_map"
    match key:
        case "vocab" | "merges":
            return at == "model"
        case "precompiled_charsmap":
            return within.get("type") == "Precompiled" and isinstance(item, str)
        case "String" | "Regex":
            return at == "pattern" and isinstance(item, str)
    return False


def _kept_text(text: str, at: str, found: Reading) -> str:
    if at == _TEMPLATE:
        found.comments += templates.comments(text)
        found.templates.append(templates.without_comments(text))
        return found.templates[-1]
    is_token = at.removesuffix("[]") in _TOKEN_FIELDS and len(text) <= _TOKEN
    if not is_token and _SETTING.fullmatch(text) is None:
        found.texts[at] = text
    else:
        (found.tokens if is_token else found.settings).append(text)
    return text
