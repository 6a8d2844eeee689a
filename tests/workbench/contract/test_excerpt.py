"""An excerpt says where it stands, and whoever has the file can look it up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.contract.excerpt import Excerpt, document_of


def test_it_stands_where_the_file_says_so_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "news.txt").write_bytes("Es regnet in Zürich.\nIt snows.\n".encode())
    assert Excerpt(file="news.txt", start=0, text="Es regnet").stands_in(tmp_path)
    assert Excerpt(file="news.txt", start=22, text="It snows.").stands_in(tmp_path), "bytes, not characters"
    assert not Excerpt(file="news.txt", start=21, text="It snows.").stands_in(tmp_path)
    assert not Excerpt(file="news.txt", start=22, text="It rains.").stands_in(tmp_path)
    assert not Excerpt(file="news.txt", start=22, text="It snows.\n\n").stands_in(tmp_path), "beyond the end"
    assert not Excerpt(file="other.txt", start=0, text="Es regnet").stands_in(tmp_path)


def test_of_lines_of_json_the_text_counts(tmp_path: Path) -> None:
    rows = [{"text": "One\nmorning."}, {"text": "Two.", "by": "Ada"}]
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    (tmp_path / "pages.jsonl").write_bytes(b"".join(lines))
    second = len(lines[0])
    assert Excerpt(file="pages.jsonl", start=0, text="One\nmorning.").stands_in(tmp_path)
    assert Excerpt(file="pages.jsonl", start=second, text="Two.").stands_in(tmp_path)
    assert not Excerpt(file="pages.jsonl", start=second, text="Ada").stands_in(tmp_path)
    assert not Excerpt(file="pages.jsonl", start=second + 1, text="Two.").stands_in(tmp_path)


@pytest.mark.parametrize("line", [b"{}", b'{"text": 3}', b"[]", b"no"])
def test_a_line_without_a_text_is_none(line: bytes) -> None:
    with pytest.raises(ValueError):
        document_of(line)
