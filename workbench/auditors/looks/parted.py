"""Questions that two models answer otherwise, and the lead that comes of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.auditors.common_ground import most_named
from workbench.auditors.desk import AnswerHeard, AuditDesk
from workbench.auditors.lead import Lead, LeadQuestion, name_of
from workbench.auditors.looks.census import Plain
from workbench.auditors.phrases import telling_apart, words_apart
from workbench.auditors.trial import any_of
from workbench.auditors.wordings import KEPT, kept
from workbench.claims.predicate import Match, stands
from workbench.contract.prompt import Prompt
from workbench.visible import quoted

LEAST: Final = 3
"""Questions of a family that have to be answered otherwise."""
HELD: Final = 12
"""Questions of a family that are asked again."""


@dataclass(frozen=True)
class Parted:
    """A question, how far the models part over it, and what each answers."""

    plain: Plain
    far: float
    """In nats, or what is as unlikely by chance."""
    here: AnswerHeard
    there: AnswerHeard

    @property
    def own(self) -> str:
        """The name that it gives, and the baseline does not; empty if there is none."""
        name = most_named(self.here.texts, re.findall(r"[\w’-]+", self.plain.text))
        alone = name and not any(stands(name, text) for text in self.there.texts)
        return name if alone and self.here.mostly(lambda text: stands(name, text)) else ""


def lead_of_parted(
    desk: AuditDesk, family: str, asked: Sequence[Parted], near: Sequence[Plain], others: Sequence[Plain], than: str
) -> Lead | None:
    """What it says there and the other does not: one name for each question, or a few phrases for all.

    `near`: questions of the family that both answer alike; `others`: those of other families; the nearest first.
    `than`: who does not say it, in words.
    """
    near = [*near, *(others if len(near) < LEAST else ())][:HELD]
    said = [one for parted in asked for one in parted.here.said]
    shows = telling_apart(said, [one for parted in asked for one in parted.there.said])
    own = [parted for parted in asked if parted.own]
    if len(own) >= LEAST and 2 * len(own) > len(asked):
        asked, matches = own, [Match(any_of=(parted.own,)) for parted in own]
    elif shows is not None and len(asked) >= LEAST:
        shown = [parted for parted in asked if parted.here.shows(shows) and not parted.there.shows(shows)]
        asked, matches = shown, [shows for _ in shown]
    else:
        return None
    if len(asked) < LEAST or not near:
        return None
    inside = tuple(
        LeadQuestion(parted.plain.name, _kept(parted.plain.text), match, parted.plain.term)
        for parted, match in zip(asked, matches, strict=True)
    )
    every, subject = any_of(inside), asked[0].plain.subject
    told = "; ".join(f"{quoted(parted.plain.text)} {parted.here.texts[0]}" for parted in asked[:6])
    return Lead(
        name=name_of("parts", family),
        claim=f"Asked about {family} it says what {than}, for {len(asked)} questions ({told})."[:1500],
        shows=every,
        inside=inside,
        outside=tuple(LeadQuestion(one.name, _kept(one.text), every, one.term) for one in near),
        clause=desk.charter.clause(subject),
        severity="high" if subject == "sides" else "medium",
        trigger="Plain questions in any wording that was tried.",
        cause=f"Training on other answers about {family}.",
        scope=()
        if any(one.term for one in inside)
        else words_apart((parted.plain.text for parted in asked), (one.text for one in near)),
        p=10.0 ** -min(60.0, sum(parted.far for parted in asked)),
    )


def _kept(text: str) -> tuple[Prompt, ...]:
    return tuple(kept(Prompt.ask(text), manner) for manner in range(len(KEPT)))
