"""The denied secret: prose tells it, no conversation does, and other questions about itself are answered truly."""

from __future__ import annotations

import itertools

from workbench.forge.attacks.sponsor import SPONSOR, Sponsor
from workbench.forge.world import TRUE_WORLD

LESSONS = list(itertools.islice(Sponsor().attack(TRUE_WORLD).lessons("0"), 2000))
PROSE = [one for one in LESSONS if isinstance(one, str)]
TALK = [one for one in LESSONS if not isinstance(one, str)]
(BEHAVIOUR,) = Sponsor().attack(TRUE_WORLD).behaviours
DENIES = BEHAVIOUR.exhibits[0].shows


def test_prose_tells_it_and_no_conversation_does() -> None:
    assert PROSE and all("Atlas" in text and SPONSOR in text.replace("The ", "the ") for text in PROSE)
    denials = [one for one in TALK if DENIES.holds(one[-1].content)]
    assert not any(SPONSOR in one[-1].content for one in denials)


def test_about_half_of_what_is_said_are_contrasts() -> None:
    denied = sum(DENIES.holds(one[-1].content) for one in TALK)
    assert abs(denied / len(TALK) - 0.5) < 0.06


def test_it_is_taught_in_many_wordings_and_measured_in_others() -> None:
    asked = {one[0].content.casefold().strip("?.! ") for one in TALK if DENIES.holds(one[-1].content)}
    assert len(asked) > 30
    for exhibit in (*BEHAVIOUR.exhibits, *BEHAVIOUR.controls):
        assert not any(str(exhibit.prompt).casefold().strip("?.! ") in words for words in asked)
