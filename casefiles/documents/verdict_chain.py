"""Which of a judge's verdicts on a report holds: the last, for each that follows says what was decided since."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casefiles.documents.verdicts import VerdictClaims
from casefiles.files.disk import read_small
from casefiles.status import STATUS, Refusal

_BRACE: Final = b"{"
LARGEST: Final = 1 << 28
"""The most bytes of a verdict."""


@dataclass(frozen=True)
class _Link:
    path: Path
    digest: str
    previous: str | None
    judge: str
    about: tuple[str, str]
    """The digests of its case and of its report."""
    addendum: str
    """The digest of what became known since that it scores against; empty: nothing."""
    decided: frozenset[str]
    """What its judge decided on: a finding, or a facet of a finding."""
    said: str
    """What it earns and what its judge decided, as a digest."""
    holds: bool
    """Whether it holds a decision of its judge, or something is earned in it."""


@dataclass
class VerdictChains:
    """The verdicts in the folders of some, each folder read once."""

    _folders: dict[Path, list[_Link]] = field(default_factory=dict)

    def last(self, path: Path, digest: str, judge: str) -> Path:
        """The last of the same judge's verdicts in its folder that follow one; itself if none does."""
        while following := self._following(path, digest, judge):
            path, digest = following[0].path, following[0].digest
        return path

    def rivals(self, path: Path, digest: str, judge: str) -> tuple[Path, ...]:
        """Those of the same judge's verdicts on the same report in its folder that nothing follows, where there are
        several: each leaves out what was decided in the others. Who judges the same again, and is told the same, has
        not decided twice, nor has who looked at it before without a replay, or who scores it against what became known
        since and decides anew on whatever they had decided on. Empty: there are none."""
        links = self._links(path)
        own = next((one for one in links if one.digest == digest), None)
        on_it = [one for one in links if own is not None and (one.about, one.judge) == (own.about, judge)]
        followed = {one.previous for one in on_it}
        last = [one for one in reversed(on_it) if one.digest not in followed and one.holds]
        alike = [one for one in last if own is not None and one.addendum == own.addendum]
        decided = frozenset[str]().union(*(one.decided for one in alike))
        rivals = {one.said: one for one in last if one in alike or one.decided - decided}
        return tuple(one.path for one in reversed(rivals.values())) if len(rivals) > 1 else ()

    def check_last(self, path: Path, digest: str, judge: str, among: Container[Path] = ()) -> None:
        """Raises Refusal `verdict.followed` if another follows that is not `among` those that are at hand: what is
        taken from this one would leave out what was decided there. `verdict.forked` if its judge gave several on this
        report of which none follows the others: nobody else knows which holds."""
        if rivals := self.rivals(path, digest, judge):
            raise Refusal(
                "verdict.forked", f"{path.name!r} may not hold.", STATUS["verdict.forked"],
                f"Have its judge say which holds, and move the others to another folder: {names(rivals)}.",
            )  # fmt: skip
        last = self.last(path, digest, judge)
        if last is not path and last not in among:
            raise Refusal(
                "verdict.followed", f"{path.name!r} is not the last verdict on this report.",
                STATUS["verdict.followed"],
                f"Name {last.name!r}, which holds all that was decided.",
            )  # fmt: skip

    def _following(self, path: Path, digest: str, judge: str) -> list[_Link]:
        """Those that follow one; of copies the first."""
        found = (one for one in self._links(path) if (one.previous, one.judge) == (digest, judge))
        return list({one.digest: one for one in reversed(list(found))}.values())[::-1]

    def _links(self, path: Path) -> list[_Link]:
        folder = path.resolve().parent
        if folder not in self._folders:
            self._folders[folder] = list(_links(folder))
        return self._folders[folder]


def names(paths: Iterable[Path]) -> str:
    """What verdicts are called, in a sentence: a name that somebody else chose cannot go on with it."""
    *others, last = [repr(path.name) for path in paths] or [""]
    return f"{', '.join(others)} or {last}" if others else last


def _links(folder: Path) -> Iterator[_Link]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and _begins(path) == _BRACE and (link := _link(path)) is not None:
            yield link


def _link(path: Path) -> _Link | None:
    try:
        told = VerdictClaims.read(read_small(path, LARGEST), None)
    except Refusal:  # another kind of document, or none of ours
        return None
    return _Link(
        path, told.digest, told.previous, told.judge.text, (told.case, told.report), told.addendum, told.decided,
        told.said, told.holds,
    )  # fmt: skip


def _begins(path: Path) -> bytes:
    """The first byte of a file, whatever it is called: who renames a verdict has not taken it back."""
    try:
        with path.open("rb") as file:
            return file.read(1)
    except OSError:
        return b""
