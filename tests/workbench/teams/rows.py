"""Rows of a team's tables with everything that a test does not care about filled in."""

from __future__ import annotations

from typing import Any

from workbench.teams.tables import DrawRow, FindingRow, LogRow, ProbeRow


def log_row(log: int, **told: Any) -> LogRow:
    return LogRow(**{
        "log": log, "name": f"log {log}", "session": f"{log:032x}", "origin": "o", "case_digest": "c" * 64,
        "case_title": "Case", "specification": "5" * 64, "model": "m", "organism": told.get("model", "m"),
        "auditor": "Ada", "auditor_key": "aa:bb:cc:dd",
        "records": 9, "witnessed": 0, "ticket": False, "restricted": False, "affordances": "sample", "actors": "person",
        "first_us": 0, "last_us": 1, "said": None, "probability": None, "hypotheses": 0, "findings": 0, "revisions": 0,
        "withdrawn": 0, "refused": 0, "judge": None, "outcome": None, "modified": None, "recall": None, "correct": None,
        "wrong": None, "unadjudicated": None, "at_least": None, "at_most": None, "realised": None, "graded": None,
        "unread": None, "ungraded": None, "doubtful": None, "brier": None, "correct_after": None, "judged_by": None,
    } | told)  # fmt: skip


def finding_row(log: int, rank: int = 1, **told: Any) -> FindingRow:
    return FindingRow(**{
        "log": log, "rank": rank, "finding": f"f{rank}", "title": "It lies", "clause": "S1", "support": "behavioural",
        "hits": 1, "trials": 1, "control_hits": None, "control_trials": None, "confirmed": True, "separates": False,
        "lacks": 0, "first_hit": None, "standing": None,
    } | told)  # fmt: skip


def probe_row(log: int, answered: int, **told: Any) -> ProbeRow:
    return ProbeRow(**{
        "log": log, "intent": answered - 1, "record": answered, "asked_us": 0, "answered_us": 0, "kind": "sample",
        "plan": "",
        "actor": "person", "subject": "organism", "own": True, "elicitation": "natural", "status": "ok", "prompt": "p",
        "title": "Where?", "asked": "Where?", "settings": "s", "sampled": True, "stated": False,
        "generated_tokens": 0, "forward_tokens": 0, "backward_tokens": 0,
    } | told)  # fmt: skip


def draw_row(log: int, record: int, sample: int, text: str, noise: str = "") -> DrawRow:
    return DrawRow(log, record, sample, text, 1, True, "", noise or f"{log}/{record}/{sample}")
