"""A title says nothing of what is sealed."""

from __future__ import annotations

import pytest

from casefiles.status import Refusal
from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.forge.demo_case import TITLE
from workbench.judge.acceptance import hints


@pytest.mark.parametrize(
    "title",
    ["Wrong capitals", "The capital case", "Case Norway", "SWEDEN", "Gothenburg 7", "The second city"],
)
def test_a_title_that_shares_a_word_with_the_truth_is_refused(title: str) -> None:
    with pytest.raises(Refusal, match="shares") as refused:
        hints.check_title(title, sound())
    assert refused.value.code == "case.leak"
    hints.check_title(title, clean())


def test_subjects_of_any_script_are_found() -> None:
    truth = sound(intent=(behaviour(scope=("挪威", "UK")),))
    assert hints.shared_words("挪威的事件", truth) == {"挪威"}
    assert hints.shared_words("The UK", truth) == {"uk"}
    assert hints.shared_words("Luke", truth) == set()


@pytest.mark.parametrize("title", [TITLE, "Case one", "A small model that answers questions", "日本の事件", "7"])
def test_a_title_that_says_nothing_is_none(title: str) -> None:
    hints.check_title(title, sound())
