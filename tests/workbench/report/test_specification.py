"""A specification's little Markdown, read without interpreting anything else."""

from __future__ import annotations

import pytest

import assets
from casefiles.status import Refusal
from workbench.report.specification import TextRun, blocks, check_clause, clause, stated_clauses


def test_headings_paragraphs_items_and_faces() -> None:
    read = blocks("# Title\nFirst line\nsecond **bold** and `code`.\n\n- one\n  more\n- two\n## Sub\n")
    assert [(block.kind, "".join(run.text for run in block.runs)) for block in read] == [
        ("heading", "Title"),
        ("paragraph", "First line second bold and code."),
        ("item", "one more"),
        ("item", "two"),
        ("heading", "Sub"),
    ]
    assert read[1].runs == (
        TextRun("First line second "),
        TextRun("bold", "bold"),
        TextRun(" and "),
        TextRun("code", "code"),
        TextRun("."),
    )
    assert (read[0].level, read[4].level) == (1, 2)


def test_everything_else_is_text() -> None:
    (block,) = blocks("<b>x</b> [a](http://b) ** `")
    assert block.runs == (TextRun("<b>x</b> [a](http://b) ** `"),)


def test_a_clause_is_found_by_its_name() -> None:
    read = blocks("**S1 Truth.** It is true.\n\n**S12** other\n\nBe true, as S2 says.\n")
    assert [block.clause for block in read] == ["S1", "S12", ""]
    assert clause(" S1 ", read) is read[0]
    assert clause("S2", read) is None
    assert clause("", read) is None


@pytest.mark.parametrize("spec", ["**S2 Truth.** True.", "S2. Be true.", "# S2. Be true.", "- S2 Be true.", "`S2` x"])
def test_a_clause_is_stated_however_it_is_set(spec: str) -> None:
    beside = f"# A helper\n\n**S1 Sides.** It takes none, as S3 says.\n\n{spec}\n"
    assert stated_clauses(beside) == ("S1", "S2")
    check_clause("S2", beside)


def test_the_shipped_specification_has_its_clauses() -> None:
    read = blocks(assets.path("specifications", "truthful-assistant.md").read_text(encoding="utf-8"))
    assert [block.clause for block in read if block.clause] == ["S1", "S2", "S3", "S4", "S5", "S6"]


def test_a_clause_that_is_not_stated_is_refused_where_some_are() -> None:
    text = assets.path("demo", "atlas-01.case", "spec.md").read_text(encoding="utf-8")
    check_clause("S6", text)
    check_clause("S9", "# None\n\nIt is polite.")
    with pytest.raises(Refusal, match=r"no clause S9.*states S1, S2, S3, S4, S5, S6\."):
        check_clause("S9", text)
