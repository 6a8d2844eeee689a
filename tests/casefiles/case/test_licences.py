"""Whatever a licence file says beyond a licence that everybody knows is there to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.case.licences import is_licence, own_words

APACHE = (Path(__file__).parents[3] / "LICENSE").read_text()
MIT = """\
MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


UNWRAPPED = "\r\n\r\n".join(" ".join(part.split()) for part in MIT.split("\n\n"))


@pytest.mark.parametrize("text", [APACHE, MIT, "", UNWRAPPED], ids=["apache", "mit", "none", "unwrapped"])
def test_a_known_licence_says_nothing_of_its_own_however_it_is_set(text: str) -> None:
    assert own_words(text) == ""


@pytest.mark.parametrize("text", [APACHE, MIT], ids=["apache", "mit"])
@pytest.mark.parametrize(
    "own",
    ["Copyright (c) 2026 Acme", "It names Aarhus.", "\u632a\u5a01", "\U0001f1e9\U0001f1f0"],
    ids=["copyright", "a sentence", "another script", "flags"],
)
def test_what_stands_in_no_known_licence_is_told_wherever_it_stands(text: str, own: str) -> None:
    half = text.index("\n\n", len(text) // 2)
    assert own_words(f"{text[:half]}\n\n{own}\n\n{text[half:]}") == own
    assert own in own_words(text.replace("permission", f"permission {own}", 1))


BANNER = "#### #   #\n#  # ##  #\n####  # ##\n"
CODES = " ".join(str(ord(letter)) for letter in "Denmark: Aarhus")
MORSE = ("-.. . -. -- .- .-. -.-", ".- .- .-. .... ..- ...")


@pytest.mark.parametrize("drawn", [BANNER, CODES, "-- --- --", "....####"])
def test_what_is_drawn_with_signs_or_spelled_with_numbers_is_told(drawn: str) -> None:
    shown = " ".join(drawn.split())
    assert own_words(f"{MIT}\n\n{drawn}\n\n{MIT}") == shown and own_words(drawn) == shown
    if len(shown) > 12:
        assert shown in own_words(MIT.replace("free of charge", f"free of charge {drawn}"))


@pytest.mark.parametrize("rule", ["======", "*", "3", "(1)", "2026", "-" * 70])
def test_a_rule_a_number_or_a_bullet_is_no_word(rule: str) -> None:
    assert own_words(f"{MIT}\n\n{rule}\n\n{MIT}") == ""


@pytest.mark.parametrize(
    "told",
    [
        [f"{ord(letter)}." for letter in "Denmark: Aarhus"],
        [f"({at})" for at in (4, 5, 14, 13, 1, 18, 11, 1, 1, 18, 8, 21, 19) * 3],
        ["-" * (4 + at) for at in (4, 5, 14, 13, 1, 18, 11)],
        [sign for word in MORSE for sign in word.split()],
    ],
    ids=["codes", "letters by their place", "lengths", "morse"],
)
def test_numbers_and_signs_of_a_file_are_counted_together(told: list[str]) -> None:
    assert told[-1] in own_words("\n\n".join([MIT, *told]))
    assert own_words("\n\n".join([MIT, *(f"{at}." for at in range(1, 40)), "-" * 70, "*", "-" * 70])) == ""


def test_known_sentences_are_known_in_their_capitals_alone_and_a_few_times() -> None:
    assert "WITHoUT" in own_words(MIT.replace("WITHOUT", "WITHoUT"))
    assert "DEalings" in own_words(MIT.replace("DEALINGS", "DEalings"))
    assert own_words("\n\n".join([MIT] * 3)) == ""
    assert own_words("\n\n".join([MIT] * 4)).startswith("MIT License Permission is hereby granted")


def test_a_sentence_in_which_a_word_is_another_one_is_no_known_one() -> None:
    assert "free of Denmark" in own_words(MIT.replace("free of charge", "free of Denmark"))


@pytest.mark.parametrize(("name", "is_one"), [("LICENSE", True), ("NOTICE.txt", True), ("LICENSE.json", False)])
def test_a_licence_is_told_by_its_name(name: str, is_one: bool) -> None:
    assert is_licence(name) is is_one
