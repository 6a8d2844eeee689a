"""Which files of a case's models an engine opens where they lie: what others say is heard by nobody but whoever looks
into them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from casefiles.case import configs, dictionaries, licences
from casefiles.files import disk

INDEX: Final = ".safetensors.index.json"
_BASELINE: Final = "baseline/"
WEIGHTS: Final = (".safetensors", ".gguf")
_OF_WEIGHTS: Final = frozenset({"config.json", "generation_config.json", "adapter_config.json"})
_OF_TOKENIZERS: Final = frozenset({"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"})
_OF_ADAPTERS: Final = frozenset({"adapter_config.json", "adapter_model.safetensors"})
_OLDER: Final = re.compile(
    r"vocab\.(json|txt)|merges\.txt|added_tokens\.json|special_tokens_map\.json|config\.json|.*\.model"
)
"""What tokenizers in older formats are read from: opened in a tokenizer's own folder, where there is no tokenizer.json.
"""
_WITH_TOKENS: Final = frozenset({"tokenizer.json", "tokenizer.model", "vocab.json"})
"""What is opened beside a GGUF."""
_VOCABULARY: Final = re.compile(r"vocab\.(?:txt|json)|merges\.txt|.*\.model")
_READ: Final = re.compile(
    r"vocab\.(json|txt)|merges\.txt|added_tokens\.json|special_tokens_map\.json|(tokenizer|spiece|sentencepiece\.bpe)\.model|"
    r"chat_template\.jinja"
)
"""Files beside weights and tokenizers, other than configs, that an engine reads."""
_PART: Final = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf")
MODELS: Final = ("weights/", "tokenizer/", "baseline/", "dictionaries/", "adapters/")
"""Folders whose files may say where a model came from."""
FOR_READERS: Final = ("corpora", "dictionaries")
"""Folders of those that people read."""
USUAL_NAME: Final = re.compile(
    r"^(model(-\d+-of-\d+)?\.(safetensors|gguf)|model\.safetensors\.index\.json|adapter_model\.safetensors|adapter_config\.json)$"
)
"""What weights are usually called."""


def model_files(folder: Path) -> list[str]:
    """The files below a folder that may say where a model came from."""
    return sorted(name for name in disk.listing(folder).files if name.startswith(MODELS))


def is_read(name: str) -> bool:
    """Whether an engine reads files of this name anywhere, or they are there for people."""
    path = PurePosixPath(name)
    known = path.suffix in WEIGHTS or configs.is_config(name) or _READ.fullmatch(path.name) is not None
    return known or is_for_people(path.name)


def is_vocabulary(name: str) -> bool:
    """Whether a tokenizer's vocabulary is read from a file of this name where there is no tokenizer.json."""
    return _VOCABULARY.fullmatch(name) is not None


def is_for_people(name: str) -> bool:
    """Whether a file, by its name, is a licence or says what a model is."""
    return licences.is_licence(name) or name in ("README", "README.md")


def unopened(names: Iterable[str]) -> Iterator[str]:
    """Those of some files that engines know by their names and none opens where they lie."""
    folders = defaultdict[str, set[str]](set)
    for name in names:
        folders[folder_of(name)].add(name.rpartition("/")[2])
    for folder, held in folders.items():
        for name in sorted(held):
            path = f"{folder}/{name}"
            if is_read(path) and not is_for_people(name) and not _is_opened(path, folders):
                yield path


def is_loaded(name: str, beside: Collection[str]) -> bool:
    """Whether engines load weights of this name: of a GGUF in parts those that its first one, which lies beside them,
    counts. Any other file that they do not load they refuse."""
    part = _PART.fullmatch(name)
    return part is None or (f"{part[1]}-00001-of-{part[3]}.gguf" in beside and 1 <= int(part[2]) <= int(part[3]))


def brings_own_tokens(gguf: str, names: Collection[str]) -> bool:
    """Whether engines take vocabulary and template from a GGUF itself: no tokenizer lies beside it, nor beside the
    organism that it is the baseline of."""
    own = f"{_BASELINE}tokenizer/"
    of_baseline = gguf.startswith(_BASELINE) and any(name.startswith(own) for name in names)
    return _WITH_TOKENS.isdisjoint(name.removeprefix(own if of_baseline else "tokenizer/") for name in names)


def folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def _is_opened(path: str, folders: Mapping[str, Collection[str]]) -> bool:
    """`folders`: the names that lie in each."""
    *within, name = path.removeprefix(_BASELINE).split("/")
    match within:
        case ["weights"] | ["weights", "base"] if name.endswith(INDEX):
            parts = [one for one in folders[folder_of(path)] if one.endswith(".safetensors")]
            return name == f"model{INDEX}" and len(parts) > 1 and _is_base(path, folders)
        case ["weights"] | ["weights", "base"]:
            known = name in _OF_WEIGHTS or name.endswith(WEIGHTS)
            return known and is_loaded(name, folders[folder_of(path)]) and _is_base(path, folders)
        case ["tokenizer"]:
            whole = "tokenizer.json" in folders[folder_of(path)]
            known = name in _OF_TOKENIZERS or (not whole and _OLDER.fullmatch(name) is not None)
            return known and _brings_tokens(folder_of(path), folders)
        case ["adapters", _]:
            return name in _OF_ADAPTERS
        case ["dictionaries" | "corpora", *_]:
            opened = name == dictionaries.WEIGHTS and dictionaries.CONFIG in folders[folder_of(path)]
            return opened or not name.endswith(WEIGHTS)
    return False


def _is_base(path: str, folders: Mapping[str, Collection[str]]) -> bool:
    """Whether weights are those of a model, and not of the base of an adapter that is not there."""
    above, _, last = folder_of(path).rpartition("/")
    return last != "base" or "adapter_config.json" in folders.get(above, ())


def _brings_tokens(tokenizer: str, folders: Mapping[str, Collection[str]]) -> bool:
    """Whether a tokenizer's folder is opened: a GGUF has its own vocabulary, unless one lies there."""
    weights = folders.get(f"{tokenizer.removesuffix('tokenizer')}weights", ())
    of_gguf = any(one.endswith(".gguf") for one in weights) and not any(one.endswith(".safetensors") for one in weights)
    return not of_gguf or not _WITH_TOKENS.isdisjoint(folders[tokenizer])
