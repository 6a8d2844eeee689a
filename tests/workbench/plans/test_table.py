"""Rows of fields are read from every form that people keep lists in, and what is wrong is said by line and field."""

from __future__ import annotations

import pytest

from workbench.plans.table import TableRow, UnreadableError, rows_of


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('[{"a": 1},\n\n {"a": 2}]', ["line 1", "line 3"]),
        ('\n{"a": 1}\n\n{"a": 2}\n', ["line 2", "line 4"]),
        ('{"head": {"control": "x"}}\n{"a": 1}\n{"a": 2}', ["line 2", "line 3"]),
        ('{"control": "x", "items": [{"a": 1}, {"a": 2}]}', ["item 1", "item 2"]),
        ('control = "x"\n\n[[items]]\na = 1\n\n[[items]]\na = 2\n', ["line 3", "line 6"]),
        ('a,b\n1,"two\nlines"\n2,x\n', ["line 2", "line 4"]),
    ],
    ids=["json", "json lines", "json lines with a head", "json object", "toml", "csv"],
)
def test_rows_know_where_they_stand(text: str, places: list[str]) -> None:
    told = rows_of(text, "items")
    assert [row.where for row in told.rows] == places
    assert [int(row.fields["a"]) for row in told.rows] == [1, 2]
    if "control" in text:
        assert told.head["control"] == "x"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("  ", "empty"),
        ("[{]", "line 1: it is no JSON"),
        ('{"a": 1}\n{"a": ', "line 2: it is no JSON"),
        ("[1]", "line 1: it is no object"),
        ("a,b\n1,2,3\n", "line 2: it has more cells than the heading, which has 2"),
        (f"a,b\n1,2\n\n{'x' * 131_073},4\n", "line 4: it is no CSV: field larger"),
        (f"{'x' * 131_073},b\n1,2\n", "line 1: it is no CSV: field larger"),
        ("[[items]]\na = \n", "line 2"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        rows_of(text, "items")


def test_fields_are_read_by_kind() -> None:
    row = TableRow("line 7", {"some": "a| b ||c", "one": 4, "yes": "Yes", "no": "false", "bad": "x", "many": {"a": 1}})
    assert row.texts("some") == ("a", "b", "c")
    assert (row.texts("one"), row.number("one"), row.text("one")) == (("4",), 4.0, "4")
    assert (row.switch("yes"), row.switch("no"), row.switch("left out")) == (True, False, False)
    for read in (row.number, row.switch):
        with pytest.raises(UnreadableError, match="line 7, bad: “x” is"):
            read("bad")
    with pytest.raises(UnreadableError, match="line 7, many: it is no text"):
        row.text("many")
    with pytest.raises(UnreadableError, match="line 7, bad: it is not known; there are some, one"):
        TableRow("line 7", {"bad": 1}).check(("some", "one"))
