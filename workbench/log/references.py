"""The arrays that a probe takes from earlier records of its log."""

from __future__ import annotations

from typing import TypeVar

from casefiles.status import Refusal
from workbench.contract.probe import Probe
from workbench.log.entry import ArraysOf, Records
from workbench.log.records import ResultRecord

AnyProbe = TypeVar("AnyProbe", bound=Probe)


def bound(probe: AnyProbe, records: Records, arrays: ArraysOf) -> AnyProbe:
    """The probe with the arrays at hand that it refers to. Raises Refusal if the log does not hold one of them."""
    given = {}
    for reference in probe.references():
        try:
            entry = records.entry(reference.record)
            entry.as_(ResultRecord)
            given[reference] = arrays(entry)[reference.array]
        except (KeyError, ValueError):
            raise Refusal(
                "input.invalid", f"There is no array {reference}.",
                "No result record of that number holds an array of that name.",
                "Look the record up in the log: its arrays are named there.",
            ) from None  # fmt: skip
    return probe.with_arrays(given) if given else probe
