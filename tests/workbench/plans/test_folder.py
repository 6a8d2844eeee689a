"""A folder is read piece by piece: every byte of it once, each piece where it says, whatever its size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.status import Refusal
from workbench.contract.excerpt import Excerpt
from workbench.plans.folder import LEAD, LONGEST, Folder

NEWS = "The river rises.\n\nNothing happened in Zürich.\nOr so it seems.\n\n\nIt snows.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "monday.txt").write_text(NEWS)
    (tmp_path / "notes.md").write_text("# Notes\n")
    (tmp_path / "pages.jsonl").write_text('{"text": "One."}\n\n{"text": "Two\\nlines."}\n')
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "latin.txt").write_bytes("Zürich".encode("latin-1"))
    (tmp_path / "broken.jsonl").write_text('{"text": "One."}\n{"name": 1}\n')
    return tmp_path


def read(folder: Path, pieces: str = "file") -> list[Excerpt]:
    found = Folder.from_text(str(folder))
    excerpts = [excerpt for excerpt, _ in found.excerpts(pieces)]  # type: ignore[arg-type]
    assert all(excerpt.stands_in(Path(found.folder)) for excerpt in excerpts)
    return excerpts


def test_it_takes_what_is_text_and_counts_what_it_leaves_out(folder: Path) -> None:
    found = Folder.from_text(str(folder))
    assert [file.path for file in found.files] == ["news/monday.txt", "notes.md", "pages.jsonl"]
    assert found.left_out == 3
    assert found.size == sum((folder / file.path).stat().st_size for file in found.files)


def test_its_digest_is_of_what_it_holds_and_not_of_where_it_lies(folder: Path, tmp_path: Path) -> None:
    digest = Folder.from_text(str(folder)).digest
    moved = folder.rename(folder.with_name("elsewhere"))
    assert Folder.from_text(str(moved)).digest == digest
    (moved / "notes.md").write_text("# Noted\n")
    assert Folder.from_text(str(moved)).digest != digest


def test_a_document_is_a_file_a_paragraph_or_a_line(folder: Path) -> None:
    def texts(pieces: str) -> list[str]:
        return [excerpt.text for excerpt in read(folder, pieces)]

    rest = ["# Notes", "One.", "Two\nlines."]
    assert texts("file") == [NEWS.rstrip(), *rest]
    paragraphs = ["The river rises.", "Nothing happened in Zürich.\nOr so it seems.", "It snows."]
    assert texts("paragraph") == [*paragraphs, *rest]
    assert texts("line") == [line for line in NEWS.split("\n") if line] + rest


@pytest.mark.parametrize("pieces", ["file", "paragraph", "line"])
@pytest.mark.parametrize("letter", ["a", "ü", "好", "🙂"])
def test_a_long_document_comes_in_pieces_that_go_on_where_the_last_one_ended(
    tmp_path: Path, pieces: str, letter: str
) -> None:
    """In one line without an end, and in many."""
    for name, words in (("one.txt", letter * 30_000), ("many.txt", f"{letter * 70}\n" * 1_000)):
        (tmp_path / name).write_text(words)
        found = [excerpt for excerpt in read(tmp_path, pieces) if excerpt.file == name]
        whole = "".join(excerpt.text[excerpt.lead :] for excerpt in found)
        assert whole.count(letter) == words.count(letter)
        assert all(len(excerpt.text.encode()) <= LONGEST + LEAD for excerpt in found)
        if pieces != "line":
            assert len(found) > 1
            assert all(LEAD // 4 - 1 <= excerpt.lead <= LEAD for excerpt in found[1:])


def test_a_long_line_of_json_comes_in_pieces_too(tmp_path: Path) -> None:
    text = "".join(f"{number} " for number in range(9_000))
    (tmp_path / "pages.jsonl").write_text(json.dumps({"text": text}) + "\n")
    found = read(tmp_path)
    assert "".join(excerpt.text[excerpt.lead :] for excerpt in found) == text
    assert {excerpt.start for excerpt in found} == {0}


def test_a_single_file_is_a_folder_of_one(folder: Path) -> None:
    (excerpt,) = read(folder / "notes.md")
    assert (excerpt.file, excerpt.text) == ("notes.md", "# Notes")


@pytest.mark.parametrize("name", ["none", "picture.png", "latin.txt", "broken.jsonl"])
def test_where_nothing_can_be_read_that_is_said(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no "):
        Folder.from_text(str(folder / name))


def test_a_file_that_is_gone_by_then_is_named(folder: Path) -> None:
    found = Folder.from_text(str(folder))
    (folder / "notes.md").unlink()
    with pytest.raises(Refusal, match=r"notes\.md cannot be read"):
        list(found.excerpts("file"))
