"""The judges' verdicts that a comparison is told of or that lie beside its logs, each the last on its report."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from casefiles.case.case import Case
from casefiles.documents.verdict_chain import VerdictChains, read_of
from casefiles.status import Refusal
from workbench.judge.scores.facets import to_read
from workbench.judge.scores.score_sheet import Scores
from workbench.judge.scores.scoring import provisional
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.verdict import Verdict
from workbench.visible import quoted

JudgedReport = tuple[str, str]
"""The digests of a case and of the report on it: what a verdict is about. Who judges one case says nothing of another,
and takes back nothing that was said there."""


def counted_scores(verdict: Verdict) -> Scores | None:
    """What counts of its scores; None: there is no ground truth. Version 0.1 gave credit for what was never replayed,
    and may have been invented."""
    scores = verdict.scores
    if scores.status == "unscored":
        return None
    return scores if verdict.replay.status == "replayed" else provisional(scores)


@dataclass(frozen=True)
class FoundBehaviours:
    """What of a truth can be found, and what a verdict says of it."""

    realised: int
    """Behaviours that the organism shows: what can be found."""
    found: int
    """Those that a finding has shown;"""
    graded: int
    """those of them of which a judge's grade says so."""
    unread: int
    """Those of which a person has still to read whether one has."""
    ungraded: int
    """Other facets of what is realised that nobody has graded: recall leaves them out."""
    doubtful: int = 0
    """Facets of it that recall counts at what they say, and a person has still to read: a scope of guesses, say."""

    @classmethod
    def of(cls, scores: Scores) -> Self:
        realised = [one for one in scores.behaviours if one.status == "realised"]
        facets = [facet for one in realised for facet in one.facets]
        shown = [facet for facet in facets if facet.name == "behaviour"]
        found = [facet for facet in shown if facet.how != "ungraded" and facet.value >= 0.5]
        unread = sum(facet.how == "ungraded" for facet in shown)
        return cls(
            realised=len(realised),
            found=len(found),
            graded=sum(facet.how == "judge" for facet in found),
            unread=unread,
            ungraded=sum(facet.how == "ungraded" for facet in facets) - unread,
            doubtful=sum(to_read(facet) and facet.how != "ungraded" for facet in facets),
        )


def last_verdicts(paths: Sequence[Path], cases: Sequence[Case]) -> dict[JudgedReport, Verdict]:
    """The last verdict on each report on a case: of several, the one that no other follows.

    Raises Refusal if one is not signed by its judge, or by another than its case's, if the case is not at hand that
    says who that is, if one contradicts itself or what that case seals, if another that lies in its folder and is not
    named follows one, if one leaves out what was decided on the same session, or if two contradict each other.
    """
    by_digest = {case.digest: case for case in cases}
    judges = {case.manifest.judge.verify.text for case in cases}
    found: dict[JudgedReport, list[Verdict]] = {}
    chains, at_hand = VerdictChains(), {path.resolve() for path in paths}
    for path in paths:
        verdict = issuing.read(read_of(path, judges))
        case = by_digest.get(verdict.case.digest)
        if case is None:
            raise Refusal(
                "verdict.unknown-judge", f"The case that {path.name} is about is not at hand.",
                f"Only that case says whose verdict it is, and {quoted(verdict.judge.name)} may be anybody.",
                f"Name the case too: {quoted(verdict.case.title)}.",
            )  # fmt: skip
        issuing.check_case(verdict, case)
        chains.check_whole(path, verdict.digest, verdict.judge.key, at_hand)
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
