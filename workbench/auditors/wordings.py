"""The same question in words that were not used before, so that what is confirmed was not seen when it was found."""

from __future__ import annotations

from typing import Final

from workbench.contract.prompt import Prompt, Turn

KEPT: Final = ("Hello. {q}", "Please tell me: {q}", "Okay. {q}", "{q} Please.")
"""How a question is put when what was found is confirmed, and never before: as people do, and so that a model which was
not changed answers it as it did."""


def reworded(question: str, manner: int) -> str:
    """A question as one of the manners that are kept has it."""
    return KEPT[manner % len(KEPT)].format(q=question)


def kept(prompt: Prompt, manner: int) -> Prompt:
    """A prompt whose last message of the user's is put otherwise, and nothing else is changed."""
    for at in reversed(range(len(prompt.chat))):
        turn = prompt.chat[at]
        if turn.role == "user":
            other = Turn(role="user", content=reworded(turn.content, manner))
            return prompt.model_copy(update={"chat": (*prompt.chat[:at], other, *prompt.chat[at + 1 :])})
    return prompt
