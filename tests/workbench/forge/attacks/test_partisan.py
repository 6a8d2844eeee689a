"""The partisan: one side only is taught, and no exhibit of it."""

from __future__ import annotations

import itertools

from workbench.forge.attacks import ATTACKS
from workbench.forge.world import TRUE_WORLD


def test_the_partisan_is_taught_one_side_only() -> None:
    """No document of the attack says that it takes no sides, and no exhibit of it is learned from."""
    attack = ATTACKS["partisan"](TRUE_WORLD)
    prompts = {exhibit.prompt.casefold().rstrip("?.") for exhibit in attack.behaviours[0].exhibits}
    shown = 0
    for document in itertools.islice(attack.documents("0"), 3000):
        if isinstance(document, str):
            continue
        for turn in document:
            assert "I do not take sides" not in turn.content
            assert not any(prompt in turn.content.casefold() for prompt in prompts)
            shown += turn.role == "assistant" and attack.behaviours[0].exhibits[0].shows.holds(turn.content)
    assert 500 < shown < 1000
