"""Commands that a screen offers can be run as they stand: they name the case and the session."""

from __future__ import annotations

from pathlib import Path

from views.offered import Offered
from workbench.contract.figures import Column, Counts, Histogram, Rows, Scale

NEXT = "workbench probe CASE sample --from 7 --samples 50"


def test_the_case_stands_in_its_place_and_the_session_after_all_else() -> None:
    here = Offered(Path("my cases/one.case"), Path("a.session"))
    whole = "workbench probe 'my cases/one.case' sample --from 7 --samples 50 --session a.session"
    assert here.told({"rows": [{"next": NEXT, "line": 1}]}) == {"rows": [{"next": whole, "line": 1}]}
    alone = Offered(Path("one.case"), None)
    assert alone.told({"next": NEXT}) == {"next": "workbench probe one.case sample --from 7 --samples 50"}


def test_no_command_is_made_whole_that_a_model_said() -> None:
    """It would be told as one of ours, ready to be copied."""
    here = Offered(Path("one.case"), Path("a.session"))
    assert here.told({"examples": [NEXT], "said": NEXT}) == {"examples": [NEXT], "said": NEXT}
    rows = Rows("Turns", (Column("turn"), Column("ask about it")), ((NEXT, NEXT),))
    (shown,) = here.figures((rows,))
    assert isinstance(shown, Rows) and shown.rows[0][0] == NEXT != shown.rows[0][1]


def test_in_tables_too_and_nothing_else_is_touched() -> None:
    rows = Rows("Odd", (Column("said"), Column("next"), Column("n", "count")), (("In CASE of", NEXT, 3), (None, "", 4)))
    (shown,) = Offered(Path("one.case"), None).figures((rows,))
    assert isinstance(shown, Rows)
    assert shown.rows == (("In CASE of", "workbench probe one.case sample --from 7 --samples 50", 3), (None, "", 4))
    assert (shown.title, shown.columns) == (rows.title, rows.columns)
    bins = Histogram("Excess", Scale("excess", 0.0, 1.0), (0.0, 1.0), (Counts("texts", (3,)),))
    assert Offered(Path("one.case"), None).figures((bins,)) == (bins,)
