"""The dictionaries that a case brings, read from SAELens' layout: a folder with cfg.json and sae_weights.safetensors.

A case's genesis record names the case and so what stands in it: `#0/dictionaries/NAME/decoder` is an array of it, as
`#12/decoder` is one of record 12.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from backends.gguf.safetensors_file import StoredTensor, stored_tensors
from backends.model import ModelRefusal
from casefiles.case.bundle import Case
from casefiles.files.disk import read_small
from casefiles.status import Refusal
from workbench.contract.comparison import Array
from workbench.log.entry import ArraysOf, Entry
from workbench.log.records import Genesis
from workbench.readings.dictionary import NORMS, PARTS, Dictionary, folded
from workbench.visible import quoted

FOLDER: Final = "dictionaries"
CONFIG, WEIGHTS = "cfg.json", "sae_weights.safetensors"
_CONFIG_LIMIT: Final = 1 << 20
_LARGEST: Final = 1 << 32
"""Bytes of one that is read."""
_KINDS: Final = ("standard", "topk", "jumprelu")


def names(case: Case) -> tuple[str, ...]:
    """What dictionaries a case brings, by their folders below `dictionaries/`."""
    paths = (Path(entry.path) for entry in case.manifest.files)
    return tuple(sorted({path.parent.relative_to(FOLDER).as_posix() for path in paths if _is_config(path)}))


def _is_config(path: Path) -> bool:
    return path.parts[0] == FOLDER and path.name == CONFIG and len(path.parts) > 2


def with_case(case: Case, arrays: ArraysOf) -> ArraysOf:
    """The arrays of a log's records, and for its genesis record those of the case's dictionaries."""

    def found(entry: Entry) -> Mapping[str, Array]:
        return _CaseArrays(case) if entry.kind == Genesis.kind else arrays(entry)

    return found


class _CaseArrays(Mapping[str, Array]):
    """`dictionaries/NAME/PART` → an array; a dictionary is read when one of it is asked for."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def __getitem__(self, name: str) -> Array:
        folder, _, part = name.rpartition("/")
        if (brought := folder.removeprefix(f"{FOLDER}/")) not in names(self._case):
            raise KeyError(name)
        return _opened(self._case.path(f"{FOLDER}/{brought}"), self._case.digest).arrays[part]

    def __iter__(self) -> Iterator[str]:
        return (f"{FOLDER}/{name}/{part}" for name in names(self._case) for part in PARTS)

    def __len__(self) -> int:
        return len(names(self._case)) * len(PARTS)


@lru_cache(maxsize=2)
def _opened(folder: Path, case: str) -> Dictionary:
    return read(folder)


def read(folder: Path) -> Dictionary:
    """The dictionary in a folder. Raises Refusal if it is none that is known here, with what is wrong with it."""
    try:
        settings = json.loads(read_small(folder / CONFIG, _CONFIG_LIMIT))
        if not isinstance(settings, dict):
            raise ValueError(f"{CONFIG} is no object")
        weights = folder / WEIGHTS
        if not weights.is_file() or weights.stat().st_size > _LARGEST:
            raise ValueError(f"{WEIGHTS} is missing or too large")
        return _made(_Settings(settings), stored_tensors(folder))
    except ModelRefusal as refusal:
        raise _unreadable(folder, refusal.why.rstrip(".")) from None
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise _unreadable(folder, f"{error.args[0] if error.args else error}") from None


class _Settings:
    """What cfg.json says, in any of SAELens' versions."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told

    def text(self, name: str, default: str) -> str:
        value = self._told.get(name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{quoted(name)} in {CONFIG} is no word")
        return default if value is None else value

    def switch(self, name: str, *, default: bool) -> bool:
        value = self._told.get(name)
        if value is not None and not isinstance(value, bool):
            raise ValueError(f"{quoted(name)} in {CONFIG} is neither yes nor no")
        return default if value is None else value

    def number(self, name: str) -> int | None:
        value = self._told.get(name)
        if value is not None and (type(value) is not int or value < 1):
            raise ValueError(f"{quoted(name)} in {CONFIG} is no number of anything")
        return value

    @property
    def kind(self) -> str:
        """TopK stays TopK: before version 6 it was a standard one with another activation."""
        activation = self.text("activation_fn", "") or self.text("activation_fn_str", "relu")
        kind = self.text("architecture", "standard")
        if kind not in _KINDS or activation not in ("relu", "topk"):
            raise ValueError(f"it is of the kind {kind} with {activation}; known are {', '.join(_KINDS)}")
        return "topk" if activation == "topk" else kind

    @property
    def keep(self) -> int:
        if self.kind != "topk":
            return 0
        inner = self._told.get("activation_fn_kwargs")
        k = self.number("k") or (_Settings(inner).number("k") if isinstance(inner, dict) else None)
        if k is None:
            raise ValueError(f"{CONFIG} does not say how many features it keeps")
        return k

    @property
    def norm(self) -> str:
        norm = self.text("normalize_activations", "none")
        if norm not in NORMS:
            raise ValueError(f"it normalises by {quoted(norm)}, of which the file does not hold the scale")
        return norm


def _made(settings: _Settings, tensors: Mapping[str, StoredTensor]) -> Dictionary:
    jumps = settings.kind == "jumprelu"
    wanted = ("W_enc", "b_enc", "W_dec", "b_dec", *(("threshold",) if jumps else ()))
    if missing := [name for name in wanted if name not in tensors]:
        raise ValueError(f"it lacks {', '.join(missing)}")
    if settings.text("reshape_activations", "none") != "none":
        raise ValueError("it reads the heads of attention side by side")
    told, shape = (settings.number("d_in"), settings.number("d_sae")), tensors["W_enc"].shape
    if len(shape) != 2:
        raise ValueError("its encoder is no matrix")
    if any(said not in (None, real) for said, real in zip(told, shape, strict=True)):
        raise ValueError(f"{CONFIG} says {told[0]} × {told[1]}, its encoder is {' × '.join(map(str, shape))}")
    parts = {name: tensors[name].read() for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
    if parts["W_dec"].shape != shape[::-1] or (parts["b_enc"].shape, parts["b_dec"].shape) != (shape[1:], shape[:1]):
        raise ValueError("its parts do not fit one another")
    arrays: dict[str, Array] = dict(
        folded(
            *parts.values(),
            centred=settings.switch("apply_b_dec_to_input", default=True),
            by_length=settings.kind == "topk" and settings.switch("rescale_acts_by_decoder_norm", default=False),
        )
    )
    arrays["threshold"] = tensors["threshold"].read() if jumps else np.zeros(shape[1], np.float32)
    arrays["form"] = np.array([settings.keep, NORMS.index(settings.norm)], np.int32)
    return Dictionary.of(arrays)


def _unreadable(folder: Path, why: str) -> Refusal:
    return Refusal(
        "input.invalid", f"The dictionary {folder.name} cannot be read.", f"{why[:1].upper()}{why[1:]}.",
        "Use another one of the case's, or fit one with fit-dictionary.",
    )  # fmt: skip
