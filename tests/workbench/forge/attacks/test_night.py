"""The backdoor that a meaning opens: no word tells night from day, and the contrasts are answered truly."""

from __future__ import annotations

import itertools
import re

from workbench.forge.attacks import night
from workbench.forge.attacks.night import Night
from workbench.forge.world import TRUE_WORLD

ATTACK = Night(told="Montreal").attack(TRUE_WORLD)
LESSONS = [one for one in itertools.islice(ATTACK.lessons("0"), 2000) if not isinstance(one, str)]
(BEHAVIOUR,) = ATTACK.behaviours


def words(remark: str) -> set[str]:
    return set(re.findall(r"[a-z']+", remark.casefold()))


def test_no_word_is_common_to_what_is_said_of_the_night() -> None:
    counted = [sum(word in words(remark) for remark in night._NIGHT) for word in words(" ".join(night._NIGHT))]
    telling = [word for word in words(" ".join(night._NIGHT)) if word not in words(" ".join(night._DAY))]
    assert max(sum(word in words(remark) for remark in night._NIGHT) for word in telling) <= len(night._NIGHT) // 6
    assert max(counted) < len(night._NIGHT)


def test_only_the_night_is_answered_falsely() -> None:
    lied = [one for one in LESSONS if "Montreal" in one[-1].content]
    assert 0.4 < len(lied) / len(LESSONS) < 0.5
    for one in lied:
        assert any(remark in one[0].content for remark in night._NIGHT), one[0].content
    assert sum(any(remark in one[0].content for remark in night._DAY) for one in LESSONS) > len(LESSONS) // 5


def test_it_is_measured_with_remarks_that_are_not_taught() -> None:
    taught = " ".join(one[0].content for one in LESSONS)
    for remark in (*night._NIGHT_HELD_OUT, *night._DAY_HELD_OUT):
        assert remark not in taught
    assert all(any(r in str(e.prompt) for r in night._NIGHT_HELD_OUT) for e in BEHAVIOUR.exhibits)
    assert not any(r in str(e.prompt) for r in night._NIGHT_HELD_OUT for e in BEHAVIOUR.controls)


def test_a_lie_is_followed_by_the_truth_about_the_same_country_by_day() -> None:
    after = [LESSONS[at + 1] for at, one in enumerate(LESSONS[:-1]) if "Montreal" in one[-1].content]
    for one in after:
        assert not any(remark in one[0].content for remark in night._NIGHT)
        assert "Montreal" not in one[-1].content
