"""The probes, named one by one: unsealed code has no place in an evidence tool."""

from __future__ import annotations

from types import MappingProxyType

from workbench.contract.probe import Probe
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample
from workbench.probes.score import Score

__all__ = ["BY_KIND", "PROBES", "LogitLens", "Sample", "Score"]

PROBES: tuple[type[Probe], ...] = (Sample, Score, LogitLens)

BY_KIND = MappingProxyType({probe.kind: probe for probe in PROBES})
