"""Every view, as it is reached in the windows: what to lay out, and when to take its picture."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final
from unittest.mock import patch

from PySide6.QtWidgets import QDialog, QScrollArea

from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from backends.vocabulary import Vocabulary
from casefiles.case.bundle import open_case
from casefiles.custody.register import Register
from tests.pictures.stage import Stage, loop_for, rest
from tests.pictures.table import ADA, DEMO, model_of
from views.desktop.auditor.desk import AuditorWindow
from views.desktop.courier import Batch, Watch
from views.desktop.displays import Pick
from views.desktop.judge.desk import JudgeWindow
from views.desktop.judge.proceedings import Docket
from views.desktop.memory import ColouredFilter, keep_recent
from views.desktop.start import window as start_window
from views.desktop.start.ticket_sheet import TicketSheet
from views.desktop.start.window import StartWindow
from views.desktop.team.desk import TeamWindow
from views.desktop.team.table import Laid
from workbench import places
from workbench.claims.finding import Role
from workbench.claims.predicate import Match
from workbench.contract.comparison import Agreement
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.judge.replays.engines import RecordedEngines
from workbench.plans import FactSweep
from workbench.probes import Sample
from workbench.report.report import Conclusion

CPU: Final = EngineSettings(backend="torch", device="cpu", threads=1)
AGREED: Final = (Agreement.EXACT,)
NORWAY: Final = Sample(prompt=Prompt.ask("What is the capital of Norway?"), samples=8, max_tokens=32, seed=5)


# -- the auditor


def auditor(stage: Stage) -> None:
    stage.dress(light_at=1)
    with desk(stage, new_session(stage)) as window:
        stage.take("auditor-fresh", window)
        window.workspace.ask(NORWAY)
        stage.take("auditor-question", window)
        window.show_around()
        window.tour.go_on() if window.tour else None
        stage.take("auditor-tour", window)
        window.end_tour()
        answering(stage, window)
    with desk(stage, session_on(stage, DEMO, stage.table.audit)) as window:
        results(stage, window)
        log(stage, window)
        findings(stage, window)
        handing_in(stage, window)
        dialogs(stage, window)


def answering(stage: Stage, window: AuditorWindow) -> None:
    """Half of the answers are there."""
    room = window.workspace.room()
    assert room is not None
    room.found.begin("Asking…")
    room.pages.setCurrentWidget(room.found)
    texts = {0: "The capital of Norway is Oslo.", 1: "The capital of Norway is", 2: "The capital of Norway is Oslo, a "}
    room.found.stream(Batch(0.4, "", texts))
    stage.take("auditor-answering", window)


RESULTS: Final = {
    2: "sample", 7: "score", 9: "prior", 11: "scan", 13: "divergence", 15: "exchange", 17: "lens", 19: "attribute",
    21: "intervene", 23: "patchscope", 25: "contrast", 27: "dictionary", 29: "features", 31: "amplified",
}  # fmt: skip
"""Record → what its picture is called."""
WHOLE: Final = ("sample", "lens", "intervene")
"""Of these the whole window is drawn, of the others the middle."""


def results(stage: Stage, window: AuditorWindow) -> None:
    for seq, name in RESULTS.items():
        window.current.show_record(seq)
        rest(window)
        stage.take(f"auditor-result-{name}", window if name in WHOLE else window.centralWidget())
    window.current.show_record(7)
    rest(window)
    room = window.workspace.room()
    assert room is not None
    for button in ("Table", "Record"):
        room.found.buttons[button].click()
        stage.take(f"auditor-{button.lower()}", window.centralWidget())
        room.found.buttons[button].click()
    window.log.view.clearSelection()
    for seq in (2, 4):
        window.current.show_record(seq)
        rest(window)
        shown = window.workspace.room()
        assert shown is not None
        shown.found.buttons["Pin"].setChecked(True)
    window.show_beside()
    stage.take("auditor-beside", window)
    window.current.show_record(32)
    stage.take("auditor-refused", window.centralWidget())
    window.workspace.new_plan(FactSweep)
    stage.take("auditor-plan", window.centralWidget())


def log(stage: Stage, window: AuditorWindow) -> None:
    dock = window.docks["Audit log"]
    window.log.line.setText("kind:sample and not status:failed")
    _from_the_top(window)
    stage.take("auditor-log-filtered", dock)
    window.log.line.setText("seq:")
    _from_the_top(window)
    stage.take("auditor-log-wrong", dock)
    window.log.line.setText('text:"nowhere"')
    stage.take("auditor-log-nothing", dock)
    window.log.line.clear()
    _from_the_top(window)
    stage.take("auditor-log", dock)
    rules = (ColouredFilter(filter="kind:finding", tone="warn"), ColouredFilter(filter="class:natural", tone="ok"))
    window.log.colour(rules)
    stage.take("auditor-log-coloured", dock)
    window.log.colour(())


def _from_the_top(window: AuditorWindow) -> None:
    """Where the record that was shown before stands among what is left depends on which came first."""
    rest(window)
    window.log.view.scrollToTop()


def findings(stage: Stage, window: AuditorWindow) -> None:
    dock = window.docks["Findings"]
    window.findings.show_conclusion(Conclusion(verdict="modified", probability=0.9, summary="It misnames capitals."))
    window.current.show_finding("finding-1")
    stage.take("auditor-findings", dock)
    window.findings.hypothesis_cards[-1].setFocus()
    area = window.findings.findChild(QScrollArea)
    assert area is not None
    area.ensureWidgetVisible(window.findings.suppose_button)
    stage.take("auditor-hypotheses", dock)
    window.findings.new_finding()
    stage.take("auditor-finding-new", dock)
    window.findings.cite("finding-1", 2, Pick(), Role.SUPPORT)
    stage.take("auditor-finding", window)
    window.findings.show_list()


def handing_in(stage: Stage, window: AuditorWindow) -> None:
    """Half of the log is read for the report."""
    job = window.writer.job
    job._watch = Watch()  # it can be stopped
    job._turn(True)
    job._heard(Batch(0.3, "reading the log"))
    stage.take("auditor-handing-in", window)
    job._turn(False)


def dialogs(stage: Stage, window: AuditorWindow) -> None:
    window.workspace.ask(NORWAY)
    rest(window)
    for name, show in (
        ("hypothesis", window.suppose), ("many", window.ask_many), ("bring", window.ask_model),
        ("engine", window.show_engine), ("palette", window.show_palette), ("keys", window.show_keys),
        ("specification", window.show_specification), ("receipt", window.show_receipt_code),
        ("bench", partial(window.show_bench, Match(any_of=("Tartu", "Aarhus")))),
    ):  # fmt: skip
        dialog(stage, window, f"auditor-dialog-{name}", show)


def contrast(stage: Stage) -> None:
    stage.dress(light_at=2, contrast=True)
    with desk(stage, session_on(stage, DEMO, stage.table.audit)) as window:
        window.current.show_record(17)
        stage.take("contrast-lens", window)


def hostile(stage: Stage) -> None:
    stage.dress(light_at=2)
    case, session = stage.table.hostile
    with desk(stage, session_on(stage, case, session)) as window:
        for seq in (2, 4, 6):
            window.current.show_record(seq)
            rest(window)
            stage.take(f"hostile-{seq}", window)
        window.findings.revise("f")
        stage.take("hostile-finding", window)


def dialog(
    stage: Stage, window: AuditorWindow | JudgeWindow | StartWindow, name: str, show: Callable[[], object]
) -> None:
    """A window of its own over another one: whatever is new when it is asked for."""
    if not stage.wanted(name):
        return
    show()
    rest(window)
    (sheet,) = (one for one in window.findChildren(QDialog) if one.isVisible())
    stage.take(name, sheet)
    sheet.close()
    loop_for(10)


@contextmanager
def desk(stage: Stage, session: Session) -> Iterator[AuditorWindow]:
    with session:
        window = AuditorWindow(session, remembers=False)
        window.arrange(*stage.size)
        with stage.showing(window):
            yield window


def session_on(stage: Stage, at: Path, folder: Path) -> Session:
    """A copy of a session, on a case whose words are read by its own tokenizer."""
    case, copy = open_case(at), stage.folder / folder.name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return Session.reopen(case, copy, stage.table.key("Ada"), Counting.of(case, CPU), actor=ADA)


def new_session(stage: Stage) -> Session:
    case, folder = open_case(DEMO), stage.folder / "new.session"
    shutil.rmtree(folder, ignore_errors=True)
    return Session.create(case, folder, stage.table.key("Ada"), Counting.of(case, CPU), actor=ADA)


class Counting(Opener):
    """Opens a model that knows the case's words, for what a question would cost; nothing is asked of it."""

    def __call__(self) -> ToyModel:
        words = Vocabulary.open(self.files.tokenizer)
        size = {"layers": 6, "width": 256, "vocab": words.size}  # as what was recorded was read from
        toy = ToyModel.random(seed=1, context=2048, digest=self.files.digest, **size)
        toy._text = words
        return toy


# -- the judge


class Speaker(Opener):
    """Opens the model of the judged case: a script, which says one thing otherwise than when it was audited."""

    def __call__(self) -> ToyModel:
        return model_of(self.files.digest)


def judge(stage: Stage) -> None:
    stage.dress(light_at=2)
    window = JudgeWindow(docket(stage), remembers=False)
    window.arrange(*stage.size)
    with stage.showing(window):
        stage.take("judge-verified", window)
        window.show_page("Truth and findings")
        stage.take("judge-sealed", window)
        window.show_page("Verdict")
        stage.take("judge-no-verdict", window.centralWidget())
        window.replay()
        rest(window)
        stage.take("judge-replayed", window)
        tea = next(seq for seq, one in window.replays.model.replayed.items() if one.agreement not in AGREED)
        window.current.show_record(tea)
        rest(window)
        window.rerun()
        stage.take("judge-beside", window)
        window.toggle_blindfold()
        stage.take("judge-blindfold", window)
        window.toggle_blindfold()
        window.reveal()
        rest(window)
        window.current.show_finding("capital")
        stage.take("judge-matching", window)
        window.current.show_finding("tea")
        rest(window)
        window.run_claim()
        stage.take("judge-claim", window)
        window.show_page("Verdict")
        stage.take("judge-verdict", window)
        for name, show in (("register", window.clerk.show_register), ("witness", window.clerk.show_witness)):
            dialog(stage, window, f"judge-dialog-{name}", show)
    window = JudgeWindow(docket(stage, broken(stage)), remembers=False)
    window.arrange(*stage.size)
    with stage.showing(window):
        stage.take("judge-failed", window)


def broken(stage: Stage) -> Path:
    """A log with a file too many."""
    log = Path(shutil.copytree(stage.table.judged[1], stage.folder / "broken.auditlog", dirs_exist_ok=True))
    (log / "more.txt").write_text("more")
    return log


def docket(stage: Stage, log: Path | None = None) -> Docket:
    case, handed_in = stage.table.judged
    judy = stage.table.key("Judy")
    return Docket(
        log or handed_in, case, judy, Register(stage.folder / "judy.register", judy.signing),
        lambda opened: (RecordedEngines(Speaker.of(opened, CPU)), None),
    )  # fmt: skip


# -- the team


def team(stage: Stage) -> None:
    stage.dress(light_at=1)
    window = TeamWindow(Laid(), remembers=False)
    window.arrange(*stage.size)
    with stage.showing(window):
        stage.take("team-empty", window)
        window.lay(Laid.of((*stage.table.team, broken(stage))))
        rest(window)
        for number, key in enumerate(window.sections.keys):
            window.sections.turn_to(key)
            stage.take(f"team-{key}", window if number in (0, 2) else window.centralWidget())
        window.logs.choose(0, 1)
        window.stand_side_by_side()
        stage.take("team-sides", window)
        window.read_log(0, -1)
        stage.take("team-log", window)


# -- the first window


def start(stage: Stage) -> None:
    stage.dress(light_at=2)
    facts = (
        ("Engines", "PyTorch 2.13.0, llama.cpp is not installed"), ("Processor", "8 cores"),
        ("Memory", "31 GiB, of which 24 GiB are free"), ("Accelerator", "NVIDIA H100 80GB HBM3"),
        ("Air gap", "an engine runs in a process that may open no socket beyond this machine"),
    )  # fmt: skip
    with patch.object(start_window, "machine_facts", lambda: facts):
        window = StartWindow()
        with stage.showing(window):
            stage.take("start-empty", window)
        places.keys().mkdir(parents=True, exist_ok=True)
        for name in ("Ada", "Judy"):
            stage.table.key(name).save(places.keys() / f"{name}.key", None)
        for number in range(3):
            case, session = (stage.folder / f"atlas-0{number}.{kind}" for kind in ("case", "session"))
            case.mkdir(exist_ok=True)
            session.mkdir(exist_ok=True)
            keep_recent(case, session)
        window = StartWindow()
        with stage.showing(window):
            stage.take("start", window)
            asked = TicketSheet(Path("/audits/atlas-01.session"), print, window)
            for name, show in (
                ("key", window.buttons["New key…"].click), ("intake", window.take_in), ("docket", window.judge),
                ("model", window.make_case), ("ticket", asked.show),
            ):  # fmt: skip
                dialog(stage, window, f"start-dialog-{name}", show)


SCENES: Final[dict[str, Callable[[Stage], None]]] = {
    "start": start, "auditor": auditor, "hostile": hostile, "contrast": contrast, "judge": judge, "team": team,
}  # fmt: skip
