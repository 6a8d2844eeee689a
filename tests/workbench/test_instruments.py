"""The table of instruments says of each what its declaration says."""

from __future__ import annotations

from workbench.instruments import table
from workbench.probes import PROBES


def test_every_probe_has_a_row_and_only_its_own() -> None:
    rows = table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [probe.kind for probe in PROBES]
    for probe, row in zip(PROBES, rows, strict=True):
        assert row.count("|") == 7
        assert probe.about() in row
        assert all(affordance in row for affordance in probe.affordances)
    by_kind = {row.split("`")[1]: row for row in rows}
    assert "| internal |" in by_kind["logit-lens"]
    assert "| its prompt's |" in by_kind["sample"]
