"""An organism made in a process of its own, which starts no further ones to have it tried."""

from __future__ import annotations

from tests.organisms.merged import AtOnce
from workbench.forge.suite import organism
from workbench.forge.suite.organism import SmallOrder
from workbench.judge.acceptance import trial


def made_at_once(order: SmallOrder) -> str:
    """For the process that it is called in, which ends with it."""
    trial.Opener = AtOnce  # type: ignore[misc]
    return organism.make(order)
