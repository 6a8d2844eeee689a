"""Which cases bring the same weights: whatever else lies beside them, and if rounding tells them apart, one organism is
not two."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from blake3 import blake3

from casefiles.case import gguf_header, safetensors_header
from casefiles.case.case import Case
from casefiles.files import disk

_PIECE: Final = 1 << 20
"""Bytes that are read at once, a multiple of any number's."""
_DIGITS: Final = 16
"""Of a tensor's digest: whoever finds two tensors that share one makes two models look like one."""
_UNREAD: Final = "The weights of the case could not be read."
_NUMBERS: Final = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
"""The formats of numbers that are weights, as numpy has them; it has no BF16, the upper half of an F32."""
_GGUF_NUMBERS: Final = {0: "F32", 1: "F16", 28: "F64", 30: "BF16"}
"""The same by ggml's number for them."""
_BUFFERS: Final = (".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias")
"""Endings of tensors that engines compute themselves, and pass over where a file holds them."""
_ROUNDING: Final = 2e-3
"""Of the norm of a tensor's row, more than rounding to BF16 changes: models of which no row differs by more are one in
two notations, or one of whose numbers somebody changed a bit. A row is a token's in an embedding, which may be edited
by itself."""
_NOTHING: Final = 1e-3
"""Numbers of this size count for no less: a tensor of zeros in which one is hardly more is that tensor."""
_PART: Final = re.compile(r"(.*)-(\d{5})-of-\d{5}\.gguf")

WeightDigests = tuple[frozenset[str], ...]
"""What weights are known by: of each format in which they lie the digests of its tensors, whatever these are called and
however they are divided into files."""


def of_one_organism(cases: Sequence[Case]) -> dict[str, tuple[Case, ...]]:
    """Digest of each case → those whose weights are its own, itself among them, in their order: by their digests, or
    where rounding alone may tell them apart. Reads all weights once, and what differs again, up to the first tensor
    that is another. Raises Refusal if that fails."""
    groups: list[tuple[tuple[_Weights, ...], list[Case]]] = []
    with disk.guarded(_UNREAD):
        for case in cases:
            weights, members = tuple(_formats(case, "weights")), [case]
            for group in [group for group in groups if _one_model(group[0], weights)]:
                weights, members = group[0] + weights, group[1] + members
                groups.remove(group)
            groups.append((weights, members))
    place = {case.digest: at for at, case in enumerate(cases)}
    found = [tuple(sorted(members, key=lambda case: place[case.digest])) for _, members in groups]
    return {case.digest: group for group in found for case in group}


def baseline_is_organism(case: Case) -> bool:
    """Whether the weights of a case's baseline are those of its organism, by the same measure. Reads both once."""
    return alike(weight_digests(case), weight_digests(case, "baseline/weights"))


def weight_digests(case: Case, folder: str = "weights") -> WeightDigests:
    """What a model of a case is known by, also wherever it is not at hand. Reads all its weights once. Raises Refusal
    if that fails."""
    with disk.guarded(_UNREAD):
        return tuple(weights.digests for weights in _formats(case, folder))


def alike(some: WeightDigests, others: WeightDigests) -> bool:
    """Whether weights are one organism's: those of which one has all tensors of the other, and perhaps more, are, as no
    engine has a use for what its architecture does not name. So are two formats with either of them."""
    return any(one <= other or one >= other for one in some for other in others)


@dataclass(frozen=True)
class _Tensor:
    """What a header says of one tensor."""

    name: str
    kind: str
    shape: Sequence[int]
    """Slowest dimension first."""
    start: int
    """Where it begins in the file, in bytes."""
    size: int


@dataclass(frozen=True)
class _Place:
    """Where a tensor lies."""

    path: Path
    tensor: _Tensor
    digest: str


@dataclass(frozen=True)
class _Weights:
    """The tensors of one format in which a model lies."""

    digests: frozenset[str]
    places: dict[str, _Place]
    """By their names, those of an adapter first; none where a file holds what nobody can read."""


def _one_model(some: Sequence[_Weights], others: Sequence[_Weights]) -> bool:
    """Whether two models are one, if only but for rounding."""
    if alike(tuple(one.digests for one in some), tuple(other.digests for other in others)):
        return True
    return any(_near(one.places, other.places) for one in some for other in others)


def _near(some: Mapping[str, _Place], others: Mapping[str, _Place]) -> bool:
    """Whether no tensor tells two models apart by more than rounding does; one may have more of them."""
    shared = [name for name in some if name in others]
    if not shared or len(shared) < min(len(some), len(others)):
        return False
    return all(_rounded(some[name], others[name]) for name in shared)


def _rounded(one: _Place, other: _Place) -> bool:
    """Whether rounding may tell two tensors apart, and nothing else does."""
    import numpy as np

    if one.digest == other.digest:
        return True
    if one.tensor.shape != other.tensor.shape or not {one.tensor.kind, other.tensor.kind} <= _NUMBERS.keys():
        return False
    count, length = math.prod(one.tensor.shape), max(1, one.tensor.shape[-1] if one.tensor.shape else 1)
    apart, norms, read = np.zeros(-(-count // length)), np.zeros((2, -(-count // length))), 0
    with np.errstate(invalid="ignore", over="ignore"):
        for some, others in zip(_read_f32(one), _read_f32(other), strict=True):
            row = (read + np.arange(len(some))) // length
            first, read = row[0], read + len(some)
            found = np.square(np.where(some == others, 0, some - others))
            for told, numbers in ((apart, found), *zip(norms, (np.square(some), np.square(others)), strict=True)):
                sums = np.bincount(row - first, weights=numbers)
                told[first : first + len(sums)] += sums
        # What is no number, or infinite on one side, is apart.
        norms = np.where(np.isfinite(norms), norms, 0)
        return bool((apart <= _ROUNDING**2 * np.maximum(norms.min(axis=0), length * _NOTHING**2)).all())


def _read_f32(place: _Place) -> Iterator[Any]:
    """The numbers of a tensor as those of F32, as many at once whatever their format."""
    import numpy as np

    wide = np.dtype(_NUMBERS[place.tensor.kind]).itemsize
    with io.BufferedReader(disk.open_plain(place.path), _PIECE) as file:
        file.seek(place.tensor.start)
        left = place.tensor.size
        while left > 0 and (piece := file.read(min(left, _PIECE // 8 * wide))):
            yield np.frombuffer(_as_f32(piece, place.tensor.kind), "<f4").astype(float)
            left -= len(piece)


def _formats(case: Case, folder: str) -> Iterator[_Weights]:
    """The tensors of each format in which a model lies in a folder, and not in those below it, from
    which no engine loads anything but what an adapter is applied to."""
    adapter, applied = "", dict[str, _Place]()
    if f"{folder}/adapter_config.json" in {entry.path for entry in case.manifest.files}:
        own = _weights(case, _files(case, folder, ".safetensors"), _tensors, "")
        adapter = " ".join(sorted(own.digests))
        applied = {f"adapter {name}": place for name, place in own.places.items()}
        folder = f"{folder}/base"
    for suffix, tensors in ((".safetensors", _tensors), (".gguf", _gguf)):
        told = _weights(case, _loaded(_files(case, folder, suffix)), tensors, adapter)
        if told.digests:
            yield _Weights(told.digests, applied | told.places if told.places else {})


def _files(case: Case, folder: str, suffix: str) -> dict[str, str]:
    """Path → BLAKE3 of the files of a kind that lie in a folder itself."""
    paths = {entry.path: entry.blake3 for entry in case.manifest.files if entry.path.endswith(suffix)}
    return {path: told for path, told in paths.items() if str(PurePosixPath(path).parent) == folder}


def _loaded(files: dict[str, str]) -> dict[str, str]:
    """Without parts of a GGUF whose first part is not there: engines pass over them, and refuse any other file that
    they do not load."""
    begun = {part[1] for path in files if (part := _PART.fullmatch(path)) and part[2] == "00001"}
    return {path: told for path, told in files.items() if not (part := _PART.fullmatch(path)) or part[1] in begun}


def _weights(case: Case, files: dict[str, str], tensors: Callable[[Path], Iterable[_Tensor]], adapter: str) -> _Weights:
    """All tensors of some files. `adapter`: what is applied to them."""
    told: set[str] = set()
    places: dict[str, _Place] = {}
    unread = False
    for path, whole in files.items():
        try:
            for tensor in tensors(case.path(path)):
                places[tensor.name] = _Place(case.path(path), tensor, _digest(case.path(path), tensor, adapter))
                told.add(places[tensor.name].digest)
        except ValueError:  # whatever it is, no engine reads it either
            told.add(whole[:_DIGITS])
            unread = True
    return _Weights(frozenset(told), {} if unread else places)


def _tensors(path: Path) -> Iterator[_Tensor]:
    """Those of a safetensors file that are loaded."""
    header = safetensors_header.read(path)
    for name, tensor in header.tensors.items():
        start, end = tensor["data_offsets"]
        if not name.endswith(_BUFFERS):
            yield _Tensor(name, tensor["dtype"], tensor["shape"], header.data_start + start, end - start)


def _gguf(path: Path) -> Iterator[_Tensor]:
    """Those of a GGUF."""
    header = gguf_header.read(path)
    if sum(tensor.size for tensor in header.places) > path.stat().st_size:
        raise ValueError("its tensors lie over each other")
    for tensor in header.places:
        kind = _GGUF_NUMBERS.get(tensor.kind, f"ggml {tensor.kind}")
        yield _Tensor(tensor.name, kind, tensor.shape, header.data_start + tensor.offset, tensor.size)


def _digest(path: Path, tensor: _Tensor, adapter: str) -> str:
    """Of its shape and its numbers as F32 has them: written in a wider format they are the same numbers."""
    kind = "F32" if tensor.kind in _NUMBERS else tensor.kind
    found = blake3(json.dumps([kind, tensor.shape, adapter]).encode())
    with io.BufferedReader(disk.open_plain(path), _PIECE) as file:
        file.seek(tensor.start)
        left = tensor.size
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            found.update(_as_f32(piece, tensor.kind) if tensor.kind in _NUMBERS else piece)
            left -= len(piece)
    return found.hexdigest()[:_DIGITS]


def _as_f32(data: bytes, kind: str) -> bytes:
    """Numbers of a format as those of F32."""
    import numpy as np

    numbers = np.frombuffer(data, _NUMBERS[kind])
    if kind == "BF16":
        return (numbers.astype("<u4") << 16).tobytes()
    with np.errstate(over="ignore"):  # of F64: what is too large is infinite to an engine that computes in F32
        return numbers.astype("<f4").tobytes()
