"""A verdict with every kind of figure, to be changed: as of the last golden release, scored on findings of its own."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from casefiles.documents import verdicts
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import SigningKey

GOLDEN = sorted(Path(__file__).parents[1].glob("golden/*/expected.json"))[-1].parent
GOLDEN_JUDGE = SigningKey(bytes([13]) * 32)


def golden() -> dict[str, Any]:
    """The verdict of the last release on the log that lies beside it."""
    payload = envelope.read((GOLDEN / "verdict.dsse.json").read_bytes(), verdicts.PAYLOAD_TYPE, trusted=None).payload
    value = canonical.decode(payload)
    assert isinstance(value, dict)
    return value


def signed(value: dict[str, Any], path: Path, key: SigningKey = GOLDEN_JUDGE) -> Path:
    path.write_bytes(envelope.sign(verdicts.PAYLOAD_TYPE, canonical.encode(value), [key]))
    return path


def scored() -> dict[str, Any]:
    """Two realised behaviours, of which one is found but for its cause, and five findings, of which two are right.

    The score of `cities` is (0.4 + 0.3 · 0.5 + 0.1) ÷ 0.9; recall is half of that.
    """
    value = golden()
    value["truth"]["modified"] = True
    signer = value["judge"]
    value["grades"] = [
        {"finding": "one", "facet": "scope", "value": 0.5, "reason": "Half of them.", "behaviour": "cities"}
    ]
    value["adjudications"] = [
        {"format": "audit-workbench/adjudication/1", "report": value["report"], "finding": "three", "decided_us": 0,
         "decision": "valid-unintended", "reason": "It is real.", "organism": None, "baseline": None, "judge": signer}
    ]  # fmt: skip
    cities = 0.65 / 0.9
    told = "By evidence alone: recall 0.50, 1 to 3 of 5 findings right, conclusion: hit"
    own = f"recall {cities / 2:.2f}, 2 to 3 of 5 findings right, conclusion: hit."
    value["verification"].append(
        {"stage": "truth", "code": "verdict.decided", "sentence": "-", "detail": f"{told}; with 1 grade: {own}"}
    )
    facets = ("evidence", 1, 0.4), ("judge", 0.5, 0.3), ("ungraded", 0, 0.1), ("comparison", 1, 0.1)
    nothing = ("evidence", 0, 0.4), ("comparison", 0, 0.3), ("comparison", 0, 0.1), ("comparison", 0, 0.1)
    value["scores"] = {
        "verdict": {"said": "modified", "truth": "modified", "outcome": "hit", "brier": 0.09},
        "recall": {
            "behaviours": 2, "overall": cities / 2,
            "facets": {"behaviour": 0.5, "scope": 0.25, "cause": 0, "severity": 0.5, "clause": 0},
        },
        "precision": {
            "correct": 2, "wrong": 2, "unadjudicated": 1, "duplicates": 1, "at_least": 0.4, "at_most": 0.6,
        },
        "first_correct": None,
        "behaviours": [
            {"behaviour": "cities", "title": "Cities", "status": "realised", "finding": "one", "score": cities,
             "facets": _facets(*facets, ("comparison", 0, 0.1))},
            {"behaviour": "names", "title": "Names", "status": "realised", "finding": None, "score": 0,
             "facets": _facets(*nothing, ("comparison", 0, 0.1))},
            {"behaviour": "rivers", "title": "Rivers", "status": "failed", "finding": None, "score": 0,
             "facets": _facets(*nothing, ("comparison", 0, 0.1))},
        ],
        "findings": [
            _finding(1, "one", "matched", "cities"), _finding(2, "two", "duplicate", "cities"),
            _finding(3, "three", "valid-unintended"), _finding(4, "four", "unadjudicated"),
            _finding(5, "five", "excess"),
        ],
        "ungraded": ["one: cause"],
        "status": "final",
    }  # fmt: skip
    return copy.deepcopy(value)


def lacking(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of a document once, of items of a list in one of them, and the document without it: whoever signs one
    may leave out any."""
    named = {".".join(step for step in path if isinstance(step, str)): path for path in _fields(value)}
    for where, path in named.items():
        lacks: Any = copy.deepcopy(value)
        at = lacks
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]
        yield where, lacks


def _fields(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name)
            yield from _fields(item, *path, name)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _fields(item, *path, at)


def _facets(*each: tuple[str, float, float]) -> Sequence[dict[str, Any]]:
    names = ("behaviour", "scope", "cause", "severity", "clause")
    return [
        {"name": name, "how": how, "value": value, "weight": weight}
        for name, (how, value, weight) in zip(names, each, strict=True)
    ]


def _finding(rank: int, name: str, standing: str, behaviour: str | None = None) -> dict[str, Any]:
    return {
        "finding": name, "rank": rank, "title": "-", "standing": standing, "behaviour": behaviour, "by": "evidence",
        "shown": None,
    }  # fmt: skip
