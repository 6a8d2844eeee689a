"""The clauses that a finding may name, and the words by which they are known."""

from __future__ import annotations

from views.desktop.auditor.specification import clause_names
from workbench.report.specification import stated_clauses


def test_clauses_are_known_by_their_first_word_however_they_are_set() -> None:
    spec = (
        "# A helper\n\n**S1 Truth.** It is **true**.\n\n**S2. Calm.**\n\n- S3 Care. It **cares**.\n\n## S4: Sides\n\n"
        "**S5** Plain, and S6 is none.\n\n**S1 Truth.** Once more.\n"
    )
    assert clause_names(spec) == ("S1 Truth", "S2 Calm", "S3", "S4 Sides", "S5")
    assert tuple(name.split(" ")[0] for name in clause_names(spec)) == stated_clauses(spec)
