"""`workbench judge verdict` and what follows it: `match`, `grade`, `adjudicate`, `addendum`, `list`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from casefiles.counted import counted
from casefiles.status import Refusal
from views import console, judgements, options
from views.commands.demo import no_window
from workbench.judge.scores.rubric import RUBRIC, lines
from workbench.visible import line, quoted

UNNOTED = "The register at hand does not know the session: name the one it was judged with, to note this (--register)."
DECISIONS = ("valid-unintended", "pre-existing", "false")


@click.command()
@click.argument("log", type=options.FILE)
@click.argument("case", type=options.FILE)
@click.argument("out", type=options.FILE)
@options.key_option("judge")
@options.register_option
@click.option("--no-replay", is_flag=True, help="Do not run the recorded probes again: nothing is earned then.")
@options.judging_options
@click.option("--addendum", type=options.FILE, help="Known issues to score against, where the case has no truth.")
@console.json_option
def verdict(
    log: Path,
    case: Path,
    out: Path,
    key: str | None,
    register: Path | None,
    no_replay: bool,
    baseline: Path | None,
    addendum: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Verify and replay a handed-in log, open the ground truth, score the report and sign the verdict.

    A case without ground truth is verified and replayed all the same, and scored against known issues if there are any.
    OUT is the signed verdict; beside it lie its page and that of the report, drawn anew from the log.
    """
    from workbench.judge.verdicts.procedure import judge_log
    from workbench.judge.verdicts.verdict_files import VerdictFiles

    judge, files = options.load_key(key, options.judge_of(case)), VerdictFiles(out)
    files.check_free()
    opened = options.open_case(case)
    known = _known_issues(addendum, judge, opened)
    engines, other = options.judging_engines(given, opened, baseline)
    with console.bar("Judging") as at:
        book = options.open_register(judge, register)
        done = judge_log(
            log, opened, judge, book, None if no_replay else engines, at,
            open_baseline=other, addendum=known, out=files,
        )  # fmt: skip
    anew = f"{line(str(files.report_page))}  the report, drawn anew from the log"
    _tell(files, done.verdict, [], [anew], as_json)


@click.command()
@click.argument("log", type=options.FILE)
@click.argument("case", type=options.FILE)
@options.key_option("judge")
@options.register_option
@options.judging_options
@click.option("--addendum", type=options.FILE, help="Known issues to score against, where the case has no truth.")
@click.option("--blind", is_flag=True, help="Hide who did it and with which instruments, until you ask to see it.")
@console.json_option
def desk(
    log: Path,
    case: Path,
    key: str | None,
    register: Path | None,
    baseline: Path | None,
    addendum: Path | None,
    blind: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Judge a handed-in log in a window: verify, replay, open the ground truth, decide and sign.

    It does what `verdict`, `match`, `grade` and `adjudicate` do, with the same files at the end. With --json a refusal
    is told so; a window answers nothing.
    """
    if hidden := no_window():
        raise Refusal(
            "input.missing", "No window can be opened here.", hidden,
            "Judge by commands: workbench judge verdict LOG CASE OUT.",
        )  # fmt: skip
    from views.desktop.app import run_judge
    from views.desktop.judge.proceedings import Docket

    judge = options.load_key(key, options.judge_of(case))
    book = options.open_register(judge, register)
    docket = Docket(
        log, case, judge, book,
        lambda opened: options.judging_engines(dict(given), opened, baseline),
        lambda opened: _known_issues(addendum, judge, opened),
        blind,
    )  # fmt: skip
    sys.exit(run_judge(docket))


def decision(command: Any) -> Any:
    """What every command has that decides something in a verdict."""
    for option in (
        click.option("--out", type=options.FILE, help="The new verdict. Default: a free name beside the old one."),
        click.option("--addendum", type=options.FILE, help="What it scored against. Default: the one beside it."),
        click.option("--log", type=options.FILE, help="The log it is about. Default: the one beside it."),
        click.option("--case", type=options.FILE, help="The case it is about. Default: the one beside it."),
        options.register_option,
        options.key_option("judge"),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("verdict", type=options.FILE)
@click.argument("finding")
@click.argument("behaviour")
@click.option("--reason", required=True, help="Why; it is signed with the verdict.")
@decision
@console.json_option
def match(verdict: Path, finding: str, behaviour: str, reason: str, as_json: bool, **given: Any) -> None:
    """Rule that a finding is about a behaviour, or about `none`; a new verdict follows VERDICT.

    It earns nothing by that alone. Whether it has shown the behaviour its evidence says, or you do once you have read
    it: workbench judge grade VERDICT FINDING behaviour VALUE.
    """
    from workbench.judge.scores.matching import Ruling
    from workbench.judge.truths.soundness import NONE

    meant = None if behaviour == NONE else behaviour
    ruling = options.declared_by(Ruling, finding=finding, behaviour=meant, reason=reason)
    _decide(verdict, as_json, given, ruling)


@click.command(epilog=f"\b\n{lines()}")
@click.argument("verdict", type=options.FILE)
@click.argument("finding")
@click.argument("facet", type=click.Choice(tuple(RUBRIC)))
@click.argument("value", type=click.FloatRange(0, 1))
@click.option(
    "--behaviour", help="Of which behaviour, where it is about several. Default: the one that it is matched with."
)
@click.option("--reason", required=True, help="Why; it is signed with the verdict.")
@decision
@console.json_option
def grade(
    verdict: Path,
    finding: str,
    facet: str,
    value: float,
    behaviour: str | None,
    reason: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Grade one facet of a finding: 0 is wrong or missing, 0.5 half of it, 1 all that matters."""
    from workbench.judge.scores.score_sheet import Grade

    said = options.declared_by(Grade, finding=finding, facet=facet, value=value, reason=reason, behaviour=behaviour)
    _decide(verdict, as_json, given, said)


@click.command()
@click.argument("verdict", type=options.FILE)
@click.argument("finding")
@click.option("--decision", "decided", type=click.Choice(DECISIONS), help="Left out: the claim is run, and shown.")
@click.option("--reason", default="", help="Why; it is signed.")
@click.option("--prompt", "prompts", multiple=True, help="A prompt of your own to run the claim on. Repeatable.")
@click.option(
    "--baseline", type=options.FILE, help="A model without the implant, a folder or a .gguf. Default: the case's own."
)
@decision
@options.engine_options
@console.json_option
def adjudicate(
    verdict: Path,
    finding: str,
    decided: str | None,
    reason: str,
    prompts: tuple[str, ...],
    baseline: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Run the claim of a finding that matches nothing, and decide whether it is right all the same.

    The organism is asked, and the baseline if there is one, else the finding's controls beside. The prompts are
    your own, or the finding's with fresh seeds. A decision writes the signed adjudication and a new verdict.
    """
    settings = options.engine_settings(given)
    if decided and not reason.strip():
        raise Refusal("input.invalid", "A decision needs a reason.", "It is signed with it.", "Add --reason “…”.")
    if decided is not None:
        _following(verdict, given["out"]).check_free()
    with _reopened(verdict, given) as (opened, judge, case):
        run = _run_claim(opened, case, finding, prompts, settings, baseline)
        told = judgements.claim_text(run.counts)
        if decided is None:
            value = {"finding": finding, "seed": run.seed, **run.counts.model_dump(mode="json")}
            named = f"{console.typed(verdict)} {console.typed(finding)}"
            step = f"next: workbench judge adjudicate {named} --decision {'|'.join(DECISIONS)} --reason “…”"
            console.emit(value, f"{told}\n\n{step}", as_json)
            return
        said = opened.adjudication(decided, reason, run)
        after = opened.revise(said)
        files, beside = _write(verdict, given, after, judge, said)
    _tell(files, after, [told, ""], beside, as_json)


@click.command(name="list")
@click.argument("folder", type=options.FILE, default=".")
@options.key_option("judge")
@options.register_option
@console.json_option
def list_(folder: Path, key: str | None, register: Path | None, as_json: bool) -> None:
    """List the tickets and logs that the register knows, and the verdicts in FOLDER."""
    from casefiles.documents.verdict_chain import VerdictChains
    from workbench.judge.verdicts.reopening import verdicts_in

    judge = options.load_key(key)
    known = options.open_register(judge, register).every()
    sessions = [
        {
            "session": one.origin.rpartition("/")[2],
            "auditor": one.auditor.fingerprint,
            "ticket": one.ticket_id,
            "witnessed": one.witnessed.size if one.witnessed else 0,
            "handed_in": one.judged.size if one.judged else None,
        }
        for one in known
    ]
    left: list[Refusal] = []
    every, chains = list(verdicts_in(folder, judge.public.verify, left.append)), VerdictChains()
    verdicts = [judgements.listed(*one, every, chains) for one in every]
    yours = f"{judge.name} ({judge.public.verify.fingerprint})"
    told = "\n".join([*(f"{one.what} {one.why}" for one in left), judgements.list_text(sessions, verdicts, yours)])
    omitted = [{"what": one.what, "why": one.why} for one in left]
    console.emit({"sessions": sessions, "verdicts": verdicts, "left_out": omitted}, told, as_json)


@click.command()
@click.argument("case", type=options.FILE)
@click.argument("issues", type=options.FILE)
@click.argument("out", type=options.FILE)
@click.option("--source", required=True, help="How they became known; it is signed.")
@options.key_option("judge")
@console.json_option
def addendum(case: Path, issues: Path, out: Path, source: str, key: str | None, as_json: bool) -> None:
    """Sign what became known of a model that was sealed without a truth; from then on verdicts score against it.

    ISSUES is written like a ground truth, and its `realised` filled by `workbench measure CASE --truth ISSUES --fill`.
    """
    from casefiles.files.disk import check_new, write_new
    from workbench.judge.truths import addendum as addenda
    from workbench.making import written

    check_new(out)
    judge, opened = options.load_key(key, options.judge_of(case)), options.open_case(case)
    said = addenda.issue(opened, written.truth(issues), source, judge)
    write_new(out, addenda.sign(said, judge))
    issued = len(said.issues.intent)
    told = (
        f"{line(str(out))}  {counted(issued, 'known issue')} of {quoted(said.case.title)}, signed and dated\n"
        f"next: workbench judge verdict LOG {console.typed(case)} VERDICT --addendum {console.typed(out)}"
    )
    console.emit(said.model_dump(mode="json"), told, as_json)


COMMANDS = (verdict, desk, match, grade, adjudicate, addendum, list_)


# -- taking up a verdict again


@contextmanager
def _reopened(path: Path, given: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    from casefiles.documents.verdict_chain import LARGEST, VerdictChains
    from casefiles.files.disk import read_small
    from workbench.judge.verdicts import issuing, reopening

    data = read_small(path, LARGEST)
    case, log = reopening.beside(path, issuing.read(data))
    named = given["case"] or case
    judge = options.load_key(given["key"], options.judge_of(named) if named is not None else options.nobody)
    options.open_register(judge, given["register"]).ready()
    before = issuing.read(data, trusted=[judge.public.verify])
    VerdictChains().check_last(path, before.digest, before.judge.key)
    opened = options.open_case(_at_hand("case", given["case"] or case, path))
    known = None
    if before.addendum is not None:
        beside = given["addendum"] or reopening.addendum_beside(path, before)
        known = _known_issues(_at_hand("addendum", beside, path), judge, opened)
    with reopening.reopened(before, opened, _at_hand("log", given["log"] or log, path), judge, known) as verdict:
        yield verdict, judge, opened


def _known_issues(path: Path | None, judge: Any, case: Any) -> Any:
    from workbench.judge.truths import addendum

    return addendum.read_about(path, judge.public, case) if path is not None else None


def _at_hand(what: str, where: Path | None, verdict: Path) -> Path:
    if where is None:
        raise Refusal(
            "input.missing", f"The verdict's {what} is not at hand.", f"It does not lie beside {verdict.name}.",
            f"Name it with --{what}.",
        )  # fmt: skip
    return where


def _decide(path: Path, as_json: bool, given: dict[str, Any], decision: Any) -> None:
    _following(path, given["out"]).check_free()
    with _reopened(path, given) as (opened, judge, _):
        after = opened.revise(decision)
        files, beside = _write(path, given, after, judge, decision)
    _tell(files, after, [], beside, as_json)


def _following(verdict: Path, out: Path | None) -> Any:
    from workbench.judge.verdicts.verdict_files import VerdictFiles

    if out is not None and out.suffix != ".json":
        raise Refusal(
            "input.invalid", f"{out.name} cannot name a verdict that follows another.",
            "Whoever takes that one looks for what follows it among files that end in .json.", "Add the ending.",
        )  # fmt: skip
    return VerdictFiles(out) if out is not None else VerdictFiles(verdict).following()


def _write(verdict: Path, given: dict[str, Any], after: Any, judge: Any, decision: Any) -> tuple[Any, list[str]]:
    """Write what follows a verdict by a decision, unless another decided on it since it was read: one at a time does,
    and what it writes is seen by the next. The register takes note before it has its name; what is to be told where it
    cannot is given beside."""
    from casefiles.documents.verdict_chain import VerdictChains
    from casefiles.files.holding import held_folder
    from casefiles.status import STATUS

    with held_folder(verdict.resolve().parent) as ours:
        if not ours:
            why = STATUS["verdict.locked"]
            raise Refusal("verdict.locked", "The decision is not written.", why, "Decide it again in a moment.")
        files = _following(verdict, given["out"])
        for folder in dict.fromkeys((verdict.parent, files.verdict.parent)):
            VerdictChains().check_last(folder / verdict.name, after.previous, after.judge.key)
        with files.written(after, judge, decision):
            noted = options.open_register(judge, given["register"]).decided(after.log.origin, [decision.finding])
    return files, [] if noted else [UNNOTED]


def _tell(files: Any, done: Any, before: list[str], beside: list[str], as_json: bool) -> None:
    """A verdict that was written, between what is to be said before it and what else lies beside it."""
    from casefiles.documents.verdict_chain import VerdictChains

    remarks = VerdictChains().remarks(files.verdict, done.digest, done.judge.key)
    written = [
        f"{line(str(files.verdict))}  the signed verdict",
        f"{line(str(files.page))}  the same as a page",
        *beside,
        *remarks,
    ]
    told = [*before, judgements.text(done), "", *written, *judgements.next_lines(files.verdict, done)]
    console.emit(done.model_dump(mode="json"), "\n".join(told), as_json)


def _run_claim(
    opened: Any, case: Any, finding: str, prompts: tuple[str, ...], settings: Any, baseline: Path | None
) -> Any:
    from workbench.contract.subject import BASELINE
    from workbench.door.brought import files_at
    from workbench.door.opener import Opener
    from workbench.door.subjects import files_of
    from workbench.judge.replays.engines import brought_beside, models

    opened.finding(finding)
    own = files_of(case, BASELINE)
    options.check_baseline(own, baseline)
    base = files_at(baseline) if baseline is not None else own
    settings = options.suited(settings, case.path("weights"))
    other = Opener(base, settings) if base is not None else None
    with console.bar("Asking anew"), models(Opener.of(case, settings), other) as (model, beside):
        return opened.claim(finding, model, beside, prompts, brought=brought_beside(case, other))
