"""Names of files inside a case or an export: safe on every system, and no two that could meet on one of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from casefiles.unseen import unseen

NAME_BYTES: Final = 240
"""The longest relative name, in UTF-8."""
NAME_LEVELS: Final = 8

_FORBIDDEN: Final = frozenset('\\:*?"<>|')
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul"] + [f"{port}{number}" for port in ("com", "lpt") for number in range(10)]
)


class UnsafeNameError(ValueError):
    """A name that could mean another file than it seems to."""


def check_name(name: str) -> None:
    """UnsafeNameError unless a relative name with `/` means one and the same file below a folder on every system."""
    try:
        if len(name.encode("utf-8")) > NAME_BYTES:
            raise UnsafeNameError(f"a name is longer than {NAME_BYTES} bytes")
    except UnicodeEncodeError:
        raise UnsafeNameError("a name is not Unicode") from None
    if not name.isprintable() or unseen(
        name
    ):  # a control or direction-changing character makes one name look like another
        raise UnsafeNameError(f"the name {name!r} holds an invisible character")
    if unicodedata.normalize("NFC", name) != name:
        raise UnsafeNameError(f"the name {name!r} is not in Unicode normal form C")
    parts = name.split("/")
    if len(parts) > NAME_LEVELS:
        raise UnsafeNameError(f"the name {name!r} is more than {NAME_LEVELS} folders deep")
    for part in parts:
        if part in ("", ".", ".."):
            raise UnsafeNameError(f"the name {name!r} is not a plain relative path")
        if part.startswith(".") or part != part.strip(" ") or part.endswith("."):
            raise UnsafeNameError(f"the name {name!r} begins or ends with a dot or a space")
        if not _FORBIDDEN.isdisjoint(part) or part.split(".")[0].casefold().rstrip() in _RESERVED:
            raise UnsafeNameError(f"the name {name!r} means something else on another system")


def check_names(names: Iterable[str]) -> None:
    """UnsafeNameError unless all names are safe and no two of them, or a file and a folder, meet on any file system.

    Some systems ignore case, some normalise Unicode: names are compared as NFKC, case-folded.
    """
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in names:
        check_name(name)
        folded = _folded(name)
        if folded in seen:
            raise UnsafeNameError(f"the names {seen[folded]!r} and {name!r} collide")
        seen[folded] = name
        for folder in parents(name):
            if folders.setdefault(_folded(folder), folder) != folder:
                raise UnsafeNameError(f"the folder {folder!r} collides with {folders[_folded(folder)]!r}")
    if both := seen.keys() & folders.keys():
        raise UnsafeNameError(f"{seen[min(both)]!r} is a file and a folder at once")


def parents(name: str) -> list[str]:
    """The folders above a relative name, outermost first: `a/b/c` → `a`, `a/b`."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
