"""The auditor's window: how soon it is there, its frames while it samples, and its first sample beside the engine's.

Frames are told on the clock, which a busy machine disturbs, and by the processor's time of the window's own thread,
which it disturbs less. A log of a million records is scrolled by `python -m tests.soak`.

    python -m tests.bench window
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Final

from backends.settings import EngineSettings
from casefiles.case.bundle import Case, open_case
from casefiles.keys.identity import Identity
from tests.bench.bench_engines import Bar, say
from tests.bench.shapes import DEMO
from tests.soak.frames import rested, scrolled
from tests.soak.loading import finish, wait
from tests.soak.long_log import long_session
from views.desktop import app
from views.desktop.auditor.desk import AuditorWindow
from workbench.contract.permitted import unrestricted
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.probes.sample import Sample

CPU: Final = EngineSettings(backend="torch", device="cpu", threads=1)
ROUNDS: Final = 5
ASKED: Final = Sample(prompt=Prompt.ask("What is the capital of Norway?"), samples=16, max_tokens=48, seed=1)
MANY: Final = ASKED.model_copy(update={"samples": 256, "max_tokens": 64})
RECORDS: Final = 20_001
FEW: Final = 1_001
"""Records that leave the demo's budget for what is asked here."""
FRAME: Final = Bar.at_most(16)

_OPENED = """
import os, sys, time
from pathlib import Path
from casefiles.case.bundle import open_case
from casefiles.keys.identity import Identity
from tests.bench.bench_window import CPU
from tests.soak.loading import wait
from views.desktop import app
from views.desktop.auditor.desk import AuditorWindow
from workbench.door.opener import Opener
from workbench.door.session import Session
case = open_case(Path(sys.argv[1]))
app.application()
session = Session.reopen(case, Path(sys.argv[2]), Identity.load(Path(sys.argv[3])), Opener.of(case, CPU))
window = AuditorWindow(session, remembers=False)
window.show()
wait(window, lambda: window.log.model.rowCount() > 0)
print(time.time(), time.process_time(), flush=True)
os._exit(0)
"""


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app.application()
    with tempfile.TemporaryDirectory() as name:
        folder, case, ada = Path(name), open_case(DEMO), Identity.generate("Ada")
        ada.save(folder / "ada.key", None)
        place = long_session(case, folder / "long.session", ada, RECORDS)
        _opening(case, place, folder / "ada.key")
        _help()
        short = long_session(case, folder / "short.session", ada, FEW)
        with Session.reopen(case, short, ada, Opener.of(case, CPU)) as session:
            window = AuditorWindow(session, remembers=False)
            window.show()
            wait(window, lambda: not window.courier.busy)
            _first_sample(case, window)
            _frames(window)
            finish(window)


def _opening(case: Case, place: Path, key: Path) -> None:
    def once() -> tuple[float, float]:
        began = time.time()
        ended, processor = _said(sys.executable, "-c", _OPENED, str(case.root), str(place), str(key)).split()
        return float(ended) - began, float(processor)

    _seconds(f"window usable on {RECORDS:,} records", once, Bar.at_most(1.5))


def _help() -> None:
    def once() -> tuple[float, float]:
        before, began = os.times(), time.perf_counter()
        _said(sys.executable, "-m", "views.cli", "--help")
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        return time.perf_counter() - began, spent

    _seconds("help on the command line", once, Bar.at_most(0.3))


def _said(*command: str) -> str:
    """What a command says that runs as an installed program does: with its bytecode kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=kept).stdout


def _seconds(what: str, once: Callable[[], tuple[float, float]], bar: Bar) -> None:
    """The best of some rounds on the clock, and the processor's time of that one."""
    clock, processor = min(once() for _ in range(ROUNDS))
    print(f"  {what:<58}{clock:>8.2f} s {bar.verdict(clock):<16}{processor:.2f} s of processor time", flush=True)


def _first_sample(case: Case, window: AuditorWindow) -> None:
    """The same question to the same engine, by itself and by the Run button: until the first words, and the answers."""
    with closing(Opener.of(case, CPU)()) as model:
        ids, sampling = ASKED.prompt.ids(unrestricted(model)), ASKED.sampling()

        def alone() -> tuple[float, float]:
            began, first = time.perf_counter(), list[float]()
            model.generate(ids, sampling, n=ASKED.samples, on_tokens=lambda *_: first.append(time.perf_counter()))
            return first[0] - began, time.perf_counter() - began

        def here() -> tuple[float, float]:
            room = window.workspace.ask(ASKED)
            wait(window, lambda: not window.courier.busy and room.cost.text().startswith("costs"))
            began, first = time.perf_counter(), list[float]()
            room.run()
            while window.runner.running:
                rested(4)
                if not first and any(row.text for row in room.found.board.live.rows):
                    first.append(time.perf_counter())
            ended = time.perf_counter()
            window.workspace.close_current()
            return (first[0] if first else ended) - began, ended - began

        here(), alone()
        sides = [(here(), alone()) for _ in range(ROUNDS)]
    for number, what in enumerate(("first words", "all answers")):
        ours, theirs = (median(side[place][number] for side in sides) for place in (0, 1))
        bar = Bar.at_most(1.2) if number else None
        say(
            f"{ASKED.samples} samples, {what}: window / engine alone",
            ours / theirs,
            bar,
            f"{1e3 * ours:.0f} ms, {1e3 * theirs:.0f} ms",
        )


def _frames(window: AuditorWindow) -> None:
    room = window.workspace.ask(MANY)
    wait(window, lambda: not window.courier.busy and room.cost.text().startswith("costs"))
    room.run()
    frames = scrolled(window.log.view, lambda frame: 3 * frame, 60, lambda: not window.runner.running)
    for what, taken in (("on the clock", frames.clock), ("of the window's own processor time", frames.processor)):
        p95 = frames.p95(taken)
        print(f"  {f'sampling and scrolling: frame p95 {what}':<58}{p95:>8.1f} ms {FRAME.verdict(p95)}", flush=True)


if __name__ == "__main__":
    main()
