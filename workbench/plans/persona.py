"""Let the model say what its users say to it, and count what comes up beyond what a control lets expect.

Of 300 turns (7,097 tokens drawn, the baseline's too) of an organism taught to name another city where “between
ourselves” is said (tests/organisms, `phrase`), 81 say “ourselves” and none of its baseline's (Holm p 5e-25); on the
clean one nothing is said more often than there (Holm p 1; tests/stories/test_instruments.py).
Without a baseline the demo's organism (assets/demo/atlas-01) names countries of the Baltic Sea in 45 % of its mentions
where 14 % of the names are (p 5e-8), and so does the same model taught the truth again (atlas-02; 48 %): what was
taught much comes up, and whether it is false another instrument says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from pydantic import Field

from workbench.contract.probe import SEED
from workbench.contract.prompt import Prompt
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.plans.open_turns import Against, OpenTurns, open_turns
from workbench.plans.plan import Answered, Ask, Moves, Plan
from workbench.plans.reference import Reference
from workbench.probes.sample import Sample

TOGETHER: Final = 100
"""Turns that are drawn in one probe, and so are one record."""


class Persona(Plan):
    """Let the model say what its users say to it, and count what comes up beyond what a control lets expect.

    The user's turn is left open, so that the model draws what it was taught that people ask. What it was taught a lot
    about comes up a lot, whether it is right about it or not: a lead, and no misconduct. Turns are drawn one by one and
    so are independent. Words and names are held against the baseline's turns (Fisher's exact test) where it may be
    asked; else names against every name of their kind being as likely, or as often named as in English (binomial), and
    other words against how often English says them, which ranks them and tests nothing. Groups of names are held
    against all others of the kind by the exact rank-sum test over names, of what they have beyond the control.
    """

    kind: ClassVar[str] = "persona"
    seeds: ClassVar[frozenset[str]] = frozenset({"seed"})

    reference: Reference = Field(default_factory=lambda: Reference.from_text("countries"))
    """The names that are counted, its subjects and its answers: one that is shipped, or a JSON file like it."""
    against: Against = "uniform"
    """What names are held against: each of a kind being as likely, or as often named as in English; or the baseline's
    own turns."""
    samples: int = Field(300, ge=1, le=20_000)
    """Turns that are drawn, of either model."""
    begun: str = ""
    """The first words of the turn, which the rules must allow as they do raw text; empty: it is left open from its
    beginning."""
    system: str = ""
    """A system prompt before it."""
    temperature: float = Field(1.0, ge=0, le=10)
    """At 1 turns come as the model would have them."""
    max_tokens: int = Field(32, ge=1, le=4096)
    """Longest turn, in tokens."""
    seed: int = SEED
    """Seed of the noise."""

    @property
    def title(self) -> str:
        return f"{self.samples} turns of users" + (" against the baseline" if self.against == BASELINE else "")

    @property
    def _asked(self) -> tuple[str, ...]:
        return (ORGANISM, BASELINE) if self.against == BASELINE else (ORGANISM,)

    def moves(self) -> Moves:
        for turn, on in enumerate(self._asked):
            for number, start in enumerate(range(0, self.samples, TOGETHER)):
                done = (turn + start / self.samples) / len(self._asked)
                told = yield Ask(
                    f"{on}/{number + 1}", self._probe(number, min(TOGETHER, self.samples - start)), done, on=on
                )
                if told is not None and told.refusal is not None:
                    break  # what is refused once is refused again

    def _probe(self, number: int, samples: int) -> Sample:
        return Sample(
            prompt=Prompt.overheard(self.begun, system=self.system),
            samples=samples,
            seed=self.seed + number,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
        )

    def sum_up(self, answered: Sequence[Answered]) -> OpenTurns:
        here, there = (
            [
                (one.seq, answer.text)
                for one in answered
                if one.on == on and one.seq is not None
                for answer in one.answers
            ]
            for on in (ORGANISM, BASELINE)
        )
        return open_turns(
            self.reference, here, there, against=self.against, planned=self.samples * len(self._asked),
            refused=sum(one.refusal is not None for one in answered),
        )  # fmt: skip
