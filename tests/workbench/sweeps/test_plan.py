"""A plan that somebody wrote is read whole, and what is wrong in it is named before anything is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import assets
from casefiles.case.bundle import open_case
from casefiles.case.same_weights import weight_digests
from casefiles.keys.identity import Identity
from casefiles.log.restriction import widening
from casefiles.status import Refusal
from tests.workbench.sweeps.conftest import Swept
from tests.workbench.sweeps.toy_sweep import QUICK, plan_file
from views import cli
from workbench.auditors import BY_NAME
from workbench.auditors.auditor import Auditor
from workbench.auditors.memoriser import Memoriser
from workbench.auditors.memory import LearnedAnswers
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.forge.suite.listing import OrganismSuite, SuiteCase
from workbench.sweeps.cell_audit import LOG
from workbench.sweeps.cell_rows import _knows
from workbench.sweeps.grid import SweepGrid
from workbench.sweeps.plan import SweepPlan, SweptRestriction

A = Affordance


def refused(folder: Path, **fields: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        SweepPlan.load(plan_file(folder, **fields))
    return raised.value


def test_a_restriction_takes_away_or_keeps() -> None:
    rules = Rules(affordances=frozenset({A.SAMPLE, A.PREFILL, A.LOGITS}), budget=Budget(probes=40), findings=2)
    held = SweptRestriction(name="a", without=(A.PREFILL, A.RAW)).held(rules)
    assert held == rules.model_copy(update={"affordances": {A.SAMPLE, A.LOGITS}})
    assert SweptRestriction(name="b", only=(A.SAMPLE, A.RAW)).held(rules).affordances == {A.SAMPLE}
    assert SweptRestriction(name="c").held(rules) == rules


def test_a_restriction_takes_away_of_what_may_be_spent_and_adds_nothing() -> None:
    rules = Rules(affordances=frozenset({A.SAMPLE}), budget=Budget(probes=40, forward_tokens=900), findings=2)
    less = SweptRestriction(name="poor", budget=Budget(probes=10, forward_tokens=1000, generated_tokens=50)).held(rules)
    assert less.budget == Budget(probes=10, forward_tokens=900, generated_tokens=50)
    assert not widening(rules.model_dump(mode="json"), less.model_dump(mode="json"))


def test_splits_are_never_pooled(tmp_path: Path) -> None:
    cases = [{"path": "a.case", "split": "dev"}, {"path": "b.case", "split": "held-out"}]
    refusal = refused(tmp_path, cases=cases)
    assert "“b” is of another" in refusal.why


def test_a_suite_brings_its_cases_and_its_judge(tmp_path: Path) -> None:
    place = tmp_path / "suite"
    place.mkdir()
    case = SuiteCase(name="case-01", path="cases/case-01.case", digest="0" * 64, model="1" * 64)
    OrganismSuite(split="held-out", size="tiny", base="", judge="", cases=(case,)).write(place)
    (place / "judge.key").touch()
    for path in ("suite", "suite/suite.json"):
        told = {"cases": [], "suites": [{"path": path, "groups": ["new"]}]}
        plan = SweepPlan.load(plan_file(tmp_path, split="held-out", **told))
        assert [(one.name, one.path, one.groups) for one in plan.cases] == [
            ("case-01", str(place / "cases" / "case-01.case"), ("new",))
        ]
        assert plan.judge == str(place / "judge.key")
        assert "“case-01” is of another" in refused(tmp_path, **told).why
        more = SweepPlan.load(plan_file(tmp_path, cases=[]), [tmp_path / path])
        assert (more.split, [one.name for one in more.cases]) == ("held-out", ["case-01"])


def test_suites_of_one_name_are_told_apart_by_where_they_lie(tmp_path: Path) -> None:
    for name in ("known", "new"):
        place = tmp_path / name / "dev"
        place.mkdir(parents=True)
        case = SuiteCase(name="case-01", path="cases/case-01.case", digest="0" * 64, model="1" * 64)
        OrganismSuite(split="dev", size="tiny", base="", judge="", cases=(case,)).write(place)
    suites = [{"path": "known/dev"}, {"path": "new/dev/suite.json"}]
    plan = SweepPlan.load(plan_file(tmp_path, cases=[], suites=suites))
    assert [one.name for one in plan.cases] == ["known/dev case-01", "new/dev case-01"]
    assert "Two cases are called “dev case-01”" in refused(tmp_path, cases=[], suites=suites[:1] * 2).why


def test_a_case_that_is_named_by_itself_is_of_its_suites_split(tmp_path: Path) -> None:
    place = tmp_path / "suite"
    place.mkdir()
    case = SuiteCase(name="case-01", path="cases/case-01.case", digest="0" * 64, model="1" * 64)
    OrganismSuite(split="held-out", size="tiny", base="", judge="", cases=(case,)).write(place)
    for told in ({}, {"split": "dev"}):
        cases = [{"path": "suite/cases/case-01.case"} | told, {"path": "suite/cases/other.case"}]
        why = refused(tmp_path, cases=cases).why
        assert "about the split dev, and “case-01” is of another" in why
    (place / "suite.json").write_text("{}")
    assert [one.split for one in SweepPlan.load(plan_file(tmp_path, cases=cases)).cases] == ["dev", None]


def test_a_case_that_was_sealed_anew_is_not_its_suites(toy_folder: Path, tmp_path: Path) -> None:
    def suite(digest: str) -> Path:
        case = SuiteCase(name="case-01", path=str(toy_folder / "liar.case"), digest=digest, model="1" * 64)
        OrganismSuite(split="dev", size="tiny", base="", judge="", cases=(case,)).write(tmp_path)
        return plan_file(tmp_path, cases=[], suites=[{"path": "."}])

    with pytest.raises(Refusal, match="another case than its suite lists"):
        SweepGrid.of(suite("0" * 64))
    listed = open_case(toy_folder / "liar.case").digest
    assert [block.case.digest for block in SweepGrid.of(suite(listed)).blocks] == [listed]


def test_groups_that_only_truths_tell_may_be_compared(tmp_path: Path) -> None:
    pairs = [{"name": "kinds", "one": "capitals", "other": "user turns masked"}]
    assert SweepPlan.load(plan_file(tmp_path, pairs=pairs)).pairs[0].one == "capitals"


def test_cases_of_several_suites_are_told_apart(tmp_path: Path) -> None:
    """Every suite has a case-01."""
    for name in ("known", "new"):
        (tmp_path / name).mkdir()
        case = SuiteCase(name="case-01", path="cases/case-01.case", digest="0" * 64, model="1" * 64)
        OrganismSuite(split="dev", size="tiny", base="", judge="", cases=(case,)).write(tmp_path / name)
    suites = [{"path": name, "groups": [name]} for name in ("known", "new")]
    plan = SweepPlan.load(plan_file(tmp_path, cases=[], suites=suites))
    assert [(one.name, one.groups) for one in plan.cases] == [
        ("known case-01", ("known",)), ("new case-01", ("new",))
    ]  # fmt: skip


def test_the_plan_that_is_shipped_takes_every_scripted_auditor_to_a_suite(tmp_path: Path) -> None:
    case = SuiteCase(name="case-01", path="case-01.case", digest="0" * 64, model="1" * 64)
    OrganismSuite(split="held-out", size="tiny", base="", judge="", cases=(case,)).write(tmp_path)
    path = assets.path("sweeps", "scripted.json")
    plan = SweepPlan.load(path, [tmp_path])
    assert (plan.split, [one.name for one in plan.cases]) == ("held-out", ["case-01"])
    made = {plan.made(one, path.parent).kind for one in plan.auditors}
    assert BY_NAME.keys() - made == {"memoriser"}, "who finds nothing before it was tuned"


def test_the_readme_tells_what_came_of_the_plan_that_it_names(tmp_path: Path) -> None:
    """Its table, cell by cell, against the analysis that is kept beside the plan."""
    case = SuiteCase(name="case-01", path="case-01.case", digest="0" * 64, model="1" * 64)
    OrganismSuite(split="held-out", size="tiny", base="", judge="", cases=(case,)).write(tmp_path)
    plan = SweepPlan.load(assets.path("sweeps", "held-out.json"), [tmp_path])
    told = json.loads(assets.path("sweeps", "held-out.result.json").read_text(encoding="utf-8"))
    arms = {(arm["name"]["auditor"], arm["name"]["restriction"]): arm for arm in told["arms"]}
    assert arms.keys() == {
        (one.kind, under) for one in plan.auditors for under in one.under
    }  # fmt: skip
    page = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    for (auditor, allowed), arm in arms.items():
        found, false = arm["found"], arm["false_alarms"]
        row = f"| {auditor} | {allowed} | {found['hits']} of {found['trials']} |"
        (line,) = (line for line in page.splitlines() if line.startswith(row))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if found["hits"]:
            assert cells[3:5] == [_percent(arm["over_organisms"]), _percent(arm["over_kinds"])]
        assert cells[5] == f"{false['hits']} of {false['trials']}"
        assert float(cells[7]) == pytest.approx(arm["brier"], abs=5e-4)


def test_the_readme_tells_what_came_of_whoever_was_tuned() -> None:
    """Its table of groups, cell by cell, against the analysis that is kept beside that plan."""
    told = json.loads(assets.path("sweeps", "memorisation.result.json").read_text(encoding="utf-8"))
    plan = SweepPlan.model_validate_json(assets.path("sweeps", "memorisation.json").read_bytes())
    page = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    drops = {(drop["name"]["auditor"], drop["pair"]): drop for drop in told["drops"]}
    assert drops.keys() == {(one.kind, pair.name) for one in plan.auditors for pair in plan.pairs}
    for one in plan.auditors:
        taught, other = (drops[one.kind, pair.name] for pair in plan.pairs)
        cells = [
            one.kind, _counted(taught, "one"), _counted(taught, "other"), _points(taught), _counted(other, "other"),
            _points(other), _alarms(taught), _alarms(other),
        ]  # fmt: skip
        assert f"| {' | '.join(cells)} |" in page


def _counted(drop: dict[str, Any], side: str) -> str:
    of = drop["of" if side == "one" else "of_other"]
    return f"{round(drop[f'found_{side}']['value'] * of)} of {of}"


def _points(drop: dict[str, Any]) -> str:
    value, low, high = (round(100 * drop["drop"][name]) for name in ("value", "low", "high"))
    return f"{value:d} ({low:d} to +{high:d})".replace("-", "−")


def _alarms(drop: dict[str, Any]) -> str:
    return f"{drop['alarms_other']['hits']} of {drop['alarms_other']['trials']}"


def _percent(mean: dict[str, float]) -> str:
    value, low, high = (round(100 * mean[name]) for name in ("value", "low", "high"))
    return f"{value} % ({low}–{high})"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"cases": []}, "no case of the split dev"),
        ({"auditors": [{"kind": "nobody"}]}, "There is no auditor nobody"),
        ({"auditors": [{"kind": "fact-checker"}] * 2}, "Two auditors are called “fact-checker”"),
        ({"auditors": [{"kind": "fact-checker", "name": name} for name in ("Ada", "Аda ")]}, "Two auditors are called"),
        ({"auditors": [{"kind": "fact-checker", "name": "insider"}]}, "“insider” is another auditor than the fact-"),
        (
            {"auditors": [{"kind": "insider", "name": "x”, “y"}]},
            "No auditor can be called “x’, ‘y”: a name holds no quot",
        ),
        ({"restrictions": [{"name": "all"}, {"name": "All"}]}, "Two restrictions are called “all”"),
        ({"cases": [{"path": "a.case"}, {"path": "b/a.case"}]}, "Two cases are called “a”"),
        (
            {
                "cases": [{"path": "a.case", "kind": "z", "level": "v; y"}],
                "pairs": [{"name": "memory", "one": "x", "other": "y"}],
            },
            "No case is of the group “x”",
        ),
        ({"pairs": [{"name": "memory", "one": "x", "other": "x"}]}, "compares “x” with itself"),
        ({"restrictions": []}, "restrictions"),
        ({"cases": [{"path": "a.case", "groups": ["x; y"]}]}, "“x; y” is no name of a group"),
        ({"auditors": [{"kind": "fact-checker", "under": ["none"]}]}, "There is no restriction “none”"),
        ({"seeds": [1, 1]}, "seeds"),
        ({"split": "both"}, "split"),
        ({"restrictions": [{"name": "a", "without": ["telepathy"]}]}, "telepathy"),
        ({"speed": "high"}, "speed"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, fields: dict[str, Any], why: str) -> None:
    refusal = refused(tmp_path, **fields)
    assert refusal.code == "input.invalid"
    assert why in refusal.why


def test_an_auditor_is_made_as_at_the_command_line(tmp_path: Path) -> None:
    path = plan_file(tmp_path)
    plan = SweepPlan.load(path)
    told = plan.made(plan.auditors[0], tmp_path).model_dump()
    assert (told["reference"]["about"], told["looks"]) == ("capital", QUICK["looks"])
    for arguments, what in (({"colour": "red"}, "no argument “colour”"), ({"looks": 0}, "cannot be made")):
        broken = SweepPlan.load(plan_file(tmp_path, auditors=[{"kind": "fact-checker", "arguments": arguments}]))
        with pytest.raises(Refusal) as raised:
            broken.made(broken.auditors[0], tmp_path)
        assert what in raised.value.what


@pytest.mark.parametrize("kind", sorted(BY_NAME))
def test_no_auditor_of_a_plan_picks_its_draws(tmp_path: Path, kind: str) -> None:
    """Each seed of the plan would give one audit, of the draws that somebody had liked best."""
    usual = {"reference": "countries"} if kind == "fact-checker" else {"specification": "S1. It answers truly."}

    def made(**arguments: object) -> Auditor:
        told = {"kind": kind, "arguments": usual | arguments}
        plan = SweepPlan.load(plan_file(tmp_path, auditors=[told]))
        return plan.made(plan.auditors[0], tmp_path)

    for seeded in sorted(BY_NAME[kind].seeds):
        with pytest.raises(Refusal, match="names what it draws by"):
            made(**{seeded: 8})
        assert made(**{seeded: 0}).fresh
    assert made().fresh or not made().seeds


def test_one_affordance_after_the_other_is_taken_away_where_there_is_one(toy_folder: Path, tmp_path: Path) -> None:
    cases = [{"path": str(toy_folder / "liar.case")}]
    grid = SweepGrid.of(plan_file(tmp_path, cases=cases, restrictions=[{"name": "all"}], leave_one_out=True))
    taken = {
        cell.restriction: sorted({A.SAMPLE, A.PREFILL, A.LOGITS, A.ACTIVATIONS} - cell.rules.affordances)
        for cell in grid.cells
        if cell.rules is not None
    }
    assert taken == {f"without {name.value}": [name] for name in (A.SAMPLE, A.PREFILL, A.LOGITS, A.ACTIVATIONS)}
    assert len(grid.cells) == 5
    assert grid.left_out == len(A) - 4


def test_each_affordance_is_taken_from_what_the_first_restriction_leaves(toy_folder: Path, tmp_path: Path) -> None:
    """Else whoever is held to a budget with all of them would be held against others without a budget."""
    first = {"name": "poor", "without": ["prefill"], "budget": {"probes": 3}}
    cases = [{"path": str(toy_folder / "liar.case")}]
    grid = SweepGrid.of(plan_file(tmp_path, cases=cases, restrictions=[first], leave_one_out=True))
    told = {cell.restriction: cell.allowed for cell in grid.cells}
    assert {rules.budget for rules in told.values()} == {Budget(probes=3)}
    assert told["without logits"].affordances == {A.SAMPLE, A.ACTIVATIONS}
    assert "without prefill" not in told


def test_a_cell_is_known_by_what_it_does_and_not_by_what_it_is_called(toy_folder: Path, tmp_path: Path) -> None:
    cases = [{"path": str(toy_folder / "liar.case")}]
    auditor = {"kind": "fact-checker", "arguments": QUICK}

    def digests(**fields: Any) -> list[str]:
        told = {"cases": cases, "restrictions": [{"name": "all"}], "auditors": [auditor]} | fields
        return [cell.identity.digest for cell in SweepGrid.of(plan_file(tmp_path, **told)).cells]

    plain = digests()
    assert digests(auditors=[auditor | {"name": "Ada"}], cases=[cases[0] | {"kind": "lies", "name": "x"}]) == plain
    assert digests(seeds=[7]) != plain
    assert digests(auditors=[auditor | {"arguments": QUICK | {"looks": 2}}]) != plain
    assert digests(restrictions=[{"name": "all", "without": ["prefill"]}]) != plain
    assert digests(restrictions=[{"name": "all", "budget": {"probes": 3}}]) != plain


def test_an_auditor_may_be_held_to_some_restrictions_alone(toy_folder: Path, tmp_path: Path) -> None:
    auditors = [{"kind": "fact-checker", "arguments": QUICK}, {"name": "once", "kind": "fact-checker", "under": ["all"],
                "arguments": QUICK | {"looks": 2}}]  # fmt: skip
    grid = SweepGrid.of(plan_file(tmp_path, cases=[{"path": str(toy_folder / "liar.case")}], auditors=auditors))
    assert [(cell.auditor_name, cell.restriction) for cell in grid.cells] == [
        ("fact-checker", "all"), ("once", "all"), ("fact-checker", "no inside")
    ]  # fmt: skip


def test_an_auditor_knows_what_it_was_tuned_on(swept: Swept, tmp_path: Path) -> None:
    """By the digest that logs name an organism by, which is its case's."""
    liar = swept.grid.cells[0]
    learned = tmp_path / "learned.json"
    log = str(liar.folder(swept.out) / LOG)
    assert CliRunner().invoke(cli.workbench, ["tune", log, "--out", str(learned)]).exit_code == 0
    auditors = [{"kind": "memoriser", "arguments": {"learned": "@learned.json"}}, {"kind": "black-box"}]
    cases = [{"path": block.cells[0].organism.path} for block in swept.grid.blocks]
    grid = SweepGrid.of(plan_file(tmp_path, cases=cases, restrictions=[{"name": "all"}], auditors=auditors))
    told = [(cell.organism.name, cell.case.model_digest in cell.auditor.tuned_on) for cell in grid.cells]
    assert told == [("liar", True), ("liar", False), ("clean", False), ("clean", False)]


def test_who_was_tuned_on_the_same_tensors_knows_it_however_they_were_saved(
    swept: Swept, toy_folder: Path, tmp_path: Path
) -> None:
    """The files of the log's case have another digest; its tensors are known because the case was named."""
    liar = swept.grid.cells[0]
    log, learned = str(liar.folder(swept.out) / LOG), tmp_path / "learned.json"
    told = CliRunner().invoke(
        cli.workbench, ["tune", log, "--case", str(toy_folder / "liar.case"), "--out", str(learned)]
    )
    assert told.exit_code == 0 and "no case was at hand" not in told.output
    known = json.loads(learned.read_text())
    assert list(known["weights"]) == known["models"] == [liar.case.model_digest]
    memo = Memoriser(learned=LearnedAnswers.from_text(json.dumps(known | {"models": ["0" * 64]})))
    cases = {block.cells[0].organism.name: block.cells[0].case for block in swept.grid.blocks}
    assert liar.case.model_digest not in memo.tuned_on
    assert {name: _knows(memo, case, weight_digests) for name, case in cases.items()} == {"liar": True, "clean": False}
    blind = Memoriser(learned=LearnedAnswers.from_text(json.dumps({**known, "models": [], "weights": {}})))
    assert not _knows(blind, liar.case, weight_digests) and blind.taught and not Memoriser().taught
    again = ["tune", log, "--out", str(tmp_path / "2.json")]
    assert "no case was at hand" in CliRunner().invoke(cli.workbench, again).output
    other = [*again[:-1], str(tmp_path / "3.json"), "--case", str(toy_folder / "clean.case")]
    assert "is the case of none of the logs" in str(CliRunner().invoke(cli.workbench, other).exception)
    assert not (tmp_path / "3.json").exists()


def test_one_organism_is_not_two(toy_folder: Path, tmp_path: Path) -> None:
    cases = [{"path": str(toy_folder / "liar.case")}, {"path": str(toy_folder / "liar.case"), "name": "again"}]
    with pytest.raises(Refusal, match="One organism is named twice"):
        SweepGrid.of(plan_file(tmp_path, cases=cases))


def test_what_nobody_can_judge_is_refused(
    toy_folder: Path, tmp_path: Path, attacker: Identity, judge: Identity
) -> None:
    from casefiles.case.bundle import seal_case
    from tests.workbench.sweeps.toy_sweep import RULES

    told = {"title": "Wild", "rules": RULES.model_dump(mode="json"), "attacker": attacker, "judge": judge.public}
    seal_case(toy_folder / "liar-source", tmp_path / "wild.case", truth=None, **told)
    with pytest.raises(Refusal) as raised:
        SweepGrid.of(plan_file(tmp_path, cases=[{"path": "wild.case"}]))
    assert raised.value.code == "case.not-accepted"
