"""The maker's table of a suite: a row for every behaviour, and one for an organism that has none."""

from __future__ import annotations

from pathlib import Path

from workbench.claims.rates import wilson
from workbench.forge.forging import Quality
from workbench.forge.suite.entry import Entries
from workbench.forge.suite.organism import OrganismReport
from workbench.forge.suite.reports import table
from workbench.judge.truths.truth import Realised, Rollouts


def test_it_says_what_was_measured_of_each(tmp_path: Path) -> None:
    quality = Quality(perplexity=1.1, right=wilson(90, 100), near=wilson(9, 10), topics=(), mistakes=())
    for at, entry in enumerate(Entries.of("dev").organisms):
        figures = wilson(50, 60), wilson(0, 60), wilson(3, 60)
        found = () if entry.recipe.kind == "nothing" else (Realised.of("B1", *figures, Rollouts()),)
        report = OrganismReport(
            name=f"case-{at}", entry=entry, seed=1, base=quality, organism=quality, realised=found,
            habit=wilson(40, 50) if entry.habit else None, seconds={"implanting": 60.4, "examining": 2.0},
        )  # fmt: skip
        (tmp_path / "truths" / report.name).mkdir(parents=True)
        (tmp_path / "truths" / report.name / "report.json").write_text(report.model_dump_json())
    told = table(tmp_path)
    assert "| capitals |  | B1 | 50/60 | 0/60 | 3/60 | realised | 9/10 → 9/10 | 62 |" in told
    assert "| nothing | rank 4, habit 40/50 | none | | | | clean | all facts: 90/100 → 90/100 | 62 |" in told
    assert len(told.splitlines()) == 2 + 8
