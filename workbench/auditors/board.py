"""Several auditors that work by themselves, and what they find together: the same thing counts once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self

from pydantic import Field, field_validator

from casefiles.counted import counted
from workbench.auditors.black_box import BlackBox
from workbench.auditors.briefing import Briefing
from workbench.auditors.comparer import Comparer
from workbench.auditors.corpus_reader import CorpusReader
from workbench.auditors.desk import AuditDesk
from workbench.auditors.insider import Insider
from workbench.auditors.lead import Lead, same
from workbench.auditors.strategy import LOOKING, AuditTrail, LookedAt, ReadingInside, Strategy, replayed
from workbench.auditors.trial import Tested
from workbench.auditors.trigger_seeker import TriggerSeeker
from workbench.contract.figures import Column, Figure, Rows
from workbench.document import Document
from workbench.plans.folder import Folder
from workbench.plans.plan import Answered, Moves
from workbench.visible import quoted

MEMBERS: Final[Mapping[str, type[Strategy]]] = MappingProxyType(
    {member.kind: member for member in (BlackBox, Insider, TriggerSeeker, CorpusReader, Comparer)}
)


RECORDS: Final[Mapping[str, int]] = MappingProxyType(
    {"trigger-seeker": 90, "corpus-reader": 100, "comparer": 130, "insider": 280, "black-box": 560}
)
"""Records that each looks with, about: those that take fewest begin, and leave what they do not take."""
TESTS: Final = 0.12
"""The share of the board's records that are kept for tests."""


class BoardMember(Document):
    """One auditor of a board, and what it found by itself."""

    kind: str
    found: tuple[str, ...]
    """What it pointed at and held, each in a sentence."""
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

    def pointed(self, lead: Lead) -> bool:
        """Whether it came upon this by itself."""
        return any(same(lead, other) for other in self.trail.leads)


class AuditBoard(Strategy):
    """Let several auditors work by themselves, and claim what they found between them, each thing once.

    Members share the log and nothing else: none is told what another asked or was answered when it looks. What they
    point at is put to the test once, whoever came upon it. How much is found by one more of them is told as the mean
    over all ways to choose so many.
    """

    kind: ClassVar[str] = "board"

    members: tuple[str, ...] = tuple(MEMBERS)
    """Its auditors, by name."""
    corpus: Folder | None = None
    """A folder of texts; none: those of the case, if it brings any."""
    tokens: int = Field(1_000_000, ge=1)
    """Tokens that it may look with, of every sort together: each member as many as alone, as far as they go."""

    probes: int = Field(1500, ge=1)
    """Records that it may make."""

    @field_validator("members")
    @classmethod
    def _known(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in members if name not in MEMBERS]:
            raise ValueError(f"there is no auditor {quoted(unknown[0])} for a board; there are {', '.join(MEMBERS)}")
        return tuple(dict.fromkeys(members))

    @property
    def title(self) -> str:
        return f"{counted(len(self.members), 'auditor')} within {self.tokens:,} tokens"

    @property
    def own_words(self) -> tuple[str, ...]:
        """But for its members: each is one that there is."""
        return tuple(name for name in super().own_words if name != "members")

    def briefed(self, briefing: Briefing) -> Self:
        update: dict[str, Any] = {"corpus": self.corpus or briefing.corpora}
        return super().briefed(briefing).model_copy(update=update)

    def _seats(self) -> list[_Seat]:
        kinds = sorted((MEMBERS[name] for name in self.members), key=lambda kind: RECORDS[kind.kind])
        usual = [int(kind.model_fields["tokens"].default) for kind in kinds]
        seats = []
        for number, (kind, tokens) in enumerate(zip(kinds, shared(self.tokens, usual), strict=True)):
            given: dict[str, Any] = {
                "specification": self.specification, "reference": self.reference, "tokens": max(1, tokens),
                "seed": self.seed + 100_000 * (number + 1),
            }  # fmt: skip
            if "corpus" in kind.model_fields:
                given["corpus"] = self.corpus
            member = kind.model_validate(given)
            seats.append(_Seat(member, member.trail(f"{kind.kind}/")))
        return seats

    def moves(self) -> Moves:
        yield from self._audit(self._seats(), self.trail())

    def _audit(self, seats: Sequence[_Seat], trail: AuditTrail) -> Moves:
        """Every member looks by itself; what they point at is tested once, whoever came upon it."""
        for number, seat in enumerate(seats):
            self._allow(seats, number)
            yield from seat.auditor.looking(seat.trail)
            trail.desk.answered += seat.trail.desk.answered
            trail.desk.questions |= seat.trail.desk.questions
            trail.desk.spent += seat.trail.desk.spent
            trail.clauses |= seat.trail.clauses
            trail.short += [f"{seat.auditor.kind}: {name}" for name in seat.trail.short]
        trail.looked = True
        trail.leads = [lead for seat in seats for lead in seat.trail.leads]
        trail.desk.tokens = trail.desk.spent + self.tokens  # tests take little, and are not to be cut short by looks
        yield from self.testing(trail, trail.leads)

    def _allow(self, seats: Sequence[_Seat], number: int) -> None:
        """Give a member its share of the records that those before it left."""
        left = (1 - TESTS) * self.probes - sum(len(seat.trail.desk.answered) for seat in seats[:number])
        wanted = [RECORDS[seat.auditor.kind] for seat in seats[number:]]
        seats[number].trail.desk.probes = max(1, int(left * wanted[0] / sum(wanted) / LOOKING))

    def within(self, tested: Tested, desk: AuditDesk) -> ReadingInside:
        return (yield from Insider(specification=self.specification).within(tested, desk))

    def sum_up(self, answered: Sequence[Answered]) -> BoardAudit:
        seats, trail = self._seats(), self.trail()
        replayed(self._audit(seats, trail), {one.key: one for one in answered})
        looks = tuple(f"{seat.auditor.kind}: {name}" for seat in seats for name in seat.auditor.named)
        held = [tested for tested in trail.tested if tested.holds]
        found = [[one.lead for one in held if seat.pointed(one.lead)] for seat in seats]
        return BoardAudit(
            **dict(self.concluded(trail, looks)),
            members=tuple(
                BoardMember(
                    kind=seat.auditor.kind, found=tuple(lead.claim for lead in own), tokens=seat.trail.desk.spent
                )
                for seat, own in zip(seats, found, strict=True)
            ),
            gains=together([sum(seat.pointed(one.lead) for seat in seats) for one in held], len(seats)),
        )  # fmt: skip


def shared(whole: int, wanted: Sequence[int]) -> tuple[int, ...]:
    """What everybody gets of a whole: what they want, as far as it goes, and the smallest wants first."""
    given, left = [0] * len(wanted), whole
    for place, at in enumerate(sorted(range(len(wanted)), key=lambda at: wanted[at])):
        given[at] = min(wanted[at], left // (len(wanted) - place))
        left -= given[at]
    return tuple(given)


def together(times: Sequence[int], members: int) -> tuple[float, ...]:
    """How many different things 1, 2, … of the members find, on average over all ways to choose them.

    `times`: of each thing, how many members found it. One that k of m found is missed by n of them in
    C(m − k, n) of C(m, n) ways.
    """
    return tuple(
        math.fsum(1 - math.comb(members - found, number) / math.comb(members, number) for found in times)
        for number in range(1, members + 1)
    )
