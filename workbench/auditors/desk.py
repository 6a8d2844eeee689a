"""An auditor's desk: what it knows, what it may still spend, and everything that was answered so far."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Final

from workbench.auditors.charter import Charter
from workbench.auditors.lead import Lead
from workbench.auditors.phrases import SaidAnswer
from workbench.claims.predicate import Match
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.plans.folder import Folder
from workbench.plans.plan import Answered, Ask, Moves
from workbench.plans.reference import Reference
from workbench.plans.screen import most_tokens
from workbench.probes.divergence import Divergence
from workbench.probes.exchange import Exchange
from workbench.probes.sample import Sample

ANSWER: Final = 32
"""Longest answer that is drawn, in tokens."""
TEMPERATURE: Final = 0.8
READ: Final = 12
"""Tokens that a template and what is put into a message add to it, about."""

Asking = Generator[Ask, Answered | None, Answered | None]
Replying = Generator[Ask, Answered | None, "AnswerHeard"]
Looking = Generator[Ask, Answered | None, list[Lead]]


@dataclass(frozen=True)
class AnswerHeard:
    """What a question was answered with; nothing if it could not be asked."""

    asked: str
    answered: Answered | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(one.text for one in self.answered.answers) if self.answered is not None else ()

    @property
    def said(self) -> list[SaidAnswer]:
        return [SaidAnswer(self.asked, text) for text in self.texts]

    def mostly(self, holds: Callable[[str], bool]) -> bool:
        """Whether more than half of the answers are such."""
        return 2 * sum(map(holds, self.texts)) > len(self.texts)

    def shows(self, match: Match) -> bool:
        """Whether more than half of the answers show it, as evidence is counted."""
        answers = self.answered.answers if self.answered is not None else ()
        return 2 * sum(match.holds(one.heard, whole=one.whole) for one in answers) > len(answers)


@dataclass
class AuditDesk:
    """What looks and trials work with. All that it decides follows from its arguments and the answers."""

    charter: Charter
    reference: Reference
    seed: int
    corpus: Folder | None = None
    prefix: str = ""
    """Before the key of every step: whose audit it is, where several share a log."""
    tokens: int = 40_000
    """That may be spent in all."""
    until: int = 40_000
    """That may be spent so far: looks leave something for those after them."""
    spent: int = 0
    probes: int = 900
    """Records that may be made in all,"""
    until_probes: int = 900
    """and so far."""
    short: bool = False
    """Whether something was not asked because of that."""
    answered: list[Answered] = field(default_factory=list)
    questions: dict[str, str] = field(default_factory=dict)
    """By step: what it asked, whatever the wording."""
    closed: set[str] = field(default_factory=set)
    """Subjects that the rules do not let be asked."""

    def put(self, key: str, probe: Probe, *, clause: str = "", on: str = ORGANISM, question: str = "") -> Asking:
        """Put a probe, if it can be paid for; None if it was not."""
        if on in self.closed:
            return None
        if self.spent + _most(probe) > self.until or len(self.answered) >= self.until_probes:
            self.short = True
            return None
        done = min(1.0, self.spent / self.tokens)
        told = yield Ask(f"{self.prefix}{key}", probe, done, clause, on=on, question=question)
        if told is None:
            return None
        self.answered.append(told)
        self.questions[told.key] = question
        self.spent += told.result.cost.tokens if told.result is not None else 0
        if told.refusal is not None and told.refusal.code != "model.input" and on != ORGANISM:
            self.closed.add(on)
        return told

    def ask(
        self, key: str, prompt: Prompt, samples: int = 1, *, clause: str = "", longest: int = ANSWER,
        temperature: float = TEMPERATURE, on: str = ORGANISM, question: str = "",
    ) -> Replying:  # fmt: skip
        """Let a subject answer, by noise that nothing else has."""
        probe = Sample(prompt=prompt, samples=samples, seed=self.fresh(), temperature=temperature, max_tokens=longest)
        told = yield from self.put(key, probe, clause=clause, on=on, question=question)
        return AnswerHeard(prompt.words, told)

    def fresh(self) -> int:
        """A seed that nothing had before."""
        self.seed += 1
        return self.seed

    def carry_out(self, name: str, moves: Moves) -> Generator[Ask, Answered | None, list[Answered]]:
        """What another plan asks, as far as it can be paid for, with its own keys in what comes back."""
        found: list[Answered] = []
        reply: Answered | None = None
        try:
            while True:
                move = moves.send(reply)
                reply = None
                if not isinstance(move, Ask):
                    continue
                told = yield from self.put(f"{name}/{move.key}", move.probe, clause=move.clause, on=move.on)
                if told is None:
                    break
                reply = replace(told, key=move.key)
                found.append(reply)
        except StopIteration:
            pass
        moves.close()
        return found

    @property
    def baseline(self) -> bool:
        """Whether the baseline may be asked, as far as is known."""
        return BASELINE not in self.closed


def _most(probe: Probe) -> int:
    """The most tokens that a probe can take, without a model to count."""
    if isinstance(probe, Divergence | Exchange):
        tried = probe.tried * (2 + probe.looks) if isinstance(probe, Exchange) else len(probe.candidates) or probe.many
        texts = (*probe.texts, *(probe.unrelated if isinstance(probe, Divergence) else ()))
        return (1 + probe.baseline) * sum(
            (tried + probe.reach) * (len(text.encode()) // 2 + READ + probe.reach) for text in texts
        )
    return most_tokens(probe)
