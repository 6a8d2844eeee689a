"""Which of a judge's verdicts on a report holds: the last, for each that follows says what was decided since."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casefiles.documents.verdicts import KIND, VerdictClaims
from casefiles.files import canonical
from casefiles.files.disk import guarded, open_plain, read_small
from casefiles.keys import envelope
from casefiles.keys.identity import VerifyKey
from casefiles.status import STATUS, Refusal

LARGEST: Final = canonical.LIMIT
"""The most bytes of a verdict."""
FOREIGN: Final = 1 << 22
"""The most bytes that are read of one by a judge nobody asked for, who wrote what they liked: parsed, a file takes up
to twenty-three times its size in memory, and honest ones have some hundred thousand bytes."""
_TAIL: Final = 512 * envelope.SIGNATURES
"""Bytes at the end of a signed document, in its one spelling, within which it names its kind and whoever signed it."""


@dataclass(frozen=True)
class _Link:
    path: Path
    digest: str
    previous: str | None
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
    """The verdicts in the folders of some, each folder read once for each judge."""

    _folders: dict[tuple[Path, str], list[_Link]] = field(default_factory=dict)

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
        links = self._links(path, judge)
        own = next((one for one in links if one.digest == digest), None)
        on_it = [one for one in links if own is not None and one.about == own.about]
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
        found = (one for one in self._links(path, judge) if one.previous == digest)
        return list({one.digest: one for one in reversed(list(found))}.values())[::-1]

    def _links(self, path: Path, judge: str) -> list[_Link]:
        folder = path.resolve().parent
        if (folder, judge) not in self._folders:
            self._folders[folder, judge] = list(_links(folder, judge))
        return self._folders[folder, judge]


def names(paths: Iterable[Path]) -> str:
    """What verdicts are called, in a sentence: a name that somebody else chose cannot go on with it."""
    *others, last = [repr(path.name) for path in paths] or [""]
    return f"{', '.join(others)} or {last}" if others else last


def read_of(path: Path, judges: Collection[str]) -> bytes:
    """The bytes of a signed verdict, whose judge is perhaps among `judges` (the texts of their keys). Raises Refusal if
    there are more than a stranger's may have."""
    known = _is_by(path, judges)
    limit = LARGEST if known else FOREIGN
    with guarded(f"{path.name!r} could not be read."):
        size = path.stat().st_size
    if size > limit:
        raise Refusal(
            "input.invalid", f"{path.name!r} is too large to be read.",
            f"It has {size:,} bytes. A verdict has at most {limit:,}{'' if known else ', by another judge'}.",
            "Move it to another folder.",
        )  # fmt: skip
    return read_small(path, limit)


def is_verdict(path: Path) -> bool:
    """Whether a file says that it is a signed verdict; nothing of that was verified."""
    return KIND.payload_type.encode() in _tail(path)


def _is_by(path: Path, judges: Iterable[str]) -> bool:
    """Whether a file says that one of some judges signed it."""
    tail = _tail(path)
    return any(judge.encode() in tail for judge in judges)


def _tail(path: Path) -> bytes:
    with guarded(f"{path.name!r} could not be read."), open_plain(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
        return file.read(_TAIL)


def _links(folder: Path, judge: str) -> Iterator[_Link]:
    """Those of one judge, whatever they are called: who renames a verdict has not taken it back. Of what others signed
    nothing but the end is read."""
    own = VerifyKey.parse(judge)
    for path in sorted(filter(Path.is_file, folder.iterdir())):
        with contextlib.suppress(Refusal):  # another kind of document, or none of ours
            if is_verdict(path) and _is_by(path, [judge]):
                told = VerdictClaims.read(read_small(path, LARGEST), [own])
                if told.judge == own:
                    yield _Link(
                        path, told.digest, told.previous, (told.case, told.report), told.addendum, told.decided,
                        told.said, told.holds,
                    )  # fmt: skip
