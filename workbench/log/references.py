"""The arrays that a probe takes from earlier records of its log, or from what its case brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from casefiles.status import Refusal
from workbench.contract.comparison import Array
from workbench.contract.probe import Probe
from workbench.log.entry import ArraysOf, Records
from workbench.log.records import Genesis, ResultRecord

AnyProbe = TypeVar("AnyProbe", bound=Probe)


def bound(probe: AnyProbe, records: Records, arrays: ArraysOf) -> AnyProbe:
    """The probe with the arrays at hand that it refers to. Raises Refusal if the log does not hold one of them."""
    given = {}
    for reference in probe.references():
        try:
            entry = records.entry(reference.record)
            if entry.kind != Genesis.kind:
                entry.as_(ResultRecord)
            given[reference] = _named(arrays(entry), reference.array)
        except (KeyError, ValueError):
            raise Refusal(
                "input.invalid", f"There is no array {reference}.",
                "No result record of that number holds an array of that name.",
                "Look the record up in the log: its arrays are named there.",
            ) from None  # fmt: skip
    return probe.with_arrays(given) if given else probe


def _named(arrays: Mapping[str, Array], name: str) -> Array:
    """An array by its name, or one row of it as `decoder.17`. Raises KeyError."""
    whole, _, row = name.rpartition(".")
    if whole and row.isdecimal() and name not in arrays:
        rows = arrays[whole]
        if rows.ndim > 1 and int(row) < len(rows):
            return np.asarray(rows[int(row)])
    return arrays[name]
