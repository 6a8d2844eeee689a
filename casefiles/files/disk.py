"""Files at a trust boundary: written whole or not at all, read without following links, failures in plain words."""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

from casefiles.files.sealed import refuse_sealed
from casefiles.files.unfinished import unfinished
from casefiles.status import Refusal

_UNWRITTEN: Final = ".audit-workbench-unwritten"
"""How the name of a file that is being written ends; it begins with a dot. Nobody else calls one so."""
_HOLLOW_FROM: Final = 64 * 1024 * 1024
_HOLLOW_RATIO: Final = 16
"""A compressing file system may store weights in less than their length, but not in a sixteenth."""
_LINKLESS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
"""What file systems say on which a file has one name only (FAT)."""
_NEW: Final = 5.0
"""Seconds for which one that nobody holds may just be in the making."""
_CHUNK: Final = 4 * 1024 * 1024
"""Bytes that are copied between two words of how far it is."""


@contextlib.contextmanager
def guarded(what: str) -> Iterator[None]:
    """Turn the operating system's errors inside the block into a Refusal; `what` says what failed, as a sentence."""
    try:
        yield
    except OSError as error:
        name = f" ({Path(os.fsdecode(error.filename)).name})" if isinstance(error.filename, str | bytes) else ""
        why = f"The operating system says: {error.strerror or error}{name}."
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
            raise Refusal(
                "io.disk-full", what, why, "Free some space or choose another disk, then try again."
            ) from None
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise Refusal("input.missing", what, why, "Check the path.") from None
        raise Refusal("io.failed", what, why, "Check the disk and the permissions, then try again.") from None


def free_name(path: Path) -> Path:
    """The path, or with a number before its ending, so that nothing stands there yet: `a.log`, `a-2.log`, …"""
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))
    return next(one for one in itertools.chain([path], numbered) if not os.path.lexists(one))


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    if os.name == "nt":  # Windows cannot open a folder; its file systems journal names
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def new_file(path: Path, *, mode: int = 0o644, only: bool = False) -> Iterator[BinaryIO]:
    """Write a file beside its place and move it there, durable, when the block ends well; otherwise nothing remains,
    and what a program that was killed while it wrote this file left of it is gone.

    `only`: it is a new one. Raises Refusal before the block as `check_new` does, or if somebody is at it; and after it
    if something came there meanwhile.
    """
    if only:
        _refuse_taken(path)
    with guarded(f"{path.name} could not be written."):
        _tidy(path.parent.absolute())
        handle, temporary = _begun(path, only)
        settle = _settle if only else Path.replace
        try:
            with os.fdopen(handle, "wb") as file:
                if only:  # nobody else is at it from here on
                    _refuse_taken(path)
                yield file
                file.flush()
                if os.name != "nt":
                    os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
                if os.name != "nt":  # still held: nobody else may begin to write it now
                    settle(temporary, path)
            if os.name == "nt":  # an open file has its name for good there
                settle(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def is_unwritten(name: str) -> bool:
    """Whether a file is called as one that is being written, or was when its program was killed: it stands for nothing
    yet, however whole it is."""
    return name.startswith(".") and name.endswith(_UNWRITTEN)


def sweep_file(path: Path) -> None:
    """Remove what a program that was killed left of a file that it was writing here."""
    held = None
    with contextlib.suppress(BlockingIOError):
        held = _left(path, os.O_RDWR)
    if held is not None:
        handle, temporary = held
        temporary.unlink(missing_ok=True)
        os.close(handle)


def _settle(temporary: Path, path: Path) -> None:
    """Give a file the name that it was written for, unless anything, of whatever program, has it by now."""
    try:
        os.link(temporary, path)
        temporary.unlink()
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        if error.errno not in _LINKLESS:
            raise
        try:
            path.touch(exist_ok=False)  # the name is ours from here on, if empty
        except FileExistsError:
            raise _taken(path) from None
        temporary.replace(path)


def _begun(path: Path, only: bool) -> tuple[int, Path]:
    """A file beside a place, open and empty: the one that every writer of that place takes, so that nothing of a killed
    one stays; one of its own where another is at it, if it is not to be the `only` one."""
    held = None
    try:
        held = _left(path, os.O_RDWR | os.O_CREAT)
    except BlockingIOError:
        if only:
            raise Refusal(
                "input.invalid", f"{path.name} is being written already.", "Whoever comes second does not replace it.",
                "Choose another name, or wait for what becomes of it.",
            ) from None  # fmt: skip
    if held is not None:
        os.ftruncate(held[0], 0)
        return held
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_UNWRITTEN, dir=path.parent)
    if os.name != "nt":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle, Path(name)


@cache
def _tidy(folder: Path) -> None:
    """Remove, once, what programs that were killed left of files that they were writing in a folder, whatever these
    were to be called. What is young may be somebody's who is about to hold it."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            ours = is_unwritten(name) and entry.is_file(follow_symlinks=False)
            if ours and time.time() - entry.stat(follow_symlinks=False).st_mtime > _NEW:
                sweep_file(folder / name[1 : -len(_UNWRITTEN)])


def _left(path: Path, flags: int) -> tuple[int, Path] | None:
    """What is being written to a place, held by us alone; None if there is nothing, it is somebody else's, or files
    cannot be held here. Raises BlockingIOError while somebody is at it."""
    if os.name == "nt":
        return None
    import fcntl

    temporary = path.with_name(f".{path.name}{_UNWRITTEN}")
    try:
        handle = os.open(temporary, flags | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ours, there = os.fstat(handle), os.lstat(temporary)
        same = os.path.samestat(ours, there)  # not moved away while we waited
        if same and stat.S_ISREG(ours.st_mode) and ours.st_nlink == 1 and ours.st_uid == os.geteuid():
            return handle, temporary
        if same and os.path.lexists(path) and os.path.samestat(ours, os.lstat(path)):  # killed between its two names
            temporary.unlink()
    except BlockingIOError:
        os.close(handle)
        raise
    except FileNotFoundError:  # somebody was at it just now
        pass
    except OSError:  # where nothing can be held nobody writes so, and nobody knows whose it is
        if flags & os.O_CREAT:
            temporary.unlink(missing_ok=True)
    os.close(handle)
    return None


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write or replace a file: after any failure the old one stands, after return the new one is durable."""
    with new_file(path, mode=mode) as file:
        file.write(data)


def write_new(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file that must not exist yet; of two who do so at once the second is refused."""
    with new_file(path, mode=mode, only=True) as file:
        file.write(data)


@contextlib.contextmanager
def new_files(files: Mapping[Path, bytes]) -> Iterator[None]:
    """Write files that must not exist yet and give them their names when the block ends well, the first of them last;
    otherwise none remains. They are on the disk, whole, before the block."""
    with contextlib.ExitStack() as stack:
        for path, data in files.items():
            file = stack.enter_context(new_file(path, only=True))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield


def check_new(path: Path) -> None:
    """Raises Refusal if nothing new can be put there: something is there already, or what it would lie in is sealed, is
    not there, or takes no file. For whoever does something before that takes hours or cannot be taken back."""
    _refuse_taken(path)
    with guarded(f"{path.name} could not be written."):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_UNWRITTEN, dir=path.parent)
        os.close(handle)
        Path(name).unlink(missing_ok=True)


def _refuse_taken(path: Path) -> None:
    refuse_sealed(path.parent)
    if os.path.lexists(path):
        raise _taken(path)


def _taken(path: Path) -> Refusal:
    return Refusal(
        "input.invalid",
        f"{path.name} exists already.",
        "It is not replaced, because it may be the only copy.",
        "Choose another name, or move the old file away.",
    )


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Build a folder beside its place and move it there when the block ends well; otherwise nothing remains, and what
    a killed program had begun there is removed.

    Files and folders in it are on the disk before it gets its name. The target must not exist, nor lie in what is
    sealed.
    """
    refuse_sealed(target.parent)
    with guarded(f"{target.name} could not be written."):
        _tidy(target.parent.absolute())
        with unfinished(target.parent, target.name) as building:
            yield building
            if os.name != "nt":
                building.chmod(0o755)
            _sync(building)
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, "it exists already", str(target))
            building.rename(target)
        sync_folder(target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder with those around it, where it is not there. Raises Refusal, and makes none in what is sealed."""
    refuse_sealed(folder)
    with guarded(f"{folder} could not be made."):
        folder.mkdir(parents=True, exist_ok=True)


def _sync(tree: Path) -> None:
    """Make a folder durable with everything in it; what nobody changed since it was made so takes no time."""
    for folder, _, files in os.walk(tree):
        for name in files if os.name != "nt" else ():
            handle = os.open(Path(folder, name), os.O_RDONLY | os.O_NOFOLLOW)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(Path(folder))


def copy_into(folder: Path, files: Mapping[str, Path], heard: Callable[[float, str], object]) -> None:
    """Copy plain files into a folder under their names, chunk by chunk: `heard` is told the share that is copied and
    what is copied next, and may raise to end it in the middle of a large one. OSError as the system tells it."""
    whole, copied = sum(path.stat().st_size for path in files.values()) or 1, 0
    for name, path in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with open_plain(path) as original, (folder / name).open("xb") as copy:
            while chunk := original.read(_CHUNK):
                heard(min(1.0, copied / whole), f"copying {name}")
                copied += copy.write(chunk)


def open_plain(path: Path) -> io.FileIO:
    """Open a plain file for reading, never what a link points to; OSError otherwise. A pipe does not make it wait."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = io.FileIO(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    return file


def hollow(found: os.stat_result) -> str:
    """That a file claims far more bytes than the disk holds for it, in words; empty if it does not. Whoever takes its
    digest reads for hours what is not there."""
    occupied = getattr(found, "st_blocks", found.st_size) * 512
    if found.st_size < _HOLLOW_FROM or occupied * _HOLLOW_RATIO >= found.st_size:
        return ""
    return f"claims {found.st_size} bytes, of which the disk holds {occupied}"


def read_small(path: Path, limit: int) -> bytes:
    """The bytes of a plain file that must not be larger than `limit`."""
    with guarded(f"{path.name} could not be read."), io.BufferedReader(open_plain(path)) as file:
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
class Listing:
    """What lies below a folder: plain files and folders, and everything else."""

    files: frozenset[str]
    folders: frozenset[str]
    links: frozenset[str]
    """Symbolic and hard links, devices, sockets and pipes: what is not one plain file or folder of its own."""


def listing(root: Path, *, limit: int = 100_000) -> Listing:
    """List a folder to the bottom without following any link; refused beyond `limit` entries."""
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
                    raise Refusal(
                        "input.invalid",
                        f"{root.name} holds too much.",
                        f"There are more than {limit} files and folders in it.",
                        "Check that this is the right folder.",
                    )
    return Listing(frozenset(plain), frozenset(folders), frozenset(links))
