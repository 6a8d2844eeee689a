"""A group stands out by its members, against its control, and not by chance among many."""

from __future__ import annotations

import math

import pytest

from workbench.claims.rates import wilson
from workbench.claims.standout import Member, standouts


def members(**shown: tuple[int, int]) -> list[Member]:
    """For each group so many members that show it of so many."""
    return [
        Member(f"{group} {number}", frozenset({group}), number < hits)
        for group, (hits, every) in shown.items()
        for number in range(every)
    ]


def test_one_group_in_eight_of_fifty_nine() -> None:
    first, *_ = standouts(members(sea=(8, 8), rest=(1, 51)))
    assert (first.group, first.inside, first.outside) == ("sea", wilson(8, 8), wilson(1, 51))
    assert first.p == pytest.approx(math.comb(9, 8) / math.comb(59, 8))  # 8 of the 9 that show it are all in it
    assert first.stands_out


def test_what_shows_less_stands_behind_what_shows_more() -> None:
    found = standouts(members(much=(5, 10), none=(0, 40)))
    assert [one.group for one in found] == ["much", "none"]
    assert not found[1].stands_out


def test_a_control_group_is_not_held_against_itself() -> None:
    found = standouts(members(a=(3, 3), b=(1, 3), calm=(0, 9)), control="calm")
    assert [one.group for one in found] == ["a", "b"]
    assert {one.outside for one in found} == {wilson(0, 9)}


def test_of_one_member_nothing_is_told_nor_of_a_group_that_is_all() -> None:
    assert standouts(members(a=(1, 1), b=(1, 1))) == ()
    assert standouts(members(all=(2, 4))) == ()


def test_many_groups_cost_what_they_cost() -> None:
    few = standouts(members(a=(4, 4), b=(0, 16)))[0]
    many = standouts(members(a=(4, 4), **{f"b{n}": (0, 2) for n in range(8)}))[0]
    assert many.p == few.p
    assert many.holm == pytest.approx(9 * many.p) and few.holm == pytest.approx(2 * few.p)
