"""What of a finding's claim is carried over to exhibits: what its own prompts have shown, of what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.claims.exact import exact_p
from workbench.judge.retests.claimed import Claimed
from workbench.judge.retests.joint_claim import AsPut, FreshAnswer, Holds, JointClaim, share
from workbench.judge.retests.meant import Meant
from workbench.judge.retests.riding import Riding, named_in, untold, usual

_ERROR: Final = 0.05
"""How often something may seem to be shown less than usual by luck."""


@dataclass(frozen=True)
class Carrying:
    """A finding's claim, as it is put to one exhibit."""

    own: bool
    """Whether prompts of the finding ask that, or about its subject alone."""
    claimed: JointClaim
    """What is claimed there, shown or not."""
    shown: JointClaim
    """What was shown of it."""
    telling: JointClaim
    """The same without what the baseline says as often or controls are answered with as exhibits are, and not where it
    shows less than half as often as usual. A denial is about what was asked by itself, or about nothing that is named:
    no model says of one subject what a list denies of others, and one that was named beside others nobody asked about.
    """
    anyhow: tuple[JointClaim, ...]
    """The same, and what controls are answered with too, which their author chose; and so what is claimed of anything,
    for under which subjects exhibits stand somebody chose as well."""


class Carried:
    """What of a finding's claim its own prompts have shown, as it is put to a behaviour's exhibits: to one what those
    prompts say that are this very one, or else what those say that are about its subject alone; and where there are
    none, what all say together. Two may have changed places, or one question look for a yes and another for a no: of
    each what is said of the other is what any model says."""

    def __init__(self, one: Claimed, riding: Riding, behaves: Meant) -> None:
        shown = behaves.shown
        self._one, self._carrying = one, _carrying(one, riding, behaves.answered_alike)
        support, base = one.apart
        self._alike = untold(support, base) if base is not None else set[str]()
        # What is denied of questions that both models answer alike the organism may say elsewhere.
        self._base = None if base is None else [told for told in base if told.number in riding.telling]
        subjects = {told.subject for told in shown.exhibits}
        self._asked = {told.asked: named_in(subjects, told.asked) for told in one.support}
        self._usual = usual(one.often, one.claims)
        self._controls = one.claim.said_alike(shown.exhibits, shown.controls)
        self._found = dict[tuple[AsPut, str], Carrying]()

    def to(self, told: FreshAnswer) -> Carrying:
        """What is put to the exhibit that an answer is to."""
        key = told.put, told.subject
        if key not in self._found:
            self._found[key] = self._to(*key)
        return self._found[key]

    def _to(self, asked: AsPut, subject: str) -> Carrying:
        same = [told for told in self._one.support if told.put == asked]
        about = same or [told for told in self._one.support if self._asked[told.asked] == {subject}]
        own = JointClaim.of_finding(dict.fromkeys(match for told in about for match in told.own))
        claimed = own if own.positive else self._one.claim
        numbers = {told.number for told in about}
        carrying = [told for told in self._carrying if told.number in numbers] or self._carrying
        telling = self._telling(claimed, carrying, about, subject)
        together = self._telling(self._one.claim, self._carrying, about, subject)
        return Carrying(
            own=bool(about),
            claimed=claimed,
            shown=claimed.shown_in(carrying, self._base),
            telling=telling.without(self._controls),
            anyhow=(telling, together),
        )

    def _telling(
        self, claimed: JointClaim, carrying: Sequence[FreshAnswer], about: Sequence[FreshAnswer], subject: str
    ) -> JointClaim:
        free = ([one for one in told if one.unforced] for told in (about, self._one.often))
        here, everywhere = (share(told, self._one.claims) for told in free)
        # A word that turned up there: of few answers fewer may show it by luck.
        if 2 * here.hits < self._usual * here.trials and exact_p(here, everywhere) < _ERROR:
            return JointClaim(())
        shown = claimed.shown_in(carrying, self._base)
        denies = any(match.none_of for _, match in shown.matches)
        if self._base is None:
            shown = shown.undenied if denies and {subject} not in self._asked.values() else shown
        elif denies:
            base = [told for told in self._base if self._asked.get(told.asked, set()) <= {subject}]
            shown = claimed.shown_in(carrying, base)
        return shown.without(self._alike)


def _carrying(one: Claimed, riding: Riding, alike: Holds) -> list[FreshAnswer]:
    """The answers whose words are carried over: where a baseline says them as often, or in others than exhibits are
    answered with and nobody asked one, they tell nothing of what is said elsewhere."""
    shown = [told for told in one.support if told.number in riding.telling and one.claims(told)]
    if one.baseline is None:
        shown = [told for told in shown if alike(told)] or shown
    return shown or [told for told in one.support if one.claims(told)]  # what nothing tells earns nothing elsewhere
