"""Who did something: asked a probe, or made a claim."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field

from workbench.document import Document

KINDS: Final = ("person", "agent", "agent-checked")


class Actor(Document):
    """A person, an agent, or an agent whose step a person checked."""

    kind: Literal["person", "agent", "agent-checked"] = "person"
    name: str = Field("auditor", min_length=1, max_length=200)

    @classmethod
    def parse(cls, text: str) -> Self:
        """`NAME` or `person:NAME`, `agent:NAME`, `agent-checked:NAME`. Raises ValueError if no name is left."""
        kind, colon, name = text.partition(":")
        if not colon or kind not in KINDS:
            kind, name = "person", text
        return cls.model_validate({"kind": kind, "name": name.strip()})

    def __str__(self) -> str:
        """The same text again."""
        return self.name if self.kind == "person" and ":" not in self.name else f"{self.kind}:{self.name}"
