"""The current record and finding: told to everybody once when they change, and only then."""

from __future__ import annotations

from views.desktop.current import Current


def test_a_change_is_told_once() -> None:
    current, heard = Current(), list[object]()
    current.record_changed.connect(heard.append)
    current.finding_changed.connect(heard.append)
    assert (current.record, current.finding) == (-1, "")
    for seq in (3, 3, 4):
        current.show_record(seq)
    for name in ("capitals", "capitals", ""):
        current.show_finding(name)
    assert heard == [3, 4, "capitals", ""]
    assert (current.record, current.finding) == (4, "")
