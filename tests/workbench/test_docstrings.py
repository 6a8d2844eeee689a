"""What stands under a field is its hint, of the class that declared it last."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.docstrings import docstrings
from workbench.document import Document
from workbench.probes import Sample


class Base(Document):
    kept: int
    """Told by the base."""
    told: int
    """Told anew below."""
    silent: int
    """Declared anew below, where nothing is said."""


class Derived(Base):
    told: int
    """Two lines,
    the second of which is indented."""
    silent: int
    bare: int

    class Inner(Document):
        kept: int
        """Of a class within."""


def test_a_field_is_told_by_the_class_that_declared_it_last() -> None:
    assert docstrings(Derived) == {"kept": "Told by the base.", "told": "Two lines,\nthe second of which is indented."}
    assert docstrings(Derived.Inner) == {"kept": "Of a class within."}


def test_a_class_in_a_function_and_one_that_is_no_document_are_read_too() -> None:
    @dataclass
    class Local:
        here: int
        """In a function."""

    assert docstrings(Local) == {"here": "In a function."}


def test_where_there_is_no_source_there_are_none() -> None:
    space: dict[str, object] = {"__name__": "nowhere"}
    exec("class Made:\n    field: int\n    'told'", space)
    assert isinstance(space["Made"], type)
    assert docstrings(space["Made"]) == {}


def test_a_schema_tells_them_of_every_document_in_it() -> None:
    schema = Sample.model_json_schema()
    assert schema["properties"]["seed"]["description"] == docstrings(Sample)["seed"]
    within = schema["$defs"]["Prompt"]["properties"]
    assert within["text"]["description"]
    assert docstrings(Document) == {}
