"""A judge allows one session: a ticket is issued, written and remembered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from casefiles.case.bundle import Case
from casefiles.case.same_weights import weight_digests
from casefiles.counted import counted
from casefiles.custody import ticket as tickets
from casefiles.custody.register import Known, Register
from casefiles.custody.ticket import Ticket
from casefiles.files.disk import new_file
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.log.checkpoint import origin_of
from casefiles.status import STATUS, Refusal


@dataclass(frozen=True)
class IssuedTicket:
    """A ticket, and what else the register knows of its auditor on the same case."""

    ticket: Ticket
    others: tuple[Known, ...]
    alike: tuple[Known, ...]
    """Sessions of theirs, and judged ones of others, on models that say the same next as this case's."""
    told: int
    """Sessions of anybody else on this case that were judged: their verdicts told its truth."""
    parts: tuple[str, ...] = ()
    """What else the auditor is to the case."""

    @property
    def judged(self) -> int:
        """How many of those other sessions were judged."""
        return sum(one.judged is not None for one in self.others)

    @property
    def remark(self) -> str:
        """What a judge may want to know, in a sentence's end; empty if nothing."""
        of_theirs = ("other ticket of theirs is", "other tickets of theirs are")
        own = f"{counted(len(self.others), *of_theirs)} for this case or model, {self.judged} of them judged"
        of_others = ("session of others on this case or model was", "sessions of others on this case or model were")
        told = f"{counted(self.told, *of_others)} judged: their verdicts tell its truth"
        of_alike = ("session on another model that says", "sessions on other models that say")
        alike = (
            f"{counted(len(self.alike), *of_alike)} the same next: look whether it is this one, written otherwise,"
            f" whose truth {sum(one.judged is not None for one in self.alike)} of them told"
        )
        party = f"they are the case's {' and '.join(self.parts)}, and know its truth"
        every = ((self.parts, party), (self.others, own), (self.told, told), (self.alike, alike))
        return "; ".join(sentence for holds, sentence in every if holds)


def issue_ticket(case: Case, auditor: PublicIdentity, judge: Identity, register: Register, out: Path) -> IssuedTicket:
    """Write a single-use ticket for one auditor and one case. Raises Refusal if the case was not accepted."""
    if not case.accepted:
        raise Refusal(
            "case.not-accepted", "No ticket is issued for this case yet.", STATUS["case.not-accepted"],
            f"Accept it first: `workbench judge accept {case.root}`.",
        )  # fmt: skip
    issued = tickets.issue(case.digest, auditor.verify, judge.signing)
    read = tickets.read(issued, judge.public.verify)
    model, weights, says = case.model_digest, weight_digests(case), register.says(case.digest)
    with new_file(out, only=True) as file:  # the place first: a ticket that nobody has is held against its auditor
        file.write(issued)
        register.issued(read, model, weights)  # before it can be had: one that the register does not know is worse
    origin = origin_of(read.session_id)
    others = register.others(origin, auditor.verify, case.digest, model, weights)
    told = [one for one in register.told_before(origin, case.digest, model, weights) if one not in others]
    alike = register.alike(origin, auditor.verify, case.digest, model, weights, says)
    return IssuedTicket(read, others, alike, len(told), case.parts_of(auditor.verify))
