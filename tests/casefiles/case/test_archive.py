"""Archives: a case comes out as it went in; nothing else comes out at all."""

from __future__ import annotations

import errno
import io
import os
import random
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from casefiles.case import archive
from casefiles.case.bundle import open_case
from casefiles.status import Refusal


def code_of(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except Refusal as refusal:
        return refusal.code
    return "ok"


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_a_case_comes_out_as_it_went_in(case_path: Path, tmp_path: Path) -> None:
    packed = archive.pack(case_path, tmp_path / "small.case.zip")
    (tmp_path / "there").mkdir()
    unpacked = archive.unpack(packed, tmp_path / "there")
    assert unpacked == tmp_path / "there" / "small.case"
    assert tree(unpacked) == tree(case_path)
    assert open_case(unpacked, full=True).digest == open_case(case_path).digest
    with zipfile.ZipFile(packed) as plain:
        assert {entry.compress_type for entry in plain.infolist()} == {zipfile.ZIP_STORED}
        assert plain.testzip() is None


def test_a_case_beyond_four_gigabytes(case_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The larger structures of the format are used where the smaller ones do not suffice: here from 100 bytes on."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    packed = archive.pack(case_path, tmp_path / "small.case.zip")
    assert b"PK\6\6" in packed.read_bytes()
    (tmp_path / "there").mkdir()
    assert tree(archive.unpack(packed, tmp_path / "there")) == tree(case_path)


def test_one_case_has_one_archive(case_path: Path, tmp_path: Path) -> None:
    archive.pack(case_path, tmp_path / "1.zip")
    os.utime(case_path / "spec.md", (1_700_000_000, 1_700_000_000))
    (case_path / "spec.md").chmod(0o600)
    archive.pack(case_path, tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_nothing_is_replaced(case_path: Path, tmp_path: Path) -> None:
    packed = archive.pack(case_path, tmp_path / "small.zip")
    before = tree(tmp_path)
    assert code_of(lambda: archive.pack(case_path, packed)) == "case.exists"
    assert code_of(lambda: archive.unpack(packed, tmp_path)) == "case.exists"
    assert tree(tmp_path) == before


def test_only_cases_are_packed(tmp_path: Path, case_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert code_of(lambda: archive.pack(tmp_path / "folder", tmp_path / "x.zip")) == "case.not-a-case"
    (case_path / "link").symlink_to("spec.md")
    assert code_of(lambda: archive.pack(case_path, tmp_path / "x.zip")) == "case.link"
    assert not (tmp_path / "x.zip").exists()


GOOD = (("x.case/spec.md", b"# S1"), ("x.case/weights/a.json", b"{}"))


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as written:
        for name, data in files:
            written.writestr(name, data)
    return target.getvalue()


def special(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def overlapping(count: int, size: int) -> bytes:
    """A zip bomb by overlap: many directory entries point to one stored file (after Fifield, 2019)."""
    data = bytes(size)
    name = b"x.case/a"
    crc = zlib.crc32(data)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 33, crc, size, size, len(name), 0) + name + data
    directory = b""
    for number in range(count):
        each = b"x.case/%06d" % number if number else name
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 33, crc, size, size, len(each), 0, 0, 0, 0, 0, 0
        )
        directory += each
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + end


def many_in_zip64(count: int) -> bytes:
    """The plain end of the directory tells of two entries, the 64-bit one, which readers prefer, of many."""
    data = zipped(*GOOD)
    end = data.rindex(b"PK\5\6")
    length, offset = struct.unpack("<II", data[end + 12 : end + 20])
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, length, offset)
    return data[:end] + record + struct.pack("<IIQI", 0x07064B50, 0, end, 1) + data[end:]


def with_flag(data: bytes, flag: int) -> bytes:
    changed = bytearray(data)
    changed[data.index(b"PK\1\2") + 8] |= flag
    return bytes(changed)


def with_size64(data: bytes, size: int) -> bytes:
    """The first entry claims another size in the directory."""
    start = data.index(b"PK\1\2")
    return data[: start + 20] + struct.pack("<II", size, size) + data[start + 28 :]


HOSTILE: dict[str, tuple[str, bytes]] = {
    "nothing": ("case.archive", b""),
    "no zip": ("case.archive", b"PK" * 100),
    "an empty zip": ("case.archive", zipped()),
    "half a zip": ("case.archive", zipped(*GOOD)[:-30]),
    "a zip without its beginning": ("case.archive", zipped(*GOOD)[30:]),
    "something behind it": ("case.archive", zipped(*GOOD) + b"x"),
    "a deflated file": ("case.archive", zipped(*GOOD, compression=zipfile.ZIP_DEFLATED)),
    "a zip bomb": ("case.archive", zipped(("x.case/a", bytes(50_000_000)), compression=zipfile.ZIP_DEFLATED)),
    "a zip bomb by LZMA": ("case.archive", zipped(("x.case/a", bytes(1_000_000)), compression=zipfile.ZIP_LZMA)),
    "a zip bomb by overlap": ("case.archive", overlapping(200, 100_000)),
    "many entries": ("case.archive", overlapping(6000, 1)),
    "many entries in 64 bits": ("case.archive", many_in_zip64(1 << 40)),
    "an encrypted file": ("case.archive", with_flag(zipped(*GOOD), 1)),
    "a file that claims four gigabytes": ("case.archive", with_size64(zipped(*GOOD), 0xFFFFFFF0)),
    "an escaping name": ("case.name", zipped(("x.case/../../evil", b"x"))),
    "an escaping name at the start": ("case.name", zipped(("../x.case/evil", b"x"))),
    "an absolute name": ("case.name", zipped(("/x.case/evil", b"x"))),
    "a name that NUL cuts to nothing": ("case.name", zipped(*GOOD).replace(b"x.case/spec.md", b"\0.case/spec.md")),
    "a drive": ("case.name", zipped(("C:/x.case/evil", b"x"))),
    "a backslash": ("case.name", zipped(("x.case/..\\..\\evil", b"x"))),
    "a name cut by NUL": ("case.name", zipped(*GOOD).replace(b"spec.md", b"spe\0.md")),
    "a name that reads backwards": ("case.name", zipped(("x.case/a\u202eb", b"x"))),
    "names that collide in case": ("case.name", zipped(*GOOD, ("x.case/SPEC.md", b"x"))),
    "names that collide in Unicode": ("case.name", zipped(("x.case/stra\u00dfe", b""), ("x.case/strasse", b""))),
    "a file and a folder of one name": ("case.name", zipped(*GOOD, ("x.case/weights", b"x"))),
    "two cases": ("case.name", zipped(*GOOD, ("y.case/spec.md", b"x"))),
    "no case": ("case.name", zipped(("spec.md", b"x"))),
    "a folder that is no case": ("case.name", zipped(("x/spec.md", b"x"))),
    "a hidden folder": ("case.name", zipped((".x.case/spec.md", b"x"))),
    "a folder entry": ("case.link", zipped(*GOOD, ("x.case/empty/", b""))),
    "a link": ("case.link", zipped(*GOOD, (special("x.case/link", stat.S_IFLNK | 0o777), b"/etc/passwd"))),
    "a device": ("case.link", zipped(*GOOD, (special("x.case/null", stat.S_IFCHR | 0o666), b""))),
}


@pytest.mark.parametrize(("code", "data"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_archives_leave_nothing(tmp_path: Path, code: str, data: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    (tmp_path / "out").mkdir()
    assert code_of(lambda: archive.unpack(tmp_path / "x.zip", tmp_path / "out")) == code
    assert tree(tmp_path) == {"x.zip": data, "out": None}


def test_a_name_twice(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(*GOOD, GOOD[0])
    test_hostile_archives_leave_nothing(tmp_path, "case.name", data)


def test_the_good_archive_of_these_tests_is_good(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped(*GOOD))
    assert tree(archive.unpack(tmp_path / "x.zip", tmp_path)) == {
        "spec.md": b"# S1",
        "weights": None,
        "weights/a.json": b"{}",
    }


def test_a_missing_archive(tmp_path: Path) -> None:
    assert code_of(lambda: archive.unpack(tmp_path / "none.zip", tmp_path)) == "input.missing"


def test_damage_is_noticed_or_harmless(case_path: Path, tmp_path: Path) -> None:
    """A flipped bit in an archive is refused while unpacking, or by the case, or does not reach the case."""
    data = archive.pack(case_path, tmp_path / "small.zip").read_bytes()
    original = tree(case_path)
    rng = random.Random(3)
    for number in range(150):
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (tmp_path / "damaged.zip").write_bytes(bytes(damaged))
        out = tmp_path / str(number)
        out.mkdir()
        if code_of(lambda out=out: archive.unpack(tmp_path / "damaged.zip", out)) != "ok":  # type: ignore[misc]
            assert list(out.iterdir()) == []
            continue
        (unpacked,) = out.iterdir()
        if code_of(lambda unpacked=unpacked: open_case(unpacked)) == "ok":  # type: ignore[misc]
            assert tree(unpacked) == original


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=["full", "interrupted"])
def test_a_failure_leaves_nothing(
    case_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(handle: int) -> None:
        raise error

    packed = archive.pack(case_path, tmp_path / "small.zip")
    (tmp_path / "out").mkdir()
    before = tree(tmp_path)
    monkeypatch.setattr(os, "fsync", fail)
    for attempt in (
        lambda: archive.unpack(packed, tmp_path / "out"),
        lambda: archive.pack(case_path, tmp_path / "2.zip"),
    ):
        try:
            assert code_of(attempt) == "io.disk-full"
        except KeyboardInterrupt:
            assert isinstance(error, KeyboardInterrupt)
    assert tree(tmp_path) == before
