"""Which of a judge's verdicts on a report holds: the last, for each that follows says what was decided since."""

from __future__ import annotations

import contextlib
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casefiles.documents.verdicts import VerdictClaims
from casefiles.files.disk import read_small
from casefiles.status import STATUS, Refusal

LARGEST: Final = 1 << 28
"""The most bytes of a verdict."""

_Followers = dict[tuple[str, str], tuple[Path, str]]
"""Digest of a verdict and its judge's key → the one that follows it, and its digest."""


@dataclass
class VerdictChains:
    """The verdicts in the folders of some, each folder read once."""

    _folders: dict[Path, _Followers] = field(default_factory=dict)

    def last(self, path: Path, digest: str, judge: str) -> Path:
        """The last of the same judge's verdicts in its folder that follow one; itself if none does."""
        folder = path.resolve().parent
        if folder not in self._folders:
            self._folders[folder] = dict(_following(folder))
        while (digest, judge) in self._folders[folder]:
            path, digest = self._folders[folder][digest, judge]
        return path

    def check_last(self, path: Path, digest: str, judge: str, among: Container[Path] = ()) -> None:
        """Raises Refusal `verdict.followed` if another follows that is not `among` those that are at hand: what is
        taken from this one would leave out what was decided there."""
        last = self.last(path, digest, judge)
        if last is not path and last not in among:
            raise Refusal(
                "verdict.followed", f"{path.name} is not the last verdict on this report.", STATUS["verdict.followed"],
                f"Name {last.name}, which holds all that was decided.",
            )  # fmt: skip


def _following(folder: Path) -> list[tuple[tuple[str, str], tuple[Path, str]]]:
    found = []
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(Refusal):  # another kind of document, or none of ours
            told = VerdictClaims.read(read_small(path, LARGEST), None)
            if told.previous is not None:
                found.append(((told.previous, told.judge.text), (path, told.digest)))
    return found
