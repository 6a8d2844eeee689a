"""How a replayed result compares with the recorded one: every leaf and every array, nothing taken on trust."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from workbench.contract.tolerance import Tolerance
from workbench.document import Document

Array = npt.NDArray[Any]


class Agreement(StrEnum):
    """How a replayed result compares with the recorded one."""

    EXACT = "exact"
    """Equal to the last bit."""
    TOLERANT = "tolerant"
    """Equal within the bounds calibrated for this engine and number format, in another environment."""
    DIVERGED = "diverged"
    """Not what the model gives."""
    UNREPLAYABLE = "unreplayable"
    """Not comparable here: neither the model's nor shown not to be."""


@dataclass(frozen=True)
class Redrawn:
    """Tokens that were held against this model's own draws: how many are others, and how many rounding explains."""

    otherwise: int
    expected: float
    """How many of them would be drawn otherwise on average, if logits differ as they do on average."""
    spread: float
    """Standard deviation of that number over what the logits are off by."""


class Comparison(Document):
    """What a replay found: the verdict and the figures it rests on."""

    agreement: Agreement
    note: str
    figures: dict[str, float] = Field(default_factory=dict)
    """For people to read, in the words under which they stand."""
    redrawn: Redrawn | None = Field(None, exclude=True)
    """Set where tokens were redrawn: near misses are counted over a whole log, too."""


def diverged(note: str, figures: Mapping[str, float] | None = None) -> Comparison:
    """The record is not what this question gives, for the reason in the note."""
    return Comparison(agreement=Agreement.DIVERGED, note=note, figures=dict(figures or {}))


def equal(tolerance: Tolerance) -> Comparison:
    """The record is what was computed again: exact in its own environment."""
    if tolerance.same_environment:
        return Comparison(agreement=Agreement.EXACT, note="Equal to the last bit.")
    return Comparison(agreement=Agreement.TOLERANT, note="Equal to the last bit, in another environment.")


def beyond(note: str, figures: Mapping[str, float], tolerance: Tolerance) -> Comparison:
    """The record is beyond the bound: diverged, unless this model would need a wider one than any may be."""
    if tolerance.reach is None:
        return diverged(note, figures)
    told = (
        f"{note} This model differs from itself here by so much that no more can be told; replay it in its own"
        " environment."
    )
    return Comparison(agreement=Agreement.UNREPLAYABLE, note=told, figures=dict(figures))


def judge(
    figures: Mapping[str, float] | None, tolerance: Tolerance, relative: Collection[str] = frozenset()
) -> Comparison:
    """What is not equal, by its distances: near enough, or beyond the bound; None: not comparable at all.

    Distances are in nats; those named in `relative` are shares or cosines, which two computations are off by about as
    much as logits are on average. In its own environment nothing but equal is near.
    """
    if figures is None or not all(map(math.isfinite, figures.values())):
        return diverged("It holds what this question cannot give.")
    worst = max(figures.values(), default=0.0)
    if tolerance.same_environment:
        return diverged(f"Run again in its own environment, it comes out otherwise, by up to {worst:.2g}.", figures)
    shares = max((figure for name, figure in figures.items() if name in relative), default=0.0)
    if shares > tolerance.drift:
        note = f"At most {shares:.2g} apart; the bound is {tolerance.drift:.2g}."
        return beyond(note, figures, tolerance)
    nats = max((figure for name, figure in figures.items() if name not in relative), default=0.0)
    note = f"At most {nats:.2g} nats apart; the bound is {tolerance.margin:.2g}."
    if nats <= tolerance.margin:
        return Comparison(agreement=Agreement.TOLERANT, note=note, figures=dict(figures))
    return diverged(note, figures) if tolerance.out_of_reach(nats) else beyond(note, figures, tolerance)


def same_arrays(one: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    """Equal to the last bit, types and names too."""
    return one.keys() == other.keys() and all(
        array.dtype == other[name].dtype
        and array.tobytes() == other[name].tobytes()
        and array.shape == other[name].shape
        for name, array in one.items()
    )


def apart(one: Any, other: Any, arrays: Mapping[str, Array], others: Mapping[str, Array]) -> dict[str, float] | None:
    """The greatest difference of the floats under each name; None if anything else differs.

    `one` and `other` are plain JSON values. Whatever is no float has to be equal: a new field is compared before its
    author thinks of it.
    """
    worst: dict[str, float] = {}
    for name, difference in (*_leaves("", one, other), *_elements(arrays, others)):
        if difference is None:
            return None
        # What is no number is as far as can be: beside it no other would show.
        worst[name] = max(worst.get(name, 0.0), difference if math.isfinite(difference) else math.inf)
    return worst


def _leaves(name: str, one: Any, other: Any) -> Iterator[tuple[str, float | None]]:
    if isinstance(one, float) and isinstance(other, float):
        yield name, abs(one - other)
    elif type(one) is not type(other):
        yield name, None
    elif isinstance(one, dict):
        if one.keys() != other.keys():
            yield name, None
        else:
            for key, value in one.items():
                yield from _leaves(key, value, other[key])
    elif isinstance(one, list):
        if len(one) != len(other):
            yield name, None
        else:
            for value, again in zip(one, other, strict=True):
                yield from _leaves(name, value, again)
    elif one != other:
        yield name, None


def _elements(arrays: Mapping[str, Array], others: Mapping[str, Array]) -> Iterator[tuple[str, float | None]]:
    if arrays.keys() != others.keys():
        yield "arrays", None
        return
    for name, array in arrays.items():
        other = others[name]
        if (array.shape, array.dtype) != (other.shape, other.dtype):
            yield name, None
        elif np.issubdtype(array.dtype, np.floating):
            if array.size:
                yield name, float(np.abs(array.astype(np.float64) - other.astype(np.float64)).max())
        elif not np.array_equal(array, other):
            yield name, None
