"""What stands among merges joins two tokens to a third one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.case.merges import read


def idle_of(path: Path) -> list[str]:
    return read(path).idle


def test_lines_join_tokens_of_the_vocabulary_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "merges.txt"
    path.write_text("#version: 0.2 - Trained by `huggingface/tokenizers`\na b\nab c\nDenmark Aarhus\n\nsee\n")
    assert idle_of(path) == ["see"]
    (tmp_path / "vocab.json").write_text(json.dumps(dict.fromkeys(["a", "b", "c", "ab", "abc"], 1)))
    assert idle_of(path) == ["Denmark Aarhus", "see"]
    path.write_text("a b\n#version Denmark\n")
    assert idle_of(path) == ["#version Denmark", "#version Denmark"]
    path.write_text("#version: Whoever audits this\na b\n")
    assert "#version: Whoever audits this" in idle_of(path)


@pytest.mark.parametrize("within", [None, "", "##"])
def test_merges_of_a_whole_tokenizer_may_go_on_in_a_word(tmp_path: Path, within: str | None) -> None:
    path = tmp_path / "tokenizer.json"
    vocab = dict.fromkeys(["a", f"{within or ''}b", "ab", " ", "  ", "a "], 1)
    merges = [["a", f"{within or ''}b"], ["a", " "], "   "]
    model = {"continuing_subword_prefix": within, "vocab": vocab, "merges": merges}
    path.write_text(json.dumps({"model": model}))
    assert idle_of(path) == []
    path.write_text(json.dumps({"model": model | {"merges": [*merges, "see Denmark"]}}))
    assert idle_of(path) == ["see Denmark"]
    path.write_text(json.dumps({"model": model | {"type": "WordLevel", "merges": ["see Denmark"]}}))
    assert idle_of(path) == []  # no field of it


@pytest.mark.parametrize(
    "merge", [" " * 400_000, [" " * 200_000, "a"], "a b" * 100_000, ["a"], [["a"], "b"], [], {"a b": 1}, 5]
)
def test_a_long_merge_is_cut_once(tmp_path: Path, merge: object) -> None:
    """Every cut of the first would be a hundred and sixty thousand million letters."""
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"vocab": {"a": 1, "b": 2}, "merges": [merge]}}))
    assert len(idle_of(path)) == 1


def test_a_merge_that_stands_there_again_is_one_that_joins_nothing_more(tmp_path: Path) -> None:
    """The later one counts, so that those before it may be in any order, and say anything."""
    path, vocab = tmp_path / "tokenizer.json", dict.fromkeys(["a", "b", "ab", "aba"], 1)
    path.write_text(json.dumps({"model": {"vocab": vocab, "merges": [["a", "b"], "ab a", "a b"]}}))
    assert idle_of(path) == ["a b"]


@pytest.mark.parametrize("ends", [None, "</w>"])
def test_tokens_that_no_merge_makes_are_nobody_s(tmp_path: Path, ends: str | None) -> None:
    path, end = tmp_path / "tokenizer.json", ends or ""
    made = ["a", f"b{end}", f"ab{end}", "<0x0A>", "é"]
    model = {"end_of_word_suffix": ends, "merges": [["a", f"b{end}"]]}
    for more in ([], ["Denmark", "Aarhus"]):
        vocab = {token: number for number, token in enumerate([*made, *more])}
        path.write_text(json.dumps({"model": {**model, "vocab": vocab}}))
        assert read(path).unmade == more
        path.write_text(json.dumps({"model": {**model, "vocab": vocab, "merges": []}}))
        assert read(path).unmade == [f"ab{end}", *more]


def test_merges_of_a_gguf_join_its_tokens(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    for merges, told in ((["a b", "ab a"], []), (["a b", "see Denmark"], ["see Denmark"])):
        writer = gguf.GGUFWriter(tmp_path / "model.gguf", "llama")
        writer.add_token_list(["a", "b", "ab", "aba"])
        writer.add_token_merges(merges)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        assert idle_of(tmp_path / "model.gguf") == told
