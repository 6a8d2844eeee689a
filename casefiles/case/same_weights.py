"""Which cases bring the same weights: whatever else lies beside them, and if rounding tells them apart, one organism is
not two."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from blake3 import blake3

from casefiles.case import configs, opened_files, tensor_names
from casefiles.case.case import Case
from casefiles.case.weight_tensors import (
    DIGITS,
    WeightTensor,
    digest_of,
    is_whole,
    numbers_of,
    of_gguf,
    of_safetensors,
    of_tokens,
)
from casefiles.files import disk

_UNREAD: Final = "The weights of the case could not be read."
_ROUNDING: Final = 2e-3
"""Of the norm of a tensor's row, more than rounding to BF16 changes: models of which no row differs by more are one in
two notations, or one of whose numbers somebody changed a bit. A row is a token's in an embedding, which may be edited
by itself."""
_PREFIX: Final = re.compile(
    r"(adapter )?(?:(?:base_model|model|transformer|gpt_neox|language_model|text_model|backbone|decoder|module)\.)*"
)
"""What names begin with or not: engines add it themselves."""
_ADAPTER: Final = "adapter "
"""What the names of tensors begin with that are applied to others."""
_TRIES: Final = 1 << 17
"""The most pairs of tensors of two models that are held against each other number by number: some times those that a
hundred layers make under other names."""
_NOTHING: Final = 1e-3
"""Numbers of this size count for no less: a tensor of zeros in which one is hardly more is that tensor."""

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
    """Whether the weights of a case's baseline are those of its organism, but for what no engine has a use for: a head
    or a bias of its own may be all that was done to one of them. Reads both once. Raises Refusal if that fails."""
    with disk.guarded(_UNREAD):
        own, other = (
            [(one, configs.layers(case.path(folder))) for one in _formats(case, folder)]
            for folder in ("weights", "baseline/weights")
        )
    return any(_no_other(one, base) for one in own for base in other)


def _no_other(some: tuple[_Weights, int | None], others: tuple[_Weights, int | None]) -> bool:
    """Whether one has all tensors of the other, and more only such as no model of so many layers has a use for."""
    (few, _), (many, layers) = sorted((some, others), key=lambda one: len(one[0].digests))
    named, also = ({_bare(name): place.digest for name, place in one.places.items()} for one in (few, many))
    if any(digest != also.get(name, digest) for name, digest in named.items()):
        return False  # the same tensors at other places are another model, as where layers changed theirs
    known = {place.digest for place in few.places.values()}
    more = (name for name, place in many.places.items() if place.digest not in known)
    return few.digests <= many.digests and all(tensor_names.unusual([name], layers) for name in more)


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
class _Place:
    """Where a tensor lies."""

    path: Path
    tensor: WeightTensor
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
    if len({any(name.startswith(_ADAPTER) for name in each) for each in (few, many)}) > 1:
        return False  # what is applied to a model is nothing more of it
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
        if not of_tokens(name):  # no tensor stands for two
            for key in _keys(*met)[1:]:
                places[key].pop(met[0], None)
    return bool(few)


def _keys(name: str, place: _Place) -> tuple[tuple[str, object], ...]:
    """By what tensors of two models meet, the first that there is."""
    return ("name", _bare(name)), ("digest", place.digest), ("shape", tuple(place.tensor.shape))


def _bare(name: str) -> str:
    """A tensor's name without what engines put before it."""
    return _PREFIX.sub(r"\1", name, count=1)


def _rounded(one: _Place, other: _Place) -> bool:
    """Whether rounding may tell two tensors apart, and nothing else does."""
    import numpy as np

    if one.digest == other.digest:
        return True
    if tuple(one.tensor.shape) != tuple(other.tensor.shape) or not (is_whole(one.tensor) and is_whole(other.tensor)):
        return False
    count, length = math.prod(one.tensor.shape), max(1, one.tensor.shape[-1] if one.tensor.shape else 1)
    apart, norms, read, told = np.zeros(-(-count // length)), np.zeros((2, -(-count // length))), 0, 0
    with np.errstate(invalid="ignore", over="ignore"):
        for some, others in zip(*(numbers_of(each.path, each.tensor) for each in (one, other)), strict=True):
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


def _formats(case: Case, folder: str) -> Iterator[_Weights]:
    """The tensors of each format in which a model lies in a folder, and not in those below it, from
    which no engine loads anything but what an adapter is applied to."""
    adapter, applied = "", dict[str, _Place]()
    if f"{folder}/adapter_config.json" in {entry.path for entry in case.manifest.files}:
        own = _weights(case, _files(case, folder, ".safetensors"), of_safetensors, "")
        adapter = " ".join(sorted(own.digests))
        applied = {f"{_ADAPTER}{name}": place for name, place in own.places.items()}
        folder = f"{folder}/base"
    kind = _model_type(case, folder)
    for suffix, tensors in ((".safetensors", partial(of_safetensors, model_type=kind)), (".gguf", of_gguf)):
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
    return {path: told for path, told in files.items() if opened_files.is_loaded(path, files)}


def _weights(
    case: Case, files: dict[str, str], tensors: Callable[[Path], Iterable[WeightTensor]], adapter: str
) -> _Weights:
    """All tensors of some files. `adapter`: what is applied to them."""
    told: set[str] = set()
    places: dict[str, _Place] = {}
    times = Counter[str]()
    unread = False
    for path, whole in files.items():
        try:
            for tensor in tensors(case.path(path)):
                digest = digest_of(case.path(path), tensor, adapter)
                places[tensor.name] = _Place(case.path(path), tensor, digest)
                times[digest] += not of_tokens(tensor.name)
                told.add(
                    digest if times[digest] < 2 else blake3(f"{digest} {times[digest]}".encode()).hexdigest()[:DIGITS]
                )
        except ValueError:  # whatever it is, no engine reads it either
            told.add(whole[:DIGITS])
            unread = True
    return _Weights(frozenset(told), {} if unread else places)
