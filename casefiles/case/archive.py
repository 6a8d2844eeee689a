"""A case as one file to carry: a zip that only stores. It proves nothing; what comes out is verified like any case."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from casefiles.case.manifest import ENVELOPE
from casefiles.files import disk, names
from casefiles.status import Refusal

SUFFIX: Final = ".case"
ENTRIES: Final = 5000
"""The most files an archive may hold."""

_TIME: Final = (1980, 1, 1, 0, 0, 0)
_CHUNK: Final = 4 * 1024 * 1024
_ENCRYPTED: Final = 0x1


def pack(case_root: Path, zip_path: Path) -> Path:
    """Write a case as one zip; the same case always gives the same bytes. An existing file is not replaced."""
    if not (case_root / ENVELOPE).is_file():
        raise Refusal(
            "case.not-a-case",
            f"{case_root.name} is not a case file.",
            f"A case is a folder with `{ENVELOPE}` in it.",
            "Name the `.case` folder itself.",
        )
    if os.path.lexists(zip_path):
        raise Refusal(
            "case.exists",
            f"{zip_path.name} exists already.",
            "An archive is never replaced.",
            "Choose another name, or move the old one away.",
        )
    with disk.guarded(f"{zip_path.name} could not be written."):
        found = disk.listing(case_root)
        if found.links:
            raise Refusal(
                "case.link",
                "The case holds a link or a special file.",
                f"Not a plain file of its own: {ascii(min(found.links))[1:-1]}.",
                "Verify the case; then replace the link by a copy of the file itself.",
            )
        root = case_root.name.removesuffix(SUFFIX) + SUFFIX
        with disk.new_file(zip_path, only=True) as target, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(found.files):
                entry = zipfile.ZipInfo(f"{root}/{name}", _TIME)
                entry.create_system = 3  # Unix, on whatever system it is packed
                entry.external_attr = (stat.S_IFREG | 0o644) << 16
                entry.file_size = (case_root / name).stat().st_size
                with disk.open_plain(case_root / name) as source, archive.open(entry, "w") as copy:
                    shutil.copyfileobj(source, copy, _CHUNK)
    return zip_path


def unpack(zip_path: Path, folder: Path) -> Path:
    """Unpack an archive as a new `NAME.case` in a folder and return it, not yet verified; whole or not at all."""
    with disk.guarded(f"{zip_path.name} could not be unpacked."), _opened(zip_path) as archive:
        entries = archive.infolist()
        root = _check(entries, zip_path.stat().st_size)
        target = folder / root
        if os.path.lexists(target):
            raise Refusal(
                "case.exists",
                f"{root} exists already.",
                "A case is never replaced.",
                "Unpack into another folder, or move the old case away.",
            )
        with disk.new_folder(target) as building:
            for entry in entries:
                _extract(archive, entry, building / entry.filename.partition("/")[2])
    return target


@contextlib.contextmanager
def _opened(zip_path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with disk.open_plain(zip_path) as file:
            _check_directory(file)
            with zipfile.ZipFile(file) as archive:
                yield archive
    except (zipfile.BadZipFile, NotImplementedError, EOFError, UnicodeDecodeError, OverflowError) as error:
        raise _refused(f"it is not a whole zip file ({error})") from None


def _check_directory(file: BinaryIO) -> None:
    """Bound the directory before it is read: the reader would hold any number of entries in memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 98))
    tail = file.read(98)
    end, locator, end64 = tail[-22:], tail[-42:-22], tail[-98:-42]
    if len(end) < 22 or end[:4] != b"PK\5\6" or end[20:] != b"\0\0":
        raise _refused("it does not end as a zip file does")
    count, length = struct.unpack("<HI", end[10:16])
    if locator[:4] == b"PK\6\7" and end64[:4] == b"PK\6\6":
        count, length = struct.unpack("<QQ", end64[32:48])
    if count > ENTRIES or length > ENTRIES * 512:
        raise _refused(f"its directory lists {count} files in {length} bytes, too many for a case")


def _check(entries: list[zipfile.ZipInfo], size: int) -> str:
    """Refuse anything but plain stored files in one folder `NAME.case`; returns that folder's name."""
    if not 1 <= len(entries) <= ENTRIES:
        raise _refused(f"it holds {len(entries)} files; 1 to {ENTRIES} are possible")
    for entry in entries:
        if entry.header_offset < 0:
            raise _refused("its beginning is missing")
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise _refused(f"{entry.filename[:80]!r} is compressed, and cases never are")
        if entry.flag_bits & _ENCRYPTED:
            raise _refused(f"{entry.filename[:80]!r} is encrypted")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.filename.endswith("/") or kind not in (0, stat.S_IFREG):
            raise Refusal(
                "case.link",
                "The archive holds a link or a special file.",
                f"Not a plain file: {ascii(entry.filename[:80])[1:-1]}.",
                "Ask for the case as it was packed by the workbench.",
            )
    # Stored files lie side by side, so together they fit into the archive; entries that overlap to multiply do not.
    if (total := sum(entry.file_size for entry in entries)) > size:
        raise _refused(f"its files claim {total} bytes, and the archive has {size}")
    return _check_names([entry.orig_filename for entry in entries])


def _check_names(paths: list[str]) -> str:
    roots = {path.partition("/")[0] for path in paths}
    root = min(roots)
    try:
        if len(roots) != 1 or not root.endswith(SUFFIX) or root == SUFFIX:
            raise names.UnsafeNameError(f"an archive holds one folder whose name ends in `{SUFFIX}`")
        if len(set(paths)) != len(paths):
            raise names.UnsafeNameError("a name stands twice")
        names.check_name(root)
        names.check_names([path.partition("/")[2] for path in paths])
    except names.UnsafeNameError as error:
        raise Refusal(
            "case.name",
            "The archive holds a name that cannot be used.",
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "Ask for the case as it was packed by the workbench.",
        ) from None
    return root


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy, _CHUNK)
        copy.flush()
        os.fsync(copy.fileno())


def _refused(why: str) -> Refusal:
    return Refusal(
        "case.archive",
        "The archive cannot be unpacked.",
        f"{why[:1].upper()}{why[1:]}.",
        "Ask for the case as it was packed by the workbench, or copy the archive again.",
    )
