"""Passes and edits as they go over the wire, in JSON with their arrays beside it, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backends.model import Edit, FloatArray, Pass

Spelled = list[dict[str, Any]]


def spell_edits(edits: Sequence[Edit], arrays: list[FloatArray]) -> Spelled:
    """Edits that name their values by number; the values are added to `arrays`."""
    spelled = []
    for edit in edits:
        if edit.value is not None:
            arrays.append(np.asarray(edit.value, np.float32))
        spelled.append(
            {
                "site": edit.site,
                "op": edit.op,
                "value": None if edit.value is None else len(arrays) - 1,
                "factor": float(edit.factor),
                "positions": _plain(edit.positions),
                "head": None if edit.head is None else int(edit.head),
            }
        )
    return spelled


def spell_passes(batch: Sequence[Pass], arrays: list[FloatArray]) -> Spelled:
    return [
        {
            "ids": plain(one.ids),
            "capture": list(one.capture),
            "edits": spell_edits(one.edits, arrays),
            "rows": _plain(one.rows),
            "keep": _plain(one.keep),
        }
        for one in batch
    ]


def read_edits(spelled: Sequence[Mapping[str, Any]], arrays: Sequence[FloatArray]) -> list[Edit]:
    return [
        Edit(
            site=entry["site"],
            op=entry["op"],
            value=None if entry["value"] is None else arrays[entry["value"]],
            factor=entry["factor"],
            positions=None if entry["positions"] is None else tuple(entry["positions"]),
            head=entry["head"],
        )
        for entry in spelled
    ]


def read_passes(spelled: Sequence[Mapping[str, Any]], arrays: Sequence[FloatArray]) -> list[Pass]:
    return [Pass(**{**entry, "edits": read_edits(entry["edits"], arrays)}) for entry in spelled]


def plain(ids: Sequence[int]) -> list[int]:
    """Numbers of any kind as JSON knows them."""
    return [int(i) for i in ids]


def _plain(positions: Sequence[int] | None) -> list[int] | None:
    return None if positions is None else plain(positions)
