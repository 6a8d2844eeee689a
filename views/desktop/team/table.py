"""What lies on the team's desk, and its comparison. Everything here runs on one worker; it knows no Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from casefiles.case.bundle import open_case
from casefiles.status import Refusal
from workbench.listener import Listener, silent
from workbench.teams.comparison import TeamComparison, compare
from workbench.teams.database import TeamDatabase, team_database
from workbench.teams.verdicts import lying_beside


@dataclass(frozen=True)
class Laid:
    """The files that were laid out, by their kind."""

    logs: tuple[Path, ...] = ()
    cases: tuple[Path, ...] = ()
    verdicts: tuple[Path, ...] = ()

    @classmethod
    def of(cls, logs: Sequence[Path], cases: Sequence[Path] = (), verdicts: Sequence[Path] = ()) -> Laid:
        """Each once."""
        return cls(*(tuple(dict.fromkeys(path.absolute() for path in paths)) for paths in (logs, cases, verdicts)))

    def with_more(self, other: Laid) -> Laid:
        return Laid.of(self.logs + other.logs, self.cases + other.cases, self.verdicts + other.verdicts)

    def without(self, path: Path) -> Laid:
        """Without one log; a verdict may then be about none of them, and is left out too."""
        return Laid(tuple(log for log in self.logs if log != path), self.cases, ())


@dataclass(frozen=True)
class ComparedLogs:
    """What came of comparing: the comparison, and which log is which; logs that do not hold, and why."""

    found: TeamComparison
    paths: tuple[Path, ...]
    """Of the logs of the comparison, in its order."""
    unsound: tuple[tuple[Path, Refusal], ...]
    uncounted: tuple[tuple[Path, Refusal], ...]
    """Verdicts that lie beside a log and do not count, and why."""


class TeamTable:
    """Compares what is laid out, and keeps the tables for whoever wants them as files."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._open = ExitStack()
        self._database: TeamDatabase | None = None

    def compare(self, laid: Laid, at: Callable[[float, str], None]) -> ComparedLogs:
        """Verify, read and compare. Raises Refusal if nothing can be compared, or it was stopped."""
        self.close()
        self._database = self._open.enter_context(team_database())
        unsound: list[tuple[Path, Refusal]] = []

        def tell(done: float, note: str) -> None:
            if self.stop.is_set():
                raise Refusal("interrupted", "Stopped.", "Nothing was compared.", "Compare again.")
            at(done, note)

        cases = [open_case(case) for case in laid.cases]
        beside = list(lying_beside(laid.logs, cases, laid.verdicts))
        found = compare(
            laid.logs,
            self._database,
            cases=cases,
            verdicts=laid.verdicts,
            beside=[path for path, refusal in beside if refusal is None],
            unsound=lambda path, refusal: unsound.append((path, refusal)),
            progress=tell,
        )
        failed = {path for path, _ in unsound}
        uncounted = tuple((path, refusal) for path, refusal in beside if refusal is not None)
        return ComparedLogs(found, tuple(log for log in laid.logs if log not in failed), tuple(unsound), uncounted)

    def write_parquet(self, out: Path, about: str, at: Listener = silent) -> None:
        """The tables of the last comparison."""
        assert self._database is not None
        self._database.write_parquet(out, about, at)

    def close(self) -> None:
        self._database = None
        self._open.close()
        self._open = ExitStack()
