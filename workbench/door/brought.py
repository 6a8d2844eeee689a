"""Models that an auditor brings or trained: taken into the session by the digest of their files, and weighed."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backends.gguf.file import read_gguf
from backends.model import ModelRefusal
from backends.model_files import ModelFiles
from casefiles.case import model_parts, safetensors_header
from casefiles.case.manifest import FileKindError, check_kind
from casefiles.files import canonical, disk, hashing
from casefiles.status import Refusal
from workbench.contract.rules import Affordance, Rules
from workbench.listener import Listener, silent
from workbench.log.records import Brought

_PARTS = ("weights", "tokenizer")
_SPLIT = re.compile(r"-\d{5}-of-\d{5}\.gguf$")
"""What tells one file of a GGUF from the others of it."""


def folder_of(folder: Path) -> ModelFiles:
    """The model in a folder with `weights/` and `tokenizer/`, named by its bytes. Raises Refusal."""
    if missing := [part for part in _PARTS if not (folder / part).is_dir()]:
        raise Refusal(
            "input.missing", f"{folder} holds no model.", f"It has no `{missing[0]}/`.",
            "Name a case, or a folder with weights/ and tokenizer/.",
        )  # fmt: skip
    return _model(folder, folder / "tokenizer")


def _model(folder: Path, tokenizer: Path) -> ModelFiles:
    with disk.guarded(f"{folder.name} could not be read."):
        return ModelFiles(folder / "weights", tokenizer, _digest(_files(folder, tokenizer)))


def files_at(path: Path) -> ModelFiles:
    """The model at a place: a folder with `weights/` and `tokenizer/`, the `baseline/` of what is to be sealed, which
    may do without a tokenizer of its own, a model as Hugging Face saves it, or a GGUF; its digest is the one that it
    would have in a folder. Raises Refusal."""
    if (path / _PARTS[0]).is_dir():
        shared = path.parent / "tokenizer"
        lent = path.name == "baseline" and shared.is_dir() and not (path / "tokenizer").is_dir()
        return _model(path, shared) if lent else folder_of(path)
    parts = model_parts.sort(path).parts()
    names = sorted(parts, key=lambda name: (_PARTS.index(name.split("/")[0]), name))
    with disk.guarded(f"{path.name} could not be read."):
        found = _read_whole([parts[name].resolve() for name in names])
    named = [[name, each.sha256] for name, each in zip(names, found, strict=True)]
    gguf = next((file for file in parts.values() if file.suffix == ".gguf"), None)
    return ModelFiles(gguf or path, gguf or path, hashlib.sha256(canonical.encode(named)).hexdigest())


@dataclass(frozen=True)
class Bulk:
    """How large a model is."""

    weights: int
    """Numbers in all its tensors."""
    format: Literal["safetensors", "gguf"]


def weigh(weights: Path) -> Bulk:
    """Count the weights of a model from the headers of its files: of the largest, where it lies in several formats, for
    nobody knows whether these are one. Raises Refusal if there are none, or they cannot be read."""
    paths = sorted(path for path in weights.rglob("*") if path.suffix in (".safetensors", ".gguf"))
    counts = Counter[str]()
    try:
        for path in paths:
            counts[_SPLIT.sub("", str(path)) if path.suffix == ".gguf" else ""] += sum(map(math.prod, _shapes(path)))
    except (ValueError, OSError, ModelRefusal) as error:
        raise Refusal(
            "model.unreadable", "The weights cannot be counted.", f"{error}.", "Bring safetensors or GGUF files."
        ) from error
    if not counts:
        raise Refusal("input.missing", "There are no weights.", f"{weights.name}/ holds neither safetensors nor GGUF.",
                      "Bring a folder with weights/ and tokenizer/.")  # fmt: skip
    return Bulk(max(counts.values()), "gguf" if any(path.suffix == ".gguf" for path in paths) else "safetensors")


def _shapes(path: Path) -> Iterator[tuple[int, ...]]:
    if path.suffix == ".gguf":
        yield from (tensor.shape for tensor in read_gguf(path).tensors.values())
    else:
        yield from (tuple(tensor["shape"]) for tensor in safetensors_header.read(path).tensors.values())


@dataclass(frozen=True)
class TrainingData:
    """What a model was trained on, by its bytes."""

    sha256: str
    size: int

    @classmethod
    def of(cls, path: Path) -> TrainingData:
        """A file, or every file of a folder. Raises Refusal."""
        if not path.exists():
            raise Refusal("input.missing", f"There is no {path}.", "The data were named so.", "Check the name.")
        with disk.guarded(f"{path.name} could not be read."):
            if path.is_file():
                return cls(hashing.digest([path])[0].sha256, path.stat().st_size)
            found = [(path / name, name) for name in sorted(disk.listing(path).files)]
            return cls(_digest(found), sum(one.stat().st_size for one, _ in found))


class Shelf:
    """The folder of a session where brought models lie, each under its digest; they are no part of its export."""

    NAME = "brought"

    def __init__(self, session: Path) -> None:
        self._folder = session / self.NAME
        self._checked: set[str] = set()

    def take(self, files: ModelFiles, listener: Listener = silent) -> None:
        """Copy a model's files, as they are named by its digest. Raises Refusal; so may the listener, and nothing is
        left."""
        target = self._folder / files.digest
        if target.exists():
            return
        with disk.guarded(f"{self._folder} could not be made."):
            self._folder.mkdir(exist_ok=True)
        with disk.new_folder(target) as nursery:
            found = _files(files.weights.parent, files.tokenizer)
            disk.copy_into(nursery, {name: path for path, name in found}, listener)
            for part in _PARTS:
                (nursery / part).mkdir(exist_ok=True)

    def find(self, digest: str) -> ModelFiles | None:
        """The files of a model; None: they are not here. Raises Refusal if they are not those that were brought."""
        folder = self._folder / digest
        if not folder.is_dir():
            return None
        found = ModelFiles(folder / "weights", folder / "tokenizer", digest)
        if digest not in self._checked:
            if folder_of(folder).digest != digest:
                raise Refusal(
                    "model.unreadable", "The brought model was changed.", "Its files are not those that were recorded.",
                    "Bring it again: `workbench subject add`.",
                )  # fmt: skip
            self._checked.add(digest)
        return found


def against(rules: Rules, record: Brought, organism: int) -> str:
    """Why rules do not allow such a model, in a sentence; empty if they do. `organism`: the number of its weights."""
    limits = rules.brought
    if Affordance.BROUGHT not in rules.affordances:
        return "The rules allow no model but the case's own."
    if limits.weights is not None and record.weights * 100 > limits.weights * organism:
        most = limits.weights * organism // 100
        return f"It has {record.weights:,} weights; allowed are {most:,}, {limits.weights} % of the organism's."
    if not limits.unstated_data and record.data is None:
        return "It does not say what it was trained on."
    if limits.data is not None and (record.data is None or record.data_size > limits.data):
        return f"It was trained on {record.data_size:,} bytes, or does not say; allowed are {limits.data:,}."
    return ""


def _files(folder: Path, tokenizer: Path) -> list[tuple[Path, str]]:
    """Every file of a model and its name within a folder. Raises Refusal for links and what could run code."""
    found: list[tuple[Path, str]] = []
    for part, place in zip(_PARTS, (folder / "weights", tokenizer), strict=True):
        listing = disk.listing(place)
        if odd := sorted(listing.links):
            raise Refusal(
                "case.link", f"{part}/ holds a link or a special file.", f"{odd[0]} is no plain file of its own.",
                "Copy the file itself into the folder.",
            )  # fmt: skip
        for name in sorted(listing.files):
            try:
                check_kind(f"{part}/{name}")
            except FileKindError as error:
                raise Refusal(
                    "case.file-kind", "The model holds a kind of file that is not read.", f"{error}.",
                    "Leave it out, or convert it to safetensors or GGUF.",
                ) from error  # fmt: skip
            found.append((place / name, f"{part}/{name}"))
    return found


def _digest(files: Sequence[tuple[Path, str]]) -> str:
    """Of files and their names within a folder."""
    found = _read_whole([path for path, _ in files])
    named = [[name, digests.sha256] for (_, name), digests in zip(files, found, strict=True)]
    return hashlib.sha256(canonical.encode(named)).hexdigest()


def _read_whole(paths: Sequence[Path]) -> list[hashing.Digest]:
    """The digests of files, all of which are there: whoever hands one over that is not has it read for hours."""
    for path in paths:
        if why := disk.hollow(path.stat()):
            raise Refusal(
                "case.file-sparse", f"{path.name} is hollow.", f"It {why}.", "Weights are not like that: leave it out."
            )
    return hashing.digest(paths)
