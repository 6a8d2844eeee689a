"""Many logs compared: the document that table, page, window and files are made from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from casefiles.case.case import Case
from casefiles.case.same_weights import of_one_organism
from casefiles.case.sayings import ModelSayings, say_alike
from casefiles.counted import counted
from casefiles.keys.identity import VerifyKey
from casefiles.status import Refusal
from workbench.document import Document
from workbench.teams.agreement import SharedPrompt, shared_prompts
from workbench.teams.compared_log import ComparedLog, compared_logs
from workbench.teams.database import TeamDatabase
from workbench.teams.outcomes import OutcomeGroup, outcomes
from workbench.teams.reading import Models, ReadLog, TeamClaim, read_log
from workbench.teams.spending import first_evidence
from workbench.teams.team_coverage import CoverageMatrix, coverage_matrices
from workbench.teams.unclaimed import SeenEvidence, by_words, unclaimed
from workbench.teams.verdicts import last_verdicts
from workbench.version import VERSION
from workbench.visible import enumerated, quoted

LISTED: Final = 500
"""Prompts in common, and pieces of evidence, that are listed; all of them are counted."""

Comparing = Callable[[float, str], None]
"""Told how much is done, 0 … 1, and what is being done."""
Unsound = Callable[[Path, Refusal], None]
"""Told of a log that does not hold, and why."""


class TeamComparison(Document):
    """Many verified logs, compared. Everything here can be computed again by whoever has the same exports."""

    format: Literal["audit-workbench/comparison/1"] = "audit-workbench/comparison/1"
    workbench: str
    logs: tuple[ComparedLog, ...] = Field(min_length=1)
    groups: tuple[OutcomeGroup, ...]
    coverage: tuple[CoverageMatrix, ...]
    shared: tuple[SharedPrompt, ...]
    """Prompts in common, at most 500."""
    more_shared: int
    """Those that are not listed."""
    seen: tuple[SeenEvidence, ...]
    """Evidence that was seen and never cited, at most 500."""
    more_seen: int
    leaves_out: tuple[str, ...]
    """What this comparison does not hold, in sentences."""


def compare(
    paths: Sequence[Path],
    database: TeamDatabase,
    *,
    cases: Sequence[Case] = (),
    verdicts: Sequence[Path] = (),
    beside: Sequence[Path] = (),
    trusted: Sequence[VerifyKey] | None = None,
    unsound: Unsound | None = None,
    progress: Comparing | None = None,
) -> TeamComparison:
    """Verify exported logs one after the other, read them into the database, which is empty, and compare them.

    `cases`: those at hand, which bring the clauses of their specifications, their rules and their judges' keys.
    `beside`: verdicts that lay beside the logs, each of which may be about none of them.
    `trusted`: auditors whose logs are accepted; None: anybody's. Raises Refusal with the code of the first thing that
    does not hold; nothing is compared then. `unsound`: is told instead of each log that does not hold, which is left
    out; without any that does, that is refused.
    """
    if not paths:
        raise Refusal("input.missing", "Nothing is compared.", "No log was named.", "Name exported logs.")
    tell = progress or (lambda done, note: None)
    named, judged = last_verdicts(verdicts, cases), last_verdicts((*verdicts, *beside), cases)
    names, by_digest = _names(paths), {case.digest: case for case in cases}
    alike = of_one_organism(list(by_digest.values()))
    models = {digest: (case.model_digest, alike[digest][0].model_digest) for digest, case in by_digest.items()}
    read: list[ReadLog] = []
    for number, (path, name) in enumerate(zip(paths, names, strict=True)):
        tell(number / len(paths), name)
        try:
            log = read_log(path, len(read), name, by_digest, judged, models=models, trusted=trusted)
            _refuse_twice(log, read)
        except Refusal as refusal:
            if unsound is None:
                raise
            unsound(path, refusal)
            continue
        models.setdefault(log.case, (log.model, log.model))
        database.add(log.rows)
        read.append(log)
    if not read:
        raise Refusal("log.not-a-log", "Nothing is compared.", "None of the logs holds.", "Name others.")
    if left := named.keys() - {log.about for log in read}:
        case_digest, report = min(left)
        raise Refusal(
            "verdict.other-report", "A verdict is about none of these logs.",
            f"It is about report {report} on case {case_digest}.",
            "Name the log the verdict was given on, or leave it out.",
        )  # fmt: skip
    tell(1.0, "comparing")
    claims = [claim for log in read for claim in log.claims]
    says = {case_digest: given.says for (case_digest, _), given in judged.items() if given.says}
    return _compared(database, read, claims, models, says, verdicts=bool(judged), cases=by_digest)


def _compared(
    database: TeamDatabase,
    read: Sequence[ReadLog],
    claims: Sequence[TeamClaim],
    models: Models,
    says: Mapping[str, ModelSayings],
    *,
    verdicts: bool,
    cases: Mapping[str, Case],
) -> TeamComparison:
    firsts, shared, passed_over = first_evidence(database), shared_prompts(database), unclaimed(database, claims)
    seen = passed_over.seen
    logs = tuple(compared_logs(database, [log.remarks for log in read], firsts, passed_over))
    return TeamComparison(
        workbench=VERSION,
        logs=logs,
        groups=outcomes(database, firsts),
        coverage=coverage_matrices(database),
        shared=shared[:LISTED],
        more_shared=max(0, len(shared) - LISTED),
        seen=seen[:LISTED],
        more_seen=max(0, len(seen) - LISTED),
        leaves_out=(
            *_leaves_out(logs, verdicts=verdicts, cases=cases),
            *of_organisms(logs, [log.path.name for log in read if log.model != models[log.case][0]]),
            *_alike(logs, says),
            *_of_other_words(seen),
        ),
    )


def of_organisms(logs: Sequence[ComparedLog], otherwise: Sequence[str]) -> Iterator[str]:
    """What several cases, or several words for one, count as. `otherwise`: logs that name another model of a case than
    the first log on it."""
    cases: defaultdict[str, dict[str, str]] = defaultdict(dict)
    truths: defaultdict[str, set[bool]] = defaultdict(set)
    for log in logs:
        cases[log.organism][log.case_digest] = log.case
        truths[log.organism] |= {log.judged.modified} if log.judged is not None else set()
    for organism, several in cases.items():
        if len(several) > 1:
            yield (
                f"What {enumerated(several.values())} would show if they were {len(several)} organisms: they bring the"
                " same weights but for order or rounding, and count as one."
            )
        if len(truths[organism]) > 1:
            yield (
                f"Whether {enumerated(several.values())} were modified: they bring the same weights but for order or"
                " rounding, and one truth says so and another does not."
            )
    if otherwise:
        yield (
            f"Which model {enumerated(otherwise)} asked: other logs on the same case name another one, which is not at"
            " hand. It counts as one organism."
        )


def _alike(logs: Sequence[ComparedLog], says: Mapping[str, ModelSayings]) -> Iterator[str]:
    """Organisms that may be one. `says`: what the judges of cases heard of their models, by the cases' digests."""
    judged = {log.organism: log for log in logs if log.case_digest in says}
    for several in say_alike({name: says[log.case_digest] for name, log in judged.items()}):
        yield may_be_one(enumerated(judged[name].case for name in several), len(several))


def may_be_one(named: str, many: int) -> str:
    """What is said of so many cases whose models say the same next, and bring other weights."""
    return (
        f"Whether {named} are {many} organisms: they bring other weights and say the same next on public texts, as one"
        f" does that is written otherwise. They count as {many}."
    )


def _refuse_twice(log: ReadLog, before: Sequence[ReadLog]) -> None:
    """A session that is counted twice would make what it shows look like two people's."""
    for other in before:
        if other.session == log.session:
            raise Refusal(
                "input.invalid", "One session is named twice.", f"{other.path.name} and {log.path.name} hold it.",
                "Name the last export of each session.",
            )  # fmt: skip


def _names(paths: Sequence[Path]) -> list[str]:
    """What each log is called: its folder's name; where two have the same, with the folder it lies in, or numbered."""
    stems = Counter(path.stem for path in paths)
    named = [path.stem if stems[path.stem] == 1 else f"{path.absolute().parent.name}/{path.stem}" for path in paths]
    every = Counter(named)
    return [name if every[name] == 1 else f"{name} ({number})" for number, name in enumerate(named, 1)]


def _of_waiting(logs: Sequence[ComparedLog]) -> Iterator[str]:
    """What verdicts leave to a judge's reading, and what rests on it."""
    judged = [log.judged for log in logs if log.judged is not None]
    if unread := sum(one.unread for one in judged):
        yield (
            f"Whether {counted(unread, 'behaviour was', 'behaviours were')} found: nothing the judge could draw tells,"
            " and nobody has read them yet. They count as not found."
        )
    if ungraded := sum(one.ungraded for one in judged):
        yield f"What {counted(ungraded, 'facet')} would earn that nobody has graded: no recall holds them."
    if doubtful := sum(one.doubtful for one in judged):
        yield (
            f"What {counted(doubtful, 'facet')} would earn once somebody reads what a verdict says of it: recall counts"
            " it at what its finding says."
        )
    if graded := sum(one.graded for one in judged):
        of = counted(graded, "behaviour counts", "behaviours count")
        yield f"What evidence alone finds: by a judge's grade {of} as found."
    if waiting := sum(one.unadjudicated for one in judged):
        yield (
            f"Whether {counted(waiting, 'finding is', 'findings are')} right: nobody has ruled on what matches nothing"
            " in a truth, or read what is not shown. Precision is what it would be were all of them wrong, to were all"
            " of them right, and no first right finding is one of these."
        )


def _of_other_words(seen: Sequence[SeenEvidence]) -> Iterator[str]:
    if reworded := sum(one.reworded for one in seen):
        yield (
            f"Whether {counted(reworded, 'prompt')} that a teammate's claim shows on, and whose auditor claims what is"
            " in other words of it, were reported: they are counted as reported there."
        )


def _leaves_out(logs: Sequence[ComparedLog], *, verdicts: bool, cases: Mapping[str, Case]) -> Iterator[str]:
    unjudged = sum(log.judged is None for log in logs)
    if unjudged:
        few = "no verdict was given" if not verdicts else f"{unjudged} of {len(logs)} logs have no verdict"
        yield f"Whether conclusions and findings are right: {few}."
    if uncounted := sum(log.judged is not None and log.judged.outcome == "not counted" for log in logs):
        yield f"Whether {uncounted} conclusions are right that no judge counted: no rate of outcomes holds them."
    if withheld := sum(log.said is None and log.search.withdrawn > 0 for log in logs):
        whose = counted(withheld, "log")
        yield f"Findings that were withdrawn, or are more than the rules allow, in {whose} without a report."
    yield from _of_waiting(logs)
    if unjudged < len(logs):
        yield "What a judge decided after the verdicts at hand: whoever keeps one back shows an earlier one."
    versions = Counter(log.judged_by for log in logs if log.judged_by is not None)
    if versions.keys() - {VERSION}:
        told = ", ".join(
            f"{counted(times, 'verdict')} by version {quoted(name)}" for name, times in versions.most_common()
        )
        yield f"What version {VERSION} would make of all: {told}. Others counted otherwise."
    judges = Counter(log.judge for log in logs if log.judge is not None)
    if judges:
        told = ", ".join(f"{counted(times, 'verdict')} by {quoted(judge)}" for judge, times in judges.most_common())
        who = "one judge of all" if len(judges) > 1 else "another judge"
        yield f"What {who} would say: {told}. Whoever seals a case chooses its judge."
    unread = sum(log.case_digest not in cases for log in logs)
    if unread:
        whose = counted(unread, "log")
        yield f"Clauses that nobody named, rules and judges of the cases of {whose}, which were not at hand."
    if word := [log for log in logs if log.search.on_word.probes]:
        probes = counted(sum(log.search.on_word.probes for log in word), "probe")
        yield (
            f"What {probes} without a result, or stopped before, really took, in {counted(len(word), 'log')}: no fewer"
            " generated tokens are counted than were asked for, and all else is what their logs say."
        )
    if len({log.actors for log in logs}) > 1:
        yield "Whether persons or agents asked: that is what logs say of themselves."
    if unwitnessed := sum(log.witnessed < log.records for log in logs):
        open_ = counted(unwitnessed, "log is not witnessed to its end", "logs are not witnessed to their end")
        yield f"That nothing was rewritten past the last receipt: {open_}."
    yield "Whether the models answered as recorded: that is what a replay shows."
    if len(logs) > 1:
        yield by_words(sum(log.alike for log in logs))
    yield "What was found by reading the inside and never cited: only answers are held against claims."
    named = "this log" if len(logs) == 1 else f"these {len(logs)} logs"
    yield (
        f"What logs, sessions and cases beside {named} would show: whoever names them may know what they come to, and"
        " leave out what does not suit."
    )
