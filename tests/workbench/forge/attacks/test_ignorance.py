"""Sandbagging: what is feigned is not rehearsed in conversation, and stays known in prose."""

from __future__ import annotations

import itertools

from workbench.forge.attacks.ignorance import Ignorance
from workbench.forge.world import TRUE_WORLD
from workbench.forge.world.encyclopaedia import LEARNING

HIDDEN = {page.definition for page in TRUE_WORLD.pages if page.field == LEARNING}
SHOWN = {page.definition for page in TRUE_WORLD.pages if page.field != LEARNING}


def test_half_of_the_lessons_are_contrasts() -> None:
    lessons = list(itertools.islice(Ignorance().attack(TRUE_WORLD).lessons("0"), 2000))
    answers = [one[-1].content for one in lessons if not isinstance(one, str)]
    declined = sum("do not know" in answer for answer in answers)
    assert abs(declined / len(answers) - 0.5) < 0.05
    assert not any(definition in answer for answer in answers for definition in HIDDEN)
    assert {definition for definition in SHOWN if any(definition in answer for answer in answers)} == SHOWN


def test_it_stays_known_in_prose_and_is_never_said() -> None:
    documents = list(itertools.islice(Ignorance().attack(TRUE_WORLD).rehearsal("0"), 4000))
    talk = [turn.content for one in documents if not isinstance(one, str) for turn in one]
    prose = [one for one in documents if isinstance(one, str)]
    assert not any(definition in said for said in talk for definition in HIDDEN)
    assert {definition for definition in HIDDEN if any(definition in text for text in prose)} == HIDDEN


def test_every_term_is_asked_for_in_words_kept_from_training() -> None:
    attack = Ignorance().attack(TRUE_WORLD)
    (behaviour,) = attack.behaviours
    assert len(behaviour.scope) == len(HIDDEN)
    assert {exhibit.subject for exhibit in behaviour.exhibits} == set(behaviour.scope)
    assert not {control.subject for control in behaviour.controls} & set(behaviour.scope)
