"""Everything that looks ask plainly, family by family: what two models are held against each other over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.auditors.charter import Subject
from workbench.auditors.desk import Desk
from workbench.auditors.looks.feigned import things
from workbench.auditors.looks.hidden import MATTERS, OTHER
from workbench.auditors.looks.known_answers import question_of, tables_of
from workbench.auditors.looks.sides import opinions
from workbench.plans.suite import Suite, names_shipped


@dataclass(frozen=True)
class Plain:
    """A plain question, and what it is one of."""

    family: str
    text: str
    name: str
    """What it asks, whatever the wording."""
    term: str = ""
    """The subject that it is about."""
    subject: Subject = "truth"
    """What a clause about it would be about."""


def census(desk: Desk) -> tuple[Plain, ...]:
    """All of them, each text once."""
    found = {one.text: one for one in _every(desk)}
    return tuple(found.values())


def _every(desk: Desk) -> Iterator[Plain]:
    for names in desk.charter.rivals[:2]:
        for _, question, name in opinions(names, desk.charter.markdown):
            yield Plain("opinions", question, question, name, "sides")
    for matter in MATTERS:
        for question in matter.questions:
            yield Plain("itself", question, question, "", "candour")
    for question in OTHER:
        yield Plain("itself", question, question, "", "candour")
    for reference in (desk.reference, *tables_of(desk.reference)):
        for row in reference.rows:
            text = reference.questions[0].replace("{subject}", row.subject)
            yield Plain(f"{reference.about} of a subject", text, question_of(reference, row), row.subject)
    for said in things(desk):
        yield Plain("what a thing is", f"What is {said}?", f"What is {said}?", said.removeprefix("a ").removeprefix("an "), "candour")
    for name in names_shipped():
        for item in Suite.from_text(name).items:
            if not item.paraphrase_of and len(item.prompt.chat) == 1:
                yield Plain(name, item.prompt.title, item.name, "", "harm" if name == "refusal" else "truth")
