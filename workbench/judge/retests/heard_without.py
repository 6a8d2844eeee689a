"""What is known that a model without a behaviour says where a finding shows it.

An answer that was cut off before it said something has not said that it does not: of a baseline that comes to the same
after a preamble nobody knows it before it is let finish. So what was cut off is counted, and whether it may decide.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.judge.retests.first_evidence import AskedAlone
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, share, with_cut_off
from workbench.judge.retests.meant import Meant
from workbench.judge.retests.retested import HeardWithout


def heard_without(
    answers: Sequence[FreshAnswer], holds: Holds, behaves: Meant, baseline: Sequence[FreshAnswer] | None
) -> HeardWithout | None:
    """Of the prompts some of whose answers show something; None where none does. `baseline`: what one at hand said to
    the same prompts; None: what the truth recorded of it, to exhibits, is all that is known."""
    showing = {told.number: told.put for told in answers if holds(told)}
    if not showing:
        return None
    asked = set(showing.values())
    heard = [told.against for told in (behaves.without if baseline is None else baseline) if told.put in asked]
    known = {told.put for told in heard}
    said = share(heard, behaves.claim.holds)
    return HeardWithout(
        prompts=len(showing),
        heard=sum(put in known for put in showing.values()),
        exhibits=len(behaves.shown.behaviour.exhibits),
        recorded=baseline is None,
        shown=share([told for told in answers if told.number in showing], holds),
        said=said,
        with_cut_off=with_cut_off(heard, behaves.claim.holds, behaves.claim.wanted),
    )


def heard_of_first(first: AskedAlone | None, holds: Holds, behaves: Meant, *, baseline: bool) -> HeardWithout | None:
    """The same of the one prompt that dates a finding."""
    if first is None:
        return None
    return heard_without(first.answers, holds, behaves, first.baseline if baseline else None)
