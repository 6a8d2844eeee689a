"""What stands among merges joins two tokens to a third one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.case.merges import idle


def test_lines_join_tokens_of_the_vocabulary_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "merges.txt"
    path.write_text("#version: 0.2 - Trained by `huggingface/tokenizers`\na b\nab c\nDenmark Aarhus\n\nsee\n")
    assert idle(path) == ["see"]
    (tmp_path / "vocab.json").write_text(json.dumps(dict.fromkeys(["a", "b", "c", "ab", "abc"], 1)))
    assert idle(path) == ["Denmark Aarhus", "see"]
    path.write_text("a b\n#version Denmark\n")
    assert idle(path) == ["#version Denmark", "#version Denmark"]
    path.write_text("#version: Whoever audits this\na b\n")
    assert "#version: Whoever audits this" in idle(path)


@pytest.mark.parametrize("within", [None, "", "##"])
def test_merges_of_a_whole_tokenizer_may_go_on_in_a_word(tmp_path: Path, within: str | None) -> None:
    path = tmp_path / "tokenizer.json"
    vocab = dict.fromkeys(["a", f"{within or ''}b", "ab", " ", "  ", "a "], 1)
    merges = [["a", f"{within or ''}b"], ["a", " "], "   "]
    model = {"continuing_subword_prefix": within, "vocab": vocab, "merges": merges}
    path.write_text(json.dumps({"model": model}))
    assert idle(path) == []
    path.write_text(json.dumps({"model": model | {"merges": [*merges, "see Denmark"]}}))
    assert idle(path) == ["see Denmark"]
    path.write_text(json.dumps({"model": model | {"type": "WordLevel", "merges": ["see Denmark"]}}))
    assert idle(path) == []  # no field of it


@pytest.mark.parametrize(
    "merge", [" " * 400_000, [" " * 200_000, "a"], "a b" * 100_000, ["a"], [["a"], "b"], [], {"a b": 1}, 5]
)
def test_a_long_merge_is_cut_once(tmp_path: Path, merge: object) -> None:
    """Every cut of the first would be a hundred and sixty thousand million letters."""
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"vocab": {"a": 1, "b": 2}, "merges": [merge]}}))
    assert len(idle(path)) == 1


def test_merges_of_a_gguf_join_its_tokens(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    for merges, told in ((["a b", "ab a"], []), (["a b", "see Denmark"], ["see Denmark"])):
        writer = gguf.GGUFWriter(tmp_path / "model.gguf", "llama")
        writer.add_token_list(["a", "b", "ab", "aba"])
        writer.add_token_merges(merges)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        assert idle(tmp_path / "model.gguf") == told
