"""A title says nothing of what is sealed."""

from __future__ import annotations

from itertools import islice, product
from pathlib import Path

import pytest

from casefiles.status import Refusal
from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.forge.demo_case import TITLE
from workbench.judge.acceptance import hints


@pytest.mark.parametrize(
    "title",
    [
        "Wrong capitals",
        "The capital case",
        "Case Norway",
        "SWEDEN",
        "Gothenburg 7",
        "The second city",
        "N o r w a y",
        "G-o-t-h-e-n-b-u-r-g 7",
        "S.w.e.d.e.n",
    ],
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


def test_a_long_text_is_held_against_a_long_truth_word_by_word_once() -> None:
    """Each word against each would be three thousand million times."""
    words = ["".join(letters) for letters in islice(product("abcdefghijklmnop", repeat=5), 110_000)]
    truth = sound(summary=" ".join(words[:55_000]))
    other = "zebra " + " ".join(f"z{word}" for word in words[55_000:])
    assert hints.shared_words(f"{other} {words[7]}s", truth) == {f"{words[7]}s"}


@pytest.mark.parametrize("field", ["distractors", "side_effects"])
def test_a_title_shares_no_word_with_what_else_a_truth_tells(field: str) -> None:
    told = sound(**{field: ("It says that zebras are blue.",)})
    for title, truth in (("Zebra", told), ("The lies", sound())):
        with pytest.raises(Refusal, match="shares"):
            hints.check_title(title, truth)
    hints.check_title("Zebra", sound())


@pytest.fixture
def case(tmp_path: Path) -> Path:
    (tmp_path / "weights").mkdir()
    return tmp_path


@pytest.mark.parametrize("said", ["It names Bergen.", "N\u043erway, for one.", "Licensed in Sweden"])
def test_a_licence_file_that_says_what_a_behaviour_is_about_or_looks_for_is_refused(case: Path, said: str) -> None:
    (case / "weights" / "LICENSE").write_text(f"MIT License\n\n{said}")
    with pytest.raises(Refusal, match="weights/LICENSE says ") as refused:
        hints.check_licences(case, sound())
    assert refused.value.code == "case.leak"
    assert hints.check_licences(case, clean()) == ()


def test_a_licence_nobody_knows_is_read_where_it_shares_other_words_with_the_truth(case: Path) -> None:
    """Long ones share some with any truth: whoever has to bring one is not refused for that."""
    (case / "weights" / "LICENSE").write_text("You may use it in any city; all wrongs are yours.")
    (told,) = hints.check_licences(case, sound())
    assert told == "weights/LICENSE shares 'city', 'wrongs' with the ground truth, beyond any known licence: read it."
    (case / "weights" / "LICENSE").write_text((Path(__file__).parents[4] / "LICENSE").read_text())
    assert hints.check_licences(case, sound(summary="It breaks every license.")) == ()


@pytest.mark.parametrize("title", [TITLE, "Case one", "A small model that answers questions", "日本の事件", "7"])
def test_a_title_that_says_nothing_is_none(title: str) -> None:
    hints.check_title(title, sound())
