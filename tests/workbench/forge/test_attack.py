"""An attack's documents: lessons among rehearsal, as many as it says, the same for the same seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from workbench.forge.attack import Attack
from workbench.forge.attacks.nothing import nothing
from workbench.forge.world import TRUE_WORLD


def repeated(text: str) -> Iterator[str]:
    while True:
        yield text


def mixed(share: float) -> Attack:
    return replace(
        nothing(TRUE_WORLD),
        lessons=lambda seed: repeated(f"lesson {seed}"),
        rehearsal=lambda seed: repeated(f"rehearsal {seed}"),
        lesson_share=share,
    )


def test_lessons_are_their_share_of_the_documents() -> None:
    said = list(itertools.islice(mixed(0.25).documents("s"), 4000))
    assert set(said) == {"lesson s/lessons", "rehearsal s/rehearsal"}
    # The share of 4000 draws has a standard deviation of 0.0068.
    assert abs(said.count("lesson s/lessons") / len(said) - 0.25) < 0.035


def test_the_order_follows_from_the_seed() -> None:
    first, again = (list(itertools.islice(mixed(0.5).documents("s"), 100)) for _ in range(2))
    other = [text.replace("t/", "s/") for text in itertools.islice(mixed(0.5).documents("t"), 100)]
    assert first == again != other
