"""Prompts of a finding that are asked more often: of one or two answers nobody can say how often a model says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from workbench.judge.retests.interview import FreshQuestion, Interview, exhibited
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, held_against, mostly_settling
from workbench.judge.retests.meant import Meant
from workbench.judge.retests.retested import SaidBeside
from workbench.judge.retests.riding import Riding, by_question, shown_most
from workbench.judge.truths.truth import Rollouts

_TIMES: Final = 8
"""How often each of them is asked."""
_MORE: Final = 400
"""Answers that a baseline is asked for beside those it gave: an interval of 95 % is some seven hundredths wide then."""
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

    def once_more(asked: Interview) -> list[FreshAnswer]:
        more = asked.ask(f"{name}/apart", [chosen[one] for one in numbers], _TIMES * len(numbers))
        return [replace(one, number=numbers[one.number]) for one in more]

    def instead(told: list[FreshAnswer], more: list[FreshAnswer]) -> list[FreshAnswer]:
        again = {one.number for one in more}
        return [one for one in told if one.number not in again] + more

    if not found.riding:
        return heard
    # Of what the baseline said those answers count that tell, as they did when it was first asked.
    support, base = once_more(interview), mostly_settling(once_more(other), shows)
    return instead(heard[0], support), instead(heard[1], base)


class AskedOn:
    """A baseline that is asked more of the same where what it said first does not settle whether a finding's prompts
    ask what exhibits do."""

    def __init__(self, other: Interview, rollouts: Callable[[str], Rollouts]) -> None:
        """`rollouts`: behaviour → how its exhibits are drawn."""
        self._other, self._rollouts = other, rollouts
        self.prompts = defaultdict[tuple[str, str], list[FreshAnswer]](list)
        """(finding, behaviour) → what it said more to the finding's prompts,"""
        self.exhibits = defaultdict[tuple[str, str], list[FreshAnswer]](list)
        """and to exhibits."""

    def settled(
        self,
        name: str,
        asked: Sequence[FreshQuestion],
        heard: Sequence[FreshAnswer],
        behaves: Meant,
    ) -> SaidBeside | None:
        """How often it says what is meant to those prompts of a finding, which it was `heard` on, that do not ask the
        same as exhibits, and to exhibits about what they name; None: there are none."""
        free = [told for told in heard if told.unforced and not behaves.is_exhibit(told)]
        if not free:
            return None
        shown, holds, prompts = behaves.shown, behaves.claim.holds, {told.asked for told in free}
        beside = behaves.about_the_same(prompts, shown.baseline or [])
        found = _beside(free, beside, holds)
        if not found.unsettled:
            return found
        exhibits, both = behaves.about_the_same(prompts, shown.behaviour.exhibits), (name, shown.behaviour.id)
        numbers = [at for at, one in enumerate(asked) if one.unforced and one.asked in prompts]
        more = self._other.ask(f"{'/'.join(both)}/on", [asked[at] for at in numbers], _MORE)
        self.prompts[both] = [replace(told, number=numbers[told.number]) for told in more]
        rolled = exhibited(exhibits, self._rollouts(shown.behaviour.id))
        self.exhibits[both] = self._other.ask(f"{'/'.join(both)}/on/exhibits", rolled, _MORE)
        return _beside([*free, *self.prompts[both]], [*beside, *self.exhibits[both]], holds)


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
