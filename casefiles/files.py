"""Files at a trust boundary: names that stay inside, writes that happen whole or not at all, digests in one reading."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from blake3 import blake3

from casefiles.status import Refusal

Listener = Callable[[int, int], None]
"""Hears (bytes done, bytes in all) while files are read."""

NAME_BYTES: Final = 240
"""The longest relative name, in UTF-8."""
NAME_LEVELS: Final = 8

_CHUNK: Final = 4 * 1024 * 1024
_FORBIDDEN: Final = frozenset('\\:*?"<>|')
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul"] + [f"{port}{number}" for port in ("com", "lpt") for number in range(10)]
)


# ---------------------------------------------------------------------------------------------------------------- errors


@contextlib.contextmanager
def guarded(what: str) -> Iterator[None]:
    """Turn the operating system's errors inside the block into a Refusal; `what` says what failed, as a sentence."""
    try:
        yield
    except OSError as error:
        name = f" ({Path(os.fsdecode(error.filename)).name})" if isinstance(error.filename, str | bytes) else ""
        why = f"The operating system says: {error.strerror or error}{name}."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refusal(
                "io.disk-full", what, why, "Free some space or choose another disk, then try again."
            ) from None
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise Refusal("input.missing", what, why, "Check the path.") from None
        raise Refusal("io.failed", what, why, "Check the disk and the permissions, then try again.") from None


# ----------------------------------------------------------------------------------------------------------------- names


def check_name(name: str) -> None:
    """ValueError unless a relative name with `/` means one and the same file below a folder on every system."""
    try:
        if len(name.encode("utf-8")) > NAME_BYTES:
            raise ValueError(f"a name is longer than {NAME_BYTES} bytes")
    except UnicodeEncodeError:
        raise ValueError("a name is not Unicode") from None
    if not name.isprintable():  # a control or direction-changing character makes one name look like another
        raise ValueError(f"the name {name!r} holds an invisible character")
    if unicodedata.normalize("NFC", name) != name:
        raise ValueError(f"the name {name!r} is not in Unicode normal form C")
    parts = name.split("/")
    if len(parts) > NAME_LEVELS:
        raise ValueError(f"the name {name!r} is more than {NAME_LEVELS} folders deep")
    for part in parts:
        if part in ("", ".", ".."):
            raise ValueError(f"the name {name!r} is not a plain relative path")
        if part.startswith(".") or part != part.strip(" ") or part.endswith("."):
            raise ValueError(f"the name {name!r} begins or ends with a dot or a space")
        if not _FORBIDDEN.isdisjoint(part) or part.split(".")[0].casefold().rstrip() in _RESERVED:
            raise ValueError(f"the name {name!r} means something else on another system")


def check_names(names: Iterable[str]) -> None:
    """ValueError unless all names are safe and no two of them, or a file and a folder, meet on any file system.

    Some systems ignore case, some normalise Unicode: names are compared as NFKC, case-folded.
    """
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in names:
        check_name(name)
        if (other := seen.setdefault(_folded(name), name)) is not name:
            raise ValueError(f"the names {other!r} and {name!r} collide")
        for folder in parents(name):
            if folders.setdefault(_folded(folder), folder) != folder:
                raise ValueError(f"the folder {folder!r} collides with {folders[_folded(folder)]!r}")
    if both := seen.keys() & folders.keys():
        raise ValueError(f"{seen[min(both)]!r} is a file and a folder at once")


def parents(name: str) -> list[str]:
    """The folders above a relative name, outermost first: `a/b/c` → `a`, `a/b`."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


@dataclass(frozen=True)
class Listing:
    """What lies below a folder: plain files and folders, and everything else."""

    files: frozenset[str]
    folders: frozenset[str]
    links: frozenset[str]
    """Symbolic and hard links, devices, sockets and pipes: what is not one plain file or folder of its own."""


def listing(root: Path, *, limit: int = 100_000) -> Listing:
    """List a folder to the bottom without following any link; ValueError beyond `limit` entries."""
    plain, folders, links = set(), set(), set()
    pending = [""]
    while pending:
        prefix = pending.pop()
        with os.scandir(root / prefix) as entries:
            for entry in entries:
                name = prefix + entry.name
                if entry.is_symlink():
                    links.add(name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.add(name)
                    pending.append(name + "/")
                elif stat.S_ISREG((found := os.lstat(entry.path)).st_mode) and found.st_nlink == 1:
                    plain.add(name)
                else:
                    links.add(name)
                if len(plain) + len(folders) + len(links) > limit:
                    raise ValueError(f"more than {limit} files and folders")
    return Listing(frozenset(plain), frozenset(folders), frozenset(links))


# --------------------------------------------------------------------------------------------------------------- writing


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    if os.name == "nt":  # Windows cannot open a folder; its file systems journal names
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write or replace a file: after any failure the old one stands, after return the new one is durable."""
    with guarded(f"{path.name} could not be written."):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with open(handle, "wb") as file:
                file.write(data)
                file.flush()
                if os.name != "nt":
                    os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_new(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file that must not exist yet."""
    if os.path.lexists(path):
        raise Refusal(
            "input.invalid",
            f"{path.name} exists already.",
            "It is not replaced, because it may be the only copy.",
            "Choose another name, or move the old file away.",
        )
    write_atomic(path, data, mode=mode)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Build a folder beside its place and move it there when the block ends well; otherwise nothing remains.

    The files inside must be synced by whoever writes them; the folders are synced here. The target must not exist.
    """
    with guarded(f"{target.name} could not be written."):
        building = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            yield building
            if os.name != "nt":
                building.chmod(0o755)
            for folder, _, _ in os.walk(building):
                sync_folder(Path(folder))
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, "it exists already", str(target))
            os.rename(building, target)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        sync_folder(target.parent)


# --------------------------------------------------------------------------------------------------------------- reading


def open_plain(path: Path) -> int:
    """A read-only descriptor of a plain file, never of what a link points to; OSError otherwise. Never blocks."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return handle


def read_small(path: Path, limit: int) -> bytes:
    """The bytes of a plain file that must not be larger than `limit`."""
    with guarded(f"{path.name} could not be read."), open(open_plain(path), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Refusal(
            "input.invalid",
            f"{path.name} is too large.",
            f"Such a file has at most {limit} bytes.",
            "Check that this is the right file.",
        )
    return data


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
    sha256: bool = True,
    progress: Listener | None = None,
    threads: int | None = None,
) -> list[Digest]:
    """Hash files, reading each byte once; OSError as it comes. The listener is called on the caller's thread only.

    Files are read into buffers, never mapped: a sector that cannot be read, or a file cut short meanwhile, must be an
    error that can be told, not a signal that ends the process. Files up to one buffer go side by side over threads; in
    a larger one, the next buffer is read while all threads hash the last one.
    """
    threads = threads or max(1, min(8, os.cpu_count() or 1))
    sizes = [os.lstat(path).st_size for path in paths]
    tally = _Tally(sum(sizes), progress)
    results: dict[int, Digest] = {}
    small = [index for index, size in enumerate(sizes) if size <= _CHUNK]
    with ThreadPoolExecutor(threads) as pool:
        pending = {index: pool.submit(_digest_small, paths[index], sha256) for index in small}
        try:
            for index in small:
                results[index] = pending[index].result()
                tally.add(results[index].size)
            for index, size in enumerate(sizes):
                if size > _CHUNK:
                    results[index] = _digest_large(paths[index], sha256, pool, threads, tally)
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
    buffer: bytearray = _scratch.__dict__.setdefault("buffer", bytearray(_CHUNK))
    tree, chain, size = blake3(), hashlib.sha256(), 0
    with open(open_plain(path), "rb", buffering=0) as file:
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
    with open(open_plain(path), "rb", buffering=0) as file:
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
