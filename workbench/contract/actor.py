"""Who did something: asked a probe, or made a claim."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.document import Document


class Actor(Document):
    """A person, an agent, or an agent whose step a person checked."""

    kind: Literal["person", "agent", "agent-checked"] = "person"
    name: str = Field("auditor", min_length=1, max_length=200)
