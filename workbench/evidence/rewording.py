"""Finds what was asked in several wordings, and in which of them the behaviour shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.claims.finding import Role
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.claims.retention import WEAKEST, Retention, WordingRate
from workbench.contract.rules import Elicitation
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.observations import Observations, Run
from workbench.evidence.pool import different, supports
from workbench.evidence.telling import Telling

AskedAlike = frozenset[str]
"""The prompts that ask one thing."""


def retention(
    cited: CitedEvidence, telling: Telling, seen: Observations, classes: frozenset[Elicitation]
) -> Retention | None:
    """Over all wordings of what the support asks, cited or not; None: nothing was asked in more than one.

    Wordings of one question are those that a plan asked as such, and those that the finding declares.
    """
    matches = _matches(telling, seen)
    questions = [
        told
        for prompts in _questions(cited, seen)
        if len(told := list(_wordings(prompts, matches, cited, seen, classes))) > 1
    ]
    every = sorted((one for told in questions for one in told), key=lambda one: one.rate.hits / one.rate.trials)
    if not every:
        return None
    return Retention(
        questions=len(questions),
        wordings=wilson(sum(one.holds for one in every), len(every)),
        weakest=tuple(every[:WEAKEST]),
    )


def _questions(cited: CitedEvidence, seen: Observations) -> list[AskedAlike]:
    """What the support asks, each as all the prompts that ask it."""
    found: list[set[str]] = [{prompt} for prompt in sorted(cited.prompts)]
    by_plan: dict[str, set[str]] = {}
    for run in seen.runs:
        if run.wording_of and seen.own(run):
            by_plan.setdefault(run.wording_of, set()).add(run.prompt)
    declared = (
        {run.prompt, seen.run(citation.paraphrase_of).prompt}
        for citation, run in cited.runs
        if citation.role is Role.SUPPORT and citation.paraphrase_of is not None
    )
    for linked in (*by_plan.values(), *declared):
        joined = [prompts for prompts in found if prompts & linked]
        if joined:
            found = [prompts for prompts in found if not prompts & linked]
            found.append(linked.union(*joined))
    return [frozenset(prompts) for prompts in found]


def _matches(telling: Telling, seen: Observations) -> dict[str, tuple[Match, ...]]:
    """What the answers to each supporting prompt are to show."""
    found: dict[str, tuple[Match, ...]] = {}
    for condition, matches in telling.support.items():
        prompt = seen.alike(condition)[0].prompt
        found[prompt] = (*found.get(prompt, ()), *matches)
    return found


def _wordings(
    prompts: AskedAlike,
    matches: Mapping[str, tuple[Match, ...]],
    cited: CitedEvidence,
    seen: Observations,
    classes: frozenset[Elicitation],
) -> Iterator[WordingRate]:
    wanted = tuple(dict.fromkeys(match for prompt in sorted(prompts) for match in matches.get(prompt, ())))
    runs: dict[str, list[Run]] = {}
    for run in seen.runs:
        if run.prompt in prompts and seen.own(run) and not run.edited and run.elicitation in classes:
            runs.setdefault(run.wording or run.prompt, []).append(run)  # another sign at its end is no other wording
    for _, asked in sorted(runs.items()):
        counted = different([supports(run, draw, wanted, seen) for run in asked for draw in run.draws])
        if counted:
            yield WordingRate(
                prompt=asked[0].title,
                records=tuple(run.seq for run in asked),
                rate=wilson(sum(one.hit for one in counted), len(counted)),
                cited=any(run.prompt in cited.prompts for run in asked),
            )
