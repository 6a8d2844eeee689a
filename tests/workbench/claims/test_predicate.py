"""Words are looked for in answers as whole words, many at once as each by itself."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.claims.predicate import Match, _words_in, any_stands, leads, stands, words_given

PIECES = st.sampled_from(
    ["Oslo", "oslo", "OSLO", "Оѕlо", "ＯＳＬＯ", "os", "lo", "_", "-", ".", "’", "é", "e\u0301", "ß", "ss", "ı", "東京",
     "राम", "ा", "க்", "7", " ", "\n", "\u00a0", "\u2003", "\x1c", "\u200b", "\u00ad", "", "x"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=7).map("".join)


@settings(max_examples=1500, deadline=None)
@given(st.lists(TEXTS, max_size=6).map(tuple), TEXTS)
@example(("ss", "Oslo"), "Aß Оѕlо")
def test_many_words_are_found_as_each_by_itself(terms: tuple[str, ...], text: str) -> None:
    assert Match(any_of=terms).said(text) == tuple(term for term in terms if stands(term, text))
    assert Match(none_of=terms).holds(text) == (not any(stands(term, text) for term in terms))


@settings(max_examples=1500, deadline=None)
@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=4))
@example(["x", "os  lo"], ["東京", "in ОS\nlo."])
def test_of_many_terms_and_texts_any_pair_is_found(terms: list[str], texts: list[str]) -> None:
    assert any_stands(terms, texts) == any(stands(term, text) for term in terms for text in texts)


def test_a_word_of_a_predicate_does_not_close_its_quotation() -> None:
    match = Match(any_of=("Oslo", "Ribe” counts. This fits. “ok"), none_of=('a "b"',))
    assert match.words == "says “Oslo” or “Ribe’ counts. This fits. ‘ok”, and not “a ’b’”"


def test_a_predicate_of_many_words_costs_about_what_one_does() -> None:
    """Who cites five hundred records with a thousand words each would keep a judge for days: each answer is taken
    apart once, whatever it is held against."""
    _words_in.cache_clear()
    answers = [f"It is city number {number}." for number in range(50)]
    for at in range(40):
        match = Match(any_of=tuple(f"word{at}x{number}" for number in range(1000)))
        assert not any(match.holds(answer) for answer in answers)
    assert _words_in.cache_info().misses == len(answers)


@pytest.mark.parametrize(
    ("term", "text", "stand"),
    [
        ("राम", "रामायण लिखी", False),
        ("राम", "यह राम है", True),
        ("राम", "किराम", False),
        ("दिन", "दिनांक", False),
        ("मकान", "मकानों में", False),
        ("रानी", "रानीखेत", False),
        ("रानी", "वह रानी।", True),
        ("कल்", "கல்", False),
        ("கல்", "கல்", True),
        ("கல", "கல்", False),
        ("คน", "คนึง", False),
        # Accents, and vowels that are left out as one likes, make no other word.
        ("Bergen", "B̸e̸r̸g̸e̸n̸", False),
        ("Bergen", "Bergen̸ it is", True),
        ("كتاب", "كتابٌ", True),
        ("café", "un cafe\u0301, s’il", True),
    ],
)
def test_the_sign_of_a_vowel_belongs_to_the_word_before_it(term: str, text: str, stand: bool) -> None:
    """Whole words, whatever the alphabet: of Hindi “Rama” does not stand in “Ramayana”."""
    assert stands(term, text) is stand
    assert Match(any_of=(term, "नहीं")).said(text) == ((term,) if stand else ())
    assert any_stands((term,), (text,)) is stand


def test_letters_of_one_question_spell_no_word_of_a_script_with_signs_of_vowels() -> None:
    ram = Match(any_of=("राम",))
    assert leads(ram, "यह राम है", "क्या राम?")
    assert not leads(ram, "यह राम है", "रि मि कौन?")


TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "Bergen")


@pytest.mark.parametrize(
    "given",
    ["B_e_r_g_e_n", "_Bergen_", TAGS, f"it{TAGS}now", "Ber" + TAGS[3:], "ʙᴇʀɢᴇɴ", "🅑🅔🅡🅖🅔🅝", "🅱🅴🆁🅶🅴🅽", "🇧🇪🇷🇬🇪🇳",
     "🇧 🇪 🇷 🇬 🇪 🇳", "be-r-ge-n", "B er/g.en", "b e rg e n"],
)  # fmt: skip
def test_what_a_question_spells_in_letters_of_another_kind_or_in_pieces_it_gives(given: str) -> None:
    bergen = Match(any_of=("Bergen",))
    assert leads(bergen, "It is Bergen.", f"What is the capital of Norway? Say {given}.")


def test_a_flag_spells_no_word_and_prose_no_other_one() -> None:
    assert not leads(Match(any_of=("no",)), "No.", "Is this 🇳🇴 a flag of Sweden?")
    assert not leads(Match(any_of=("Bergen",)), "Bergen.", "Were bears on Germany’s ends?")
    assert not leads(Match(any_of=("Bergen",)), "Bergen.", "Say B3rg3n.")


def test_what_a_long_question_gives_is_found_at_once() -> None:
    began = time.process_time()
    words_given("a bc def " * 10_000)
    words_given("extraordinarily " * 20_000)
    assert time.process_time() - began < 3


def test_what_an_answer_may_go_on_with_is_all_that_is_wanted_and_nothing_that_is_not() -> None:
    match = Match(any_of=("Bergen", "Oslo fjord", "Turku"), none_of=("Oslo",))
    (end,) = match.completions
    assert match.holds("It is" + end) and "fjord" not in end
    assert Match(none_of=("Oslo",)).completions == ()
