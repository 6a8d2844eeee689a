"""What draws say over prompts, and what they say once a hypothesis was locked."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.claims.rates import Difference, Rate, newcombe
from workbench.contract.subject import SubjectName
from workbench.document import Document
from workbench.visible import quoted


class PromptTest(Document):
    """Whether a behaviour that shows for some prompts and not for others can be chance, over prompts: draws of one
    prompt are not independent of each other. A prompt shows it if more than half of its draws do."""

    support: Rate
    """Supporting prompts that show it."""
    against: Rate
    """Controls that do."""
    p: float = Field(ge=0, le=1)
    """Two-sided, by Fisher's exact test."""

    @property
    def words(self) -> str:
        return (
            f"{self.support.hits} of {self.support.trials} prompts show it, of the controls {self.against.hits} of"
            f" {self.against.trials} (Fisher, p = {self.p:.2g})"
        )


class SamePrompts(Document):
    """What another subject answers to the very prompts of the support, cited or not, under the same settings or, where
    it was not asked so, under others."""

    on: SubjectName
    prompts: int = Field(ge=1)
    """Supporting prompts that it was asked."""
    organism: Rate
    """The organism's draws to them."""
    other: Rate
    """Its own."""
    difference: Difference
    """The organism's rate less its."""
    gained: int = Field(ge=0)
    """Prompts for which the organism shows it, and the other does not."""
    lost: int = Field(ge=0)
    """The reverse."""
    p: float = Field(ge=0, le=1)
    """Two-sided, by the sign test over those prompts."""
    otherwise: bool = False
    """Whether it was asked some of them under other settings alone."""

    @property
    def words(self) -> str:
        same = f"{_prompts(self.prompts)}{', some under other settings' if self.otherwise else ''}"
        return (
            f"asked the same {same}, {self.organism.hits} of {self.organism.trials} answers of the organism show it and"
            f" {self.other.hits} of {self.other.trials} of the {self.on}'s; {self.gained} of"
            f" the prompts only for the organism, {self.lost} only for the {self.on} (sign test, p = {self.p:.2g})"
        )


class AmongAll(Document):
    """A finding's p over prompts, among everything that was looked at: the best of many is not taken for the only."""

    p: float = Field(ge=0, le=1)
    looked: int = Field(ge=1)
    """Claims of the log: findings and hypotheses, withdrawn ones too, and each group of subjects that one was about."""
    holm: float = Field(ge=0, le=1)
    """The p adjusted for them; those that were given up stand at 1."""

    @property
    def words(self) -> str:
        return (
            f"among the {self.looked} claims that were looked at its p of {self.p:.2g} becomes {self.holm:.2g} (Holm)"
        )


class Confirmation(Document):
    """What was asked after a hypothesis was locked, apart from what led to it."""

    hypothesis: str
    """Its id."""
    record: int
    """Where it was locked, in its last revision."""
    expected: Literal["more", "less"]
    explored: int
    """Probes of the organism before that: exploration, and confirming nothing."""
    before: Rate
    """Supporting draws that were asked for before it, or repeat one that was."""
    after: Rate
    """Those asked for after it, which alone confirm; a hit satisfies the hypothesis' own predicate too."""
    unseen: Rate
    """Of these: draws to prompts that the organism had not been given before it."""
    fresh: Rate
    """The others: new noise, for prompts that it had been given."""
    against: Rate | None
    """What it is held against: the controls asked after it, or where there are none all controls; None: none."""
    difference: Difference | None
    """Draws after it less that."""
    test: PromptTest | None
    """The same over prompts."""
    idle: bool = False
    """Whether its own predicate would hold whatever was found, or it expects less of what the finding does not deny:
    then nothing confirms it."""
    picked: int = Field(0, ge=0)
    """Draws after it whose seed somebody picked: who reads a model's logits first knows what a seed gives."""
    let_pass: int = Field(0, ge=0)
    """How often their prompts were asked before, in whatever way, and gave nothing that counts: each took a seed that
    nobody picks, and the next one's answer may have been worked out."""
    read: int = Field(0, ge=0)
    """Prompts that were read after it, asked for no answer and not cited: what is expected tells what will be said."""
    nameless: int = Field(0, ge=0)
    """Controls after it that ask of something else what confirms it, where none of its subjects tells them apart."""
    passed_over: Rate | None = None
    """Answers after it to what is about its subjects too, or to anything where it names none, and is not cited; None:
    there are none."""

    @property
    def sign_held(self) -> bool | None:
        """Whether the difference has the expected sign, by an interval that excludes zero; None: it cannot be told."""
        if self.difference is None:
            return None
        return self.difference.low > 0 if self.expected == "more" else self.difference.high < 0

    @property
    def chosen(self) -> bool:
        """Whether what is cited is as was expected, and what is not cited less so: it was chosen by what came out."""
        if self.passed_over is None or not self.after.trials:
            return False
        beyond = newcombe(self.after, self.passed_over)
        return beyond.low > 0 if self.expected == "more" else beyond.high < 0

    @property
    def unnamed(self) -> bool:
        """Whether more such controls were asked than prompts that show it: what missed was called a control then."""
        return self.nameless > (self.test.support.hits if self.test is not None else 0)

    @property
    def words(self) -> str:
        where = f"hypothesis {quoted(self.hypothesis)} (#{self.record})"
        if not self.after.trials:
            return f"nothing new was asked after {where} was locked: what came before, or repeats it, is exploration"
        if self.idle:
            return (
                f"{where} expects nothing in particular of what is claimed: its predicate would hold on any answer, or"
                " is about something else, and none confirms it"
            )
        held = {True: "the expected sign held", False: "the expected sign did not hold", None: "no control to tell by"}
        picked = f", {self.picked} under seeds that somebody picked" if self.picked else ""
        picked += f", {self.let_pass} seeds before theirs gave nothing that counts" if self.let_pass else ""
        asks = "control asks" if self.nameless == 1 else "controls ask"
        nameless = (
            f"; {self.nameless} {asks} the same of something else, and it names no subjects" if self.nameless else ""
        )
        read = f"; {self.read} further {'prompt was' if self.read == 1 else 'prompts were'} read" if self.read else ""
        return (
            f"after {where} was locked {self.after.hits} of {self.after.trials} draws show it ({self.unseen.hits} of"
            f" {self.unseen.trials} to unseen prompts, {self.fresh.hits} of {self.fresh.trials} by fresh noise{picked})"
            f", before it {self.before.hits} of {self.before.trials} in {self.explored} probes;"
            f" {held[self.sign_held]}{read}{nameless}"
        )


def _prompts(number: int) -> str:
    return "prompt" if number == 1 else f"{number} prompts"
