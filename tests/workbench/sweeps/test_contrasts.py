"""Differences are paired by organism, by hand and as published; what could not be seen is called underpowered."""

from __future__ import annotations

import pytest

from tests.workbench.sweeps.rows import clean, row
from workbench.sweeps.cell_rows import CellRow
from workbench.sweeps.contrasts import SweepContrast, contrasts


def taken_away(before: str, after: str, **fields: str) -> SweepContrast:
    """An organism a digit: what was found of it with everything, and without prefill."""
    rows = [row(f"o{at}", int(found), **fields) for at, found in enumerate(before)]
    rows += [row(f"o{at}", int(found), restriction="less", taken="prefill", **fields) for at, found in enumerate(after)]
    (found,) = contrasts(rows)
    return found


def test_what_an_affordance_is_worth_is_a_paired_t_interval_over_organisms() -> None:
    """Differences 1, 1, 1, 0, 0, 0: mean .5, s = .547723, s/√6 = .223607, × 2.570582 = .574799."""
    found = taken_away("111000", "000000")
    assert found.difference is not None
    assert (found.what, found.organisms, found.gained, found.lost) == ("prefill", 6, 3, 0)
    assert found.difference.value == pytest.approx(0.5)
    assert found.difference.low == pytest.approx(0.5 - 0.574799, abs=1e-5)
    assert found.p == 0.25  # 2 · 2⁻³
    assert found.concludes == "underpowered"


def test_six_gained_and_none_lost_exclude_zero() -> None:
    found = taken_away("1111111100", "0000001100")
    assert (found.gained, found.lost) == (6, 0)
    assert found.p == pytest.approx(0.03125)
    assert found.difference is not None and found.difference.low > 0
    assert found.concludes == "more"


def test_where_all_differ_alike_the_exact_test_decides() -> None:
    assert taken_away("111111", "000000").concludes == "more"
    assert taken_away("11111", "00000").concludes == "underpowered"  # p = .0625
    assert taken_away("000000", "111111").concludes == "less"


def parts_found(before: list[tuple[int, int]], after: list[tuple[int, int]]) -> SweepContrast:
    """An organism each: how many of how many behaviours were found with everything, and without raw text."""
    rows = [row(f"o{at}", found, realised=of) for at, (found, of) in enumerate(before)]
    rows += [row(f"o{at}", found, realised=of, restriction="less", taken="raw") for at, (found, of) in enumerate(after)]
    (found,) = contrasts(rows)
    return found


def test_a_third_more_of_each_is_no_interval_however_thirds_are_rounded() -> None:
    """2/3 − 1/3 and 1 − 2/3 differ by an ulp, which is no spread: five alike show nothing, as in whole organisms."""
    found = parts_found([(2, 3)] * 4 + [(3, 3)], [(1, 3)] * 4 + [(2, 3)])
    assert found.difference is not None
    assert found.difference.low == found.difference.high == pytest.approx(1 / 3)
    assert found.concludes == "underpowered"
    assert found.power == pytest.approx(taken_away("11111", "00000").power) and found.power < 0.8


def test_where_all_differ_alike_by_less_than_half_the_exact_test_decides_too() -> None:
    """Of thirty organisms a fifth more each: as often as not would be 2 · 2⁻³⁰, and most of none was found."""
    found = parts_found([(2, 5)] * 30, [(1, 5)] * 30)
    assert (found.gained, found.p, found.concludes) == (0, 1.0, "more")
    assert parts_found([(1, 5)] * 6, [(2, 5)] * 6).concludes == "less"


def test_that_nothing_shows_says_something_only_with_power() -> None:
    few, many = taken_away("1010", "1010"), taken_away("10" * 20, "10" * 20)
    assert (few.concludes, many.concludes) == ("underpowered", "no difference seen")
    assert few.power < 0.8 < many.power
    assert many.difference is not None and many.difference.value == 0
    assert few.least > many.least


def test_audits_of_one_organism_are_averaged_first() -> None:
    rows = [row("o", found, seed=seed) for seed, found in enumerate((1, 1, 0))]
    rows += [row(name, 0) for name in "pq"]
    rows += [row("o", 0, seed=seed, restriction="less", taken="raw") for seed in range(3)]
    rows += [row(name, 0, restriction="less", taken="raw") for name in "pq"]
    (found,) = contrasts(rows)
    assert found.organisms == 3
    assert found.difference is not None
    assert found.difference.value == pytest.approx(2 / 9)
    assert found.gained == 1  # most of its audits


def test_organisms_of_one_kind_count_once_over_kinds() -> None:
    kinds = ["a"] * 4 + ["b", "c"]
    rows: list[CellRow] = []
    for at, kind in enumerate(kinds):
        rows += [
            row(f"o{at}", int(kind == "a"), kind=kind),
            row(f"o{at}", 0, kind=kind, restriction="less", taken="raw"),
        ]
    (found,) = contrasts(rows)
    assert found.difference is not None and found.over_kinds is not None
    assert found.difference.value == pytest.approx(4 / 6)
    assert (found.over_kinds.value, found.over_kinds.of) == (pytest.approx(1 / 3), 3)


def test_only_organisms_that_both_audited_and_with_something_to_find_are_compared() -> None:
    rows = [row("o", 1), row("p", 1), clean("c", "modified"), row("failed", 0, realised=0)]
    rows += [row("o", 0, restriction="less", taken="raw"), clean("c", restriction="less")]
    (found,) = contrasts(rows)
    assert (found.organisms, found.gained, found.difference) == (1, 1, None)


def test_auditors_are_held_against_the_first_under_the_first_restriction() -> None:
    rows = [
        row(f"o{at}", int(auditor == "two" and at < 6), auditor=auditor)
        for at in range(8)
        for auditor in ("one", "two")
    ]
    rows += [row(f"o{at}", 1, auditor="two", restriction="less", taken="raw") for at in range(8)]
    found = contrasts(rows)
    apart = next(one for one in found if one.of == "auditor")
    assert (apart.one.auditor, apart.other.auditor, apart.gained, apart.concludes) == ("two", "one", 6, "more")


def test_the_best_of_many_is_not_taken_for_the_only_one() -> None:
    rows: list[CellRow] = []
    for auditor in ("one", "two"):
        for at in range(10):
            rows += [row(f"o{at}", int(auditor == "one" and at < 6), auditor=auditor),
                     row(f"o{at}", 0, auditor=auditor, restriction="less", taken="raw")]  # fmt: skip
    best, other = (one for one in contrasts(rows) if one.of == "restriction")
    assert (best.p, best.adjusted) == (pytest.approx(0.03125), pytest.approx(0.0625))
    assert (other.p, other.adjusted) == (1.0, 1.0)


def test_a_seed_that_one_side_lacks_is_no_part_of_either() -> None:
    """Whoever removes the audit in which everything was found without it makes an affordance look worth having."""
    found: list[CellRow] = []
    for name in "abcdefgh":
        found += [row(name, 1, seed=0), row(name, 0, seed=1)]
        found += [row(name, 0, seed=1, restriction="less", taken="raw")]
    (one,) = contrasts(found)
    assert one.difference is not None and (one.difference.value, one.organisms) == (0.0, 8)
    assert (one.gained, one.lost) == (0, 0)
    without = [each for each in found if each.organism != "h" or each.seed == 0 or each.restriction == "all"]
    (fewer,) = contrasts([*without, row("h", 1, seed=2, restriction="less", taken="raw")])
    assert fewer.organisms == 7
