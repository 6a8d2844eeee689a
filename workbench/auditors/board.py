"""Several auditors that work by themselves, and what they find together: the same thing counts once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self

from pydantic import Field, field_validator

from workbench.auditors.black_box import BlackBox
from workbench.auditors.briefing import Briefing
from workbench.auditors.comparer import Comparer
from workbench.auditors.corpus_reader import CorpusReader
from workbench.auditors.insider import Insider
from workbench.auditors.lead import same
from workbench.auditors.price import concluded
from workbench.auditors.strategy import AuditTrail, LookedAt, Strategy
from workbench.auditors.trial import Tested
from workbench.auditors.trigger_seeker import TriggerSeeker
from workbench.contract.figures import Column, Figure, Rows
from workbench.document import Document
from workbench.plans.folder import Folder
from workbench.plans.plan import Answered, Ask, Claim, Moves

MEMBERS: Final[Mapping[str, type[Strategy]]] = MappingProxyType(
    {member.kind: member for member in (BlackBox, Insider, TriggerSeeker, CorpusReader, Comparer)}
)


RECORDS: Final[Mapping[str, int]] = MappingProxyType(
    {"black-box": 620, "insider": 330, "trigger-seeker": 90, "corpus-reader": 140, "comparer": 180}
)
"""Records that each makes, about: by these they share what a session may make."""


class BoardMember(Document):
    """One auditor of a board, and what it found by itself."""

    kind: str
    conclusion: str
    found: tuple[str, ...]
    """What it claimed, each in a sentence."""
    tokens: int


class BoardAudit(LookedAt):
    """What a board concludes, and what each more of its members adds."""

    members: tuple[BoardMember, ...]
    gains: tuple[float, ...]
    """Different things that 1, 2, … of the members find together, on average over all ways to choose them."""

    def figures(self) -> tuple[Figure, ...]:
        columns = (Column("auditor"), Column("found", "count"), Column("tokens", "count"), Column("what"))
        rows = tuple((one.kind, len(one.found), one.tokens, "; ".join(one.found)) for one in self.members)
        grown = (Column("members", "count"), Column("found together", "number"), Column("gain of the last", "number"))
        steps = tuple(
            (number, gain, gain - (self.gains[number - 2] if number > 1 else 0.0))
            for number, gain in enumerate(self.gains, 1)
        )
        return (
            *super().figures(),
            Rows("What each found by itself", columns, rows),
            Rows("What more auditors add", grown, steps),
        )


@dataclass
class _Seat:
    """A member at work."""

    auditor: Strategy
    trail: AuditTrail


class AuditBoard(Strategy):
    """Let several auditors work by themselves, and claim what they found between them, each thing once.

    Members share the log and nothing else: none is told what another asked or was answered. The same finding of several
    counts once, in the words of the one whose test was least likely chance. How much is found by one more of them is
    told as the mean over all ways to choose so many.
    """

    kind: ClassVar[str] = "board"

    members: tuple[str, ...] = tuple(MEMBERS)
    """Its auditors, by name."""
    corpus: Folder | None = None
    """A folder of texts; none: those of the case, if it brings any."""
    tokens: int = Field(300_000, ge=1)
    """Tokens that it may spend, of every sort together: each member as large a share as it would have alone."""

    @field_validator("members")
    @classmethod
    def _known(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in members if name not in MEMBERS]:
            raise ValueError(f"there is no auditor “{unknown[0]}” for a board; there are {', '.join(MEMBERS)}")
        return tuple(dict.fromkeys(members))

    @property
    def title(self) -> str:
        return f"{len(self.members)} auditors within {self.tokens:,} tokens"

    def briefed(self, briefing: Briefing) -> Self:
        update: dict[str, Any] = {"corpus": self.corpus or briefing.corpora}
        return super().briefed(briefing).model_copy(update=update)

    def _seats(self) -> list[_Seat]:
        kinds = [MEMBERS[name] for name in self.members]
        usual = [int(kind.model_fields["tokens"].default) for kind in kinds]
        seats = []
        for number, (kind, tokens) in enumerate(zip(kinds, usual, strict=True)):
            given: dict[str, Any] = {
                "specification": self.specification, "reference": self.reference, "findings": self.findings,
                "tokens": max(1, self.tokens * tokens // sum(usual)), "seed": self.seed + 100_000 * number,
            }  # fmt: skip
            if "corpus" in kind.model_fields:
                given["corpus"] = self.corpus
            member = kind.model_validate(given)
            seats.append(_Seat(member, member.trail(f"{kind.kind}/")))
        return seats

    def moves(self) -> Moves:
        yield from self._together(self._seats())

    def _together(self, seats: Sequence[_Seat]) -> Moves:
        for number, seat in enumerate(seats):
            self._allow(seats, number)
            yield from _unclaimed(seat.auditor.along(seat.trail))
        for tested in _merged([seat.trail.tested for seat in seats])[: self.findings]:
            yield Claim(tested.finding(self.actor))

    def _allow(self, seats: Sequence[_Seat], number: int) -> None:
        """Give a member its share of the records that those before it left."""
        left = self.probes - sum(len(seat.trail.desk.answered) for seat in seats[:number])
        wanted = [RECORDS[seat.auditor.kind] for seat in seats[number:]]
        desk = seats[number].trail.desk
        desk.probes = desk.until_probes = max(1, left * wanted[0] // sum(wanted))

    def sum_up(self, answered: Sequence[Answered]) -> BoardAudit:
        by_key = {one.key: one for one in answered}
        seats = self._seats()
        for number, seat in enumerate(seats):
            self._allow(seats, number)
            seat.auditor.gone_through(seat.trail, by_key)
        parts = [seat.auditor.summed(seat.trail) for seat in seats]
        merged = _merged([seat.trail.tested for seat in seats])
        findings = [tested.finding(self.actor) for tested in merged[: self.findings]]
        whole = self.trail()
        whole.looked = all(seat.trail.looked for seat in seats)
        for seat in seats:
            whole.desk.answered += seat.trail.desk.answered
            whole.clauses |= seat.trail.clauses
            whole.short += [f"{seat.auditor.kind}: {name}" for name in seat.trail.short]
        looks = tuple(
            f"{seat.auditor.kind}: {name}" for seat, part in zip(seats, parts, strict=True) for name in part.looks
        )
        price = self.priced(whole, looks)
        left = f"Not to their end went: {', '.join(whole.short)}." if whole.short else ""
        held = [[tested for tested in seat.trail.tested if tested.holds] for seat in seats]
        times = [sum(any(same(one.lead, other.lead) for other in own) for own in held) for one in merged]
        return BoardAudit(
            conclusion=concluded(findings, price, left),
            asked=sum(part.asked for part in parts),
            looks=looks,
            short=tuple(whole.short),
            tested=tuple(told for part in parts for told in part.tested),
            claimed=tuple(finding.id for finding in findings),
            price=price,
            members=tuple(
                BoardMember(
                    kind=seat.auditor.kind, conclusion=part.conclusion.verdict,
                    found=tuple(tested.lead.claim for tested in own), tokens=part.price.tokens,
                )
                for seat, part, own in zip(seats, parts, held, strict=True)
            ),
            gains=together(times, len(seats)),
        )  # fmt: skip


def together(times: Sequence[int], members: int) -> tuple[float, ...]:
    """How many different things 1, 2, … of the members find, on average over all ways to choose them.

    `times`: of each thing, how many members found it. One that k of m found is missed by n of them in
    C(m − k, n) of C(m, n) ways.
    """
    return tuple(
        math.fsum(1 - math.comb(members - found, number) / math.comb(members, number) for found in times)
        for number in range(1, members + 1)
    )


def _merged(by_member: Sequence[Sequence[Tested]]) -> list[Tested]:
    """What held of all members, the least likely to be chance first, each thing once."""
    merged: list[Tested] = []
    for tested in sorted((one for own in by_member for one in own if one.holds), key=lambda one: (one.p, one.lead.p)):
        if not any(same(tested.lead, other.lead) for other in merged):
            merged.append(tested)
    return merged


def _unclaimed(moves: Moves) -> Moves:
    """What a member does, but for its claims: the board makes them."""
    reply: Answered | None = None
    try:
        while True:
            move = moves.send(reply)
            reply = None if isinstance(move, Claim) else (yield move)
            if not isinstance(move, Ask):
                reply = None
    except StopIteration:
        return
