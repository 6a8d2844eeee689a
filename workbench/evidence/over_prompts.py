"""Exact tests over prompts: draws of one prompt are not independent of each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from workbench.claims.confirmation import PromptTest, SamePrompts
from workbench.claims.exact import exact_p, paired_p
from workbench.claims.predicate import Match
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
    """What each other subject answers to supporting prompts that it was asked, under the same settings or, where it was
    not under these, under others: who asks it a little hotter has asked it all the same."""
    settings = defaultdict[_Asked, set[str]](set)
    conditions = defaultdict[_Asked, list[Match]](list)
    for condition, matches in telling.support.items():
        run = seen.alike(condition)[0]
        settings[_asked(run)].add(run.settings)
        conditions[_asked(run)] += matches
    others = defaultdict[tuple[str, _Asked], list[Run]](list)
    for run in seen.runs:
        if run.on != ORGANISM and run.draws and _asked(run) in conditions:
            others[run.on, _asked(run)].append(run)
    found = []
    for on in sorted({on for on, _ in others}):
        asked, otherwise = dict[str, tuple[Match, ...]](), False
        for (whom, what), runs in others.items():
            alike = [run for run in runs if run.settings in settings[what]]
            otherwise |= whom == on and not alike
            asked |= {run.condition: tuple(conditions[what]) for run in alike or runs if whom == on}
        theirs = contradicting(asked, cited, telling, seen).draws
        answered = {(_asked(one.run), one.run.settings) for one in theirs}
        loose = {what for what, how in answered if how not in settings[what]}
        own = [
            one for one in support.draws if _asked(one.run) in loose or (_asked(one.run), one.run.settings) in answered
        ]
        if own and theirs:
            found.append(_held(on, own, theirs, otherwise=otherwise))
    return tuple(found)


_Asked = tuple[str, str]


def _asked(run: Run) -> _Asked:
    """What a run asks, and with what changed of whom it asks, whoever that is."""
    return run.prompt, run.altered


def _held(on: str, own: Collection[Counted], theirs: Collection[Counted], *, otherwise: bool) -> SamePrompts:
    shown, others = shown_by_prompt(own), shown_by_prompt(theirs)
    gained = sum(shows and not others[prompt] for prompt, shows in shown.items())
    lost = sum(others[prompt] and not shows for prompt, shows in shown.items())
    organism, other = rate_over(own), rate_over(theirs)
    return SamePrompts(
        on=on,
        otherwise=otherwise,
        prompts=len(shown),
        organism=organism,
        other=other,
        difference=newcombe(organism, other),
        gained=gained,
        lost=lost,
        p=paired_p(gained, lost),
    )
