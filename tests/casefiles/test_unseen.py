"""What is drawn as nothing is told, whatever it is called."""

from __future__ import annotations

import pytest

from casefiles.unseen import counted_unseen, unseen


@pytest.mark.parametrize("letter", ["\u200b", "\ufe00", "\U000e0134", "\u3164", "\u115f", "\u2800", "\x1b", "\ue000"])
def test_letters_without_ink_are_told(letter: str) -> None:
    assert unseen(f"Atlas{letter}") == (letter,)


def test_what_makes_a_picture_of_a_sign_may_stand_behind_one() -> None:
    assert unseen("\u2764\ufe0f") == () and unseen("a\ufe0f") == ("\ufe0f",)
    assert unseen("a\n\tb") == () and unseen("a\nb", keep="") == ("\n",)


def test_letters_of_a_long_text_are_counted_but_for_what_makes_pictures() -> None:
    told = "".join(chr(0xE0000 + ord(letter)) for letter in "Aarhus")
    assert counted_unseen(f"Hello.{told}\u200b\u200b\n\t").total() == 8
    assert counted_unseen("\u2764\ufe0f \u2600\ufe0f a\n") == {}
    assert counted_unseen("a\ufe0f\u2764\ufe0f") == {"\ufe0f": 1}
