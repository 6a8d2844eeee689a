"""The judges' verdicts that a comparison is told of or that lie beside its logs, each the last on its report."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from casefiles.case.case import Case
from casefiles.files.disk import read_small
from casefiles.log.auditlog import SMALL
from casefiles.status import Refusal
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.verdict import Verdict

JudgedReport = tuple[str, str]
"""The digests of a case and of the report on it: what a verdict is about. Who judges one case says nothing of another,
and takes back nothing that was said there."""


def last_verdicts(paths: Sequence[Path], cases: Sequence[Case]) -> dict[JudgedReport, Verdict]:
    """The last verdict on each report on a case: of several, the one that no other follows.

    Raises Refusal if one is not signed by its judge, or by another than its case's, or if the case is not at hand that
    says who that is, or if two contradict each other.
    """
    judges = {case.digest: case.manifest.judge.verify for case in cases}
    found: dict[JudgedReport, list[Verdict]] = {}
    for path in paths:
        verdict = issuing.read(read_small(path, SMALL))
        judge = judges.get(verdict.case.digest)
        if judge is None:
            raise Refusal(
                "verdict.unknown-judge", f"The case that {path.name} is about is not at hand.",
                f"Only that case says whose verdict it is, and {verdict.judge.name} may be anybody.",
                f"Name the case too: {verdict.case.title}.",
            )  # fmt: skip
        if judge.text != verdict.judge.key:
            raise Refusal(
                "envelope.foreign-key", f"{path.name} is not its judge's verdict.",
                f"{verdict.judge.name} signed it; the case is another judge's.", "Ask the case's judge for theirs.",
            )  # fmt: skip
        found.setdefault((verdict.case.digest, verdict.report), []).append(verdict)
    return {about: _last(every) for about, every in found.items()}


def lying_beside(
    logs: Sequence[Path], cases: Sequence[Case], given: Sequence[Path] = ()
) -> Iterator[tuple[Path, Refusal | None]]:
    """The verdicts beside exported logs, as they are called where a judge names them no other way (`LOG.verdict.json`
    and those that follow it), and why those of a log do not count beside the `given` ones; None: they do."""
    for log in logs:
        every = log.parent.glob(f"{glob.escape(log.stem)}.verdict*.json")
        found = sorted(path for path in every if ".adjudication." not in path.name)
        try:
            last_verdicts((*given, *found), cases)
        except Refusal as refusal:
            yield from ((path, refusal) for path in found)
        else:
            yield from ((path, None) for path in found)


def _last(verdicts: Sequence[Verdict]) -> Verdict:
    followed = {verdict.previous for verdict in verdicts}
    last = {verdict.digest: verdict for verdict in verdicts if verdict.digest not in followed}
    if len(last) != 1:
        raise Refusal(
            "input.invalid",
            "Two verdicts are about one report.",
            "Neither follows the other.",
            "Name the one that holds.",
        )
    return next(iter(last.values()))
