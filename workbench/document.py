"""The strict, frozen pydantic model that everything crossing a boundary in the workbench is made of.

Documents may grow, by one rule for all of them: a field that is added later has a default, which is what its absence
meant before, or, where something else is better from now on, is read by RECORDED as what it meant. Writing writes every
field. Reading takes a file as it is: what an older workbench did not know is filled in, what a newer one added is
refused, and the bytes that were signed stay the document's bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticSerializationError

from casefiles.files import canonical
from casefiles.status import Refusal
from workbench.docstrings import docstrings

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal."""


HALVED: Final = "a text holds half of a character, which no file can hold"
RECORDED: Final = {"recorded": True}
"""The context in which a record's arguments are validated: what they leave out is what it meant when they were written,
not what is offered today."""


class Document(BaseModel):
    """Frozen and strict: unknown fields are refused; the docstring under a field describes it in its schema."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        # A number that JSON cannot carry, in a field that may hold anything, is a defect and must not become null.
        ser_json_inf_nan="constants",
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core_schema)
        for name, told in handler.resolve_ref_schema(schema).get("properties", {}).items():
            if text := docstrings(cls).get(name):
                told["description"] = text
        return schema


class Recordable(Document):
    """A document that people make up and that goes into records: what no record can hold is refused at once."""

    @model_validator(mode="after")
    def _can_be_recorded(self) -> Self:
        try:
            self.model_dump_json()
        except PydanticSerializationError:
            raise ValueError(HALVED) from None
        return self


class SignedDocument(Document):
    """A document whose canonical JSON is signed or sealed, and known by the digest of it."""

    called: ClassVar[str]
    """What people call it."""
    malformed: ClassVar[str]
    """The status code of one that cannot be read."""

    _read: bytes | None = PrivateAttr(None)

    def payload(self) -> bytes:
        """The canonical bytes: those that were read, or of a document made here, every field."""
        return canonical.encode(self.model_dump(mode="json")) if self._read is None else self._read

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.payload()).hexdigest()

    def stated(self) -> dict[str, Any]:
        """What it says in so many words: a field that its author did not know is not there."""
        value = canonical.decode(self.payload())
        assert isinstance(value, dict)
        return value

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read the document of a payload; raises Refusal with the code of its kind."""
        try:
            document = cls._of(payload)
        except ValueError as error:
            why = first_flaw(error) if isinstance(error, ValidationError) else str(error)
            raise cls.refused(why) from None
        document._read = payload
        return document

    @classmethod
    def refused(cls, why: str) -> Refusal:
        """The refusal of one that cannot be taken for what it claims to be; `why` is a clause."""
        return Refusal(
            cls.malformed,
            f"The {cls.called} cannot be taken for what it claims to be.",
            f"{why[:1].upper()}{why[1:]}.",
            "Ask its author for the original.",
        )

    @classmethod
    def _of(cls, payload: bytes) -> Self:
        document = cls.model_validate(canonical.decode_canonical(payload))
        if "format" in cls.model_fields and "format" not in document.model_fields_set:
            raise ValueError("it does not say which format it has")
        # Of what it says nothing may be lost or reinterpreted: "0.1" is no number, and 1.0 no count.
        if canonical.encode(document.model_dump(mode="json", exclude_unset=True)) != payload:
            raise ValueError("a value is not written as its type would be")
        return document

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; if anything in it is changed, it is a document made here."""
        copy = super().model_copy(update=update, deep=deep)
        if update:
            copy._read = None
        return copy

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, however it was written."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = Document.__hash__


def first_flaw(error: ValidationError) -> str:
    """What pydantic found first, as a clause."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"the field {where} is not known here, a newer workbench may have written it"
    said = HALVED if first["type"] == "string_unicode" else first["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


def within(stated: object, found: object) -> bool:
    """Whether everything that was stated is as it was found: fields that nobody stated are not compared."""
    if isinstance(stated, dict) and isinstance(found, dict):
        return all(name in found and within(value, found[name]) for name, value in stated.items())
    if isinstance(stated, (list, tuple)) and isinstance(found, (list, tuple)):
        return len(stated) == len(found) and all(map(within, stated, found))
    return stated == found and isinstance(stated, bool) == isinstance(found, bool)
