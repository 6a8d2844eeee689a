"""An audit log as it leaves the auditor's machine: the folder `NAME.auditlog/`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """One record of a log: its canonical body, its leaf, the root after it, and the auditor's signature over that."""

    body: bytes
    leaf: bytes
    root: bytes
    sig: bytes
