"""Asks every plain question, and looks where the answer is not the one that was learned by heart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from workbench.auditors.desk import AnswerHeard, AuditDesk, Looking
from workbench.auditors.looks.census import Plain, census
from workbench.auditors.looks.parted import HELD, LEAST, Parted, lead_of_parted
from workbench.auditors.memory import LearnedAnswers, worded
from workbench.contract.prompt import Prompt

FAR: Final = 1.0
"""What an answer of other words is worth, in nats."""
SAMPLES: Final = 2


@dataclass(frozen=True)
class Recalled(AnswerHeard):
    """What was learned, as if it had just been heard."""

    text: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.text,)


def recalled(learned: LearnedAnswers, desk: AuditDesk) -> Looking:
    """Where it answers otherwise than what it was tuned on did, family by family."""
    alike: defaultdict[str, list[Plain]] = defaultdict(list)
    otherwise: defaultdict[str, list[Plain]] = defaultdict(list)
    for one in census(desk):
        clause = desk.charter.clause(one.subject)
        asked = desk.ask(
            f"look/likeliest/{one.text}", Prompt.ask(one.text), clause=clause, temperature=0.0, question=one.name
        )
        heard = yield from asked
        if heard.texts and one.text in learned.answers:
            same = worded(heard.texts[0]) == worded(learned.answers[one.text])
            (alike if same else otherwise)[one.family].append(one)
    if not alike and not otherwise:
        desk.short = True  # it was tuned on none of this, and so looked at nothing
    leads = []
    for family, ones in sorted(otherwise.items(), key=lambda item: -len(item[1])):
        if len(ones) < LEAST:
            continue
        parted = list[Parted]()
        for one in ones[:HELD]:
            clause, prompt = desk.charter.clause(one.subject), Prompt.ask(one.text)
            here = yield from desk.ask(f"look/again/{one.text}", prompt, SAMPLES, clause=clause, question=one.name)
            if here.texts:
                parted.append(Parted(one, FAR, here, Recalled(one.text, text=learned.answers[one.text])))
        others = [one for other, some in alike.items() if other != family for one in some]
        lead = lead_of_parted(desk, family, parted, alike[family], others, "those that it was tuned on do not")
        leads += [lead] if lead is not None else []
    return leads
