"""The auditor's window on a log that is longer than any: opened, scrolled, filtered, and streamed into."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtWidgets import QApplication

from casefiles.case.bundle import Case, accept, seal_case
from casefiles.files import canonical
from casefiles.keys.identity import Identity
from tests.casefiles.material import safetensors, write
from tests.soak.frames import memory_mb, scrolled
from tests.soak.talker import Talker
from views.desktop import app
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.window import Window
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Rules
from workbench.door.session import Session
from workbench.judge.truths.truth import GroundTruth
from workbench.probes.sample import Sample

RULES = Rules(affordances=frozenset(Affordance) - {Affordance.BASELINE})
SIDE_BY_SIDE = 4
"""Answers that stream at once; `tokens` is a multiple of it, and each has at most 4,096."""
PACE_S = 0.0005
"""Between two steps of the stream: some thousand tokens a second, faster than anybody reads."""


def case_to_load(folder: Path) -> tuple[Case, Identity]:
    """A case of next to nothing, and an auditor."""
    source = write(
        folder / "source",
        {
            "weights/model.safetensors": safetensors({"embed": b"\7" * 24}),
            "tokenizer/tokenizer.json": b"{}",
            "spec.md": b"# Spec\n\n**S1 Truth.** True.\n",
        },
    )
    nothing = GroundTruth(modified=False, summary="Nothing was changed.", intent=(), realised=())
    judge = Identity.generate("Judy")
    sealed = seal_case(
        source, folder / "load.case", title="Load", rules=RULES.model_dump(mode="json"),
        truth=canonical.encode(nothing.model_dump(mode="json")), attacker=Identity.generate("Mallory"),
        judge=judge.public,
    )  # fmt: skip
    return accept(sealed.root, judge), Identity.generate("Ada")


def load(case: Case, folder: Path, auditor: Identity, tokens: int, frames: int = 400) -> Iterator[str]:
    """What was measured, a sentence each. Raises AssertionError if anything is lost."""
    with Session.reopen(case, folder, auditor, lambda: Talker.of(case.model_digest, PACE_S)) as session:
        before, began, processor = memory_mb(), time.perf_counter(), time.process_time()
        window = AuditorWindow(session, remembers=False)
        window.arrange(1600, 1000)
        window.show()
        wait(window, lambda: window.log.model.rowCount() > 0)
        usable = f"{time.perf_counter() - began:.2f} s ({time.process_time() - processor:.2f} s of processor time)"
        wait(window, lambda: not window.courier.busy)
        lines = window.log.model.rowCount()
        yield f"open: {session.log.size:,} records, {lines:,} lines, usable after {usable}"
        yield f"all listed after {time.process_time() - processor:.2f} s of processor time"
        view, chance = window.log.view, random.Random(1)
        yield f"scrolled line by line: {scrolled(view, lambda frame: 3 * frame, frames).told()}"
        yield f"jumped about: {scrolled(view, lambda frame: chance.randrange(1 << 40), frames).told()}"
        began = time.perf_counter()
        window.log.filter("seq:0-999 or kind:hypothesis")
        wait(window, lambda: not window.courier.busy)
        assert window.log.model.rowCount() == 500, window.log.model.rowCount()
        yield f"filtered in {time.perf_counter() - began:.2f} s"
        window.log.filter("")
        wait(window, lambda: not window.courier.busy)
        room = window.workspace.ask(
            Sample(prompt=Prompt.ask("Go on."), samples=SIDE_BY_SIDE, max_tokens=tokens // SIDE_BY_SIDE, seed=1)
        )
        wait(window, lambda: not window.courier.busy)
        room.run()
        streamed = scrolled(view, lambda frame: 3 * frame, frames, lambda: not window.runner.running)
        yield f"scrolled while {tokens:,} tokens came: {streamed.told()}"
        answers = session.log.entry(session.log.size - 1).data["result"]["samples"]
        assert sum(len(answer["ids"]) for answer in answers) == tokens
        yield f"memory: {before:.0f} MB before the window, {memory_mb():.0f} MB now"
        size = session.log.size
        finish(window)
    with Session.reopen(case, folder, auditor, lambda: Talker.of(case.model_digest, PACE_S)) as session:
        assert session.log.size == size + 1, "what was shown is there, and that it was opened again"
        session.note("It goes on.")  # the ledger is added up from its first leaf: it holds
    yield "every record is there, and the chain adds up"


def wait(window: Window, holds: Callable[[], bool], seconds: float = 3600) -> None:
    """Let the loop run until something holds. Raises AssertionError if it never does."""
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it never came to hold"
        app.settle(window, 0.03)


def finish(window: Window) -> None:
    """Close a window as a person does, and wait until it has."""
    window.close()
    wait(window, lambda: not window.isVisible())
    app.discard(window)
    QApplication.processEvents()
