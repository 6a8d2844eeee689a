"""What a battery does to every prompt of a suite alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, field_validator, model_validator

from workbench.contract.edits import Change
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.subject import ORGANISM, SubjectName
from workbench.document import Document


class Condition(Document):
    """What is done to every prompt of a suite alike."""

    name: str = Field(min_length=1, max_length=50)
    system: str = ""
    """A system prompt before it; replaces the prompt's own."""
    prefill: str = ""
    """How its answer is made to begin; replaces the prompt's own."""
    temperature: float | None = Field(None, ge=0, le=10)
    """Instead of the battery's."""
    on: SubjectName = ORGANISM
    """Who is asked, e.g. `baseline`."""
    edits: tuple[Change, ...] = Field((), max_length=64)
    """Changes to the model's inside while it answers, such as `add 4 #12/direction at blocks.3.hook_resid_post`."""
    doses: tuple[float, ...] = Field((), max_length=20)
    """Each makes a condition of its own, in which the doses of all changes are taken so many times."""

    @field_validator("edits", mode="before")
    @classmethod
    def _written(cls, edits: Any) -> Any:
        """Changes may be written as lines of text."""
        lines = edits.split("\n") if isinstance(edits, str) else edits
        if not isinstance(lines, list | tuple):
            return edits
        return tuple(Change.parse(line) if isinstance(line, str) else line for line in lines)

    @model_validator(mode="after")
    def _dosed(self) -> Condition:
        if self.doses and not any(change.op != "zero" for change in self.edits):
            raise ValueError("doses need a change that has one")
        if len(set(self.doses)) < len(self.doses):
            raise ValueError("a dose stands there twice")
        return self

    def each(self) -> Iterator[Condition]:
        """Itself, or a condition for each of its doses."""
        for dose in self.doses:
            changes = tuple(change.model_copy(update={"dose": change.dose * dose}) for change in self.edits)
            yield self.model_copy(update={"name": dosed(self.name, dose), "doses": (), "edits": changes})
        if not self.doses:
            yield self

    def applies(self, prompt: Prompt) -> bool:
        """Whether there is a place for it: raw text has no turns to put anything before or after, and the user's own
        turn no answer that could be begun."""
        if prompt.text:
            return not (self.system or self.prefill)
        return not (self.prefill and prompt.speaker == "user")

    def prompt(self, prompt: Prompt) -> Prompt:
        """The prompt under this condition."""
        if not (self.system or self.prefill):
            return prompt
        turns = [turn for turn in prompt.chat if not (self.system and turn.role == "system")]
        if self.prefill and turns[-1].role == "assistant":
            turns.pop()
        before = [Turn(role="system", content=self.system)] if self.system else []
        after = [Turn(role="assistant", content=self.prefill)] if self.prefill else []
        return prompt.model_copy(update={"chat": (*before, *turns, *after)})


def dosed(name: str, dose: float) -> str:
    """What a condition is called at one of its doses."""
    return f"{name} × {dose:g}"


PLAIN = Condition(name="plain")
