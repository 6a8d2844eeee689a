"""Narrower rules of engagement for one session: whether they really are narrower than the case's.

What the rules mean is the workbench's business; here it is known only which of two is the wider. A field that the
rules leave out stands at what it means then: no limit, any input, five findings, a brought model as large as the
organism, the usual demands on evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

LEFT_OUT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "affordances": (),
        "budget": MappingProxyType({}),
        "inputs": "free",
        "synthetic": False,
        "findings": 5,
        "brought": MappingProxyType({"weights": 100, "data": None, "unstated_data": True}),
        "evidence": MappingProxyType(
            {
                "draws": 10,
                "error": 0.05,
                "others": 5,
                "everywhere": 0.5,
                "apart": 3,
                "retained": 0.5,
                "natural": 0.02,
                "ordinary": "",
                "randoms": 5,
            }
        ),
    }
)
"""What rules mean that do not say."""


def widening(rules: Mapping[str, Any], restriction: Mapping[str, Any]) -> str:
    """In what the restriction allows more than the rules, as a clause; empty if it is as narrow in everything.

    What neither is known here to narrow must be as in the rules.
    """
    return next(_wider({**LEFT_OUT, **rules}, {**LEFT_OUT, **restriction}), "")


def _wider(stated: Mapping[str, Any], narrowed: Mapping[str, Any]) -> Iterator[str]:
    if more := _texts(narrowed["affordances"]) - _texts(stated["affordances"]):
        yield f"it allows {', '.join(sorted(more))}, which the case does not"
    if narrowed["inputs"] not in (stated["inputs"], "corpora"):
        yield f"it allows {narrowed['inputs']} inputs, the case {stated['inputs']}"
    if narrowed["synthetic"] is not False and narrowed["synthetic"] is not stated["synthetic"]:
        yield "it allows texts made up for tools, which the case does not"
    if not _within(narrowed["findings"], stated["findings"]):
        yield f"it allows {narrowed['findings']} findings, the case {stated['findings']}"
    for limited in ("budget", "brought"):
        yield from _beyond(limited, narrowed[limited], stated[limited])
    if _demands(narrowed["evidence"]) != _demands(stated["evidence"]):
        yield "it asks something else of evidence than the case"
    for name in sorted((narrowed.keys() | stated.keys()) - LEFT_OUT.keys()):
        if narrowed.get(name) != stated.get(name):
            yield f"its {name} is not the case's, and whether it is narrower is not known here"


def _beyond(limited: str, narrowed: Any, stated: Any) -> Iterator[str]:
    """Which of several limits the restriction has higher than the rules."""
    if not isinstance(narrowed, Mapping) or not isinstance(stated, Mapping):
        yield f"its {limited} is not one that is known here"
        return
    limits, wider = {**LEFT_OUT[limited], **narrowed}, {**LEFT_OUT[limited], **stated}
    for name in sorted({*limits, *wider}):
        if not _within(limits.get(name), wider.get(name)):
            told = "has no limit" if limits.get(name) is None else f"is {limits[name]}"
            yield f"its {limited} of {name.replace('_', ' ')} {told}, the case's is {wider[name]}"


def _demands(stated: Any) -> Any:
    """What is asked of evidence; nothing of it is narrower than another, so that it has to be the case's."""
    return {**LEFT_OUT["evidence"], **stated} if isinstance(stated, Mapping) else stated


def _texts(value: Any) -> set[str]:
    return {str(item) for item in value} if isinstance(value, (list, tuple)) else set()


def _within(limit: Any, wider: Any) -> bool:
    """Whether one limit is no higher than the other; None is none."""
    if wider is None or limit == wider:
        return True
    return type(limit) is type(wider) in (int, bool) and bool(limit <= wider)
