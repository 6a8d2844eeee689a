"""Records as the probes and results they are of, where this workbench knows them in that version."""

from __future__ import annotations

from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.log.records import Asked, ResultRecord
from workbench.probes import asked as rebuilt
from workbench.probes import found


def probe_of(asked: Asked) -> Probe | None:
    """The probe that was asked; None if this workbench does not know it so."""
    return rebuilt(asked.probe, asked.version, asked.arguments)


def result_of(asked: Asked, answer: ResultRecord) -> Result | None:
    """What was found, without its arrays; None if nothing was, or this workbench does not know it so."""
    return found(asked.probe, asked.version, answer.result)
