"""Files: written whole or not at all, read without following links, failures told in plain words."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from casefiles.files import disk
from casefiles.status import Refusal


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fail_sync(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(handle: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)


def test_a_full_disk_is_said_to_be_full() -> None:
    with (
        pytest.raises(Refusal) as refusal,
        disk.guarded("It was not written."),
        Path("/dev/full").open("wb", 0) as full,
    ):
        full.write(b"x")
    assert refusal.value.code == "io.disk-full"
    assert refusal.value.what == "It was not written."


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "io.disk-full"), (errno.EDQUOT, "io.disk-full"), (errno.EIO, "io.failed"),
     (errno.EACCES, "io.failed"), (errno.EROFS, "io.failed"), (errno.ENOENT, "input.missing")],
)  # fmt: skip
def test_each_error_has_its_code(number: int, code: str) -> None:
    with pytest.raises(Refusal) as refusal, disk.guarded("x"):
        raise OSError(number, os.strerror(number), "/secret/folder/file.txt")
    assert refusal.value.code == code
    assert "file.txt" in refusal.value.why and "secret" not in refusal.value.why


def test_other_errors_and_refusals_pass_through() -> None:
    with pytest.raises(ZeroDivisionError), disk.guarded("x"):
        raise ZeroDivisionError
    with pytest.raises(Refusal) as refusal, disk.guarded("x"):
        raise Refusal("case.link", "a", "b", "c")
    assert refusal.value.code == "case.link"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    disk.write_atomic(tmp_path / "a", b"old")
    disk.write_atomic(tmp_path / "a", b"new")
    assert contents(tmp_path) == {"a": b"new"}


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    disk.write_atomic(tmp_path / "a", b"old")
    fail_sync(monkeypatch, error)
    with pytest.raises((Refusal, KeyboardInterrupt)):
        disk.write_atomic(tmp_path / "a", b"new")
    with pytest.raises((Refusal, KeyboardInterrupt)), disk.new_file(tmp_path / "b") as file:
        file.write(b"half")
    assert contents(tmp_path) == {"a": b"old"}


def test_what_a_killed_writer_left_is_gone_with_the_next(tmp_path: Path) -> None:
    """A half-written key is a key that somebody may find."""
    (tmp_path / ".a.key.audit-workbench-unwritten").write_bytes(b"secret, and longer than what is written next")
    disk.write_atomic(tmp_path / "a.key", b"new", mode=0o600)
    assert contents(tmp_path) == {"a.key": b"new"}
    (tmp_path / ".a.key.audit-workbench-unwritten").write_bytes(b"secret")
    disk.sweep_file(tmp_path / "a.key")
    disk.sweep_file(tmp_path / "a.key")
    assert contents(tmp_path) == {"a.key": b"new"}


def _file(place: Path) -> None:
    disk.write_atomic(place / "other", b"new")


def _folder(place: Path) -> None:
    with disk.new_folder(place / "other"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="files are not held there")
@pytest.mark.parametrize("write", [_file, _folder])
def test_what_a_killed_writer_left_under_another_name_is_gone_too(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    import fcntl

    old, young, held = (tmp_path / f".{name}.audit-workbench-unwritten" for name in ("page.html", "young", "held"))
    for path in (old, young, held):
        path.write_bytes(b"half a page")
    for path in (old, held):
        os.utime(path, (0, 0))
    with held.open("rb+") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"other", young.name, held.name}


@pytest.mark.parametrize("write", [_file, _folder])
def test_a_file_of_somebody_elses_is_not_taken_for_one(tmp_path: Path, write: Callable[[Path], None]) -> None:
    (tmp_path / ".draft.unwritten").write_bytes(b"mine")
    (tmp_path / ".other.unwritten").write_bytes(b"mine too")
    for path in list(tmp_path.iterdir()):
        os.utime(path, (0, 0))
    write(tmp_path)
    assert (tmp_path / ".draft.unwritten").read_bytes() == b"mine"
    assert (tmp_path / ".other.unwritten").read_bytes() == b"mine too"


def test_two_who_write_one_file_do_not_write_into_each_other(tmp_path: Path) -> None:
    with disk.new_file(tmp_path / "a") as one:
        one.write(b"one")
        disk.write_atomic(tmp_path / "a", b"two")
        assert contents(tmp_path)["a"] == b"two"
        disk.sweep_file(tmp_path / "a")
        one.write(b" and all of it")
    assert contents(tmp_path) == {"a": b"one and all of it"}


def test_where_files_cannot_be_held_nothing_more_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unheld(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", unheld)
    disk.write_atomic(tmp_path / "a", b"new")
    assert contents(tmp_path) == {"a": b"new"}
    (tmp_path / ".b.audit-workbench-unwritten").write_bytes(b"whose?")  # a slow writer's, perhaps
    disk.sweep_file(tmp_path / "b")
    assert contents(tmp_path) == {"a": b"new", ".b.audit-workbench-unwritten": b"whose?"}


def test_a_link_that_waits_for_a_writer_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"kept")
    (tmp_path / ".a.audit-workbench-unwritten").symlink_to(tmp_path / "victim")
    (tmp_path / ".b.audit-workbench-unwritten").hardlink_to(tmp_path / "victim")
    for name in ("a", "b"):
        disk.write_atomic(tmp_path / name, b"new")
    found = contents(tmp_path)
    assert (found["victim"], found["a"], found["b"]) == (b"kept", b"new", b"new")


def test_an_interruption_while_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), disk.new_file(tmp_path / "a") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), disk.new_folder(tmp_path / "b") as folder:
        (folder / "c").write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_replaces_nothing(tmp_path: Path) -> None:
    disk.write_new(tmp_path / "a", b"one", mode=0o600)
    with pytest.raises(Refusal) as refusal:
        disk.write_new(tmp_path / "a", b"two")
    assert refusal.value.code == "input.invalid"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Refusal):
        disk.write_new(tmp_path / "link", b"two")
    assert (tmp_path / "a").read_bytes() == b"one" and not (tmp_path / "nowhere").exists()


def test_of_two_who_write_a_new_file_at_once_the_second_is_refused(tmp_path: Path) -> None:
    with disk.new_file(tmp_path / "a", only=True) as first:
        first.write(b"one")
        with pytest.raises(Refusal, match="is being written already") as refused:
            disk.write_new(tmp_path / "a", b"two")
        assert refused.value.code == "input.invalid"
        disk.sweep_file(tmp_path / "a")
    assert contents(tmp_path) == {"a": b"one"}


def _linkless(*_: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


@pytest.mark.parametrize("linkless", [False, True])
def test_a_new_file_replaces_nothing_that_came_while_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linkless: bool
) -> None:
    """Of another program, that holds nothing; and on a stick, whose files have one name."""
    if linkless:
        monkeypatch.setattr(os, "link", _linkless)
    with pytest.raises(Refusal, match="exists already") as refused, disk.new_file(tmp_path / "a", only=True) as file:
        file.write(b"ours")
        (tmp_path / "a").write_bytes(b"theirs")
    assert refused.value.code == "input.invalid"
    disk.write_new(tmp_path / "b", b"ours", mode=0o600)
    assert contents(tmp_path) == {"a": b"theirs", "b": b"ours"}
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600 and (tmp_path / "b").stat().st_nlink == 1


def test_a_new_file_whose_writer_was_killed_between_its_two_names_has_one_again(tmp_path: Path) -> None:
    for write in (disk.sweep_file, lambda path: disk.write_atomic(path, b"whole")):
        (tmp_path / "a").write_bytes(b"whole")
        (tmp_path / ".a.audit-workbench-unwritten").hardlink_to(tmp_path / "a")
        write(tmp_path / "a")
        assert contents(tmp_path) == {"a": b"whole"}


def test_a_folder_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        disk.write_atomic(tmp_path / "none" / "a", b"x")
    assert refusal.value.code == "input.missing"


def test_a_place_is_tried_before_anything_is_done_for_it(tmp_path: Path) -> None:
    disk.check_new(tmp_path / "a")
    assert contents(tmp_path) == {}
    for place in (tmp_path / "none" / "a", Path("/proc/a"), tmp_path / ("a" * 300)):
        with pytest.raises(Refusal) as refusal:
            disk.check_new(place)
        assert refusal.value.what == f"{place.name} could not be written."
    (tmp_path / "a").touch()
    with pytest.raises(Refusal, match="exists already"):
        disk.check_new(tmp_path / "a")


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with disk.new_folder(tmp_path / "new") as building:
        (building / "sub").mkdir()
        (building / "sub" / "a").write_bytes(b"x")
        assert not (tmp_path / "new").exists()
    assert contents(tmp_path) == {"new/sub/a": b"x"}


def test_a_folder_is_not_put_over_another(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal, disk.new_folder(tmp_path / "new"):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "mine").write_bytes(b"x")
    assert refusal.value.code == "io.failed"
    assert contents(tmp_path) == {"new/mine": b"x"}
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_links_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert disk.read_small(tmp_path / "a", 1) == b"x"
    for path in (tmp_path / "link", tmp_path, Path("/dev/zero")):
        with pytest.raises(Refusal) as refusal:
            disk.read_small(path, 10)
        assert refusal.value.code == "io.failed"


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a plain file"):
        disk.open_plain(tmp_path / "pipe")


def test_a_large_file_is_not_read_as_a_small_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert disk.read_small(tmp_path / "a", 5) == b"12345"
    with pytest.raises(Refusal) as refusal:
        disk.read_small(tmp_path / "a", 4)
    assert refusal.value.code == "input.invalid"


def test_a_listing_tells_plain_files_from_everything_else(tmp_path: Path) -> None:
    (tmp_path / "sub" / "empty").mkdir(parents=True)
    (tmp_path / "sub" / "a").write_bytes(b"x")
    (tmp_path / "hard").write_bytes(b"x")
    os.link(tmp_path / "hard", tmp_path / "hard2")
    (tmp_path / "soft").symlink_to("sub")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # the path of a socket must be short
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
    found = disk.listing(tmp_path)
    assert found.files == {"sub/a"}
    assert found.folders == {"sub", "sub/empty"}
    assert found.links == {"hard", "hard2", "soft", "pipe", "socket"}


def test_a_listing_is_bounded(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / str(number)).mkdir()
    assert len(disk.listing(tmp_path, limit=5).folders) == 5
    with pytest.raises(Refusal, match="more than 4") as refusal:
        disk.listing(tmp_path, limit=4)
    assert refusal.value.code == "input.invalid"


def test_a_free_name_is_the_first_that_nothing_has(tmp_path: Path) -> None:
    wanted = tmp_path / "one.auditlog"
    assert disk.free_name(wanted) == wanted
    wanted.mkdir()
    (tmp_path / "one-2.auditlog").symlink_to(tmp_path / "nowhere")
    assert disk.free_name(wanted) == tmp_path / "one-3.auditlog"
