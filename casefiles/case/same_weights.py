"""Which cases bring the same weights: whatever else lies beside them, and if rounding tells them apart, one organism is
not two."""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from blake3 import blake3

from casefiles.case import configs, gguf_header, safetensors_header
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
_BUFFERS: Final = re.compile(r"(?:rotary_emb\.inv_freq|(?:attn|attention)\.(?:masked_)?bias)$")
"""What the names of tensors end with that engines compute themselves, and pass over where a file holds them."""
_ROUNDING: Final = 2e-3
"""Of the norm of a tensor's row, more than rounding to BF16 changes: models of which no row differs by more are one in
two notations, or one of whose numbers somebody changed a bit. A row is a token's in an embedding, which may be edited
by itself."""
_ROW: Final = range(32, 1 << 22)
"""How many numbers a row has, and a tensor rows at most, that are taken in any order: of shorter ones there would be as
many digests as numbers, and longer ones would have to lie in memory."""
_AXES: Final = 7
"""The most dimensions of a tensor whose numbers are looked at: a header may name any number of them."""
_EXPERT: Final = 1 << 16
"""The fewest numbers of a matrix, and"""
_EXPERTS: Final = 1024
"""the most of them, that are called one tensor by some engines and as many by others."""
_TOKENS: Final = ("wte", "wpe", "lm_head", "output_layer")
"""What tensors are called, before the last part of their names, of which each row is a token's or a position's; besides
whatever speaks of an embedding, and"""
_TOP: Final = ("output", "head")
"""what is called nothing else."""
_TURNED: Final = {"gpt2": ("c_attn.weight", "c_fc.weight", "c_proj.weight")}
"""Model type → endings of the names of matrices that safetensors have as (in, out), and GGUF as (out, in)."""
_TURNED_SIZE: Final = 1 << 28
"""The most bytes of one: it lies in memory as a whole."""
_FROM_ONE: Final = {"gemma": "norm.weight", "gemma2": "norm.weight", "gemma3_text": "norm.weight"}
"""Model type → endings of the names of vectors from whose numbers safetensors leave a 1 off, and GGUF none."""
_PREFIX: Final = re.compile(
    r"(adapter )?(?:(?:base_model|model|transformer|gpt_neox|language_model|text_model|backbone|decoder|module)\.)*"
)
"""What names begin with or not: engines add it themselves."""
_TRIES: Final = 1 << 17
"""The most pairs of tensors of two models that are held against each other number by number: some times those that a
hundred layers make under other names."""
_NOTHING: Final = 1e-3
"""Numbers of this size count for no less: a tensor of zeros in which one is hardly more is that tensor."""
_PART: Final = re.compile(r"(.*)-(\d{5})-of-\d{5}\.gguf")

WeightDigests = tuple[frozenset[str], ...]
"""What weights are known by: of each format in which they lie the digests of its tensors, whatever these are called,
however they are divided into files, and in whatever order neurons, heads and the dimensions between layers stand, which
is another for every engine and changes nothing that a model says. What stands twice is another thing than what stands
once, but for tokens' rows, which may be read and written by one tensor or by two."""


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
    turned: bool = False
    """Whether the file has its columns as rows, and"""
    more: int = 0
    """what is added to its numbers."""


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
    """Whether no tensor tells two models apart by more than rounding does; one may have more of them. They meet by
    their names, whatever these begin with, and where there is none such by what they hold."""
    few, many = sorted((some, others), key=len)
    places: dict[tuple[str, object], dict[str, _Place]] = {}
    for name, place in many.items():
        for key in _keys(name, place):
            places.setdefault(key, {})[name] = place
    tries = _TRIES
    for name, place in few.items():
        for met in next(filter(None, map(places.get, _keys(name, place))), {}).items():
            tries -= 1
            if tries < 0:
                return False
            if _rounded(place, met[1]):
                break
        else:
            return False
        if not _of_tokens(name):  # no tensor stands for two
            for key in _keys(*met)[1:]:
                places[key].pop(met[0], None)
    return bool(few)


def _keys(name: str, place: _Place) -> tuple[tuple[str, object], ...]:
    """By what tensors of two models meet, the first that there is."""
    return ("name", _PREFIX.sub(r"\1", name, count=1)), ("digest", place.digest), ("shape", tuple(place.tensor.shape))


def _rounded(one: _Place, other: _Place) -> bool:
    """Whether rounding may tell two tensors apart, and nothing else does."""
    import numpy as np

    if one.digest == other.digest:
        return True
    if tuple(one.tensor.shape) != tuple(other.tensor.shape) or not (_whole(one.tensor) and _whole(other.tensor)):
        return False
    count, length = math.prod(one.tensor.shape), max(1, one.tensor.shape[-1] if one.tensor.shape else 1)
    apart, norms, read, told = np.zeros(-(-count // length)), np.zeros((2, -(-count // length))), 0, 0
    with np.errstate(invalid="ignore", over="ignore"):
        for some, others in zip(_read_f32(one), _read_f32(other), strict=True):
            row = (read + np.arange(len(some))) // length
            first, read = row[0], read + len(some)
            found = np.square(np.where(some == others, 0, some - others))
            for sums, numbers in ((apart, found), *zip(norms, (np.square(some), np.square(others)), strict=True)):
                more = np.bincount(row - first, weights=numbers)
                sums[first : first + len(more)] += more
            whole = slice(told, len(apart) if read == count else read // length)
            # What is no number, or infinite on one side, is apart.
            least = np.where(np.isfinite(norms[:, whole]), norms[:, whole], 0).min(axis=0)
            if not (apart[whole] <= _ROUNDING**2 * np.maximum(least, length * _NOTHING**2)).all():
                return False
            told = whole.stop
    return True


def _whole(tensor: _Tensor) -> bool:
    """Whether it is as many numbers as its shape says."""
    import numpy as np

    if tensor.kind not in _NUMBERS or len(tensor.shape) > _AXES:
        return False
    return math.prod(tensor.shape) * np.dtype(_NUMBERS[tensor.kind]).itemsize == tensor.size


def _read_f32(place: _Place) -> Iterator[Any]:
    """The numbers of a tensor as those of F32, as many at once whatever their format; few at first, as most tensors
    part there."""
    import numpy as np

    wide = np.dtype(_NUMBERS[place.tensor.kind]).itemsize
    with _opened(place.path, place.tensor) as file:
        left, count = place.tensor.size, _PIECE >> 8
        while left > 0 and (piece := file.read(min(left, count * wide))):
            count = min(2 * count, _PIECE // 8)
            yield np.frombuffer(_as_f32(piece, place.tensor), "<f4").astype(float)
            left -= len(piece)


def _opened(path: Path, tensor: _Tensor) -> BinaryIO:
    """What holds a tensor row by row, where it begins."""
    import numpy as np

    file = io.BufferedReader(disk.open_plain(path), _PIECE)
    file.seek(tensor.start)
    if not tensor.turned:
        return file
    with file:
        table = np.frombuffer(file.read(tensor.size), _NUMBERS[tensor.kind]).reshape(tensor.shape[::-1])
    return io.BytesIO(table.T.tobytes())


def _formats(case: Case, folder: str) -> Iterator[_Weights]:
    """The tensors of each format in which a model lies in a folder, and not in those below it, from
    which no engine loads anything but what an adapter is applied to."""
    adapter, applied = "", dict[str, _Place]()
    if f"{folder}/adapter_config.json" in {entry.path for entry in case.manifest.files}:
        own = _weights(case, _files(case, folder, ".safetensors"), _tensors, "")
        adapter = " ".join(sorted(own.digests))
        applied = {f"adapter {name}": place for name, place in own.places.items()}
        folder = f"{folder}/base"
    kind = _model_type(case, folder)
    for suffix, tensors in ((".safetensors", partial(_tensors, model_type=kind)), (".gguf", _gguf)):
        told = _weights(case, _loaded(_files(case, folder, suffix)), tensors, adapter)
        if told.digests:
            yield _Weights(told.digests, applied | told.places if told.places else {})


def _model_type(case: Case, folder: str) -> str:
    """By which transformers chooses what it computes; empty: the case does not say."""
    path = case.path(f"{folder}/config.json")
    try:
        value = configs.load(path) if path.is_file() else None
    except ValueError:
        return ""
    return str(value.get("model_type", "")) if isinstance(value, dict) else ""


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
    times = Counter[str]()
    unread = False
    for path, whole in files.items():
        try:
            for tensor in tensors(case.path(path)):
                digest = _digest(case.path(path), tensor, adapter)
                places[tensor.name] = _Place(case.path(path), tensor, digest)
                times[digest] += not _of_tokens(tensor.name)
                told.add(
                    digest if times[digest] < 2 else blake3(f"{digest} {times[digest]}".encode()).hexdigest()[:_DIGITS]
                )
        except ValueError:  # whatever it is, no engine reads it either
            told.add(whole[:_DIGITS])
            unread = True
    return _Weights(frozenset(told), {} if unread else places)


def _tensors(path: Path, model_type: str = "") -> Iterator[_Tensor]:
    """Those of a safetensors file that are loaded, as a GGUF has them."""
    header = safetensors_header.read(path)
    for name, tensor in header.tensors.items():
        start, end = tensor["data_offsets"]
        if _BUFFERS.search(name):
            continue
        found = _Tensor(name, tensor["dtype"], tensor["shape"], header.data_start + start, end - start)
        if name.endswith(_TURNED.get(model_type, ())) and _whole(found) and found.size <= _TURNED_SIZE:
            found = replace(found, shape=found.shape[::-1], turned=True)
        if model_type in _FROM_ONE and name.endswith(_FROM_ONE[model_type]):
            found = replace(found, more=1)
        yield from _one_by_one(found)


def _gguf(path: Path) -> Iterator[_Tensor]:
    """Those of a GGUF."""
    header = gguf_header.read(path)
    if sum(tensor.size for tensor in header.places) > path.stat().st_size:
        raise ValueError("its tensors lie over each other")
    for tensor in header.places:
        kind = _GGUF_NUMBERS.get(tensor.kind, f"ggml {tensor.kind}")
        yield from _one_by_one(_Tensor(tensor.name, kind, tensor.shape, header.data_start + tensor.offset, tensor.size))


def _one_by_one(tensor: _Tensor) -> Iterator[_Tensor]:
    """The matrices of experts that lie in one tensor, or the tensor."""
    many = tensor.shape[0] if len(tensor.shape) == 3 and not tensor.turned else 0
    if not 0 < many <= _EXPERTS or math.prod(tensor.shape[1:]) < _EXPERT or tensor.size % many:
        yield tensor
        return
    size = tensor.size // many
    for expert in range(many):
        start = tensor.start + expert * size
        yield replace(tensor, name=f"{tensor.name}.{expert}", shape=tensor.shape[1:], start=start, size=size)


def _digest(path: Path, tensor: _Tensor, adapter: str) -> str:
    """Of its shape and its rows, in any order but where they are tokens', and of the numbers of each as F32 has them,
    in any order: written in a wider format they are the same numbers."""
    import numpy as np

    kind = "F32" if tensor.kind in _NUMBERS else tensor.kind
    found = blake3(json.dumps([kind, tensor.shape, adapter]).encode())
    wide = _row(tensor)
    at_once = _PIECE // wide * wide or wide if wide else _PIECE
    rows = []
    with _opened(path, tensor) as file:
        left = tensor.size
        while left > 0 and (piece := file.read(min(left, at_once))):
            left -= len(piece)
            data = _as_f32(piece, tensor) if tensor.kind in _NUMBERS else piece
            if wide is None:
                found.update(data)
                continue
            count = -(-len(piece) // wide)
            if tensor.kind in _NUMBERS:
                data = _sorted(data, count)
            each = len(data) // count
            told = b"".join(blake3(data[at : at + each]).digest(8) for at in range(0, len(data), each))
            rows.append(np.frombuffer(told, "<u8"))
    if rows:
        every = np.concatenate(rows)
        found.update((every if _of_tokens(tensor.name) else np.sort(every)).tobytes())
    return found.hexdigest()[:_DIGITS]


def _of_tokens(name: str) -> bool:
    """Whether each row of a tensor is a token's or a position's: in another order they say something else."""
    before, _, last = name.rpartition(".")
    part = before.rpartition(".")[2]
    return last in ("weight", "bias") and ("emb" in part or part in _TOKENS or before in _TOP)


def _row(tensor: _Tensor) -> int | None:
    """Bytes of a row of which no order counts; None: that of all its numbers does."""
    if not 0 < len(tensor.shape) <= _AXES or (tensor.kind in _NUMBERS and not _whole(tensor)):
        return None
    count = math.prod(tensor.shape[:-1])
    listed = len(tensor.shape) == 1 and _of_tokens(tensor.name)
    if listed or tensor.shape[-1] not in _ROW or not 0 < count < _ROW.stop or tensor.size % count:
        return None
    return tensor.size // count or None


def _sorted(data: bytes, rows: int) -> bytes:
    """Numbers of F32 in an order of their own, row by row; zero has one sign."""
    import numpy as np

    table = (np.frombuffer(data, "<f4") + np.float32(0)).view("<u4").reshape(rows, -1)
    table.sort(axis=-1)
    return table.tobytes()


def _as_f32(data: bytes, tensor: _Tensor) -> bytes:
    """Numbers of a tensor as those of F32."""
    import numpy as np

    numbers = np.frombuffer(data, _NUMBERS[tensor.kind])
    with np.errstate(over="ignore"):  # of F64: what is too large is infinite to an engine that computes in F32
        wide = (numbers.astype("<u4") << 16).view("<f4") if tensor.kind == "BF16" else numbers.astype("<f4")
    return (wide + np.float32(tensor.more) if tensor.more else wide).tobytes()
