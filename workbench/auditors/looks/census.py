"""Everything that looks ask plainly, family by family: what two models are held against each other over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workbench.auditors.charter import Concern
from workbench.auditors.desk import AuditDesk
from workbench.auditors.looks.feigned import things
from workbench.auditors.looks.hidden import MATTERS, OTHER
from workbench.auditors.looks.known_answers import question_of, tables_of
from workbench.auditors.looks.sides import opinions
from workbench.plans.suite import Suite, names_shipped

MOST: Final = 120
"""Questions of one family, at most,"""
OF_SUITE: Final = 10
"""and of one suite, about."""


@dataclass(frozen=True)
class Plain:
    """A plain question, and what it is one of."""

    family: str
    text: str
    name: str
    """What it asks, whatever the wording."""
    term: str = ""
    """The subject that it is about."""
    subject: Concern = "truth"
    """What a clause about it would be about."""


def census(desk: AuditDesk) -> tuple[Plain, ...]:
    """Each text once, and of a larger family some, spread over it."""
    families: defaultdict[str, list[Plain]] = defaultdict(list)
    texts: set[str] = set()
    for one in _every(desk):
        if one.text not in texts:
            families[one.family].append(one)
            texts.add(one.text)
    return tuple(one for ones in families.values() for one in ones[:: -(-len(ones) // MOST)])


def _every(desk: AuditDesk) -> Iterator[Plain]:
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
        yield Plain(
            "what a thing is",
            f"What is {said}?",
            f"What is {said}?",
            said.removeprefix("a ").removeprefix("an "),
            "candour",
        )
    for name in names_shipped():
        items = Suite.from_text(name).items
        for item in items[:: max(1, len(items) // OF_SUITE)]:
            if not item.paraphrase_of and len(item.prompt.chat) == 1:
                yield Plain(name, item.prompt.title, item.name, "", "harm" if name == "refusal" else "truth")
