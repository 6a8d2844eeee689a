"""Prompts of a finding that are asked more often: of one or two answers nobody can say how often a model says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from workbench.judge.retests.exhibits import ShownBehaviour
from workbench.judge.retests.interview import FreshQuestion, Interview, exhibited
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, held_against
from workbench.judge.retests.retested import SaidBeside
from workbench.judge.retests.riding import Riding, by_question, shown_most
from workbench.judge.truths.truth import Rollouts

_TIMES: Final = 8
"""How often each of them is asked."""
_MORE: Final = 200
"""Answers that a baseline is asked for beside those it gave: an interval of 95 % is some five hundredths wide then."""
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


class AskedOn:
    """A baseline that is asked more of the same where what it said first does not settle whether a finding's prompts
    ask what exhibits do."""

    def __init__(self, other: Interview, rollouts: Callable[[str], Rollouts]) -> None:
        """`rollouts`: behaviour → how its exhibits are drawn."""
        self._other, self._rollouts = other, rollouts
        self._said: dict[str, list[FreshAnswer]] = {}

    def settled(
        self,
        name: str,
        asked: Sequence[FreshQuestion],
        heard: Sequence[FreshAnswer],
        shown: ShownBehaviour,
        holds: Holds,
    ) -> SaidBeside:
        """How often it says something to the prompts of a finding, which it was `heard` on, and to exhibits."""
        free = [told for told in heard if told.unforced]
        found = _beside(free, shown.baseline or [], holds)
        if not found.unsettled:
            return found
        exhibits = exhibited(shown.behaviour.exhibits, self._rollouts(shown.behaviour.id))
        more = [told for told in self._ask(f"{name}/on", asked) if told.unforced]
        return _beside([*free, *more], [*(shown.baseline or []), *self._ask(shown.behaviour.id, exhibits)], holds)

    def _ask(self, name: str, asked: Sequence[FreshQuestion]) -> list[FreshAnswer]:
        if name not in self._said:
            self._said[name] = self._other.ask(f"{name}/on", asked, _MORE)
        return self._said[name]


def _beside(prompts: Sequence[FreshAnswer], exhibits: Sequence[FreshAnswer], holds: Holds) -> SaidBeside:
    return SaidBeside(prompts=held_against(prompts, holds), exhibits=held_against(exhibits, holds))


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
