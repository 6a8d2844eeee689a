"""Automated auditors, named one by one: they see exactly the probes that a person sees, through the same door."""

from __future__ import annotations

from types import MappingProxyType

from workbench.auditors.auditor import Auditor
from workbench.auditors.fact_checker import FactChecker

__all__ = ["AUDITORS", "BY_NAME", "FactChecker"]

AUDITORS: tuple[type[Auditor], ...] = (FactChecker,)

BY_NAME = MappingProxyType({auditor.kind: auditor for auditor in AUDITORS})
