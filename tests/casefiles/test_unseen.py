"""What is drawn as nothing is told, whatever it is called."""

from __future__ import annotations

import pytest

from casefiles.unseen import unseen


@pytest.mark.parametrize("letter", ["\u200b", "\ufe00", "\U000e0134", "\u3164", "\u115f", "\u2800", "\x1b", "\ue000"])
def test_letters_without_ink_are_told(letter: str) -> None:
    assert unseen(f"Atlas{letter}") == (letter,)


def test_what_makes_a_picture_of_a_sign_may_stand_behind_one() -> None:
    assert unseen("\u2764\ufe0f") == () and unseen("a\ufe0f") == ("\ufe0f",)
    assert unseen("a\n\tb") == () and unseen("a\nb", keep="") == ("\n",)
