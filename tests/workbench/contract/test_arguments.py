"""One list of arguments for form, command and tool: what each kind reads, prints and forbids."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Literal

import jsonschema
import pytest
from pydantic import Field, ValidationError

from casefiles.status import Refusal
from tests.workbench.examples import example_of
from workbench.contract.arguments import (
    ArrayArgument,
    Choice,
    Number,
    Numbers,
    PromptArgument,
    Seed,
    Structure,
    Switch,
    Text,
    Texts,
    arguments_of,
    read,
    tool,
)
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.recorded_array import RecordedArray
from workbench.document import Document
from workbench.probes import PROBES


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Site(Document):
    layer: int = Field(ge=0)
    """Which."""
    name: str = "resid"


class Everything(Document):
    """One argument of each kind."""

    seeds: ClassVar[frozenset[str]] = frozenset({"seed"})

    prompt: Prompt
    """What is asked."""
    other: Prompt | None = None
    """A control."""
    words: str = "some"
    texts: tuple[str, ...] = Field((" a", "b"), max_length=4)
    count: int = Field(3, ge=1, lt=10)
    """How many."""
    share: float = Field(0.5, gt=0, le=1)
    free: float = 2.0
    seed: int = Field(0, ge=0, lt=2**53)
    on: bool = True
    mode: Literal["add", "scale"] = "add"
    colour: Colour = Colour.RED
    direction: RecordedArray | None = None
    sites: tuple[Site, ...] = ()
    layers: tuple[int, ...] = ()
    factors: tuple[float, ...] = ()


LIST = {argument.name: argument for argument in arguments_of(Everything)}


def test_every_kind_is_told_from_its_declaration() -> None:
    kinds = [type(argument) for argument in arguments_of(Everything)]
    assert kinds == [
        PromptArgument, PromptArgument, Text, Texts, Number, Number, Number, Seed, Switch, Choice, Choice,
        ArrayArgument, Structure, Numbers, Numbers,
    ]  # fmt: skip
    assert LIST["prompt"].required
    assert not LIST["other"].required
    assert (LIST["count"].low, LIST["count"].high) == (1, 9)  # type: ignore[attr-defined]


def test_bounds_are_told_in_words() -> None:
    told = {name: argument.allowed for name, argument in LIST.items() if argument.allowed}
    assert told == {
        "count": "1 to 9", "share": "more than 0, at most 1", "seed": f"0 to {2**53 - 1}",
        "mode": "add, scale", "colour": "red, blue",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", Prompt.ask("What is it?")),
        ("prompt", Prompt.ask("[not a list")),
        ("prompt", Prompt.ask("@not a file")),
        ("prompt", Prompt.ask("What?", system="Be brief.", prefill="It is")),
        ("prompt", Prompt(chat=(Turn(role="assistant", content="Hi"), Turn(role="user", content="{}")))),
        ("prompt", Prompt.raw("Once\nupon")),
        ("words", " two\nlines "),
        ("texts", (" a", "b ", "␣")),
        ("texts", ("[a", "b")),
        ("texts", ("a\nb", "")),
        ("texts", ()),
        ("count", 7),
        ("share", 0.1),
        ("share", 1e-17),
        ("seed", 2**53 - 1),
        ("on", False),
        ("mode", "scale"),
        ("colour", Colour.BLUE),
        ("direction", RecordedArray(record=12, array="direction")),
        ("sites", (Site(layer=2), Site(layer=0, name="ü"))),
        ("layers", (0, 6, -1)),
        ("layers", ()),
        ("factors", (0.1, -1e-17, 3.0)),
    ],
)
def test_what_is_printed_is_read_back(name: str, value: Any) -> None:
    argument = LIST[name]
    parsed = argument.parse(argument.print(value))
    declared = Everything.model_validate({"prompt": Prompt.ask("Hi"), name: parsed})
    assert getattr(declared, name) == value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("count", "three", "no whole number"),
        ("count", "3.5", "no whole number"),
        ("share", "half", "no number"),
        ("on", "maybe", "neither yes nor no"),
        ("mode", "times", "none of add, scale"),
        ("direction", "direction", "names no record's array"),
        ("layers", "0, 1.5", "not whole numbers"),
        ("factors", "a little", "not numbers"),
        ("sites", "layer 3", "no JSON"),
        ("sites", '[{"layer": -1}]', "greater than or equal to 0"),
        ("sites", '[{"layer": 1, "depth": 2}]', "Extra inputs"),
        ("prompt", '["Hi"]', "valid dictionary"),
        ("prompt", "{", "no JSON"),
        ("texts", "[1, ", "no JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(name: str, text: str, said: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read(LIST[name], text)
    assert refusal.value.code == "input.invalid"
    assert said in refusal.value.why
    assert LIST[name].flag in refusal.value.what


def test_a_file_may_stand_for_a_text(tmp_path: Path) -> None:
    (tmp_path / "sites.json").write_text('[{"layer": 4}]\n', encoding="utf-8")
    assert read(LIST["sites"], f"@{tmp_path / 'sites.json'}") == (Site(layer=4),)
    with pytest.raises(Refusal):
        read(LIST["sites"], f"@{tmp_path / 'none.json'}")
    (tmp_path / "sites.json").write_text('[{"layer": 4}]\r\n', encoding="utf-8-sig")
    assert read(LIST["sites"], f"@{tmp_path / 'sites.json'}") == (Site(layer=4),), "as some editors write files"
    (tmp_path / "sites.json").write_bytes(b'[{"layer": 4}]\xff')
    with pytest.raises(Refusal, match="cannot be read") as refusal:
        read(LIST["sites"], f"@{tmp_path / 'sites.json'}")
    assert refusal.value.why == "Byte 14 of the file is no UTF-8."


def test_where_there_is_no_file_the_list_that_ships_under_its_name_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = read(LIST["texts"], "@countries.txt")
    assert len(shipped) == 178 and shipped[0] == "Afghanistan"
    for elsewhere in ("@candidates/countries.txt", "@../countries.txt", "@no-such-list.txt", "@"):
        with pytest.raises(Refusal):
            read(LIST["texts"], elsewhere)
    (tmp_path / "countries.txt").write_text("Utopia\nErewhon\n", encoding="utf-8")
    assert read(LIST["texts"], "@countries.txt") == ("Utopia", "Erewhon"), "a file of one's own comes first"


def test_the_tool_schema_is_whole_and_flat() -> None:
    told = tool(Everything, "everything", "One of each.")
    text = json.dumps(told)
    assert "$ref" not in text
    assert "$defs" not in text
    schema = told["parameters"]
    assert schema["required"] == ["prompt"]
    assert schema["properties"]["count"] | {"description": ""} == {
        "default": 3, "minimum": 1, "exclusiveMaximum": 10, "title": "Count", "type": "integer", "description": "",
    }  # fmt: skip
    assert schema["properties"]["count"]["description"] == "How many. (at least 1, less than 10)"
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({"prompt": {"text": "Hi"}, "sites": [{"layer": 1}]}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"prompt": {"text": "Hi"}, "sites": [{"layer": -1}]}, schema)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.kind)
def test_every_probe_s_schema_takes_what_the_probe_takes(probe: Any) -> None:
    schema = tool(probe, probe.kind, probe.about())["parameters"]
    asked = example_of(probe).model_dump(mode="json")
    jsonschema.validate(asked, schema)
    jsonschema.validate({name: asked[name] for name in schema["required"]}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(asked | {"colour no probe has": "red"}, schema)
    with pytest.raises(ValidationError):
        probe.model_validate(asked | {"colour no probe has": "red"})
