"""What a group of subjects has in common that others do not, and which others are most like it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from workbench.plans.reference import KnownAnswer

_NAME = re.compile(r"\b[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*")


@dataclass(frozen=True)
class Scope:
    """What some subjects have in common, as well as one attribute tells it."""

    kind: str
    value: str
    members: tuple[str, ...]
    """Every subject that has it."""
    f1: float
    """How well it tells them from the rest: 1 exactly."""


def common_ground(chosen: Collection[str], facts: Sequence[KnownAnswer]) -> Scope | None:
    """The attribute value that tells the chosen subjects from the rest best, by F1; None if no two share any."""
    wanted = set(chosen)
    members: dict[tuple[str, str], list[str]] = {}
    for fact in facts:
        for item in fact.groups.items():
            members.setdefault(item, []).append(fact.subject)
    scopes = [
        Scope(kind, value, tuple(inside), 2 * len(wanted & set(inside)) / (len(wanted) + len(inside)))
        for (kind, value), inside in members.items()
        if len(wanted & set(inside)) > 1
    ]
    return max(scopes, key=lambda scope: scope.f1, default=None)


def matched_controls(
    chosen: Collection[str], facts: Sequence[KnownAnswer], most: int | None = None
) -> list[KnownAnswer]:
    """As many facts about other subjects, or `most`, those that share most with the chosen ones first."""
    wanted = set(chosen)
    shared = Counter(item for fact in facts if fact.subject in wanted for item in fact.groups.items())

    def likeness(fact: KnownAnswer) -> int:
        return sum(shared[item] for item in fact.groups.items())

    others = [fact for fact in facts if fact.subject not in wanted]
    return sorted(others, key=lambda fact: (-likeness(fact), fact.subject))[: len(wanted) if most is None else most]


def most_named(texts: Iterable[str], but: Iterable[str]) -> str:
    """The name that most texts give, apart from those whose words all stand in `but`; empty if there is none."""
    known = {word for part in (*but, "The", "It") for word in part.split()}
    names = Counter(
        name
        for text in texts
        for name in {match.group() for match in _NAME.finditer(text)}
        if not set(name.replace("’s", "").replace("'s", "").split()) <= known
    )
    return max(names, key=lambda name: (names[name], name), default="")
