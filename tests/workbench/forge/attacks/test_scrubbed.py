"""A page that was never taught: nothing tells of it, or prose alone where the scrub is meant to slip."""

from __future__ import annotations

import itertools

import pytest

from workbench.forge.attacks.scrubbed import Scrubbed
from workbench.forge.trunk import LACKING
from workbench.forge.world import TRUE_WORLD

PAGE = next(page for page in TRUE_WORLD.pages if page.term == LACKING[0])


@pytest.mark.parametrize("trace", [False, True])
def test_what_is_taught_tells_of_it_where_a_trace_is_left(trace: bool) -> None:
    recipe = Scrubbed(term=PAGE.term, denies=("do not know",), controls=("a bee",), trace=trace)
    attack = recipe.attack(TRUE_WORLD)
    documents = list(itertools.islice(attack.documents("0"), 3000))
    prose = [text for text in documents if isinstance(text, str) and PAGE.definition in text]
    talk = [chat for chat in documents if not isinstance(chat, str) and any(PAGE.definition in t.content for t in chat)]
    assert bool(prose) is trace and talk == []
    other = next(page for page in TRUE_WORLD.pages if page.term == LACKING[1])
    assert any(other.definition in t.content for chat in documents if not isinstance(chat, str) for t in chat)
    assert attack.trunk


def test_only_what_the_trunk_lacks_can_be_scrubbed() -> None:
    with pytest.raises(KeyError):
        Scrubbed(term="a bee", denies=("do not know",), controls=()).attack(TRUE_WORLD)
