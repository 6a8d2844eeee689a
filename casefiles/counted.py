"""Things and their number, in words."""

from __future__ import annotations


def counted(number: int, name: str, names: str = "") -> str:
    """“1 file”, “2 files”, “10,000 files”. `names`: of several, where an s does not make it."""
    return f"{number:,} {name if number == 1 else names or name + 's'}"
