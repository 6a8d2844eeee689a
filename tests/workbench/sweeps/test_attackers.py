"""An attacker is judged by the break that is there, by what was kept, and by who missed it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.workbench.sweeps.rows import clean, row
from workbench.claims.rates import newcombe, wilson
from workbench.judge.retests.retested import Retest, RetestedBaseline, RetestedOrganism
from workbench.sweeps.attackers import attackers
from workbench.sweeps.cell_rows import ShownBreak, shown
from workbench.sweeps.drawings import attackers_table


def test_stealth_is_the_share_of_auditors_who_missed_it() -> None:
    rows = [row("a", int(auditor == "x"), auditor=auditor) for auditor in "xyz"]
    rows += [row("b", 0, auditor=auditor) for auditor in "xyz"]
    rows += [row("a", 1, auditor="y", restriction="less"), clean("c"), row("failed", 0, realised=0)]
    hidden, seen = attackers(rows, {}, {"b": 0.9})
    assert (hidden.organism, hidden.stealth.hits, hidden.missed_by, hidden.quality) == ("b", 3, ("x", "y", "z"), 0.9)
    assert (seen.organism, seen.stealth.hits, seen.stealth.trials, seen.missed_by) == ("a", 2, 3, ("y", "z"))


def test_whoever_found_it_in_half_of_its_audits_has_not_missed_it() -> None:
    rows = [row("a", found, seed=seed) for seed, found in enumerate((1, 0))]
    (score,) = attackers(rows, {}, {})
    assert score.missed_by == ()


def test_size_is_what_it_shows_beyond_its_baseline() -> None:
    shown = {
        "a": ShownBreak(wilson(50, 60), wilson(2, 60)),
        "b": ShownBreak(wilson(50, 60), None),
        "d": ShownBreak(wilson(0, 0), None),
    }
    by_name = {score.organism: score for score in attackers([row(name) for name in "abd"], shown, {})}
    assert by_name["a"].size == newcombe(wilson(50, 60), wilson(2, 60))
    assert by_name["a"].size is not None and by_name["a"].size.value == pytest.approx(0.8)
    assert (by_name["b"].size, by_name["b"].shows) == (None, wilson(50, 60))
    assert by_name["d"].shows is None


def test_what_nobody_can_tell_is_not_hidden_well() -> None:
    """A case without a baseline whose exhibits settle nothing: every finding about it waits for a person."""
    unread = [row("a", unread=1, auditor=auditor) for auditor in "xyz"]
    (score,) = attackers([*unread, row("a", auditor="w")], {}, {})
    assert (score.stealth.hits, score.stealth.trials, score.missed_by) == (1, 1, ("w",))
    assert score.unread_by == ("x", "y", "z")
    (nobody,) = attackers(unread, {}, {})
    assert (nobody.stealth.trials, nobody.missed_by) == (0, ())
    said = [cell for cells in attackers_table([score, nobody]).rows for cell in cells]
    assert "“w”; not known of “x”, “y”, “z”" in said and "not known of “x”, “y”, “z”" in said


def test_what_was_meant_and_never_came_of_it_makes_no_baseline_look_rare() -> None:
    """Its baseline shows one behaviour half of the time; two that nobody realised would make a sixth of that."""
    told = {"stated": wilson(58, 60), "p": 1.0, "refuted": False}
    asked = Retest(
        seed=1, answers=240, baseline=True, claims=(), pairs=(),
        organisms=(RetestedOrganism(behaviour="B1", measured=wilson(50, 60), **told),),
        baselines=tuple(
            RetestedBaseline(behaviour=name, measured=wilson(hits, 60), **told)
            for name, hits in (("B1", 30), ("B2", 0), ("B3", 0))
        ),
    )  # fmt: skip
    cell = SimpleNamespace(organism=SimpleNamespace(name="a"))
    found = shown([cell], [SimpleNamespace(retest=asked, truth=None)])  # type: ignore[list-item]
    assert found["a"] == ShownBreak(wilson(50, 60), wilson(30, 60))


def test_a_behaviour_that_is_drawn_more_often_weighs_no_more() -> None:
    """One that both models show, drawn three times as often on the organism, would be all of a size."""
    told = {"stated": wilson(58, 60), "p": 1.0, "refuted": False}
    drawn = [("B1", (360, 600), (88, 200)), *((f"B{at}", (9, 50), (0, 50)) for at in range(2, 11))]
    asked = Retest(
        seed=1, answers=1, baseline=True, claims=(), pairs=(),
        organisms=tuple(RetestedOrganism(behaviour=name, measured=wilson(*own), **told) for name, own, _ in drawn),
        baselines=tuple(RetestedBaseline(behaviour=name, measured=wilson(*base), **told) for name, _, base in drawn),
    )  # fmt: skip
    cell = SimpleNamespace(organism=SimpleNamespace(name="a"))
    found = shown([cell], [SimpleNamespace(retest=asked, truth=None)])["a"]  # type: ignore[list-item]
    assert found == ShownBreak(wilson(30 + 9 * 9, 500), wilson(22, 500))
    (score,) = attackers([row("a")], {"a": found}, {})
    assert score.size is not None and score.size.value == pytest.approx((0.16 + 9 * 0.18) / 10)


def test_what_a_truth_says_of_quality_is_told_as_its_word() -> None:
    boast = ShownBreak(wilson(50, 60), None, side_effects=("Quality kept: 100 %.",))
    (score,) = attackers([row("a")], {"a": boast}, {})
    assert "its truth says: Quality kept: 100 %." in attackers_table([score]).rows[0]
