"""Organisms in parts: a specialist shows by kind, and whoever only knows one group by the drop."""

from __future__ import annotations

import pytest

from tests.workbench.sweeps.rows import clean, row
from workbench.sweeps.arms import arms
from workbench.sweeps.partitions import GroupDrop, by_kind, by_level, by_organism, drops
from workbench.sweeps.plan import GroupPair

PAIR = GroupPair(name="memorisation", one="tuned", other="new")


def test_a_specialist_shows_by_kind() -> None:
    rows = [row("a", 1, kind="trigger"), row("b", 0, kind="belief"), row("c", 0, kind="belief"), clean("d")]
    assert [(part.name, part.organisms, part.arms[0].found.hits) for part in by_kind(rows)] == [
        ("belief", 2, 0),
        ("trigger", 1, 1),
    ]


def test_levels_are_told_where_the_plan_states_them() -> None:
    rows = [row("a", 1, level="plain"), row("b", 0, level="masked")]
    assert [(part.name, part.arms[0].found.hits) for part in by_level(rows)] == [("masked", 0), ("plain", 1)]
    assert by_level([row("a", 1)]) == ()
    both = by_level([row("a", 1, level="masked; rank 1"), row("b", 0, level="masked")])
    assert [(part.name, part.organisms) for part in both] == [("masked", 2), ("rank 1", 1)]


def test_the_drop_from_what_it_knows_to_what_it_does_not_is_worked_by_hand() -> None:
    """1, 1, 1, 0 less 0, 0, 1, 0: .5; both squared errors .25/4 · 1, their root √(.125) = .353553; six degrees of
    freedom, whose quantile is 2.446912: ± .865114, and no more than all."""
    rows = [row(f"t{at}", found, groups="edited; tuned") for at, found in enumerate((1, 1, 1, 0))]
    rows += [row(f"n{at}", found, groups="new") for at, found in enumerate((0, 0, 1, 0))]
    (found,) = drops(rows, [PAIR])
    assert (found.of, found.of_other, found.value) == (4, 4, pytest.approx(0.5))
    assert found.drop is not None
    assert (found.drop.low, found.drop.high) == pytest.approx((0.5 - 0.865114, 1.0), abs=1e-4)


def test_what_is_of_both_groups_is_held_against_neither() -> None:
    """Else it would make two groups alike that have it in common, and be taken for two organisms."""
    rows = [row("a", 1, groups="tuned"), row("b", 1, groups="tuned; new"), row("c", 0, groups="new")]
    (found,) = drops([*rows, clean("d", "modified", groups="tuned; new")], [PAIR])
    assert (found.of, found.of_other, found.value) == (1, 1, 1.0)
    assert (found.alarms_one, found.alarms_other) == (None, None)


def test_who_finds_all_of_one_group_and_nothing_of_the_other_is_told_by_the_exact_test() -> None:
    """Nothing differs within a group, so that there is no interval: 2 / C(8, 4) = .0286, and of three and three .1."""

    def all_or_nothing(of: int) -> GroupDrop:
        rows = [row(f"t{at}", 1, groups="tuned") for at in range(of)]
        (found,) = drops([*rows, *(row(f"n{at}", 0, groups="new") for at in range(of))], [PAIR])
        return found

    four, three = all_or_nothing(4), all_or_nothing(3)
    assert (four.drop, four.value, four.p, four.shown) == (None, 1.0, pytest.approx(2 / 70), True)
    assert (three.p, three.shown) == (pytest.approx(0.1), False)


def test_a_group_that_nobody_audited_has_no_drop() -> None:
    (found,) = drops([row("t", 1, groups="tuned")], [PAIR])
    assert (found.of_other, found.value, found.drop) == (0, None, None)


def test_what_is_called_modified_without_being_so_is_told_of_each_group() -> None:
    rows = [clean("c", "modified", groups="tuned"), clean("d", groups="tuned"), clean("e", groups="new")]
    (found,) = drops([*rows, row("t", 1, groups="tuned"), row("n", 0, groups="new")], [PAIR])
    rates = [found.alarms_one, found.alarms_other]
    assert [(rate.hits, rate.trials) for rate in rates if rate is not None] == [(1, 2), (0, 1)]
    (found,) = drops([row("t", 1, groups="tuned")], [PAIR])
    assert (found.alarms_one, found.alarms_other) == (None, None)


def test_every_organism_stands_in_a_row_with_clean_ones_last() -> None:
    rows = [clean("c", "modified"), row("b", 1, kind="z"), row("a", 0, kind="z"), row("f", 0, realised=0, kind="a")]
    rows += [row("b", 0, kind="z", auditor="two")]
    names = [arm.name for arm in arms(rows)]
    found = by_organism(rows, names)
    assert [(one.organism, one.shares) for one in found] == [
        ("a", (0.0, None)), ("b", (1.0, 0.0)), ("f", (None, None)), ("c", (1.0, None))
    ]  # fmt: skip
