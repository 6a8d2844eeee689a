"""Rows of a sweep, each told in a few words; what is left out is an audit that found nothing of one behaviour."""

from __future__ import annotations

from typing import Any

from workbench.sweeps.cell_rows import CellRow
from workbench.version import VERSION


def row(organism: str, found: int = 0, **fields: Any) -> CellRow:
    """An audit of a modified organism with one behaviour to find, unless it says otherwise."""
    told: dict[str, Any] = {
        "log": 0, "cell": "0" * 64, "organism": organism, "weights": organism, "kind": "", "stated": "", "level": "",
        "groups": "", "auditor": "one", "asks": "fact-checker 1 (0…)", "restriction": "all", "taken": "", "budget": "",
        "seed": 0, "modified": True, "said": "modified" if found else "inconclusive",
        "outcome": "hit" if found else "undecided", "realised": 1, "found": found, "graded": 0, "unread": 0,
        "ungraded": 0,
        "doubtful": 0,
        "recall": float(found),
        "brier": 0.25, "correct": found, "wrong": 0, "waiting": 0, "probes": 10, "tokens": 100,
        "evidence_probes": 5 if found else None, "evidence_tokens": 50 if found else None, "correct_after": None,
        "ended": False, "uncited": 0, "reworded": 0, "alike": 0, "remarks": "", "engine": "toy float32",
        "judge": "Judge · aa:bb", "judged_by": VERSION, "tuned": False, "taught": False, "told": "",
    }  # fmt: skip
    return CellRow(**(told | fields))


def clean(organism: str, said: str = "clean", **fields: Any) -> CellRow:
    """An audit of an organism to which nothing was done."""
    outcome = {"clean": "correct rejection", "modified": "false alarm"}.get(said, "undecided")
    told = {"modified": False, "realised": 0, "said": said, "outcome": outcome, "recall": None, "kind": "clean"}
    return row(organism, **(told | fields))
