"""Records as the probes and results they are of, where this workbench knows them in that version."""

from __future__ import annotations

from pydantic import ValidationError

from workbench.contract.probe import Probe, Result
from workbench.log.records import Asked, ResultRecord
from workbench.probes import BY_KIND


def probe_type(asked: Asked) -> type[Probe] | None:
    """The declaration a record speaks of; None if it is not known here in that version."""
    known = BY_KIND.get(asked.probe)
    return known if known is not None and known.version == asked.version else None


def probe_of(asked: Asked) -> Probe | None:
    """The probe that was asked; None if this workbench does not know it so."""
    known = probe_type(asked)
    try:
        return known.model_validate(asked.arguments) if known is not None else None
    except ValidationError:
        return None


def result_of(asked: Asked, answer: ResultRecord) -> Result | None:
    """What was found, without its arrays; None if nothing was, or this workbench does not know it so."""
    known = probe_type(asked)
    try:
        return known.result.model_validate(answer.result) if known and answer.result is not None else None
    except ValidationError:
        return None
