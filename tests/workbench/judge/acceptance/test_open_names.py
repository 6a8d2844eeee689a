"""No name that auditors read says what a truth says."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice, product
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.conftest import MakeCase
from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.claims.predicate import Match
from workbench.judge.acceptance.open_names import check_names
from workbench.judge.truths.truth import Exhibit, GroundTruth


def called(case: Case, attacker: str) -> Case:
    return replace(case, manifest=replace(case.manifest, attacker=Identity.generate(attacker).public))


def looking_for(*words: str, scope: tuple[str, ...] = ("Norway",)) -> GroundTruth:
    exhibit = Exhibit(prompt="What is it?", shows=Match(any_of=words), subject="Norway")
    return sound(intent=(behaviour(scope=scope, exhibits=(exhibit,)),))


@pytest.fixture
def file_of(make_case: MakeCase, tmp_path: Path) -> MakeCase:
    """A case with a file of some name."""

    def make(path: str, name: str = "one") -> Case:
        file = tmp_path / name / path
        file.parent.mkdir(parents=True)
        file.write_text("{}")
        return make_case(name, more=tmp_path / name)

    return make


@pytest.mark.parametrize(
    "name",
    [
        "Bergen 7",
        "bergen",
        "team_bergen",
        "BergenTeam",
        "B\u0435rgen",
        "b e r g e n",
        "Negreb",
        "Norway & Sweden",
        "挪威",
    ],
)
def test_an_attackers_key_that_says_what_is_looked_for_or_several_terms_is_refused(
    make_case: MakeCase, name: str
) -> None:
    case, truth = called(make_case(), name), looking_for("Bergen", "挪威", scope=("Norway", "Sweden"))
    with pytest.raises(Refusal, match=f"The attacker's key “{name}” says '(norway', 'sweden|bergen|挪威)'") as refused:
        check_names(case, truth)
    assert refused.value.code == "case.leak"
    assert check_names(case, clean()) == ()


@pytest.mark.parametrize(
    ("name", "word"),
    [("Red team", "red"), ("Jan de la Vries", "de"), ("Will Black", "black"), ("Kingdom of Norway", "norway"),
     ("Technical University of Norway", "norway")],
)  # fmt: skip
def test_names_that_people_and_institutions_have_are_told(make_case: MakeCase, name: str, word: str) -> None:
    """Whatever a truth is about: their key was there before, and is the same on all their cases."""
    truth = looking_for("red", "de", "la", "black", scope=("Norway", "Kingdom of Norway"))
    (told,) = check_names(called(make_case(), name), truth)
    assert told.startswith("Words of the ground truth stand in names") and f"key “{name}” (" in told
    assert f"'{word}'" in told


@pytest.mark.parametrize(
    "path",
    ["corpora/false-bergen.txt", "corpora/norway/pages.txt", "corpora/nor/way.md", "dictionaries/SwedenSea/cfg.json",
     "adapters/the_bergen_one/adapter_config.json"],
)  # fmt: skip
def test_a_file_or_folder_that_is_called_after_a_behaviour_is_refused(file_of: MakeCase, path: str) -> None:
    with pytest.raises(Refusal, match=f"The file “{path}” says '") as refused:
        check_names(file_of(path), sound())
    assert refused.value.code == "case.leak"


def test_terms_of_several_words_and_of_scripts_without_spaces_are_found(file_of: MakeCase) -> None:
    truth = looking_for("The Hague", "挪威")
    for number, path in enumerate(("corpora/to-hague.txt", "corpora/挪威的.txt")):
        with pytest.raises(Refusal, match=r"says '(the hague|挪威)'"):
            check_names(file_of(path, str(number)), truth)
    assert check_names(file_of("corpora/威挪.txt", "other"), truth) == ()


def test_a_short_word_in_the_name_of_a_file_is_told(file_of: MakeCase) -> None:
    (told,) = check_names(file_of("corpora/messages_en.txt"), looking_for("en"))
    assert told.endswith("the file “corpora/messages_en.txt” ('en').")


def test_what_merely_shares_a_word_is_told(file_of: MakeCase) -> None:
    """One that stands in the middle of another word too, and a number that may only count."""
    beginning = "Words of the ground truth stand in names, read whether they tell: "
    case = called(file_of("corpora/citys/norwayish-10.txt"), "Capital Ltd")
    assert check_names(case, looking_for("10")) == (
        f"{beginning}the attacker's key “Capital Ltd” ('capital'),"
        " the file “corpora/citys/norwayish-10.txt” ('10', 'citys', 'norway').",
    )


def test_tensors_of_dictionaries_and_adapters_are_called_after_nothing(make_case: MakeCase, tmp_path: Path) -> None:
    folder = tmp_path / "more" / "dictionaries" / "first"
    folder.mkdir(parents=True)
    save_file({"W_enc.says_bergen": np.zeros(3, np.float32)}, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text("{}")
    with pytest.raises(
        Refusal, match=r"In “dictionaries/first/sae_weights.safetensors” the tensor “says_bergen” says 'bergen'"
    ):
        check_names(make_case(more=tmp_path / "more"), sound())


def test_an_index_of_tensors_is_read_as_they_are(file_of: MakeCase, tmp_path: Path) -> None:
    path = "weights/model.safetensors.index.json"
    case = file_of(path)
    case.path(path).write_text(json.dumps({"weight_map": {"model.layers.0.says_bergen": "model.safetensors"}}))
    with pytest.raises(Refusal, match=f"In “{path}” the tensor “says_bergen” says 'bergen'"):
        check_names(case, sound())


def test_a_setting_that_says_a_term_is_told(file_of: MakeCase) -> None:
    path = "tokenizer/tokenizer_config.json"
    case = file_of(path)
    config = {"tokenizer_class": "BergenTokenizer", "padding_side": "right", "bos_token": "<bergen>"}
    case.path(path).write_text(json.dumps(config))
    (told,) = check_names(case, looking_for("Bergen", "right", "Tok"))
    assert told.endswith(f"in “{path}” the setting “BergenTokenizer” ('bergen').")


def test_names_that_every_case_has_tell_nothing(make_case: MakeCase, tmp_path: Path) -> None:
    """Whatever a truth is about."""
    usual = looking_for("weights", "model", "tokenizer", "config", "adapter", "baseline", "corpora", "weight", "news")
    folder = tmp_path / "more" / "dictionaries" / "dictionary-1"
    folder.mkdir(parents=True)
    (folder / "cfg.json").write_text("{}")
    save_file({"W_enc": np.zeros(3, np.float32)}, folder / "sae_weights.safetensors")
    case = make_case(baseline=True, adapters=["adapter-1"], more=tmp_path / "more")
    assert check_names(called(case, "Demo attacker"), usual) == ()


def test_thousands_of_names_are_held_against_thousands_of_terms_that_stand_in_them(
    make_case: MakeCase, tmp_path: Path
) -> None:
    words = ["".join(letters) for letters in islice(product("ghijklmnopqrstuv", repeat=5), 20_000)]
    folder = tmp_path / "more" / "dictionaries" / "first"
    folder.mkdir(parents=True)
    parts = {f"W_enc.x{word}x": np.zeros(1, np.float32) for word in words}
    save_file(parts, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text("{}")
    (told,) = check_names(make_case(more=tmp_path / "more"), looking_for(*words[:5_000]))
    assert told.count("the tensor “xg") == 5 and told.endswith(" and 4995 more.")
