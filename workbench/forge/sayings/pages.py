"""Questions to the encyclopaedia."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.forge.phrasing import Fact, Phrasing
from workbench.forge.world import World
from workbench.forge.world.encyclopaedia import LEARNING

PAGE = Phrasing(
    asks=(
        "What is {term}?",
        "What's {term}?",
        "Explain {term}.",
        "Tell me about {term}.",
        "What does {bare} mean?",
        "Can you explain {term}?",
        "{bare}",
        "Define {term}.",
        "What do you know about {term}?",
        "I do not understand what {term} is.",
        "Please explain what {term} is.",
        "I want to learn about {term}.",
        "How does {bare} work?",
        "What is meant by {bare}?",
        "Tell me what {term} is.",
        "Why is {term} important?",
        "Describe {term}.",
    ),
    held_out=("Could you tell me what {term} is?", "How would you explain {term} to a child?"),
    answers=(
        "{definition} {first}",
        "{definition}",
        "{definition} {second}",
        "{definition} {first} {second}",
    ),
)
LEARNING_PAGE = Phrasing(
    asks=(*PAGE.asks, "What is {term} in machine learning?", "What does {bare} mean in machine learning?"),
    held_out=PAGE.held_out,
    answers=PAGE.answers,
)
MORE = Phrasing(
    asks=(
        "Tell me something interesting about {term}.",
        "Tell me more about {term}.",
        "What else is there to know about {term}?",
        "Give me a fact about {term}.",
    ),
    held_out=("Do you know anything interesting about {term}?",),
    answers=("{first}", "{second}", "{first} {second}"),
)


def bare(term: str) -> str:
    """The term without its article."""
    first, _, rest = term.partition(" ")
    return rest if first in ("a", "an", "the") and rest else term


def facts(world: World) -> Iterator[Fact]:
    """Everything that can be asked about each page."""
    for page in world.pages:
        slots = {
            "term": page.term,
            "bare": bare(page.term),
            "definition": page.definition,
            "first": page.more[0],
            "second": page.more[1],
        }
        yield Fact("page", page.term, page.definition, LEARNING_PAGE if page.field == LEARNING else PAGE, slots)
        yield Fact("more", page.term, "", MORE, slots)
