"""Nothing is put into a folder whose files are listed and signed."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.files import disk, sealed
from casefiles.status import Refusal


@pytest.mark.parametrize("name", ["case.dsse.json", "export.dsse.json"])
def test_nothing_new_is_put_into_a_sealed_folder_on_whatever_way(tmp_path: Path, name: str) -> None:
    closed = tmp_path / "x.sealed"
    (closed / "weights").mkdir(parents=True)
    (closed / name).write_bytes(b"{}")
    (tmp_path / "link").symlink_to(closed / "weights")
    before = disk.listing(tmp_path)
    for folder in (closed, closed / "weights", closed / "new" / "newer", tmp_path / "link", tmp_path / "o/../x.sealed"):
        with pytest.raises(Refusal, match=r"Nothing is written into x\.sealed") as refused:
            sealed.refuse_sealed(folder)
        assert refused.value.code == "input.invalid"
        for write in (
            lambda path: disk.write_new(path, b""),
            disk.make_folder,
            lambda path: disk.new_folder(path).__enter__(),
        ):
            with pytest.raises(Refusal, match=r"Nothing is written into x\.sealed"):
                write(folder / "a")
    disk.write_new(closed / ".." / "beside", b"")
    disk.write_new(tmp_path / "x.sealed.html", b"")
    assert disk.listing(tmp_path).files - before.files == {"beside", "x.sealed.html"}
    assert disk.listing(tmp_path).folders == before.folders


def test_what_is_sealed_is_still_countersigned_in_its_place(tmp_path: Path) -> None:
    (tmp_path / sealed.CASE).write_bytes(b"old")
    disk.write_atomic(tmp_path / sealed.CASE, b"new")
    assert (tmp_path / sealed.CASE).read_bytes() == b"new"
