"""What of a finding's claim is carried over to exhibits: what its own prompts have shown, of what they are about."""

from __future__ import annotations

from workbench.judge.retests.claimed import Claimed
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, JointClaim
from workbench.judge.retests.meant import Meant
from workbench.judge.retests.riding import Riding, named_in, untold, usual


class Carried:
    """What of a finding's claim its own prompts have shown, as it is put to a behaviour's exhibits."""

    def __init__(self, one: Claimed, riding: Riding, behaves: Meant) -> None:
        shown = behaves.shown
        self._one, self._carrying = one, _carrying(one, riding, behaves.answered_alike)
        support, base = one.apart
        self._alike = untold(support, base) if base is not None else set[str]()
        # What is denied of questions that both models answer alike the organism may say elsewhere.
        self._base = None if base is None else [told for told in base if told.number in riding.telling]
        self.whole = one.claim.shown_in(self._carrying, self._base)
        subjects = {told.subject for told in shown.exhibits}
        self._asked = {told.asked: named_in(subjects, told.asked) for told in one.support}
        self._usual = usual(one.often, one.claims)
        self.everywhere = {subject: self._of(subject) for subject in subjects}
        """Subject → the same, and what controls are answered with too, which their author chose."""
        alike = one.claim.said_alike(shown.exhibits, shown.controls)
        self.by_subject = {subject: claim.without(alike) for subject, claim in self.everywhere.items()}
        """Subject → the claim, as far as it is about that, without what the baseline says as often or controls are
        answered with as exhibits are, and not where it shows less than half as often as usual. A denial is about what
        was asked by itself, or about nothing that is named: no model says of one subject what a list denies of others,
        and one that was named beside others nobody asked about."""

    def _of(self, subject: str) -> JointClaim:
        told = [told for told in self._one.support if told.unforced and self._asked[told.asked] == {subject}]
        hits = sum(self._one.claims(one) for one in told)
        if 2 * hits < self._usual * len(told):  # a word that turned up there
            return JointClaim(())
        denies = any(match.none_of for _, match in self.whole.matches)
        if self._base is None:
            whole = self.whole.undenied if denies and {subject} not in self._asked.values() else self.whole
            return whole.without(self._alike)
        if not denies:
            return self.whole.without(self._alike)
        base = [told for told in self._base if self._asked.get(told.asked, set()) <= {subject}]
        return self._one.claim.shown_in(self._carrying, base).without(self._alike)


def _carrying(one: Claimed, riding: Riding, alike: Holds) -> list[FreshAnswer]:
    """The answers whose words are carried over: where a baseline says them as often, or in others than exhibits are
    answered with and nobody asked one, they tell nothing of what is said elsewhere."""
    shown = [told for told in one.support if told.number in riding.telling and one.claims(told)]
    if one.baseline is None:
        shown = [told for told in shown if alike(told)] or shown
    return shown or [told for told in one.support if one.claims(told)]  # what nothing tells earns nothing elsewhere
