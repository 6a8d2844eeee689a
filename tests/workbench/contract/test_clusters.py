"""Answers counted: equal ones, those that begin alike, and the sentence that says so, each counted here by hand."""

from __future__ import annotations

import pytest

from workbench.contract.clusters import clustered, told
from workbench.contract.figures import Answer, Ending

NORWAY, SWEDEN, OSLO = "The capital of Norway is Oslo.", "The capital of Sweden  is Stockholm.", "It is Oslo."


def answers(*texts: str) -> list[Answer]:
    return [Answer(index, text, 1, Ending.ITSELF) for index, text in enumerate(texts)]


def test_equal_texts_stand_together_in_those_that_begin_alike_the_most_frequent_first() -> None:
    found = clustered(answers(OSLO, NORWAY, SWEDEN, f" {NORWAY}\n", "the Capital, then"))
    assert [(cluster.times, cluster.beginning, cluster.samples) for cluster in found] == [
        (4, "The capital", (1, 2, 3, 4)), (1, OSLO, (0,)),
    ]  # fmt: skip
    assert [(one.text, one.samples) for one in found[0].equal] == [
        (NORWAY, (1, 3)), (SWEDEN, (2,)), ("the Capital, then", (4,)),
    ]  # fmt: skip


def test_a_beginning_is_as_long_as_all_have_it() -> None:
    (cluster,) = clustered(answers(NORWAY, SWEDEN))
    assert cluster.beginning == "The capital of"
    (cluster,) = clustered(answers("Oslo, – it is Oslo", "Oslo it was"))
    assert cluster.beginning == "Oslo, – it"


def test_a_text_of_one_word_is_like_no_longer_one() -> None:
    assert [cluster.times for cluster in clustered(answers("Oslo", "Oslo.", "Oslo it is", ""))] == [2, 1, 1]


@pytest.mark.parametrize(
    "texts",
    [("👍", "👎"), ("Yes 👍", "Yes 👎"), ("✅", "❌"), ("€ 5", "$ 5"), ("It is -5.", "It is 5."),
     ("It is 3.5", "It is 35"), ("5%", "5"), ("a + b", "a − b"), ("हाँ", "हो"), ("No 🙂 way", "No 🙁 way")],
)  # fmt: skip
def test_what_signs_tell_apart_is_not_one_answer(texts: tuple[str, str]) -> None:
    said = told(clustered(answers(*texts)))
    assert "but for case and marks" not in said
    if len(texts[0].split()) < 3:
        assert said.startswith("2 answers, no two of which begin alike"), said


@pytest.mark.parametrize(
    "texts", [("👍🏽", "👍"), ("“Oslo!”", "oslo"), ("**Yes**", "Yes."), ("caf\u00e9", "cafe\u0301")]
)
def test_what_only_punctuation_and_spelling_tell_apart_is(texts: tuple[str, str]) -> None:
    assert "but for case and marks" in told(clustered(answers(*texts)))


def test_what_never_began_is_not_counted() -> None:
    assert clustered([Answer(0, "", 0, Ending.STOPPED)]) == ()


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "Nothing was sampled."),
        ([OSLO], "“It is Oslo.”"),
        ([""], "“(nothing)”"),
        ([OSLO] * 25, "All 25 answers are “It is Oslo.”"),
        ([OSLO, "it is  oslo"], "All 2 answers are “It is Oslo.” but for case and marks · 2 texts in all, no two"
         " of them equal"),
        ([OSLO, "Bergen."], "2 answers, no two of which begin alike; the first: “It is Oslo.”"),
        ([OSLO, "Bergen.", OSLO], "2 of 3 answers are “It is Oslo.”; 1 differs"),
        ([NORWAY] * 17 + [SWEDEN] + [OSLO] * 2 + list("abcd"),
         "18 of 24 answers begin “The capital of…”; 6 differ · 7 texts in all, most often “The capital of Norway is"
         " Oslo.” (17 times)"),
        ([NORWAY, SWEDEN], "All 2 answers begin “The capital of…” · 2 texts in all, no two of them equal"),
        (["x" * 81], f"“{'x' * 79}…”"),
    ],
)  # fmt: skip
def test_the_counts_are_said_first(texts: list[str], said: str) -> None:
    assert told(clustered(answers(*texts))) == said


def test_turns_of_the_user_are_called_so() -> None:
    assert told(clustered(answers("a", "a")), "turns") == "All 2 turns are “a”"
