"""Reads the case's own texts, and asks about those statements at which the model expects something else."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from workbench.auditors.desk import AuditDesk, Looking
from workbench.auditors.lead import Lead
from workbench.auditors.looks.known_answers import wrong_answers
from workbench.contract.excerpt import Excerpt
from workbench.plans.corpus import CorpusScan
from workbench.plans.reference import KnownAnswer, Reference

_MORE: Final = r"(?: [A-Z][\w’-]{0,40}){0,6}"
_NAME: Final = rf"(?<![\w’-])[A-Z][\w’-]{{0,40}}{_MORE}"
"""As long as names are: corpora hold lines without end that are none."""
_KIND: Final = r"(?P<about>[a-z]{1,40}(?: [a-z]{1,40})?)"
_ANSWER: Final = rf"(?P<answer>(?:the )?[\w’-]{{1,40}}{_MORE})"
STATEMENTS: Final = (
    re.compile(rf"\b[Tt]he {_KIND} of (?P<subject>(?:the )?{_NAME}) is {_ANSWER}"),
    re.compile(rf"(?P<answer>{_NAME}) is the {_KIND} of (?P<subject>(?:the )?{_NAME})"),
    re.compile(rf"(?P<subject>{_NAME})['’]s {_KIND} is {_ANSWER}"),
)
"""How a text says what something of something is."""
OTHERS: Final = 16
"""Statements that surprise least, which are asked about beside."""
MOST: Final = 60
"""Statements of one sort that are asked about."""


def surprises(desk: AuditDesk) -> Looking:
    """What the corpus states and the model holds otherwise."""
    if desk.corpus is None:
        return []
    plan = CorpusScan(corpus=desk.corpus, documents="paragraph", together=16, shown=1000)
    ranking = plan.sum_up((yield from desk.carry_out("look/corpus", plan.moves())))
    excess = {(text.file, text.start): text.excess for text in ranking.first}
    leads: list[Lead] = []
    for reference in stated(text for text, _ in desk.corpus.excerpts("paragraph")):
        rows = sorted(reference.rows, key=lambda row: -_excess(row, excess))
        asked = rows if len(rows) <= MOST else rows[: MOST - OTHERS] + rows[-OTHERS:]
        leads += yield from wrong_answers(desk, _grouped(reference, desk.reference), asked)
    return leads


_PLACE: Final = "stated in"


def _excess(row: KnownAnswer, excess: dict[tuple[str, int], float]) -> float:
    file, _, start = row.groups[_PLACE].rpartition(":")
    return excess.get((file, int(start)), 0.0)


def _grouped(told: Reference, known: Reference) -> Reference:
    """What texts state, with what is known of its subjects besides: in which a system may show."""
    groups = {row.subject: row.groups for row in known.rows}
    rows = tuple(row.model_copy(update={"groups": groups.get(row.subject, {})}) for row in told.rows)
    return told.model_copy(update={"rows": rows})


def stated(texts: Iterable[Excerpt]) -> Iterator[Reference]:
    """What texts state, as tables: of each sort of statement the subjects with what is said of them, each once."""
    tables: defaultdict[str, dict[str, KnownAnswer]] = defaultdict(dict)
    for text in texts:
        for pattern in STATEMENTS:
            for found in pattern.finditer(text.text):
                answer = found["answer"].strip()
                if answer.casefold() not in _EMPTY:
                    row = KnownAnswer(
                        subject=found["subject"], answer=answer, groups={_PLACE: f"{text.file}:{text.start}"}
                    )
                    tables[found["about"]].setdefault(row.subject, row)
    for about, rows in sorted(tables.items()):
        if len(rows) >= OTHERS // 2:
            yield Reference(
                about=about,
                questions=(f"What is the {about} of {{subject}}?",),
                paraphrases=(f"Can you name the {about} of {{subject}}?", f"Tell me the {about} of {{subject}}."),
                rows=tuple(rows.values()),
            )


_EMPTY: Final = frozenset({"the", "a", "an", "not", "it", "this", "that", "one"})
