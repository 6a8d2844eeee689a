"""The probes, named one by one: unsealed code has no place in an evidence tool."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample
from workbench.probes.score import Score

__all__ = ["BY_KIND", "PROBES", "LogitLens", "Sample", "Score", "asked", "found", "known"]

PROBES: tuple[type[Probe], ...] = (Sample, Score, LogitLens)

BY_KIND = MappingProxyType({probe.kind: probe for probe in PROBES})


def known(kind: object, version: object) -> type[Probe] | None:
    """The kind of probe that a record names, if this workbench knows it in that version."""
    probe = BY_KIND.get(kind) if isinstance(kind, str) else None
    return probe if probe is not None and probe.version == version and type(version) is int else None


def asked(kind: object, version: object, arguments: Any) -> Probe | None:
    """The probe that was asked, from its record; None if this workbench cannot know what it meant."""
    probe = known(kind, version)
    try:
        return probe.model_validate(arguments) if probe else None
    except ValidationError:
        return None


def found(kind: object, version: object, result: Any) -> Result | None:
    """What a recorded probe found, without its arrays; None if there is nothing, or nothing that can be read."""
    probe = known(kind, version)
    try:
        return probe.result.model_validate(result) if probe and result is not None else None
    except ValidationError:
        return None
