"""Changes to a model's inside as an argument of a probe: where, what, how strongly, and along which recorded direction.

Written as one line of text, in this order and with nothing but the first word and the site needed everywhere:
`add 4 #12/direction at blocks.3.hook_resid_post head 2 positions 0,5`. What the words do to an activation a, with the
dose d and the direction v: add a + d·v · scale d·a · replace d·v · zero 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from backends.intake import Intake
from backends.model import Edit, Model, ModelRefusal
from workbench.contract.comparison import Array
from workbench.contract.recorded_array import RecordedArray
from workbench.document import Document
from workbench.visible import quoted

Op = Literal["add", "scale", "replace", "zero"]

_LINE: Final = re.compile(
    r"(?P<op>add|scale|replace|zero)(\s+(?P<dose>[-+]?[\d.]+(e[-+]?\d+)?))?(\s+(?P<direction>#\d+/\S+))?\s+at\s+(?P<site>\S+)"
    r"(\s+head\s+(?P<head>\d+))?(\s+positions\s+(?P<positions>\d+(\s*,\s*\d+)*))?"
)


class Change(Document):
    """One change to the activations at a site, while the model reads and answers."""

    op: Op
    dose: float = 1.0
    """`add`, `replace`: what the direction is multiplied by; `scale`: what the activations are."""
    direction: RecordedArray | None = None
    """What is added, or put in the place of the activations: an array of an earlier record."""
    site: str = Field(min_length=1, max_length=100)
    """Where, in TransformerLens' names, such as `blocks.3.hook_resid_post`."""
    head: int | None = Field(None, ge=0)
    """At `hook_z` and `hook_pattern`: one head only."""
    positions: tuple[int, ...] | None = None
    """Token positions from 0; None: every position, those of the answer too."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        directed = self.op in ("add", "replace")
        if directed != (self.direction is not None):
            wanted = "needs a direction, such as #12/direction" if directed else "takes no direction"
            raise ValueError(f"{self.op} {wanted}")
        if self.op == "zero" and self.dose != 1:
            raise ValueError("zero takes no dose")
        return self

    def __str__(self) -> str:
        dose = "" if self.op == "zero" or (self.op == "replace" and self.dose == 1) else _number(self.dose)
        parts = [self.op, dose, str(self.direction or ""), f"at {self.site}"]
        parts += [f"head {self.head}"] if self.head is not None else []
        parts += ["positions " + ",".join(map(str, self.positions))] if self.positions is not None else []
        return " ".join(filter(None, parts))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a line of the form above. Raises ValueError."""
        match = _LINE.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{quoted(text)} is no change, as “add 4 #12/direction at blocks.3.hook_resid_post” is")
        op, dose, direction, head, positions = match.group("op", "dose", "direction", "head", "positions")
        return cls.model_validate(
            {
                "op": op,
                "dose": float(dose) if dose else 1.0,
                "direction": RecordedArray.parse(direction) if direction else None,
                "site": match["site"],
                "head": int(head) if head else None,
                "positions": tuple(map(int, positions.split(","))) if positions else None,
            }
        )

    def edit(self, direction: Array | None) -> Edit:
        """The change as an engine takes it. Raises ModelRefusal if the array is none of numbers."""
        value = None
        if direction is not None:
            if not np.issubdtype(direction.dtype, np.floating):
                raise ModelRefusal(
                    "model.input", f"{quoted(str(self))} cannot be made.", f"{self.direction} holds no real numbers.",
                    "Name an array that holds a direction.",
                )  # fmt: skip
            value = direction.astype(np.float32)
            value = value * np.float32(self.dose) if self.op == "replace" else value
        factor = self.dose if self.op in ("add", "scale") else 1.0
        return Edit(self.site, self.op, value, factor, self.positions, self.head)


def edits(changes: Sequence[Change], array: Callable[[RecordedArray], Array]) -> tuple[Edit, ...]:
    """The changes as an engine takes them; `array` gives what they refer to."""
    return tuple(change.edit(array(change.direction) if change.direction is not None else None) for change in changes)


def check(made: Sequence[Edit], model: Model, tokens: int, new_tokens: int) -> None:
    """Refuse what this model cannot do to a text of `tokens` ids that grows by up to `new_tokens`, before it is asked.

    Raises ModelRefusal, but not for the width of a head, which only the engine knows.
    """
    intake = Intake(model.card, model.capabilities, head_width=0)
    for edit in made:
        if intake.site(edit.site).kind != "attn.hook_z":
            intake.edits((edit,), tokens, new_tokens=new_tokens)


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")
