"""Case files: sealed by an attacker, accepted by a judge, opened by an auditor."""

from __future__ import annotations

from casefiles.case.case import Case
from casefiles.case.manifest import Manifest
from casefiles.case.opening import accept, open_case
from casefiles.case.sealing import seal_case

__all__ = ["Case", "Manifest", "accept", "open_case", "seal_case"]
