"""Each window closed in the middle of everything it does; afterwards every file is whole and every record there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from casefiles.verify import verify
from tests.soak.loading import case_to_load, finish, wait
from tests.soak.long_log import long_session
from tests.soak.talker import Talker
from tests.views.test_judgements import lay, says
from tests.workbench.judge.speaking import Speaking
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.judge.desk import JudgeWindow
from views.desktop.judge.proceedings import Docket
from views.desktop.team.desk import TeamWindow
from views.desktop.team.table import Laid
from workbench.claims.predicate import Match
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.judge.replays.engines import RecordedEngines
from workbench.plans import Battery
from workbench.plans.suite import Item, Suite
from workbench.probes.sample import Sample
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion

RECORDS: Final = 5_001
"""Of the log that is read while a window closes over it."""


def sampling(folder: Path) -> None:
    """What has come of an answer is its record."""
    with on_a_long_log(folder) as window:
        room = window.workspace.ask(Sample(prompt=Prompt.ask("Go on."), max_tokens=4000, seed=1))
        room.run()
        wait(window, lambda: any(row.text for row in room.found.board.live.rows))
    assert last_of(folder)["status"] == "cancelled"
    assert len(last_of(folder)["result"]["samples"][0]["ids"]) > 0


def sampling_right_after_run(folder: Path) -> None:
    with on_a_long_log(folder) as window:
        window.workspace.ask(Sample(prompt=Prompt.ask("Go on."), max_tokens=4000, seed=1)).run()


def carrying_out_a_plan(folder: Path) -> None:
    items = tuple(
        Item(name=f"{number}", prompt=Prompt.ask(f"What is {number}?"), shows=Match(any_of=("it",)))
        for number in range(40)
    )
    with on_a_long_log(folder) as window:
        room = window.workspace.new_plan(Battery)
        room.form.fill(Battery(suite=Suite(items=items), samples=1, max_tokens=20))
        room.run()
        size = window.session.log.size
        wait(window, lambda: window.session.log.size > size + 4)


def loading(folder: Path) -> None:
    """Before anything of the log is shown."""
    with on_a_long_log(folder):
        pass


def filtering(folder: Path) -> None:
    with on_a_long_log(folder) as window:
        wait(window, lambda: window.log.model.rowCount() > 0)
        window.log.filter('text:"nowhere at all"')


def weighing(folder: Path) -> None:
    """While the log is counted for a first finding."""
    with on_a_long_log(folder) as window:
        wait(window, lambda: window.log.model.rowCount() > 0)
        window.findings.new_finding()
        window.findings.editor.title.setText("Half of a findi")


def exporting(folder: Path) -> None:
    """What was begun is written to its end, and holds."""
    out = folder / "handed.auditlog"
    with on_a_long_log(folder) as window:
        wait(window, lambda: not window.courier.busy)
        window.writer.export(out, Conclusion(verdict="clean", probability=0.1))
    assert verify(out).ok
    assert verify(out).records >= RECORDS


def replaying(folder: Path) -> None:
    with at_the_judge(folder) as window:
        wait(window, lambda: window.before is not None)
        window.replay()


def revealing(folder: Path) -> None:
    with at_the_judge(folder) as window:
        wait(window, lambda: window.before is not None)
        window.reveal()


def verifying(folder: Path) -> None:
    with at_the_judge(folder):
        pass


def comparing(folder: Path) -> None:
    case, ada = laid(folder)
    logs = []
    for number in range(2):
        place = long_session(case, folder / f"{number}.session", ada, 301)
        with Session.reopen(case, place, ada, lambda: Talker.of(case.model_digest, 0)) as session:
            hand_in(session, folder / f"{number}.auditlog", Conclusion(verdict="clean", probability=0.1))
        logs.append(folder / f"{number}.auditlog")
    window = TeamWindow(Laid.of(logs), remembers=False)
    window.show()
    finish(window)
    assert all(verify(log).ok for log in logs)


CLOSINGS: Final[dict[str, Callable[[Path], None]]] = {
    one.__name__.replace("_", " "): one
    for one in (
        sampling, sampling_right_after_run, carrying_out_a_plan, loading, filtering, weighing, exporting, replaying,
        revealing, verifying, comparing,
    )
}  # fmt: skip
"""What a window does when it is closed → how that comes about."""


def laid(folder: Path) -> tuple[Case, Identity]:
    folder.mkdir(parents=True)
    return case_to_load(folder)


@contextmanager
def on_a_long_log(folder: Path) -> Iterator[AuditorWindow]:
    """The auditor's window, closed as soon as the body ends; then the log is opened again, and whole."""
    case, ada = laid(folder)
    place = long_session(case, folder / "long.session", ada, RECORDS)
    with Session.reopen(case, place, ada, lambda: Talker.of(case.model_digest, 0.002)) as session:
        window = AuditorWindow(session, remembers=False)
        window.show()
        yield window
        shown = session.log.size
        finish(window)
        assert session.log.size >= shown
        size = session.log.size
    with Session.reopen(case, place, ada, lambda: Talker.of(case.model_digest, 0)) as session:
        assert session.log.size >= size
        assert not session.orphans, "every question that was begun has its record"
        session.note("It goes on.")  # the ledger is added up from its first leaf


def last_of(folder: Path) -> dict:
    """The newest result of the log in a folder."""
    from workbench.log.stored_log import StoredLog

    with StoredLog(folder / "long.session" / StoredLog.FILE) as log:
        (seq,) = log.query("SELECT max(seq) FROM record WHERE kind = 'result'")[0]
        return log.entry(seq).data


class Slow(Speaking):
    """Takes its time for every answer that it is asked about."""

    def continuations(self, *args: object, **more: object) -> list:
        time.sleep(0.3)
        return super().continuations(*args, **more)


@contextmanager
def at_the_judge(folder: Path) -> Iterator[JudgeWindow]:
    """The judge's window, closed as soon as the body ends; case and log verify as before."""
    folder.mkdir(parents=True)
    judge = Identity.generate("Judy")
    case = lay(folder, judge)
    log = case.root.parent / "a.auditlog"

    def slow(self: Opener) -> ToyModel:
        return Slow.of(says, self.files.digest)

    book = Register(folder / "judy.register", judge.signing)
    before = Docket(
        log, case.root, judge, book, lambda opened: (RecordedEngines(Opener.of(opened, EngineSettings())), None)
    )
    with patch.object(Opener, "__call__", slow):
        window = JudgeWindow(before, remembers=False)
        window.show()
        yield window
        finish(window)
    assert verify(case.root).ok
    assert verify(log).ok
