"""Exact tests over prompts: draws of one prompt are not independent of each other."""

from __future__ import annotations

from collections.abc import Collection

from workbench.claims.confirmation import PromptTest, SamePrompts
from workbench.claims.exact import exact_p, paired_p
from workbench.claims.rates import newcombe
from workbench.contract.subject import ORGANISM
from workbench.evidence.citing import CitedEvidence
from workbench.evidence.observations import Observations, Run
from workbench.evidence.pool import Counted, Pool, contradicting, rate_of, rate_over, shown_by_prompt
from workbench.evidence.telling import Telling


def fisher(support: Collection[Counted], against: Collection[Counted]) -> PromptTest | None:
    """Supporting prompts against controls; None without either."""
    if not support or not against:
        return None
    shown, elsewhere = rate_of(shown_by_prompt(support)), rate_of(shown_by_prompt(against))
    return PromptTest(support=shown, against=elsewhere, p=exact_p(shown, elsewhere))


def same_prompts(cited: CitedEvidence, telling: Telling, seen: Observations, support: Pool) -> tuple[SamePrompts, ...]:
    """What each other subject answers to supporting prompts that it was asked under the same settings."""
    conditions = {_asked(seen.alike(condition)[0]): matches for condition, matches in telling.support.items()}
    others: dict[str, dict[str, tuple[str, str, str]]] = {}
    for run in seen.runs:
        if run.on != ORGANISM and run.draws and _asked(run) in conditions:
            others.setdefault(run.on, {})[run.condition] = _asked(run)
    found = []
    for on, told in sorted(others.items()):
        asked = {condition: conditions[what] for condition, what in told.items()}
        theirs = contradicting(asked, cited, telling, seen).draws
        answered = {_asked(one.run) for one in theirs}
        own = [one for one in support.draws if _asked(one.run) in answered]
        if own and theirs:
            found.append(_held(on, own, theirs))
    return tuple(found)


def _asked(run: Run) -> tuple[str, str, str]:
    """What a run asks, how, and with what changed of whom it asks, whoever that is."""
    return run.prompt, run.settings, run.altered


def _held(on: str, own: Collection[Counted], theirs: Collection[Counted]) -> SamePrompts:
    shown, others = shown_by_prompt(own), shown_by_prompt(theirs)
    gained = sum(shows and not others[prompt] for prompt, shows in shown.items())
    lost = sum(others[prompt] and not shows for prompt, shows in shown.items())
    organism, other = rate_over(own), rate_over(theirs)
    return SamePrompts(
        on=on,
        prompts=len(shown),
        organism=organism,
        other=other,
        difference=newcombe(organism, other),
        gained=gained,
        lost=lost,
        p=paired_p(gained, lost),
    )
