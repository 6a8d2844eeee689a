"""Which of a judge's verdicts on a report holds: the last, for each that follows says what was decided since."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from casefiles.documents.decisions import Decisions
from casefiles.documents.verdicts import KIND, VerdictClaims
from casefiles.files import canonical
from casefiles.files.disk import guarded, is_unwritten, open_plain, read_small
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
    session: tuple[str, str]
    """The digest of its case, and the origin of the log: whoever hands in again has the same."""
    about: tuple[str, str]
    """The digests of its report, and of what became known since that it scores against; empty: nothing."""
    decided: Decisions
    said: str
    """What it earns and what its judge decided, as a digest."""
    holds: bool
    """Whether it holds a decision of its judge, or something is earned in it."""


@dataclass(frozen=True)
class LeftOut:
    """Another verdict, and the findings on which it decided what is decided nowhere in the one at hand."""

    path: Path
    findings: tuple[str, ...]

    @property
    def told(self) -> str:
        return f"{self.path.name!r} on {', '.join(map(repr, self.findings))}"


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
        since. Empty: there are none."""
        own = self._link(path, digest, judge)
        of_session = self._of_session(path, digest, judge)
        on_it = [one for one in of_session if own is not None and one.about == own.about and one.holds]
        last = {one.said: one for one in reversed(on_it)}
        return tuple(one.path for one in reversed(last.values())) if len(last) > 1 else ()

    def left_out(self, path: Path, digest: str, judge: str) -> tuple[LeftOut, ...]:
        """What the same judge decided on findings of the same session in others of its folder, on another report or
        against what became known since, and has not decided anew: who hands in again shakes no ruling off."""
        own = self._link(path, digest, judge)
        if own is None or not own.holds:  # nothing is earned in it
            return ()
        last = self.last(path, digest, judge)
        decided = next((one.decided for one in self._links(path, judge) if one.path == last), own.decided)
        found = (
            LeftOut(one.path, decided.left_out(one.decided, same_truth=one.about[1] == own.about[1]))
            for one in self._of_session(path, digest, judge)
            if one.about != own.about
        )
        return tuple(one for one in found if one.findings)

    def remarks(self, path: Path, digest: str, judge: str) -> tuple[str, ...]:
        """What another verdict of its judge's decided and it leaves out, in sentences with their codes."""
        told = []
        if rivals := self.rivals(path, digest, judge):
            told.append(f"{STATUS['verdict.forked']} {names(rivals)} [verdict.forked]")
        if left := self.left_out(path, digest, judge):
            told.append(f"{STATUS['verdict.left-out']} {_listed(left)}. [verdict.left-out]")
        return tuple(told)

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

    def check_whole(self, path: Path, digest: str, judge: str, among: Container[Path] = ()) -> None:
        """As `check_last`, and raises Refusal `verdict.left-out` if it leaves out what its judge decided on the same
        session: whoever takes its figures needs that too, and whoever decides on it may decide the same."""
        self.check_last(path, digest, judge, among)
        if left := self.left_out(path, digest, judge):
            raise Refusal(
                "verdict.left-out", f"{path.name!r} may not hold.", STATUS["verdict.left-out"],
                f"Have its judge decide that on it too, or move what does not hold to another folder: {_listed(left)}.",
            )  # fmt: skip

    def _following(self, path: Path, digest: str, judge: str) -> list[_Link]:
        """Those that follow one; of copies the first."""
        found = (one for one in self._links(path, judge) if one.previous == digest)
        return list({one.digest: one for one in reversed(list(found))}.values())[::-1]

    def _link(self, path: Path, digest: str, judge: str) -> _Link | None:
        return next((one for one in self._links(path, judge) if one.digest == digest), None)

    def _of_session(self, path: Path, digest: str, judge: str) -> list[_Link]:
        """The judge's verdicts on the same session that nothing follows, of copies the first."""
        own = self._link(path, digest, judge)
        found = [one for one in self._links(path, judge) if own is not None and one.session == own.session]
        followed = {one.previous for one in found}
        return list({one.digest: one for one in reversed(found) if one.digest not in followed}.values())[::-1]

    def _links(self, path: Path, judge: str) -> list[_Link]:
        folder = path.resolve().parent
        if (folder, judge) not in self._folders:
            self._folders[folder, judge] = list(_links(folder, judge))
        return self._folders[folder, judge]


def names(paths: Iterable[Path]) -> str:
    """What verdicts are called, in a sentence: a name that somebody else chose cannot go on with it."""
    *others, last = [repr(path.name) for path in paths] or [""]
    return f"{', '.join(others)} or {last}" if others else last


def _listed(left: Iterable[LeftOut]) -> str:
    return "; ".join(one.told for one in left)


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
    """Those of one judge, whatever they are called: who renames a verdict has not taken it back; but none that is still
    being written. Of what others signed nothing but the end is read."""
    own = VerifyKey.parse(judge)
    for path in sorted(filter(Path.is_file, folder.iterdir())):
        with contextlib.suppress(Refusal):  # another kind of document, or none of ours
            if not is_unwritten(path.name) and is_verdict(path) and _is_by(path, [judge]):
                told = VerdictClaims.read(read_small(path, LARGEST), [own])
                if told.judge == own:
                    yield _Link(
                        path, told.digest, told.previous, (told.case, told.origin), (told.report, told.addendum),
                        told.decided, told.said, told.holds,
                    )  # fmt: skip
