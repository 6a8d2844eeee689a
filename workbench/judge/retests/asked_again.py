"""Prompts of a finding that are asked more often: of one or two answers nobody can say how often a model says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from workbench.judge.retests.interview import FreshQuestion, Interview
from workbench.judge.retests.joint_claim import FreshAnswer, Holds
from workbench.judge.retests.riding import Riding, by_question, shown_most

_TIMES: Final = 8
"""How often each of them is asked."""
_SOME: Final = 8
"""Prompts that tell how often something usually shows."""


def asked_apart(
    name: str,
    chosen: Sequence[FreshQuestion],
    heard: tuple[list[FreshAnswer], list[FreshAnswer]],
    interview: Interview,
    other: Interview,
    shows: Holds,
) -> tuple[list[FreshAnswer], list[FreshAnswer]]:
    """What both models said, those prompts asked several times on which both seem to show something about as often, and
    of the others as many, by lot: the luck that lets one tell is looked into as the luck that lets one ride along."""
    found = Riding.of(*heard, shows, shows)
    telling = interview.chosen(f"{name}/telling", sorted(found.telling), len(found.riding))
    numbers = sorted((*found.riding, *telling))

    def once_more(asked: Interview, told: list[FreshAnswer]) -> list[FreshAnswer]:
        more = asked.ask(f"{name}/apart", [chosen[one] for one in numbers], _TIMES * len(numbers))
        kept = [one for one in told if one.number not in numbers]
        return kept + [replace(one, number=numbers[one.number]) for one in more]

    return (once_more(interview, heard[0]), once_more(other, heard[1])) if found.riding else heard


def asked_often(
    name: str, chosen: Sequence[FreshQuestion], support: list[FreshAnswer], interview: Interview, shows: Holds
) -> list[FreshAnswer]:
    """Answers that tell how often something shows on prompts that show it: of those that are asked once the ones that
    show it seem to show it always. Where many do some of them, by lot."""
    rates = by_question(support, shows)
    shown = sorted(one for one in shown_most(support, rates) if rates[one])
    if not shown or 2 * len(support) >= _TIMES * len({told.number for told in support}):
        return support
    some = interview.chosen(f"{name}/some", shown, _SOME)
    return interview.ask(f"{name}/often", [chosen[one] for one in some], _TIMES * len(some))
