"""What scripted auditors share: they look within a budget, suppose, put to the test, claim, and name their price."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from pydantic import Field

from workbench.auditors.auditor import Audit, Auditor
from workbench.auditors.briefing import Briefing
from workbench.auditors.charter import Charter
from workbench.auditors.desk import AuditDesk, Looking
from workbench.auditors.lead import Lead, apart
from workbench.auditors.price import AuditPrice, concluded, priced
from workbench.auditors.trial import TRIED, Tested, put_to_the_test
from workbench.claims.finding import Finding
from workbench.contract.figures import Column, Figure, Rows
from workbench.contract.probe import SEED
from workbench.plans.folder import Folder
from workbench.plans.plan import Answered, Ask, Claim, Moves, Remark, Suppose
from workbench.plans.reference import Reference
from workbench.visible import line, quoted

LOOKING = 0.75
"""The share of its tokens and records that an audit looks with; the rest is for tests."""

ReadingInside = Generator[Ask, Answered | None, list[int]]

Looker = Callable[[AuditDesk], Looking]
"""Looks with one kind of question, and says what it points at."""


class LookedAt(Audit):
    """What a strategy concludes, with what each of its looks came to."""

    looks: tuple[str, ...]
    short: tuple[str, ...]
    """Looks that ran out of tokens, or that the rules refused."""
    tested: tuple[str, ...]
    """Leads that were put to the test, and what came of each, in a sentence."""
    claimed: tuple[str, ...]
    """Ids of its findings."""
    price: AuditPrice

    def figures(self) -> tuple[Figure, ...]:
        columns = (Column("lead, and what testing it came to"),)
        tested = Rows("What was put to the test", columns, tuple((line(told),) for told in self.tested))
        return (*super().figures(), tested, self.price.figure())


@dataclass
class AuditTrail:
    """How far an audit came."""

    desk: AuditDesk
    short: list[str] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    tested: list[Tested] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    clauses: dict[str, str] = field(default_factory=dict)
    """Of each step."""
    looked: bool = False
    """Whether all looks were gone through."""


class Strategy(Auditor):
    """An audit in the usual order: look with every instrument, suppose what stands out, test it, claim what held."""

    seeds: ClassVar[frozenset[str]] = frozenset({"seed"})

    specification: str = ""
    """What the model is meant to do, in Markdown; empty: the case's own."""
    reference: Reference = Field(default_factory=lambda: Reference.from_text("countries"))
    """Names with what is known of them: one that is shipped, or a JSON file like it."""
    tokens: int = Field(40_000, ge=1)
    """Tokens that it may spend, of every sort together."""
    probes: int = Field(900, ge=1)
    """Records that it may make."""
    findings: int = Field(3, ge=1, le=50)
    """The most that it claims."""
    seed: int = SEED
    """Seed of the noise."""

    @property
    def title(self) -> str:
        return f"within {self.tokens:,} tokens"

    @property
    def looks(self) -> tuple[Looker, ...]:
        """What it looks with, in this order."""
        raise NotImplementedError

    @property
    def corpora(self) -> Folder | None:
        """The texts that it reads, if it reads any."""
        return None

    def within(self, tested: Tested, desk: AuditDesk) -> ReadingInside:
        """Read the inside where a lead held; the records that do."""
        return []
        yield  # a generator that asks nothing

    def told(self) -> dict[str, Any]:
        """Wherever it lies on a machine, a corpus is the same."""
        return self.model_dump(mode="json", exclude={"corpus": {"folder"}})

    def briefed(self, briefing: Briefing) -> Self:
        """What was left empty as the case has it."""
        probes = min(self.probes, briefing.probes or self.probes)
        tokens = min(self.tokens, briefing.tokens or self.tokens)
        update: dict[str, Any] = {"findings": min(self.findings, briefing.findings), "probes": probes, "tokens": tokens}
        if not self.specification:
            update["specification"] = briefing.specification
        return self.model_copy(update=update)

    def trail(self, prefix: str = "") -> AuditTrail:
        """The beginning of one."""
        desk = AuditDesk(
            charter=Charter(self.specification), reference=self.reference, seed=self.seed, corpus=self.corpora,
            prefix=prefix, tokens=self.tokens, until=self.tokens, probes=self.probes, until_probes=self.probes,
        )  # fmt: skip
        return AuditTrail(desk)

    def moves(self) -> Moves:
        yield from self.along(self.trail())

    def along(self, trail: AuditTrail) -> Moves:
        """The audit, step by step; what it comes to is written on the trail."""
        yield from self.looking(trail)
        yield from self.testing(trail, trail.leads)

    def looking(self, trail: AuditTrail) -> Moves:
        """Go through all looks, and note what they point at."""
        for number, look in enumerate(self.looks):
            trail.leads += yield from self._looking(trail, look, number)
        trail.looked = True

    def testing(self, trail: AuditTrail, leads: Sequence[Lead]) -> Moves:
        """Suppose one lead after the other, test it, and claim what held."""
        trail.desk.until, trail.desk.until_probes = trail.desk.tokens, trail.desk.probes
        for number, lead in enumerate(apart(leads)):
            if number == TRIED or len(trail.findings) == self.findings:
                break
            yield Suppose(lead.hypothesis(self.actor))
            tested = yield from _noting(trail, put_to_the_test(lead, trail.desk))
            if tested.holds:
                within = yield from _noting(trail, self.within(tested, trail.desk))
                tested = replace(tested, within=tuple(within))
            trail.tested.append(tested)
            if tested.holds:
                trail.findings.append(tested.finding(self.actor))
                yield Claim(trail.findings[-1])
            else:
                yield Remark(f"{quoted(lead.claim)} did not hold: {tested.words}.")

    def _looking(self, trail: AuditTrail, look: Looker, number: int) -> Any:
        """One look, within its share of what is left for looking."""
        desk = trail.desk
        left = LOOKING * desk.tokens - desk.spent
        desk.until = desk.spent + int(max(0.0, left) / (len(self.looks) - number))
        desk.until_probes = int(LOOKING * desk.probes)
        desk.short, before = False, len(desk.answered)
        leads = yield from _noting(trail, look(desk))
        if desk.short or any(one.refusal is not None for one in desk.answered[before:]):
            trail.short.append(look.__name__.replace("_", " "))
        return leads

    def sum_up(self, answered: Sequence[Answered]) -> LookedAt:
        trail = self.trail()
        replayed(self.along(trail), {one.key: one for one in answered})
        return self.concluded(trail, self.named)

    def concluded(self, trail: AuditTrail, looks: Sequence[str]) -> LookedAt:
        """What a trail comes to."""
        price = self.priced(trail, looks)
        left = f"Not to their end went: {', '.join(trail.short)}." if trail.short else ""
        return LookedAt(
            conclusion=concluded(trail.findings, price, left),
            asked=sum(one.seq is not None for one in trail.desk.answered),
            looks=tuple(looks),
            short=tuple(trail.short),
            tested=tuple(f"{one.lead.claim} {one.words}" for one in trail.tested),
            claimed=tuple(finding.id for finding in trail.findings),
            price=price,
        )

    @property
    def named(self) -> tuple[str, ...]:
        """What its looks are called."""
        return tuple(look.__name__.replace("_", " ") for look in self.looks)

    def priced(self, trail: AuditTrail, looks: Sequence[str]) -> AuditPrice:
        """What it took, and what that leaves open."""
        done = 1 - len(trail.short) / len(looks) if trail.looked and looks else 0.0
        stated = [clause.name for clause in trail.desk.charter.clauses]
        return priced(trail.desk.answered, trail.clauses, stated, done)


def replayed(moves: Moves, by_key: Mapping[str, Answered]) -> None:
    """Go through an audit's moves as far as there are answers, so that its trail says how far it came."""
    reply: Answered | None = None
    try:
        while True:
            move = moves.send(reply)
            reply = by_key.get(move.key) if isinstance(move, Ask) else None
            if isinstance(move, Ask) and reply is None:
                break
    except StopIteration:
        pass
    moves.close()


def _noting(trail: AuditTrail, asking: Any) -> Any:
    """Go through with it, noting which clause each step looks into."""
    reply: Answered | None = None
    try:
        while True:
            ask = asking.send(reply)
            trail.clauses[ask.key] = ask.clause
            reply = yield ask
    except StopIteration as stopped:
        return stopped.value
