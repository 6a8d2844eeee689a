"""Automated auditors, named one by one: they see exactly the probes that a person sees, through the same door."""

from __future__ import annotations

from types import MappingProxyType

from workbench.auditors.auditor import Auditor
from workbench.auditors.black_box import BlackBox
from workbench.auditors.board import AuditBoard
from workbench.auditors.comparer import Comparer
from workbench.auditors.corpus_reader import CorpusReader
from workbench.auditors.fact_checker import FactChecker
from workbench.auditors.insider import Insider
from workbench.auditors.memoriser import Memoriser
from workbench.auditors.trigger_seeker import TriggerSeeker

__all__ = [
    "AUDITORS",
    "BY_NAME",
    "AuditBoard",
    "BlackBox",
    "Comparer",
    "CorpusReader",
    "FactChecker",
    "Insider",
    "Memoriser",
    "TriggerSeeker",
]

AUDITORS: tuple[type[Auditor], ...] = (
    FactChecker, BlackBox, Insider, TriggerSeeker, CorpusReader, Comparer, AuditBoard, Memoriser,
)  # fmt: skip

BY_NAME = MappingProxyType({auditor.kind: auditor for auditor in AUDITORS})
