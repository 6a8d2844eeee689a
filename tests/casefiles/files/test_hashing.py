"""Digests: those of the published algorithms, from one reading, whatever the size of the file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from blake3 import blake3

from casefiles.files import hashing

MIB = 1024 * 1024
# to either side of a thread's piece and of a common block; the last two are the ones that all threads share
SIZES = [0, 1, 1000, MIB - 1, MIB, MIB + 1, 4 * MIB + 3, 13 * MIB, 40 * MIB + 17]


@pytest.fixture
def some_files(tmp_path: Path) -> list[Path]:
    paths = []
    for size in SIZES:
        path = tmp_path / str(size)
        path.write_bytes(os.urandom(1) * size)
        paths.append(path)
    return paths


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_digests_of_all_sizes(some_files: list[Path], threads: int) -> None:
    for path, found in zip(some_files, hashing.digest(some_files, threads=threads), strict=True):
        data = path.read_bytes()
        assert found == hashing.Digest(len(data), blake3(data).hexdigest(), hashlib.sha256(data).hexdigest())


def test_blake3_is_the_published_one(tmp_path: Path) -> None:
    # from the test vectors of the BLAKE3 team: input of 0 bytes, and of 2049 bytes counting 0…250
    (tmp_path / "0").write_bytes(b"")
    (tmp_path / "2049").write_bytes(bytes(n % 251 for n in range(2049)))
    empty, longer = hashing.digest([tmp_path / "0", tmp_path / "2049"])
    assert empty.blake3 == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    assert longer.blake3 == "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"


def test_sha256_only_where_it_is_asked_for(some_files: list[Path]) -> None:
    wanted = [some_files[2], some_files[5]]
    found = hashing.digest(some_files, sha256_for=wanted)
    assert [path for path, digest in zip(some_files, found, strict=True) if digest.sha256] == wanted
    assert [digest.blake3 for digest in found] == [digest.blake3 for digest in hashing.digest(some_files)]


def test_progress_counts_every_byte_once(some_files: list[Path]) -> None:
    heard: list[tuple[int, int]] = []
    hashing.digest(some_files, progress=lambda done, total: heard.append((done, total)))
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert heard[-1] == (sum(SIZES), sum(SIZES))


def test_a_listener_can_stop_it(some_files: list[Path]) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hashing.digest(some_files, progress=stop)


def test_nothing_is_read_twice(some_files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    original = hashing.open_plain
    monkeypatch.setattr(hashing, "open_plain", lambda path: opened.append(path) or original(path))  # type: ignore[func-returns-value]
    hashing.digest(some_files)
    assert sorted(opened) == sorted(some_files)


def test_a_link_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError):
        hashing.digest([tmp_path / "b"])


def test_a_missing_file_is_an_error(tmp_path: Path, some_files: list[Path]) -> None:
    with pytest.raises(FileNotFoundError):
        hashing.digest([*some_files, tmp_path / "none"])
