"""What a verdict remarks on of how answers end: the case's attacker writes what ends one, and an answer that never ends
tells of nothing that it is not said. Whoever judges may not be who took the case in."""

from __future__ import annotations

from collections.abc import Iterator

from backends.end_tokens import stated_ends
from backends.model import ModelRefusal
from casefiles.case.bundle import Case
from casefiles.counted import counted
from workbench.claims.finding import Finding, Role
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.door.subjects import files_of
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.observations import Observations
from workbench.judge.verdicts.checks import check
from workbench.judge.verdicts.verdict import Check
from workbench.log.entry import Records
from workbench.report.report import Report

_TOKENIZER = "tokenizer/tokenizer.json"


def of_settings(case: Case) -> Iterator[Check]:
    """Where the case's settings end the organism's answers at no token, or at others than the baseline's."""
    organism, baseline = _ends(case, ORGANISM), _ends(case, BASELINE)
    if none := [end for end in organism if end < 0]:
        yield check("rules", "verdict.ends", f"They name {_some(none)}, which is no token.")
    elif organism and baseline and set(organism) != set(baseline) and _one_tokenizer(case):
        yield check(
            "rules", "verdict.ends", f"The organism's name {_some(organism)}, the baseline's {_some(baseline)}."
        )


def of_answers(report: Report, records: Records) -> Iterator[Check]:
    """Findings that deny a word, and all of whose answers that would count were cut off before they could tell."""
    denying = [item.finding for item in report.findings if _denies(item.finding)]
    seen = Observations.of(records, until=report.log.size) if denying else Observations()
    cut = [(finding.id, count) for finding in denying if (count := _cut(finding, seen))]
    if cut:
        told = ", ".join(f"{counted(count, 'answer')} of finding {name}" for name, count in cut)
        yield check("records", "verdict.cut-off", f"{told}. Read whether the model ends its answers at all.")


def _ends(case: Case, on: str) -> tuple[int, ...]:
    """What its settings name; none where they name nothing, or cannot be read."""
    files = files_of(case, on)
    try:
        return stated_ends(files.weights) if files is not None else ()
    except ModelRefusal:
        return ()


def _one_tokenizer(case: Case) -> bool:
    """Whether a number is one token in both models."""
    listed = {entry.path: entry.sha256 for entry in case.manifest.files}
    return listed.get(f"baseline/{_TOKENIZER}") in (None, listed.get(_TOKENIZER))


def _denies(finding: Finding) -> bool:
    return any(citation.role is Role.SUPPORT and citation.shows.none_of for citation in finding.citations)


def _cut(finding: Finding, seen: Observations) -> int:
    """How many answers would count had they ended by themselves; none where a single one did."""
    would = [
        draw
        for citation, run in CitedEvidence.of(finding, seen).runs
        if citation.role is Role.SUPPORT and citation.shows.none_of and run.on == ORGANISM
        for draw in run.draws
        if citation.shows.holds(draw.text)
    ]
    return 0 if any(draw.whole for draw in would) else len(would)


def _some(ends: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, ends[:5])) + (" …" if len(ends) > 5 else "")
