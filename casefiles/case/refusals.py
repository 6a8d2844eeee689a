"""The refusals that sealing and opening a case have in common."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from casefiles.case.manifest import FileKindError
from casefiles.files.names import UnsafeNameError
from casefiles.status import Refusal

AGAIN: Final = "Ask whoever sealed the case to seal it again."
"""What whoever opens a case may do about it."""
OTHERWISE: Final = "Change it, and seal the case again."
"""What whoever seals it may do."""


def unlistable(error: ValueError, try_this: str = AGAIN) -> Refusal:
    """Of a manifest, or of a folder that would become one."""
    if isinstance(error, UnsafeNameError):
        return Refusal(
            "case.name",
            "A file name cannot be used in a case.",
            _sentence(error),
            "Rename the file and seal the case again.",
        )
    if isinstance(error, FileKindError):
        return Refusal(
            "case.file-kind", "A file cannot be part of a case.", _sentence(error), "Remove or convert the file."
        )
    return bad_manifest(str(error), try_this)


def bad_manifest(why: str, try_this: str = AGAIN) -> Refusal:
    """Of a manifest that cannot be believed."""
    return Refusal(
        "case.manifest",
        "The case manifest is not acceptable.",
        _sentence(why),
        try_this,
    )


def not_plain(links: Collection[str]) -> Refusal:
    """Of links and special files."""
    return Refusal(
        "case.link",
        "The case holds a link or a special file.",
        f"Not a plain file of its own: {some(sorted(links))}.",
        "Replace it by a copy of the file itself.",
    )


def unlisted(why: str) -> Refusal:
    """Of what lies in a case without being listed."""
    return Refusal(
        "case.file-extra",
        "The case holds something its manifest does not list.",
        why,
        "Copy the case again from where it came; keep your own notes outside it.",
    )


def changed(path: str) -> Refusal:
    """Of a file that is not what was sealed."""
    return Refusal(
        "case.file-changed",
        "A file of the case was changed.",
        f"{path} is not what was sealed.",
        "Copy the case again from where it came; if it stays so, do not use it.",
    )


def exchanged(path: str) -> Refusal:
    """Of a file that was changed while the case was looked at."""
    return Refusal(
        "case.file-changed",
        "A file of the case was changed while it was read.",
        f"{path or 'The folder'} is not as it was when the case was opened: what was looked at may be another case.",
        "Copy the case to where nobody else writes, and begin again.",
    )


def some(items: Sequence[str]) -> str:
    """The first of many names, fit to be printed."""
    shown = ", ".join(ascii(item)[1:-1] for item in items[:5])
    return f"{shown} and {len(items) - 5} more" if len(items) > 5 else shown


def _sentence(why: object) -> str:
    text = str(why)
    return f"{text[:1].upper()}{text[1:]}."


def without_truth() -> Refusal:
    return Refusal(
        "truth.none",
        "There is no ground truth to open.",
        "None was sealed with this case.",
        "Name one with --truth, or add what became known since: `workbench judge addendum`.",
    )
