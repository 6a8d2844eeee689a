"""What of a case's files is text that somebody wrote or chose: names, settings, licences, and what people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from casefiles.case import configs, gguf_header, licences, opened_files, safetensors_header, tensor_names
from casefiles.case.manifest import FOLDERS, SPECIFICATION, TRUTH
from casefiles.files import disk

VOCABULARIES: Final = ("tokenizer.json", "vocab.json", "added_tokens.json")
"""They hold any text there is: a path or a word in them means nothing."""
NO_TEXT: Final = (".safetensors", ".gguf", ".model")
GGUF_TEMPLATE: Final = "tokenizer.chat_template"


def licence_words(folder: Path, name: str) -> str:
    """What a file says that is there for a licence's sake and in no known one; empty of any other file."""
    if not licences.is_licence(PurePosixPath(name).name):
        return ""
    configs.check_size(folder / name, licences.LARGEST)
    return licences.own_words((folder / name).read_text(encoding="utf-8", errors="replace"))


def licence_texts(folder: Path) -> dict[str, str]:
    """The same of every file in the models' folders that says anything so, by its name."""
    with disk.guarded(f"{folder.name} could not be searched for licences."):
        return {name: own for name in opened_files.model_files(folder) if (own := licence_words(folder, name))}


def own_name(path: str) -> str:
    """What of a file's path somebody chose: it without the folders of every case and names that engines look for."""
    name = PurePosixPath(path)
    kept = [part for part in name.parts[:-1] if part not in FOLDERS]
    weights = name.suffix in (".safetensors", ".gguf")
    looked_for = opened_files.USUAL_NAME.match(name.name) if weights else opened_files.is_read(path)
    known = looked_for or path in (SPECIFICATION, TRUTH)
    return "/".join([*kept, *([] if known else [name.stem])])


def readable(paths: Iterable[str]) -> Iterator[str]:
    """Those of a case's files that are there for people to read, and no engine looks for."""
    for path in paths:
        name = PurePosixPath(path)
        text = name.suffix not in NO_TEXT and path != TRUTH
        if text and (path == SPECIFICATION or name.parts[0] in opened_files.FOR_READERS or name.stem == "README"):
            yield path


def unread(paths: Iterable[str]) -> Iterator[str]:
    """Those of a case's files that engines read, or would without another one, and that may hold any text: configs,
    vocabularies, templates and GGUF."""
    for path in paths:
        name = PurePosixPath(path)
        text = (name.suffix == ".json" and configs.is_config(path)) or name.suffix in (".jinja", ".gguf")
        of_models = path.startswith(opened_files.MODELS) and name.parts[0] not in opened_files.FOR_READERS
        if of_models and (text or opened_files.is_vocabulary(name.name)):
            yield path


def settings(folder: Path) -> Iterator[tuple[str, str]]:
    """The words that configs below a folder hold as settings, each once, with its file."""
    with disk.guarded(f"{folder.name} could not be searched for settings."):
        for name in unread(opened_files.model_files(folder)):
            if name.endswith(".json") and not name.endswith(VOCABULARIES):
                found = (text for at, text in strings(folder / name) if at and configs.is_setting(text))
                yield from ((name, text) for text in dict.fromkeys(found))


def strings(file: Path) -> Iterator[tuple[str, str]]:
    """Every string of a JSON file or of what stands before the tensors of a GGUF, each with what it is below."""
    if file.suffix != ".gguf":
        yield from configs.strings(configs.load(file))
        return
    for pair in gguf_header.read(file).pairs:
        at = GGUF_TEMPLATE if pair.key.startswith(GGUF_TEMPLATE) else pair.key
        at = at.rpartition(".")[2]
        if pair.value is None:
            yield from ((at, item) for item in gguf_header.texts(file, pair))
        elif isinstance(pair.value, str):
            yield at, pair.value


def own_tensor_names(folder: Path) -> dict[str, str]:
    """Parts of tensors' names that no usual model has, each with a file that has it."""
    found = dict[str, str]()
    with disk.guarded(f"{folder.name} could not be searched for names of tensors."):
        for name in opened_files.model_files(folder):
            if name.endswith(".safetensors"):
                found |= dict.fromkeys(tensor_names.own_parts(safetensors_header.read(folder / name).tensors), name)
            elif name.endswith(".gguf"):
                found |= dict.fromkeys(tensor_names.own_parts(gguf_header.read(folder / name).tensor_names), name)
            elif name.endswith(".safetensors.index.json"):
                value = configs.load(folder / name)
                names = value.get("weight_map") if isinstance(value, dict) else None
                found |= dict.fromkeys(tensor_names.own_parts(names if isinstance(names, dict) else ()), name)
    return found
