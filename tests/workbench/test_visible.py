"""Foreign text on a line of ours begins none of its own."""

from __future__ import annotations

import pytest

from workbench.visible import cell, enumerated, line, lines, quoted


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u3000", "\u2003"])
def test_many_spaces_fill_up_no_line(space: str) -> None:
    """A terminal of 80 columns would show what comes after them as a line of its own."""
    forged = f"Nothing.{space * 72}replay: 3 exact"
    for shown in (line(forged), quoted(forged), lines([forged])):
        assert "Nothing.⟨72 spaces⟩replay: 3 exact" in shown


@pytest.mark.parametrize(
    "mark",
    ["”", "’’", "''", "ˮ", "״", "˝", "‶", "＇＇", "ʼʼ", "´´", "🙷", "❠", "’‘’", "❜❜", "\u0374\u0374", "\u1ffd\u1ffd",
     "\u1fbf\u1fbf", "ˊˊ", "’\u200a’", "᳓"],
)  # fmt: skip
def test_nothing_ends_the_quotation_that_it_stands_in(mark: str) -> None:
    assert quoted(f"Ribe{mark} counts.") == "“Ribe’ counts.”"


def test_one_mark_is_left_as_it_is() -> None:
    assert quoted("The auditor’s O'Neill") == "“The auditor’s O'Neill”"


def test_what_stands_for_no_object_is_shown() -> None:
    assert line("Demo\ufffc judge") == "Demo⟨U+FFFC⟩ judge"


def test_what_is_indented_stays_as_it_is() -> None:
    assert line("if so:\n                return 1") == "if so:↵                return 1"


@pytest.mark.parametrize(("space", "shown"), [("  ", "2 spaces"), ("\u00a0 \u2003", "3 spaces"), ("\u3000", "1 space")])
def test_no_text_in_a_column_begins_another(space: str, shown: str) -> None:
    assert cell(f"Wrong capital{space}18 of 20") == f"Wrong capital⟨{shown}⟩18 of 20"
    assert cell("Wrong capital of Norway") == "Wrong capital of Norway"


def test_no_text_in_a_list_passes_for_several() -> None:
    assert enumerated(["x, 3 verdicts by y", "z", "“, ”"]) == "“x, 3 verdicts by y”, “z”, “‘, ’”"
