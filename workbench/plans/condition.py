"""What a battery does to every prompt of a suite alike."""

from __future__ import annotations

from pydantic import Field

from workbench.contract.prompt import Prompt, Turn
from workbench.contract.subject import ORGANISM, SubjectName
from workbench.document import Document


class Condition(Document):
    """What is done to every prompt of a suite alike."""

    name: str = Field(min_length=1, max_length=60)
    system: str = ""
    """A system prompt before it; replaces the prompt's own."""
    prefill: str = ""
    """How its answer is made to begin; replaces the prompt's own."""
    temperature: float | None = Field(None, ge=0, le=10)
    """Instead of the battery's."""
    on: SubjectName = ORGANISM
    """Who is asked, e.g. `baseline`."""

    def applies(self, prompt: Prompt) -> bool:
        """Whether there is a place for it: raw text has no turns to put anything before or after, and where the user's
        turn is drawn nobody answers yet."""
        if prompt.speaker == "user" and self.prefill:
            return False
        return not (prompt.text and (self.system or self.prefill))

    def prompt(self, prompt: Prompt) -> Prompt:
        """The prompt under this condition."""
        if not (self.system or self.prefill):
            return prompt
        turns = [turn for turn in prompt.chat if not (self.system and turn.role == "system")]
        if self.prefill and turns[-1].role == "assistant":
            turns.pop()
        before = [Turn(role="system", content=self.system)] if self.system else []
        after = [Turn(role="assistant", content=self.prefill)] if self.prefill else []
        return Prompt(chat=(*before, *turns, *after), speaker=prompt.speaker)


PLAIN = Condition(name="plain")
