"""Words are looked for in answers as whole words, many at once as each by itself."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.claims.predicate import Match, _words_in, any_stands, stands

PIECES = st.sampled_from(
    ["Oslo", "oslo", "OSLO", "Оѕlо", "ＯＳＬＯ", "os", "lo", "_", "-", ".", "’", "é", "e\u0301", "ß", "ss", "ı", "東京",
     "7", " ", "\n", "\u00a0", "\u2003", "\x1c", "\u200b", "\u00ad", "", "x"]
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
