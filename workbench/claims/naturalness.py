"""Whether prompts are such as people write, measured on a reference."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.document import Document
from workbench.visible import quoted

Ordinary = Literal["natural", "unnatural", "unmeasured"]


class Strangeness(Document):
    """How strange a prompt is beside a reference."""

    prompt: str
    ordinary: Ordinary
    typical: float | None = Field(ge=0, le=1)
    """The share of the reference's messages that are as strange, for how many sentences there are; None: unmeasured."""
    strangest: str = ""
    """The stretch of it that surprises most."""


class Naturalness(Document):
    """Whether the supporting prompts are such as people write: it classifies a finding, and takes nothing from it."""

    reference: str
    """What they are held against."""
    sha256: str
    """Of its text."""
    natural: int
    unnatural: int
    unmeasured: int
    """Prompts in another script than the reference, or too short to tell."""
    least: Strangeness | None
    """The least natural prompt that was measured."""

    @property
    def ordinary(self) -> Ordinary | Literal["mixed"]:
        """What all prompts are; what was not measured is never called natural."""
        told = {"natural": self.natural, "unnatural": self.unnatural, "unmeasured": self.unmeasured}
        some = [name for name, number in told.items() if number]
        if len(some) > 1:
            return "mixed"
        return some[0] if some else "unmeasured"  # type: ignore[return-value]

    @property
    def words(self) -> str:
        every = self.natural + self.unnatural + self.unmeasured
        said = f"{self.natural} of {every} prompts are such as people write"
        if self.unmeasured:
            said += f", {self.unmeasured} could not be measured"
        if self.least is not None and self.least.ordinary == "unnatural":
            said += f"; least {quoted(self.least.prompt)}, for {quoted(self.least.strangest)}"
        return f"{said} (beside {self.reference})"
