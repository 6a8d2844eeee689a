"""Which cases bring the same weights: whatever else lies beside them, one organism is not two."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from blake3 import blake3

from casefiles.case import gguf_header, safetensors_header
from casefiles.case.case import Case
from casefiles.files import disk

_PIECE: Final = 1 << 20
_UNREAD: Final = "The weights of the case could not be read."


def of_one_organism(cases: Sequence[Case]) -> dict[str, tuple[Case, ...]]:
    """Digest of each case → those whose weights are its own, itself among them, in their order.

    Those of which one has all tensors of the other, and perhaps more, are one: no engine has a use for what its
    architecture does not name. So is a case that brings two formats with whoever brings either. Reads all weights once.
    """
    groups: list[tuple[list[frozenset[str]], list[Case]]] = []
    for case in cases:
        formats, members = list(_formats(case, "weights")), [case]
        for group in [group for group in groups if _same(group[0], formats)]:
            formats, members = group[0] + formats, group[1] + members
            groups.remove(group)
        groups.append((formats, members))
    place = {case.digest: at for at, case in enumerate(cases)}
    found = [tuple(sorted(members, key=lambda case: place[case.digest])) for _, members in groups]
    return {case.digest: group for group in found for case in group}


def baseline_is_organism(case: Case) -> bool:
    """Whether the weights of a case's baseline are those of its organism, by the same measure. Reads both once."""
    with disk.guarded(_UNREAD):
        return _same(list(_formats(case, "weights")), list(_formats(case, "baseline/weights")))


def weight_digests(case: Case) -> tuple[str, ...]:
    """What the organism of a case is known by wherever it is not at hand: a digest for each format that it lies in,
    which says nothing of how its files are written, named or divided. With one in common two are one organism; one with
    a tensor more is told from the other here. Reads all weights once. Raises Refusal if that fails."""
    with disk.guarded(_UNREAD):
        return tuple(blake3("".join(sorted(told)).encode()).hexdigest() for told in _formats(case, "weights"))


def _same(some: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> bool:
    return any(one <= other or one >= other for one in some for other in others)


def _formats(case: Case, folder: str) -> Iterator[frozenset[str]]:
    """The digests of the tensors of each format in which a model's weights lie in a folder."""
    for suffix, contents in ((".safetensors", _tensors), (".gguf", _gguf)):
        told: set[str] = set()  # another split into files, other names, and what stands there twice change nothing
        for entry in case.manifest.files:
            if entry.path.startswith(f"{folder}/") and entry.path.endswith(suffix):
                try:
                    told.update(contents(case.path(entry.path)))
                except ValueError:  # whatever it is, no engine reads it either
                    told.add(entry.blake3)
        if told:
            yield frozenset(told)


def _tensors(path: Path) -> Iterator[str]:
    """The digest of each tensor of a safetensors file: its type, shape and bytes, and nothing of the metadata."""
    header = safetensors_header.read(path)
    with disk.open_plain(path) as file:
        for tensor in header.tensors.values():
            start, end = tensor["data_offsets"]
            file.seek(header.data_start + start)
            yield _digest(json.dumps([tensor["dtype"], tensor["shape"]]).encode(), file, end - start)


def _gguf(path: Path) -> Iterator[str]:
    """The digest of the tensors of a GGUF with their descriptions, and nothing of its key-value pairs."""
    header = gguf_header.read(path)
    if not header.tensors:  # the first of several files may hold none
        return
    with disk.open_plain(path) as file:
        file.seek(header.tensors_start)
        described = file.read(header.tensors_end - header.tensors_start)
        file.seek(header.data_start)
        yield _digest(described, file, path.stat().st_size - header.data_start)


def _digest(first: bytes, file: BinaryIO, size: int) -> str:
    found = blake3(first)
    while size > 0 and (piece := file.read(min(size, _PIECE))):
        found.update(piece)
        size -= len(piece)
    return found.hexdigest()
