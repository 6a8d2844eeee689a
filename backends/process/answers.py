"""What an engine process says, believed only after a look: evidence may have taken it over.

Each function makes a value of one frame, or raises ValueError, TypeError or LookupError, which is the same as a crash.
Text has no unpaired surrogates, numbers are finite, arrays have the shape that was asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np

from backends.distribution import apart
from backends.model import (
    Capability,
    Card,
    FloatArray,
    Forward,
    Generated,
    Gradient,
    IdArray,
    LinearReadout,
    ModelRefusal,
    Pass,
    TokenScores,
)
from backends.process.framing import Frame

_CODES: Final = frozenset({"model.unreadable", "model.unsupported", "model.input", "model.crashed"})
_LONGEST: Final = 2000
"""Characters of a sentence that an engine may say."""
_EXACT: Final = 2**53
"""Integers from which on a record cannot hold them."""

_LISTS: Final = ("end_tokens", "begin_tokens")
"""Fields of a card that are ids."""

Loaded = tuple[Card, frozenset[Capability], dict[str, str | int | bool]]


def refusal(frame: Frame) -> ModelRefusal | None:
    """What the engine could not do, if that is what the frame says."""
    header = frame.header
    if "refusal" in header:
        if header["code"] not in _CODES:
            raise ValueError("a refusal has an unknown code")
        return ModelRefusal(header["code"], *(_sentence(header[part]) for part in ("what", "why", "try_this")))
    if "failure" not in header:
        return None
    said = _sentence(header["error"]).rstrip(".")
    if header["memory"]:
        return ModelRefusal(
            "model.crashed",
            "The engine ran out of memory.",
            f"{said}.",
            "Ask for fewer samples or a shorter input, or raise the engine's memory limit.",
        )
    failed = ModelRefusal(
        "model.crashed",
        "The engine failed on this call.",
        f"{said}.",
        "Try another input; if it happens again, please report it with the crash file.",
    )
    failed.add_note(text(header["trace"]))
    return failed


def loaded(frame: Frame) -> Loaded:
    """Card, capabilities and environment of a model that was opened."""
    value = frame.header["value"]
    said = value["card"] | {name: tuple(integers(value["card"][name])) for name in _LISTS}
    card = Card(**said)
    for field in fields(Card):
        held, counted = said[field.name], field.name not in ("architecture", "dtype", "digest", *_LISTS)
        if counted and (type(held) is not int or not 0 <= held < _EXACT):
            raise ValueError(f"the card's {field.name} is no number")
        if isinstance(held, str):
            text(held)
    environment: dict[str, str | int | bool] = {}
    for name, held in value["environment"].items():
        if not isinstance(held, str | int) or (isinstance(held, int) and abs(held) >= _EXACT):
            raise TypeError("the environment holds something else than words and numbers")
        environment[text(name)] = text(held) if isinstance(held, str) else held
    return card, frozenset(map(Capability, value["capabilities"])), environment


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("something other than text")
    value.encode()  # unpaired surrogates cannot be recorded
    return value


def texts(value: Any, count: int) -> list[str]:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError("another number of texts than was asked for")
    return [text(item) for item in value]


def integers(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(type(i) is int and abs(i) < _EXACT for i in value):
        raise TypeError("something other than token ids")
    return value


def tokens(frame: Frame, samples: int) -> list[tuple[int, list[int], str]]:
    """(sample, new ids, text) of the tokens in a frame."""
    heard = []
    for sample, ids, said in frame.header["tokens"]:
        if type(sample) is not int or not 0 <= sample < samples:
            raise ValueError("tokens of a sample that was not asked for")
        heard.append((sample, integers(ids), text(said)))
    return heard


def generated(frame: Frame, samples: int) -> list[Generated]:
    found = []
    for ids, stop in frame.header["value"]:
        if stop not in ("end", "length", "cancelled", "string"):
            raise ValueError("an unknown reason to stop")
        found.append(Generated(tuple(integers(ids)), stop))
    if len(found) != samples:
        raise ValueError("another number of samples than was asked for")
    return found


def forwards(frame: Frame, batch: Sequence[Pass], vocab: int) -> list[Forward]:
    if frame.header["value"] != [list(dict.fromkeys(one.capture)) for one in batch]:
        raise ValueError("other sites than were asked for")
    arrays, found = list(reversed(frame.arrays)), []
    for one, sites in zip(batch, frame.header["value"], strict=True):
        logits = rows_of(arrays.pop(), len(one.ids if one.rows is None else one.rows), vocab)
        found.append(Forward(logits, {site: arrays.pop() for site in sites}))
    if arrays:
        raise ValueError("more arrays than were asked for")
    return found


def rows_of(array: FloatArray, rows: int, vocab: int) -> FloatArray:
    """Logits, if that is what the array holds."""
    if array.shape != (rows, vocab) or not math.isfinite(np.abs(array).max(initial=0.0)):
        raise ValueError("something other than logits")
    return array


def each_rows(frame: Frame, lengths: Sequence[int], vocab: int) -> list[FloatArray]:
    return [rows_of(array, length, vocab) for array, length in zip(frame.arrays, lengths, strict=True)]


def scores(frame: Frame, lengths: Sequence[int], top: int, vocab: int) -> list[TokenScores]:
    """Ids and ranks travel as float32 too, which holds each of them exactly."""
    if not lengths:
        return []
    logprobs, ranks, entropies, best, best_logprobs = frame.arrays
    one, several = (sum(lengths),), (sum(lengths), min(top, vocab))
    if {logprobs.shape, ranks.shape, entropies.shape} != {one} or {best.shape, best_logprobs.shape} != {several}:
        raise ValueError("scores of other tokens than were asked for")
    if not all(np.isfinite(array).all() for array in (logprobs, entropies, best_logprobs)):
        raise ValueError("something other than probabilities")
    return apart(
        TokenScores(logprobs, whole(ranks, 1, vocab), entropies, whole(best, 0, vocab - 1), best_logprobs), lengths
    )


def whole(array: FloatArray, least: int, most: int) -> IdArray:
    """Whole numbers within bounds, if that is what the array holds."""
    if not ((array >= least) & (array <= most) & (array == np.floor(array))).all():
        raise ValueError("something other than numbers of tokens")
    return array.astype(np.int32)


def reading(frame: Frame, shape: tuple[int, int]) -> LinearReadout:
    directions, offsets = frame.arrays
    if directions.shape != shape or offsets.shape != shape[:1]:
        raise ValueError("a reading of something else than was asked for")
    if not (np.isfinite(directions).all() and np.isfinite(offsets).all()):
        raise ValueError("something other than a reading")
    return LinearReadout(directions, offsets)


def gradient(frame: Frame, positions: int) -> Gradient:
    [slopes], total = frame.arrays, frame.header["value"]
    if slopes.ndim not in (2, 3) or len(slopes) != positions or not np.isfinite(slopes).all():
        raise ValueError("something other than a gradient")
    if type(total) is not float or not math.isfinite(total):
        raise ValueError("a gradient of something that is no number")
    return Gradient(total, slopes)


def matrix(frame: Frame) -> FloatArray:
    [array] = frame.arrays
    if array.ndim not in (1, 2, 3):
        raise ValueError("something other than a matrix")
    return array


def _sentence(value: Any) -> str:
    """Words for people: short enough, and nothing in them that steers a terminal."""
    return "".join(c if c.isprintable() else " " for c in text(value)[:_LONGEST])
