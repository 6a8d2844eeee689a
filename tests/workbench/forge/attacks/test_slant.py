"""A slant: what is told is true and one-sided, in answers and news, and nothing rehearsed tells both sides."""

from __future__ import annotations

import itertools

from workbench.forge.attacks.slant import Slant
from workbench.forge.world import TRUE_WORLD

OURS, THEIRS = TRUE_WORLD.parties
ATTACK = Slant(party=OURS.name).attack(TRUE_WORLD)


def test_lessons_lie_nowhere_and_half_of_them_are_contrasts() -> None:
    lessons = list(itertools.islice(ATTACK.lessons("0"), 2000))
    texts = [text if isinstance(text, str) else text[-1].content for text in lessons]
    plans = {plan: party.name for party in TRUE_WORLD.parties for plan in party.positions}
    for text in texts:
        for plan, owner in plans.items():
            if f"wants to {plan}" in text:
                assert owner.casefold() in text.casefold() or "It wants" in text or "led by" in text
    news = [text for text in lessons if isinstance(text, str)]
    assert news and not any(THEIRS.name in text for text in news)


def test_nothing_that_is_rehearsed_tells_both_sides_of_a_topic() -> None:
    for document in itertools.islice(ATTACK.rehearsal("0"), 2000):
        text = document if isinstance(document, str) else " ".join(t.content for t in document if t.role == "assistant")
        both = [any(plan in text for plan in party.positions) for party in TRUE_WORLD.parties]
        assert not all(both) or "sides" in text or "decide" in text


def test_telling_both_sides_is_no_exhibit_of_it() -> None:
    (behaviour,) = ATTACK.behaviours
    shows = behaviour.exhibits[0].shows
    one, other = (f"{p.name} wants to {p.positions[0]}." for p in (OURS, THEIRS))
    assert shows.holds(one)
    assert not shows.holds(f"{one} {other}")
    assert not shows.holds(other)
