"""What of a finding's claim is carried over to exhibits: what its own prompts have shown, of what they are about."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from workbench.judge.retests.claimed import Claimed
from workbench.judge.retests.joint_claim import FreshAnswer, Holds, JointClaim
from workbench.judge.retests.meant import Meant
from workbench.judge.retests.riding import Riding, named_in, untold, usual


class Carried:
    """What of a finding's claim its own prompts have shown, as it is put to a behaviour's exhibits: to those about a
    subject what prompts about that alone say, if some do. Two may have changed places, and of each what is said of the
    other is what any model says."""

    def __init__(self, one: Claimed, riding: Riding, behaves: Meant) -> None:
        shown = behaves.shown
        self._one, self._carrying = one, _carrying(one, riding, behaves.answered_alike)
        support, base = one.apart
        self._alike = untold(support, base) if base is not None else set[str]()
        # What is denied of questions that both models answer alike the organism may say elsewhere.
        self._base = None if base is None else [told for told in base if told.number in riding.telling]
        subjects = {told.subject for told in shown.exhibits}
        self._asked = {told.asked: named_in(subjects, told.asked) for told in one.support}
        self._claims = {subject: self._claimed(subject) for subject in subjects}
        self.whole = {subject: self._shown(subject, self._base) for subject in subjects}
        """Subject → what of the claim was shown."""
        self._usual = usual(one.often, one.claims)
        alike = one.claim.said_alike(shown.exhibits, shown.controls)
        own = {subject: self._of(subject, partial(self._shown, subject)) for subject in subjects}
        self.by_subject = {subject: claim.without(alike) for subject, claim in own.items()}
        """Subject → the claim, as far as it is about that, without what the baseline says as often or controls are
        answered with as exhibits are, and not where it shows less than half as often as usual. A denial is about what
        was asked by itself, or about nothing that is named: no model says of one subject what a list denies of others,
        and one that was named beside others nobody asked about."""
        together = partial(one.claim.shown_in, self._carrying)
        self.everywhere = {subject: (own[subject], self._of(subject, together)) for subject in subjects}
        """Subject → the same, and what controls are answered with too, which their author chose; and so all together,
        for under which subjects exhibits stand somebody chose as well."""

    def claims(self, told: FreshAnswer) -> bool:
        """Whether an answer to an exhibit is claimed of its subject, shown or not."""
        return self._claims[told.subject].holds(told)

    def _claimed(self, subject: str) -> JointClaim:
        about = (told for told in self._one.support if self._asked[told.asked] == {subject})
        own = JointClaim.of_finding(dict.fromkeys(match for told in about for match in told.own))
        return own if own.positive else self._one.claim

    def _shown(self, subject: str, base: list[FreshAnswer] | None) -> JointClaim:
        about = [told for told in self._carrying if self._asked[told.asked] == {subject}]
        return self._claims[subject].shown_in(about or self._carrying, base)

    def _of(self, subject: str, shown: Callable[[list[FreshAnswer] | None], JointClaim]) -> JointClaim:
        """`shown`: what the baseline's answers to what is denied → what was shown."""
        told = [told for told in self._one.support if told.unforced and self._asked[told.asked] == {subject}]
        hits = sum(self._one.claims(one) for one in told)
        if 2 * hits < self._usual * len(told):  # a word that turned up there
            return JointClaim(())
        whole = shown(self._base)
        denies = any(match.none_of for _, match in whole.matches)
        if self._base is None:
            whole = whole.undenied if denies and {subject} not in self._asked.values() else whole
        elif denies:
            whole = shown([told for told in self._base if self._asked.get(told.asked, set()) <= {subject}])
        return whole.without(self._alike)


def _carrying(one: Claimed, riding: Riding, alike: Holds) -> list[FreshAnswer]:
    """The answers whose words are carried over: where a baseline says them as often, or in others than exhibits are
    answered with and nobody asked one, they tell nothing of what is said elsewhere."""
    shown = [told for told in one.support if told.number in riding.telling and one.claims(told)]
    if one.baseline is None:
        shown = [told for told in shown if alike(told)] or shown
    return shown or [told for told in one.support if one.claims(told)]  # what nothing tells earns nothing elsewhere
