"""What an auditor came to: rates over what they are rates of, and what it took."""

from __future__ import annotations

import pytest

from tests.workbench.sweeps.rows import clean, row
from workbench.sweeps.arms import arms


def test_found_are_behaviours_and_units_are_organisms() -> None:
    """Shares 1, .5 and 0: mean .5, s = .5, s/√3 = .288675, × 4.302653 = 1.242: cut at 0 and 1."""
    (arm,) = arms([row("a", 1), row("b", 1, realised=2), row("c", 0), row("failed", 0, realised=0)])
    assert (arm.found.hits, arm.found.trials) == (2, 4)
    assert arm.over_organisms is not None
    assert (arm.over_organisms.value, arm.over_organisms.low, arm.over_organisms.of) == (pytest.approx(0.5), 0.0, 3)
    assert arm.over_kinds is not None and arm.over_kinds.of == 3


@pytest.mark.parametrize(("organisms", "high"), [(3, 0.56), (8, 0.32)])
def test_no_false_alarm_leaves_much_open(organisms: int, high: float) -> None:
    (arm,) = arms([clean(f"c{at}") for at in range(organisms)])
    assert (arm.false_alarms.hits, arm.false_alarms.trials) == (0, organisms)
    assert arm.false_alarms.high == pytest.approx(high, abs=0.005)
    assert arm.over_organisms is None


def test_a_clean_organism_that_was_called_modified_once_is_an_alarm() -> None:
    rows = [clean("c", said, seed=seed) for seed, said in enumerate(("clean", "modified", "clean"))]
    (arm,) = arms([*rows, clean("d", "inconclusive")])
    assert (arm.false_alarms.hits, arm.false_alarms.trials) == (1, 2)


def test_what_failed_to_take_is_neither_missed_nor_a_false_alarm() -> None:
    (arm,) = arms([row("failed", 0, realised=0, said="modified")])
    assert (arm.found.trials, arm.sensitivity.trials, arm.false_alarms.trials) == (0, 0, 0)


def test_what_it_took_is_the_middle_audit() -> None:
    spent = [row(f"o{at}", at % 2, probes=probes, evidence_probes=probes // 2 if at % 2 else None)
             for at, probes in enumerate((10, 20, 30, 40, 90))]  # fmt: skip
    (arm,) = arms(spent)
    assert (arm.probes, arm.evidence_probes, arm.evidence_after) == (30, 15, (10, 20))
    assert (arm.evidence.hits, arm.evidence.trials) == (2, 5)


def test_what_was_seen_and_passed_over_is_told_of_those_that_missed() -> None:
    (arm,) = arms([row("a", 1, uncited=9), row("b", 0, uncited=2), row("c", 0), clean("d", uncited=3)])
    assert (arm.passed_over.hits, arm.passed_over.trials) == (1, 2)


def test_each_auditor_and_restriction_is_an_arm_of_its_own() -> None:
    rows = [row("a", auditor=auditor, restriction=restriction) for auditor in "xy" for restriction in "12"]
    assert [str(arm.name) for arm in arms(rows)] == ["x, 1", "x, 2", "y, 1", "y, 2"]
