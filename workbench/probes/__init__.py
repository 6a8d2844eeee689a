"""The probes, named one by one: unsealed code has no place in an evidence tool.

A version that is no longer asked is a class of its own beside the one that took its place, so that what it recorded is
read, told and replayed as it was meant.
"""

from __future__ import annotations

from types import MappingProxyType, new_class
from typing import Any

from pydantic import ValidationError

from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.document import RECORDED
from workbench.probes.attribute import Attribute, FirstAttribute
from workbench.probes.contrast import Contrast
from workbench.probes.diff import Diff
from workbench.probes.divergence import Divergence
from workbench.probes.exchange import Exchange
from workbench.probes.features import Features, FirstFeatures
from workbench.probes.fit_dictionary import FitDictionary
from workbench.probes.fit_lens import FitLens
from workbench.probes.intervene import Intervene
from workbench.probes.logit_lens import FirstLogitLens, LogitLens, SecondLogitLens
from workbench.probes.patchscope import Patchscope
from workbench.probes.prior import Prior
from workbench.probes.sample import FirstSample, Sample, SecondSample
from workbench.probes.scan import Scan
from workbench.probes.score import FirstScore, Score

__all__ = [
    "BY_KIND",
    "PROBES",
    "Attribute",
    "Contrast",
    "Diff",
    "Divergence",
    "Exchange",
    "Features",
    "FitDictionary",
    "FitLens",
    "Intervene",
    "LogitLens",
    "Patchscope",
    "Prior",
    "Sample",
    "Scan",
    "Score",
    "as_today",
    "asked",
    "current",
    "found",
    "known",
]

PROBES: tuple[type[Probe], ...] = (
    Sample,
    Score,
    Prior,
    Scan,
    Diff,
    Divergence,
    Exchange,
    LogitLens,
    Attribute,
    Intervene,
    Patchscope,
    Contrast,
    Features,
    FitLens,
    FitDictionary,
)


def _before(kind: type[Probe]) -> type[Probe]:
    """The version that did what today's does, and took a user's turn which is begun for one that is left open."""
    body = {"__module__": kind.__module__, "__doc__": kind.__doc__, "version": kind.begun_freely}
    return new_class(f"Freely{kind.__name__}", (kind,), {}, lambda namespace: namespace.update(body))


FREELY: tuple[type[Probe], ...] = tuple(_before(kind) for kind in PROBES if kind.begun_freely)

EARLIER: tuple[type[Probe], ...] = (
    *FREELY,
    FirstSample,
    SecondSample,
    FirstScore,
    FirstLogitLens,
    SecondLogitLens,
    FirstAttribute,
    FirstFeatures,
)
"""Versions that records hold and nobody is offered any more."""

RETOLD: tuple[type[Probe], ...] = (*FREELY, SecondSample)
"""Of these the versions that asked what is asked today, to the last token, and only needed something else for it or
summed it up otherwise."""

BY_KIND = MappingProxyType({probe.kind: probe for probe in PROBES})


def known(kind: object, version: object) -> type[Probe] | None:
    """The kind of probe that a record names, if this workbench knows it in that version."""
    if type(version) is not int:
        return None
    candidates = (*BY_KIND.values(), *EARLIER)
    return next((probe for probe in candidates if (probe.kind, probe.version) == (kind, version)), None)


def current(probe: Probe) -> Probe:
    """The same question in the version that is asked today."""
    latest = BY_KIND.get(probe.kind, type(probe))
    return probe if isinstance(probe, latest) and probe.version == latest.version else latest(**dict(probe))


def as_today(probe: Probe) -> Probe:
    """The question as it is asked today, where an earlier version asked the very same."""
    return current(probe) if type(probe) in RETOLD else probe


def asked(kind: object, version: object, arguments: Any) -> Probe | None:
    """The probe that was asked, from its record; None if this workbench cannot know what it meant."""
    probe = known(kind, version)
    try:
        return probe.model_validate(arguments, context=RECORDED) if probe else None
    except ValidationError:
        return None


def found(kind: object, version: object, result: Any) -> Result | None:
    """What a recorded probe found, without its arrays; None if there is nothing, or nothing that can be read."""
    probe = known(kind, version)
    try:
        return probe.result.model_validate(result) if probe and result is not None else None
    except ValidationError:
        return None
