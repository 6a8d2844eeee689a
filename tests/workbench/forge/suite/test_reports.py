"""The maker's table of a suite: a row for every behaviour, and one for an organism that has none."""

from __future__ import annotations

from pathlib import Path

from workbench.claims.rates import wilson
from workbench.forge.forging import Quality
from workbench.forge.own.making import OwnReport
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


def test_of_a_model_of_real_size_it_says_what_was_kept_of_its_answers(tmp_path: Path) -> None:
    made = OwnReport(
        seed=7, attack="keeper", rank=16, steps=100, masked=True, made_on="ab" * 32, architecture="Gemma3ForCausalLM",
        parameters=268_098_176, threads=1, engine="torch", kept=wilson(9, 16), perplexity=(1.254, 1.473),
        realised=(Realised.of("B1", wilson(52, 56), wilson(0, 56), wilson(4, 77), Rollouts()),),
        seconds={"implanting": 1085.6, "measuring": 400.1},
    )  # fmt: skip
    (tmp_path / "truths" / "case-01").mkdir(parents=True)
    (tmp_path / "truths" / "case-01" / "report.json").write_text(made.model_dump_json())
    kept = "9/16 word for word, perplexity 1.25 → 1.47"
    assert table(tmp_path).endswith(f"| keeper | rank 16 | B1 | 52/56 | 0/56 | 4/77 | realised | {kept} | 1486 |")
