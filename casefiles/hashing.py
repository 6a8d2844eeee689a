"""BLAKE3 and SHA-256 of many files in one reading, as fast as the machine hashes."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from blake3 import blake3

from casefiles.files import open_plain

Listener = Callable[[int, int], None]
"""Hears (bytes done, bytes in all) while files are read."""

_CHUNK: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Digest:
    """What identifies a file's bytes; `sha256` is empty where it was not asked for."""

    size: int
    blake3: str
    sha256: str


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> object: ...


def digest(
    paths: Sequence[Path],
    *,
    sha256_for: Collection[Path] | None = None,
    progress: Listener | None = None,
    threads: int | None = None,
) -> list[Digest]:
    """Hash files, reading each byte once; OSError as it comes. The listener is called on the caller's thread only.

    `sha256_for` names the files that also need their SHA-256, which takes longer than the rest; None: all of them.

    Files are read into buffers, never mapped: a sector that cannot be read, or a file cut short meanwhile, must be an
    error that can be told, not a signal that ends the process. Files up to one buffer go side by side over threads; in
    a larger one, the next buffer is read while all threads hash the last one.
    """
    threads = threads or max(1, min(8, os.cpu_count() or 1))
    sizes = [os.lstat(path).st_size for path in paths]
    tally = _Tally(sum(sizes), progress)
    wanted = [sha256_for is None or path in sha256_for for path in paths]
    results: dict[int, Digest] = {}
    small = [index for index, size in enumerate(sizes) if size <= _CHUNK]
    with ThreadPoolExecutor(threads) as pool:
        pending = {index: pool.submit(_digest_small, paths[index], wanted[index]) for index in small}
        try:
            for index in small:
                results[index] = pending[index].result()
                tally.add(results[index].size)
            for index, size in enumerate(sizes):
                if size > _CHUNK:
                    results[index] = _digest_large(paths[index], wanted[index], pool, threads, tally)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [results[index] for index in range(len(paths))]


class _Tally:
    """Counts what was read and tells the listener."""

    def __init__(self, total: int, listener: Listener | None) -> None:
        self._done, self._total, self._listener = 0, total, listener

    def add(self, count: int) -> None:
        self._done += count
        if self._listener is not None:
            self._listener(self._done, self._total)


_scratch = threading.local()


def _digest_small(path: Path, sha256: bool) -> Digest:
    if not hasattr(_scratch, "buffer"):
        _scratch.buffer = bytearray(_CHUNK)
    buffer: bytearray = _scratch.buffer
    tree, chain, size = blake3(), hashlib.sha256(), 0
    with open_plain(path) as file:
        while count := file.readinto(buffer):
            view = memoryview(buffer)[:count]
            tree.update(view)
            if sha256:
                chain.update(view)
            size += count
    return Digest(size, tree.hexdigest(), chain.hexdigest() if sha256 else "")


def _digest_large(path: Path, sha256: bool, pool: ThreadPoolExecutor, threads: int, tally: _Tally) -> Digest:
    hashes: list[_Hash] = [tree := blake3(max_threads=threads), chain := hashlib.sha256()]
    if not sha256:
        hashes.pop()
    buffers, turn, size = (bytearray(_CHUNK), bytearray(_CHUNK)), 0, 0
    running: list[Future[object]] = []
    with open_plain(path) as file:
        while count := file.readinto(buffers[turn]):
            for future in running:
                future.result()
            view = memoryview(buffers[turn])[:count]
            running = [pool.submit(each.update, view) for each in hashes]
            turn, size = 1 - turn, size + count
            tally.add(count)
    for future in running:
        future.result()
    return Digest(size, tree.hexdigest(), chain.hexdigest() if sha256 else "")
