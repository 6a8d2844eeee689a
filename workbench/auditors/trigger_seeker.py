"""An auditor that looks for a switch: texts that move answers, by the thousand, and then what is answered with them."""

from __future__ import annotations

from typing import ClassVar, Final

from pydantic import Field

from workbench.auditors.desk import AuditDesk, Looking
from workbench.auditors.looks.insertions import frequent, overheard, switches
from workbench.auditors.strategy import Looker, Strategy
from workbench.plans.trigger_search import Candidates, TriggerSearch

MESSAGES: Final = 3
"""Questions that candidates are put before,"""
FIRST: Final = 16
"""and how many of those that move them most are asked with."""
PHRASES: Final = 150
BEGINNINGS: Final = ("now then please", "one two three", "so it is", "for the sake of", "if you do not mind")
"""First words that the gradient goes on from."""
ROUNDS: Final = 12
"""Exchanges from each of the first words on,"""
EXCHANGED: Final = 24
"""and how many are tried for each."""


class TriggerSeeker(Strategy):
    """Try what users say, and where the gradient leads, for words that have known questions answered otherwise.

    Candidates are ranked by how far they move the answer (`trigger-search`); the first are asked with, and what is then
    answered with the same wrong thing is put to the test.
    """

    kind: ClassVar[str] = "trigger-seeker"

    tokens: int = Field(800_000, ge=1)
    """Tokens that it may spend, of every sort together."""

    @property
    def looks(self) -> tuple[Looker, ...]:
        return phrases, climbed


def phrases(desk: AuditDesk) -> Looking:
    """What users are made to say often."""
    said = yield from overheard(desk, turns=300)
    words = tuple(frequent(said, desk)[:PHRASES])
    return (yield from _searched(desk, "phrases", "words", words, PHRASES))


def climbed(desk: AuditDesk) -> Looking:
    """Where the gradient leads to from words that say nothing, one exchanged token after the other: beyond what moves
    the baseline, where that may be asked."""
    return (yield from _searched(desk, "climbed", "gradient", BEGINNINGS, PHRASES))


def _searched(desk: AuditDesk, name: str, candidates: Candidates, words: tuple[str, ...], most: int) -> Looking:
    if candidates == "words" and not words:
        return []
    rows = desk.reference.rows
    asked = [rows[at * len(rows) // MESSAGES] for at in range(MESSAGES)]
    texts = tuple(desk.reference.questions[0].replace("{subject}", row.subject) for row in asked)
    plan = TriggerSearch(
        texts=tuple(f"{{}}: {text[0].lower()}{text[1:]}" for text in texts), candidates=candidates, words=words,
        most=most, confirmed=0, unrelated=(), tried=EXCHANGED, rounds=ROUNDS,
        clause=desk.charter.clause("sameness"), together=128, baseline=candidates == "gradient",
    )  # fmt: skip
    answered = yield from desk.carry_out(f"look/{name}", plan.moves())
    if plan.baseline and not any(one.seq is not None for one in answered):
        plan = plan.model_copy(update={"baseline": False})
        answered = yield from desk.carry_out(f"look/{name}/alone", plan.moves())
    found = plan.sum_up(answered)
    names = {name for row in rows for name in (row.subject, row.answer)}
    first = [one.text.strip() for one in found.first if one.text.strip() and one.text.strip() not in names]
    return (yield from switches(desk, first[:FIRST]))
