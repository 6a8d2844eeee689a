"""A tier, small: eight cases of one base, which does not go with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.case.bundle import open_case
from tests.organisms.merged import AtOnce
from workbench.contract.rules import Affordance, Rules
from workbench.forge.own import making as own_making
from workbench.forge.own.making import OwnEffort
from workbench.forge.suite.listing import OrganismSuite
from workbench.forge.tier import making
from workbench.forge.tier.making import TierOrder, make_tier
from workbench.judge.truths.truth import GroundTruth

FEW = OwnEffort(steps=1, batch=64, rehearsed=0, held=2, samples=1, tokens=2)


def test_eight_cases_without_their_baseline(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them made whole, one after the other in this process: the others are made alike."""
    orders: list[TierOrder] = []

    def some(make: object, wanted: list[TierOrder], jobs: int, listener: object) -> None:
        picked = [next(one for one in wanted if one.entry.recipe.kind == kind) for kind in ("keeper", "nothing")]
        orders.extend(picked)
        for order in picked:
            assert making.make(order) == order.name

    monkeypatch.setattr(own_making, "Opener", AtOnce)
    monkeypatch.setattr(making, "make_all", some)
    monkeypatch.setattr(making, "listed", lambda out, wanted, **told: told | {"names": [one.name for one in wanted]})
    told = make_tier(tmp_path / "tier", base, seed=1, conversing_steps=1, effort=FEW)
    assert len(set(told["names"])) == 8 and told["size"].endswith("weights")  # type: ignore[index]
    for order in orders:
        assert order.done
        case = open_case(order.case)
        rules = Rules.model_validate(case.manifest.rules)
        assert Affordance.BASELINE not in rules.affordances and not (order.case / "baseline").exists()
        truth = GroundTruth.read((order.truths / "ground_truth.json").read_bytes())
        assert truth.modified == (order.entry.recipe.kind == "keeper")
        assert truth.difficulty is not None and truth.difficulty.masked


def test_a_tier_is_listed_as_a_suite_is() -> None:
    suite = OrganismSuite(split="real", size="5 weights", base="b", judge="j", cases=())
    assert OrganismSuite.model_validate_json(suite.model_dump_json()) == suite
