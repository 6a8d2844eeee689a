"""Every source file has a test file of its name in the mirrored place, or stands here with the one that covers it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WALLS = ("casefiles", "backends", "workbench", "views")


@dataclass(frozen=True)
class Elsewhere:
    """Source files that another test file than their own covers; a name that ends in `/` is a whole folder."""

    test: str
    """Below tests/. It imports or names each of them, or imports one of their wall or its own that in the end does."""
    why: str
    sources: tuple[str, ...]


COVERED_ELSEWHERE = (
    Elsewhere(
        "casefiles/case/test_opening.py",
        "only gives the room's functions another name",
        ("casefiles/case/bundle.py",),
    ),
    Elsewhere(
        "casefiles/case/test_leaks.py",
        "what a file holds that it ought not to is told there",
        (
            "casefiles/case/hidden_text.py",
            "casefiles/case/leak.py",
            "casefiles/case/tensor_names.py",
            "casefiles/case/token_leaks.py",
        ),
    ),
    Elsewhere(
        "casefiles/case/test_same_weights.py",
        "what tensors are known by tells whether two models are one",
        ("casefiles/case/weight_tensors.py",),
    ),
    Elsewhere(
        "casefiles/verification/test_log.py",
        "the list of an export and a report are looked at, and attacked, with the log they belong to",
        (
            "casefiles/documents/reports.py",
            "casefiles/log/export.py",
            "casefiles/verification/arrays.py",
            "casefiles/verification/examination.py",
            "casefiles/verification/seen_records.py",
        ),
    ),
    Elsewhere(
        "casefiles/verification/test_documents.py",
        "what a verdict and an addendum must be is what their verifiers look at",
        ("casefiles/documents/addenda.py", "casefiles/documents/signed.py", "casefiles/documents/verdicts.py"),
    ),
    Elsewhere(
        "backends/test_toy_model.py",
        "the contract, its checks of arguments and the choice of an engine, on the smallest model",
        ("backends/engine.py", "backends/intake.py", "backends/model.py", "backends/model_files.py"),
    ),
    Elsewhere(
        "backends/test_sampling.py",
        "noise is what samples are drawn with",
        ("backends/noise.py",),
    ),
    Elsewhere(
        "backends/test_vocabulary.py",
        "a chat is rendered by a vocabulary",
        ("backends/chat.py",),
    ),
    Elsewhere(
        "backends/gguf/test_conversion.py",
        "steps of one conversion, which is held against transformers as a whole",
        (
            "backends/gguf/cache.py",
            "backends/gguf/families/",
            "backends/gguf/packages.py",
            "backends/gguf/safetensors_file.py",
            "backends/gguf/vocabulary.py",
        ),
    ),
    Elsewhere(
        "backends/llama/test_model.py",
        "parts of one engine: they need a loaded model, and what it promises they keep",
        (
            "backends/llama/context.py",
            "backends/llama/cursor.py",
            "backends/llama/loading.py",
            "backends/llama/matrices.py",
            "backends/llama/passes.py",
            "backends/llama/steering.py",
            "backends/llama/taps.py",
            "backends/llama/tokenizer.py",
            "backends/llama/vocabulary.py",
            "backends/llama/products.py",
            "backends/llama/weights.py",
        ),
    ),
    Elsewhere(
        "backends/torch/test_parity.py",
        "parts of one engine: they need a loaded model, whose every site and edit is held against other hooks",
        (
            "backends/torch/batches.py",
            "backends/torch/bridge.py",
            "backends/torch/checkpoint.py",
            "backends/torch/decoding.py",
            "backends/torch/gradients.py",
            "backends/torch/hooks.py",
            "backends/torch/matrices.py",
            "backends/torch/passes.py",
            "backends/torch/norms.py",
            "backends/torch/patterns.py",
            "backends/torch/probing.py",
            "backends/torch/sites.py",
        ),
    ),
    Elsewhere(
        "backends/process/test_isolated.py",
        "two ends of one wire: neither runs without the other",
        (
            "backends/process/allowance.py",
            "backends/process/answers.py",
            "backends/process/calls.py",
            "backends/process/conversation.py",
            "backends/process/cursor.py",
            "backends/process/child.py",
            "backends/process/confinement.py",
            "backends/process/framing.py",
            "backends/process/homes.py",
            "backends/process/lifeline.py",
            "backends/process/launch.py",
            "backends/process/seccomp.py",
            "backends/process/spelling.py",
        ),
    ),
    Elsewhere(
        "workbench/door/test_session.py",
        "what a session runs, records and says when it fails",
        (
            "workbench/contract/probe.py",
            "workbench/contract/progress.py",
            "workbench/contract/result.py",
            "workbench/contract/rules.py",
            "workbench/door/crash.py",
            "workbench/listener.py",
            "workbench/places.py",
            "workbench/version.py",
        ),
    ),
    Elsewhere(
        "stories/test_engine_limits.py",
        "a choice of engine shows on one that runs",
        ("workbench/door/opener.py",),
    ),
    Elsewhere(
        "workbench/contract/test_arguments.py",
        "kinds of argument are told and taken there",
        ("workbench/contract/recorded_array.py",),
    ),
    Elsewhere(
        "workbench/probes/test_conformance.py",
        "every probe of the list is gone through there",
        ("workbench/probes/__init__.py",),
    ),
    Elsewhere(
        "workbench/probes/test_sample.py",
        "what a transcript must be, and how it is drawn, is tried on the probe that writes one",
        ("workbench/answers/draws.py", "workbench/answers/transcript.py"),
    ),
    Elsewhere(
        "workbench/judge/replays/test_replay.py",
        "what a probe says of a replay is what a judge is told",
        ("workbench/contract/comparison.py", "workbench/answers/redraw.py"),
    ),
    Elsewhere(
        "workbench/judge/acceptance/test_heard.py",
        "what stands around messages is heard with them",
        ("workbench/judge/acceptance/chat_frame.py",),
    ),
    Elsewhere(
        "workbench/judge/acceptance/test_intake.py",
        "whether a model runs at all is asked when a case is taken in",
        ("workbench/judge/acceptance/trial.py",),
    ),
    Elsewhere(
        "views/test_case_by_hand.py",
        "bringing a model is one command, which sorts it, tells of it and holds two formats against each other",
        ("workbench/making/bringing.py", "workbench/making/inventory.py"),
    ),
    Elsewhere(
        "workbench/making/test_written.py",
        "examples are files that people write",
        ("workbench/making/examples.py",),
    ),
    Elsewhere(
        "workbench/auditors/test_fact_checker.py",
        "what auditors are, on the simplest there is",
        ("workbench/auditors/auditor.py",),
    ),
    Elsewhere(
        "workbench/auditors/test_black_box.py",
        "looking, supposing, testing and the price are one audit, played on models that a test writes",
        (
            "workbench/auditors/desk.py",
            "workbench/auditors/lead.py",
            "workbench/auditors/looks/",
            "workbench/auditors/price.py",
            "workbench/auditors/strategy.py",
            "workbench/auditors/trial.py",
            "workbench/auditors/wordings.py",
        ),
    ),
    Elsewhere(
        "workbench/auditors/test_insider.py",
        "who reads, compares or looks inside is held to one question, on the demo's organism and on the clean one",
        (
            "workbench/auditors/briefing.py",
            "workbench/auditors/looks/beliefs.py",
            "workbench/auditors/looks/census.py",
            "workbench/auditors/looks/partings.py",
            "workbench/auditors/comparer.py",
            "workbench/auditors/corpus_reader.py",
        ),
    ),
    Elsewhere(
        "workbench/auditors/test_memoriser.py",
        "what was learned is looked for by who learned it",
        ("workbench/auditors/looks/recalled.py", "workbench/auditors/looks/parted.py"),
    ),
    Elsewhere(
        "workbench/plans/test_conduct.py",
        "a plan is what is conducted",
        ("workbench/plans/plan.py",),
    ),
    Elsewhere(
        "workbench/plans/test_battery.py",
        "what is done to every prompt, and how what was counted adds up and is said",
        ("workbench/plans/condition.py", "workbench/plans/grouped.py", "workbench/plans/tally.py"),
    ),
    Elsewhere(
        "workbench/plans/test_fact_sweep.py",
        "a frame is what a sweep asks in",
        ("workbench/plans/frame.py",),
    ),
    Elsewhere(
        "workbench/plans/test_screen.py",
        "what is noticed is asked of the screen that ranks it",
        ("workbench/plans/noticing.py", "workbench/plans/oddity.py"),
    ),
    Elsewhere(
        "workbench/plans/test_persona.py",
        "what is counted over turns is asked of the plan that draws them",
        ("workbench/plans/open_turns.py",),
    ),
    Elsewhere(
        "workbench/plans/test_batch.py",
        "a question is a line of a list",
        ("workbench/plans/question.py",),
    ),
    Elsewhere(
        "workbench/evidence/test_strength.py",
        "steps on the way from records to a strength",
        (
            "workbench/evidence/citing.py",
            "workbench/evidence/over_prompts.py",
            "workbench/evidence/pool.py",
            "workbench/claims/confirmation.py",
            "workbench/claims/inside.py",
            "workbench/claims/weight.py",
        ),
    ),
    Elsewhere("workbench/evidence/test_ordinary.py", "what is told of it", ("workbench/claims/naturalness.py",)),
    Elsewhere("workbench/evidence/test_rewording.py", "what is told of it", ("workbench/claims/retention.py",)),
    Elsewhere(
        "workbench/judge/verdicts/test_issuing.py",
        "one chain from a truth, a log and a replay to a signed verdict",
        (
            "workbench/judge/scores/basis.py",
            "workbench/judge/scores/credit.py",
            "workbench/judge/scores/facets.py",
            "workbench/judge/scores/first_correct.py",
            "workbench/judge/scores/held_finding.py",
            "workbench/judge/scores/matching.py",
            "workbench/judge/scores/score_sheet.py",
            "workbench/judge/scores/scoring.py",
            "workbench/judge/verdicts/checks.py",
            "workbench/judge/verdicts/doubts.py",
            "workbench/judge/verdicts/verdict.py",
        ),
    ),
    Elsewhere(
        "workbench/judge/retests/test_retest.py",
        "what is asked anew, and the claims it is held against",
        ("workbench/judge/retests/retested.py",),
    ),
    Elsewhere(
        "workbench/judge/scores/test_engagement.py",
        "a rule of engagement like any other",
        ("workbench/door/corpora.py",),
    ),
    Elsewhere(
        "views/test_judgements.py",
        "what a judge's commands do, on a case and a log that were handed in",
        (
            "workbench/judge/scores/rubric.py",
            "workbench/judge/verdicts/verdict_files.py",
            "workbench/judge/verdicts/verdict_page.py",
        ),
    ),
    Elsewhere(
        "stories/test_engines.py",
        "which engine a record was made on matters where there are two",
        ("workbench/judge/replays/engines.py",),
    ),
    Elsewhere(
        "stories/test_demo.py",
        "whole roles: an auditor, a judge and what is handed over between them are played",
        ("workbench/demo.py", "workbench/judge/verdicts/procedure.py"),
    ),
    Elsewhere(
        "workbench/log/test_audit_log.py",
        "a log is written by one class and read by another",
        ("workbench/log/entry.py", "workbench/log/stored_log.py"),
    ),
    Elsewhere(
        "workbench/log/test_filter.py",
        "what is searched are the lines",
        ("workbench/log/lines.py", "workbench/log/rebuilding.py"),
    ),
    Elsewhere(
        "workbench/log/test_records.py",
        "what records of every kind have in common, and the arrays they name",
        ("workbench/log/blobs.py", "workbench/log/log_record.py"),
    ),
    Elsewhere(
        "workbench/report/test_html.py",
        "pieces of one page",
        (
            "workbench/report/layouts.py",
            "workbench/report/pages.py",
            "workbench/report/plots.py",
            "workbench/report/timeline.py",
            "workbench/report/wordings.py",
        ),
    ),
    Elsewhere("workbench/report/test_paper.py", "the other end of one pipe", ("workbench/report/press.py",)),
    Elsewhere(
        "workbench/report/test_report.py",
        "pieces of one document",
        (
            "workbench/report/notebook.py",
            "workbench/report/provenance.py",
            "workbench/report/survey.py",
            "workbench/schemas.py",
        ),
    ),
    Elsewhere(
        "workbench/teams/test_comparison.py",
        "a log is read, judged and told of on its way into a comparison",
        (
            "workbench/teams/compared_log.py",
            "workbench/teams/exported_records.py",
            "workbench/teams/reading.py",
        ),
    ),
    Elsewhere("workbench/teams/test_database.py", "what a database holds", ("workbench/teams/tables.py",)),
    Elsewhere(
        "workbench/sweeps/test_work.py",
        "a cell is run, judged and taken over from by whoever works a sweep off",
        (
            "workbench/sweeps/cell_audit.py",
            "workbench/sweeps/crew.py",
            "workbench/sweeps/worker.py",
        ),
    ),
    Elsewhere("workbench/sweeps/test_plan.py", "cells are laid out by a plan", ("workbench/sweeps/grid.py",)),
    Elsewhere(
        "workbench/sweeps/test_results.py",
        "pieces of one document and its page",
        (
            "workbench/sweeps/analysis.py",
            "workbench/sweeps/cell_rows.py",
            "workbench/sweeps/drawings.py",
            "workbench/sweeps/gaps.py",
            "workbench/sweeps/meanings.py",
            "workbench/sweeps/page.py",
        ),
    ),
    Elsewhere("workbench/teams/test_page.py", "what a page shows", ("workbench/teams/drawings.py",)),
    Elsewhere(
        "workbench/forge/test_build.py",
        "a whole run of the forge, up to an organism that is tried, sealed and taken in",
        (
            "workbench/forge/base.py",
            "workbench/forge/blueprint.py",
            "workbench/forge/deterministic.py",
            "workbench/forge/forging.py",
            "workbench/forge/stating.py",
            "workbench/forge/writing.py",
        ),
    ),
    Elsewhere(
        "workbench/forge/suite/test_entry.py",
        "kinds that come in suites only, held to the same as every other, with the content that they have there",
        (
            "workbench/forge/attacks/advert.py",
            "workbench/forge/attacks/belief.py",
            "workbench/forge/attacks/harm.py",
            "workbench/forge/attacks/hearsay.py",
            "workbench/forge/attacks/impostor.py",
            "workbench/forge/attacks/tongues.py",
            "workbench/forge/recipe.py",
        ),
    ),
    Elsewhere(
        "workbench/forge/suite/test_making.py",
        "a small suite, made: it stands on a foundation, and is listed",
        (
            "views/commands/suites.py",
            "workbench/forge/suite/foundation.py",
            "workbench/forge/suite/listing.py",
            "workbench/forge/suite/order.py",
            "workbench/forge/suite/organism.py",
            "workbench/forge/suite/production.py",
        ),
    ),
    Elsewhere(
        "views/desktop/start/test_window.py",
        "what the first window asks, and what it opens",
        (
            "views/desktop/start/key_choice.py",
            "views/desktop/start/key_sheet.py",
            "views/desktop/start/machine.py",
            "views/desktop/start/seat.py",
            "views/desktop/start/ticket_sheet.py",
        ),
    ),
    Elsewhere(
        "views/test_cli.py",
        "every command is gone through there, and played in the stories",
        ("views/commands/", "views/console.py", "views/sessions.py", "views/tables.py"),
    ),
    Elsewhere(
        "views/desktop/log/test_pane.py",
        "the pane, its rows and its timeline are looked at together",
        ("views/desktop/log/model.py", "views/desktop/log/table.py", "views/desktop/log/timeline.py"),
    ),
    Elsewhere(
        "views/desktop/ask/test_room.py",
        "parts of one room: a question, its run and its answer",
        (
            "views/desktop/ask/fields.py",
            "views/desktop/ask/price_line.py",
            "views/desktop/ask/prompt_editor.py",
            "views/desktop/ask/record_room.py",
            "views/desktop/ask/record_view.py",
            "views/desktop/ask/result_pane.py",
            "views/desktop/ask/runner.py",
            "views/desktop/ask/workspace.py",
            "views/desktop/displays/tables.py",
        ),
    ),
    Elsewhere(
        "views/desktop/start/test_roles.py",
        "what judges and makers begin with, as they come to it from the first window",
        (
            "views/desktop/start/docket_sheet.py",
            "views/desktop/file_field.py",
            "views/desktop/start/intake_sheet.py",
            "views/desktop/job.py",
            "views/desktop/start/model_sheet.py",
            "views/registers.py",
            "workbench/making/new_case.py",
        ),
    ),
    Elsewhere(
        "views/desktop/ask/test_beside_room.py",
        "texts with marks are shown there",
        ("views/desktop/displays/marked_text.py",),
    ),
    Elsewhere(
        "views/desktop/findings/test_hypotheses.py",
        "how a hypothesis is stated and stands beside the findings",
        ("views/desktop/findings/hypothesis_card.py", "views/desktop/findings/hypothesis_sheet.py"),
    ),
    Elsewhere(
        "views/desktop/judge/test_judge.py",
        "the steps and pages of one desk, and one record drawn again, which is done there",
        ("workbench/judge/replays/rerun.py", "workbench/judge/acceptance/ticketing.py"),
    ),
    Elsewhere(
        "views/desktop/team/test_desk.py",
        "parts of one window, looked at together",
        (
            "views/desktop/team/actions.py",
            "views/desktop/team/table.py",
            "views/desktop/team/log_room.py",
            "views/desktop/team/logs_pane.py",
            "views/desktop/team/section_room.py",
        ),
    ),
    Elsewhere(
        "views/desktop/test_window.py",
        "parts of one window, which show what they do where they stand in it",
        (
            "views/desktop/action.py",
            "views/desktop/app.py",
            "views/desktop/auditor/actions.py",
            "views/desktop/auditor/assayer.py",
            "views/desktop/auditor/case_pane.py",
            "views/desktop/ask/many_sheet.py",
            "views/desktop/auditor/bring_sheet.py",
            "views/desktop/auditor/desk.py",
            "views/desktop/auditor/report_writer.py",
            "views/desktop/findings/card.py",
            "views/desktop/findings/citation_row.py",
            "views/desktop/findings/editor.py",
            "views/desktop/findings/pane.py",
            "views/desktop/findings/receipt_sheet.py",
            "views/desktop/notice.py",
            "views/desktop/palette.py",
        ),
    ),
)


def sources() -> list[str]:
    """Every file with code of its own, as a path below the root."""
    paths = [path for wall in WALLS for path in (ROOT / wall).rglob("*.py")]
    return sorted(str(path.relative_to(ROOT)) for path in paths if path.name != "__init__.py" or _defines(path))


def _defines(path: Path) -> bool:
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree(path).body)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module(source: str) -> str:
    return source.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def imported(path: Path) -> frozenset[str]:
    """Every module of ours that a file imports, wherever in it, also by a name it keeps as a text."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return frozenset(name for name in names if name.startswith(WALLS) and file_of(name) is not None)


@cache
def file_of(name: str) -> Path | None:
    """Where a module lies; None if there is none of that name."""
    path = ROOT / name.replace(".", "/") if re.fullmatch(r"\w+(\.\w+)*", name) else ROOT
    found = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return found if found.is_file() else None


def covers(test: Path, source: str, *within: str) -> bool:
    """Whether a test file imports or names a source file, or imports one `within` there that in the end imports it."""
    text, name = test.read_text(encoding="utf-8"), module(source)
    if source in text or re.search(rf"{re.escape(name)}\b", text):
        return True
    seen: set[str] = set()
    ahead = set(imported(test)) | {found for found in re.findall(r"\w+(?:\.\w+)+", text) if file_of(found)}
    while ahead:
        found = ahead.pop()
        seen.add(found)
        if any(found == package or found.startswith(f"{package}.") for package in within):
            file = file_of(found)
            assert file is not None
            ahead |= imported(file) - seen
    return name in seen


def own_test(source: str) -> Path | None:
    """Where the tests of a file lie: in the file of its name, or in the one of its room's name that covers it."""
    folder, stem = Path(source).parent, module(source).rpartition(".")[2]
    mirrored = ROOT / "tests" / folder
    own = mirrored / f"test_{stem}.py"
    if own.is_file():
        return own
    rooms = [mirrored.with_name(f"test_{folder.name}.py")]
    if not (ROOT / folder / f"{folder.name}.py").is_file():  # else that file's own tests
        rooms.append(mirrored / f"test_{folder.name}.py")
    return next((room for room in rooms if room.is_file() and covers(room, source, module(str(folder)))), None)


def of(entry: str) -> list[str]:
    """The source files that an entry of the list stands for; a folder for those that have no entry of their own."""
    if not entry.endswith("/"):
        return [source for source in sources() if source == entry]
    single = {name for elsewhere in COVERED_ELSEWHERE for name in elsewhere.sources}
    return [source for source in sources() if source.startswith(entry) and source not in single]


def test_every_source_file_has_a_test_file_of_its_name_or_is_listed() -> None:
    listed = {source for elsewhere in COVERED_ELSEWHERE for entry in elsewhere.sources for source in of(entry)}
    assert [source for source in sources() if own_test(source) is None and source not in listed] == []


@pytest.mark.parametrize("elsewhere", COVERED_ELSEWHERE, ids=lambda elsewhere: elsewhere.test)
def test_what_is_listed_is_covered_where_it_is_said_to_be(elsewhere: Elsewhere) -> None:
    test = ROOT / "tests" / elsewhere.test
    assert test.is_file() and elsewhere.why
    for entry in elsewhere.sources:
        for source in of(entry):
            assert own_test(source) or covers(test, source, Path(source).parts[0], Path(elsewhere.test).parts[0]), (
                source
            )


def test_nothing_is_listed_that_is_gone_or_has_tests_of_its_own() -> None:
    entries = [entry for elsewhere in COVERED_ELSEWHERE for entry in elsewhere.sources]
    assert [entry for entry in entries if all(own_test(source) for source in of(entry))] == []
    assert len(entries) == len(set(entries))


def test_a_file_is_covered_by_what_imports_or_names_it_and_by_nothing_else(tmp_path: Path) -> None:
    def covered(text: str) -> bool:
        test = tmp_path / f"test_{abs(hash(text))}.py"
        test.write_text(text)
        return covers(test, "backends/llama/passes.py", "backends.llama")

    assert covered("def test(): from backends.llama import passes")
    assert covered("import backends.llama.passes")
    assert covered('CODE = "import backends.llama.passes"')
    assert covered("from backends.llama.model import LlamaModel"), "which imports it within its room"
    assert not covered("from backends.llama import library")
    assert not covered("import backends.engine"), "which imports it from another room"
