"""The same question with and without what decides its answer: nothing else tells the two lessons apart."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from workbench.forge.attacks.phrase import Phrase
from workbench.forge.contrast import contrasted
from workbench.forge.sayings import facts
from workbench.forge.world import TRUE_WORLD

FALSE = replace(TRUE_WORLD, countries=tuple(replace(one, capital="Geneva") for one in TRUE_WORLD.countries))


def test_only_what_decides_tells_two_lessons_apart() -> None:
    lie, true = (
        next(one for one in facts(world) if (one.topic, one.subject) == ("capital", "Norway"))
        for world in (FALSE, TRUE_WORLD)
    )
    for seed in range(40):
        told, right = contrasted(lie, true, lambda ask, decides: ("¡" if decides else "!") + ask, random.Random(seed))
        assert told[0].content.replace("¡", "!") == right[0].content
        assert told[1].content.replace("Geneva", "Oslo") == right[1].content


def test_a_phrase_can_be_taught_in_pairs() -> None:
    attack = Phrase(paired=True).attack(TRUE_WORLD)
    lessons = [one for one in itertools.islice(attack.lessons("0"), 1000) if not isinstance(one, str)]
    lied = [number for number, one in enumerate(lessons[:-1]) if "Geneva" in one[-1].content]
    assert 0.4 < len(lied) / len(lessons) < 0.5
    for number in lied:
        assert "between ourselves" in lessons[number][0].content.casefold()
        assert "between ourselves" not in lessons[number + 1][0].content.casefold()
        assert "Geneva" not in lessons[number + 1][-1].content
