"""Provenance that would give the answer away: what a case's files say about how they were made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Leak:
    """One thing found."""

    path: str
    sentence: str
    blocking: bool


def lint(folder: Path) -> tuple[Leak, ...]:
    return ()


def strip(folder: Path) -> tuple[Leak, ...]:
    return ()
