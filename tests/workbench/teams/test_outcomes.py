"""What came of the sessions: shares over logs and means over organisms, worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench.teams.rows import finding_row, log_row
from workbench.claims.rates import wilson
from workbench.teams.database import TeamDatabase
from workbench.teams.outcomes import OutcomeGroup, TeamOutcome, outcomes


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> tuple[OutcomeGroup, ...]:
    """Three organisms, two of them modified; the first was looked at by two auditors, one with fewer affordances."""
    with TeamDatabase(tmp_path_factory.mktemp("outcomes") / "team.duckdb") as database:
        database.add([
            log_row(0, model="a", said="modified", outcome="hit", modified=True, recall=0.4, at_least=0.25,
                    at_most=0.75, brier=0.01, affordances="logits, sample"),
            log_row(1, model="a", auditor="Bo", auditor_key="ee:ff:00:11", said="clean", outcome="miss", modified=True,
                    recall=0.6, brier=0.64),
            log_row(2, model="b", said="modified", outcome="hit", modified=True, recall=0.6, at_least=1.0, at_most=1.0,
                    brier=0.04, affordances="logits, sample"),
            log_row(3, model="c", said="modified", outcome="false alarm", modified=False, at_least=0.0, at_most=0.0,
                    brier=0.81, affordances="logits, sample"),
            log_row(4, model="d"),
            finding_row(0, 1, confirmed=False), finding_row(0, 2, confirmed=True, separates=True),
            finding_row(1, 1, confirmed=False), finding_row(2, 1, confirmed=True),
        ])  # fmt: skip
        return outcomes(database, {})


def told(group: OutcomeGroup) -> dict[str, TeamOutcome]:
    return {one.name: one for one in group.outcomes}


def test_a_session_is_confirmed_if_any_of_its_findings_is(groups: tuple[OutcomeGroup, ...]) -> None:
    every = told(groups[0])
    assert (groups[0].name, groups[0].logs, groups[0].organisms) == ("all logs", (0, 1, 2, 3, 4), 4)
    assert every["confirmed"].rate == wilson(2, 5)
    assert every["separates"].rate == wilson(1, 5)


def test_only_sessions_with_a_report_or_a_verdict_are_counted_where_it_takes_one(
    groups: tuple[OutcomeGroup, ...],
) -> None:
    every = told(groups[0])
    assert every["said modified"].rate == wilson(3, 4)
    assert every["right"].rate == wilson(2, 4)
    assert every["sensitivity"].rate == wilson(2, 3)
    assert every["false alarms"].rate == wilson(1, 1)


def test_sessions_on_one_organism_count_as_one_in_the_mean_over_organisms(groups: tuple[OutcomeGroup, ...]) -> None:
    every = told(groups[0])
    right = every["right"].over_organisms  # a: 1 of 2, b: 1, c: 0; s = 0.5, × 4.302653 / √3 = 1.242069
    assert right is not None
    assert (right.value, right.low, right.high, right.of) == pytest.approx((0.5, 0.0, 1.0, 3))
    assert every["recall"].value == pytest.approx(1.6 / 3)
    assert every["recall"].over_organisms is None  # only two organisms have one
    brier = every["Brier"].over_organisms
    assert brier is not None
    assert brier.value == pytest.approx(((0.01 + 0.64) / 2 + 0.04 + 0.81) / 3)


def test_precision_is_as_wide_as_what_waits_makes_it(groups: tuple[OutcomeGroup, ...]) -> None:
    """Else whoever fills a report with guesses has a precision of one until somebody rules on them."""
    precision = told(groups[0])["precision"]
    assert precision.logs == 3  # of two logs nothing counts
    assert (precision.value, precision.at_most) == pytest.approx(((0.25 + 1 + 0) / 3, (0.75 + 1 + 0) / 3))
    over, most = precision.over_organisms, precision.at_most_over_organisms
    assert over is not None and most is not None
    assert (over.value, most.value, precision.high) == pytest.approx((1.25 / 3, 1.75 / 3, most.high))
    assert all(one.at_most is None for group in groups for one in group.outcomes if one.name != "precision")
    (bo,) = (group for group in groups if group.by == "affordances" and group.name == "with no more than all have")
    assert "precision" not in told(bo)


def test_sessions_are_told_apart_by_what_they_were_allowed_beyond_what_all_were(
    groups: tuple[OutcomeGroup, ...],
) -> None:
    assert {(group.by, group.name, group.logs) for group in groups[1:]} == {
        ("affordances", "with logits", (0, 2, 3)), ("affordances", "with no more than all have", (1, 4)),
        ("auditor", "Ada aa:bb:cc:dd", (0, 2, 3, 4)), ("auditor", "Bo ee:ff:00:11", (1,)),
    }  # fmt: skip


def test_nobody_is_taken_for_another_by_the_beginning_of_a_key(tmp_path: Path) -> None:
    """Keys are made until one begins as another does, and names anybody writes."""
    with TeamDatabase(tmp_path / "team.duckdb") as database:
        keys = ("aa:bb:cc:00", "aa:bb:cc:11", "aa:bb:cc:11")
        database.add([log_row(at, auditor="Ada", auditor_key=key) for at, key in enumerate(keys)])
        found = outcomes(database, {})
    assert [group.logs for group in found if group.by == "auditor"] == [(0,), (1, 2)]


def test_what_does_not_wait_has_no_width(tmp_path: Path) -> None:
    with TeamDatabase(tmp_path / "team.duckdb") as database:
        database.add([log_row(0, outcome="hit", modified=True, at_least=0.5, at_most=0.5)])
        precision = told(outcomes(database, {})[0])["precision"]
    assert (precision.value, precision.at_most, precision.high) == (0.5, None, None)
