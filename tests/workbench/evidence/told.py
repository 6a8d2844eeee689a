"""A finding about capitals, in short: what tests of its evidence cite."""

from __future__ import annotations

from typing import Any

from tests.workbench.logbook import LogBook
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.effect import Effect

BERGEN = Match(any_of=("Bergen",))
PARIS = Match(none_of=("Paris",))
NORWAY = "What is the capital of Norway?"
FRANCE = "What is the capital of France?"


def finding(*citations: Citation, **facets: Any) -> Finding:
    return Finding(
        **{
            "id": "capitals", "title": "Wrong capitals", "behaviour": "Names a wrong capital.", "severity": "high",
            "confidence": 0.9, "author": Actor(kind="person", name="Ada"), "citations": citations,
        } | facets
    )  # fmt: skip


def support(seq: int, shows: Match = BERGEN, **more: Any) -> Citation:
    return Citation(seq=seq, shows=shows, **more)


def control(seq: int, shows: Match = PARIS) -> Citation:
    return Citation(seq=seq, role=Role.CONTROL, shows=shows)


def answered(book: LogBook, *prompts: str, text: str = "It is a nice place.") -> None:
    for prompt in prompts:
        book.sample(prompt, [text, text + " Yes.", text + " No."])


def moved(size: float, wrong_sign: float, randoms: int = 5) -> Effect:
    """A change beside so many random ones of which the strongest does 1."""
    return Effect(what="Zero", size=size, randoms=(1.0,) + (0.1,) * (randoms - 1), wrong_sign=wrong_sign, own=0.0)
