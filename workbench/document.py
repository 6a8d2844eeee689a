"""The strict, frozen pydantic model that everything crossing a boundary in the workbench is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal."""


class Document(BaseModel):
    """Frozen and strict: unknown fields are refused; the docstring under a field is its description."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        # A number that JSON cannot carry, in a field that may hold anything, is a defect and must not become null.
        ser_json_inf_nan="constants",
    )
