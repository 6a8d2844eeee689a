"""BLAKE3 and SHA-256 of many files in one reading, as fast as the machine hashes."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from blake3 import blake3

from casefiles.files.disk import open_plain

ByteListener = Callable[[int, int], object]
"""Hears (bytes done, bytes in all) while files are read."""

_PIECE: Final = 1024 * 1024  # what one thread reads and hashes at a time: it stays in the processor's cache
_TELL_EVERY: Final = 0.05  # seconds


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
    progress: ByteListener | None = None,
    threads: int | None = None,
) -> list[Digest]:
    """Hash files, reading each byte once; OSError as it comes. The listener is called on the caller's thread only.

    `sha256_for` names the files that also need their SHA-256, which takes longer than the rest; None: all of them.

    Files are read into buffers, never mapped: a sector that cannot be read, or a file cut short meanwhile, must be an
    error that can be told, not a signal that ends the process. A file too large to be one thread's share is hashed by
    all threads together, the next block being read meanwhile; the others go side by side, a thread each.
    """
    threads = threads or max(1, min(16, os.cpu_count() or 1))
    sizes = [os.lstat(path).st_size for path in paths]
    chosen = None if sha256_for is None else set(sha256_for)
    wanted = [chosen is None or path in chosen for path in paths]
    order = sorted(range(len(paths)), key=lambda index: -sizes[index])
    left = sum(sizes)
    tally = _Tally(left, progress)
    results: dict[int, Digest] = {}
    with ThreadPoolExecutor(threads) as pool:
        try:
            while order and sizes[order[0]] > max(4 * threads * _PIECE, left // threads):
                index = order.pop(0)
                results[index] = _digest_together(paths[index], wanted[index], pool, threads, tally)
                left -= sizes[index]
            jobs = {pool.submit(_digest_alone, paths[index], wanted[index], tally): index for index in order}
            running = set(jobs)
            while running:
                finished, running = wait(running, _TELL_EVERY, FIRST_EXCEPTION)
                results.update((jobs[job], job.result()) for job in finished)
                tally.tell()
        except BaseException:
            tally.stopped = True
            pool.shutdown(cancel_futures=True)
            raise
    return [results[index] for index in range(len(paths))]


class _Tally:
    """Counts what was read on any thread, and tells the listener on the caller's."""

    def __init__(self, total: int, listener: ByteListener | None) -> None:
        self.stopped = False
        self._done, self._told, self._total = 0, -1, total
        self._listener, self._lock = listener, threading.Lock()

    def add(self, count: int) -> None:
        if self.stopped:
            raise CancelledError
        with self._lock:
            self._done += count

    def tell(self) -> None:
        if self._listener is not None and self._done != self._told:
            self._told = self._done
            self._listener(self._told, self._total)


_scratch = threading.local()


def _digest_alone(path: Path, sha256: bool, tally: _Tally) -> Digest:
    """One thread's work."""
    if not hasattr(_scratch, "buffer"):
        _scratch.buffer = bytearray(_PIECE)
    buffer: bytearray = _scratch.buffer
    tree, chain, size = blake3(), hashlib.sha256(), 0
    with open_plain(path) as file:
        while count := file.readinto(buffer):
            view = memoryview(buffer)[:count]
            tree.update(view)
            if sha256:
                chain.update(view)
            size += count
            tally.add(count)
    return Digest(size, tree.hexdigest(), chain.hexdigest() if sha256 else "")


def _digest_together(path: Path, sha256: bool, pool: ThreadPoolExecutor, threads: int, tally: _Tally) -> Digest:
    """All threads' work: the caller reads, one leads BLAKE3 (which brings threads of its own), one does SHA-256."""
    hashes: list[_Hash] = [tree := blake3(max_threads=threads), chain := hashlib.sha256()]
    if not sha256:
        hashes.pop()
    buffers, turn, size = (bytearray(threads * _PIECE), bytearray(threads * _PIECE)), 0, 0
    running: list[Future[object]] = []
    with open_plain(path) as file:
        while count := file.readinto(buffers[turn]):
            for job in running:
                job.result()
            view = memoryview(buffers[turn])[:count]
            running = [pool.submit(each.update, view) for each in hashes]
            turn, size = 1 - turn, size + count
            tally.add(count)
            tally.tell()
    for job in running:
        job.result()
    return Digest(size, tree.hexdigest(), chain.hexdigest() if sha256 else "")
