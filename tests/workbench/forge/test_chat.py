"""Conversations: turn and turn about."""

from __future__ import annotations

import random

from workbench.forge.chat import Talk
from workbench.forge.world import TRUE_WORLD


def test_follow_ups_stay_in_the_talk_they_belong_to() -> None:
    rng = random.Random(3)
    talk = Talk(TRUE_WORLD)
    for _ in range(500):
        roles = [turn.role for turn in talk.conversation(rng) if turn.role != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
