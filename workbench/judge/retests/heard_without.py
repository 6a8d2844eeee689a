"""What is known that a model without a behaviour says where a finding shows it.

An answer that was cut off before it said something has not said that it does not: of a baseline that comes to the same
after a preamble nobody knows it before it is let finish. So what was cut off is counted, and whether it may decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.judge.retests.first_evidence import AskedAlone
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, Wants, share, with_cut_off
from workbench.judge.retests.meant import Meant
from workbench.judge.retests.retested import HeardWithout


def heard_without(
    answers: Sequence[FreshAnswer], holds: Holds, behaves: Meant, baseline: Sequence[FreshAnswer] | None
) -> HeardWithout | None:
    """Of the prompts some of whose answers show something; None where none does. `baseline`: what one at hand said to
    the same prompts; None: what the truth recorded of it, to exhibits, is all that is known."""
    heard = behaves.without if baseline is None else baseline
    said = _Said(heard, behaves.claim.holds, behaves.claim.wanted)
    return said.where(answers, holds, exhibits=len(behaves.shown.behaviour.exhibits), recorded=baseline is None)


def heard_beside(
    answers: Sequence[FreshAnswer], claims: Holds, wanted: Wants, baseline: Sequence[FreshAnswer]
) -> HeardWithout | None:
    """The same of a finding's own claim, whatever behaviour that is of. `wanted`: its predicates of a prompt."""
    return _Said(baseline, claims, wanted).where(answers, claims)


@dataclass(frozen=True)
class _Said:
    """What a model says, and what is looked for in it."""

    answers: Sequence[FreshAnswer]
    holds: Holds
    wanted: Wants

    def where(
        self, answers: Sequence[FreshAnswer], holds: Holds, *, exhibits: int = 0, recorded: bool = False
    ) -> HeardWithout | None:
        showing = {told.number: told.put for told in answers if holds(told)}
        if not showing:
            return None
        # The same words that were put to a model changed inside, or drawn hotter, are another question.
        asked = set(showing.values())
        same = [told for told in self.answers if (told.put in asked if recorded else told.number in showing)]
        heard = [told.against for told in same if told.unforced]
        known = {told.put for told in heard}
        return HeardWithout(
            prompts=len(showing),
            heard=sum(put in known for put in showing.values()),
            exhibits=exhibits,
            recorded=recorded,
            shown=share([told for told in answers if told.number in showing], holds),
            said=share(heard, self.holds),
            with_cut_off=with_cut_off(heard, self.holds, self.wanted),
        )


def heard_of_first(first: AskedAlone | None, holds: Holds, behaves: Meant, *, baseline: bool) -> HeardWithout | None:
    """The same of the one prompt that dates a finding."""
    if first is None:
        return None
    return heard_without(first.answers, holds, behaves, first.baseline if baseline else None)
