"""The auditor's desk: case left, probes in the middle, findings right, log below, one current record for all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import count
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QInputDialog,
    QMenu,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from casefiles.status import Refusal
from views.desktop.ask.beside_room import why_not as why_not_beside
from views.desktop.ask.many_sheet import ManySheet
from views.desktop.ask.room import probe_title
from views.desktop.ask.runner import Runner
from views.desktop.ask.workspace import Workspace
from views.desktop.auditor.actions import auditor_actions, why_not
from views.desktop.auditor.assayer import Assayer
from views.desktop.auditor.bring_sheet import BringSheet, OwnModel
from views.desktop.auditor.case_pane import CasePane
from views.desktop.auditor.engine_sheet import EngineSheet
from views.desktop.auditor.report_writer import ReportWriter
from views.desktop.auditor.specification import clause_names, html
from views.desktop.auditor.tour import Tour, Trail, trail
from views.desktop.current import Current
from views.desktop.displays import Pick
from views.desktop.displays.rows import RowsDisplay
from views.desktop.findings.hypothesis_sheet import HypothesisSheet
from views.desktop.findings.pane import FindingsPane
from views.desktop.findings.receipt_sheet import ReceiptSheet
from views.desktop.job import Job
from views.desktop.labels import plain_tip, tip, unkeyed, words
from views.desktop.log.pane import LogPane
from views.desktop.memory import keep_unfinished, unfinished
from views.desktop.window import Window
from workbench.claims.finding import Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.figures import Rows
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.evidence.scales import Scales
from workbench.evidence.standing import Locked
from workbench.listener import Listener
from workbench.log.lines import News, Reader, Shown
from workbench.log.records import Hypothesis
from workbench.plans.battery import Battery
from workbench.probes import PROBES
from workbench.probes.sample import Sample
from workbench.visible import line, quoted

_KEPT_AFTER_MS = 400
"""What is written is kept when its writer pauses."""
LEAST_CENTRE = 560
"""The workspace is the last to give way in a small window; the panes at its sides scroll."""


class AuditorWindow(Window):
    """One session on one case. The session belongs to whoever opened the window, who also closes it."""

    desk = "auditor"
    menus = ("Case", "Probe", "Plan", "Evidence", "Session")

    def __init__(self, session: Session, *, remembers: bool = True) -> None:
        """`remembers`: how it was left, and what was written, is taken up again and kept."""
        super().__init__(session.case.manifest.title, remembers=remembers)
        self.session = session
        self.current = Current(self)
        self.reader, self.scales = Reader(session.log), Scales(session.log)
        self.runner = Runner(session, self.courier)
        self.library, self.bringer = self.courier.hire("log"), self.courier.hire("bringing")
        self._behind = False
        self._specification = session.case.specification
        self.case = CasePane(session, self._specification)
        self.workspace = Workspace(session, self.runner)
        self.findings = FindingsPane(session.auditor.name, clause_names(self._specification), session.rules.findings)
        self.log = LogPane(self.reader, self.library)
        self.assayer = Assayer(self.courier.hire("evidence"), self.scales, self.findings)
        self.writer = ReportWriter(self, self.courier, self.library, session, self.runner, self.findings)
        self.setCentralWidget(self._centre())
        self.add_pane("Specification", self.case, "left", 268)
        self.add_pane("Findings", self.findings, "right", 336)
        self.add_pane("Audit log", self.log, "bottom", 214, header=self.log.header)
        self._status()
        self._wire()
        self.actions_.add(*auditor_actions(self), *self.shell_actions(self.workspace.tabs))
        self.settle(1600, 1000)
        if remembers:
            self._remember()
        self.library.do(self.reader.start, self._started)

    def _centre(self) -> QWidget:
        centre = QWidget()
        centre.setProperty("pane", True)
        centre.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.workspace, 1)
        self._centre_layout = layout
        self.tour: Tour | None = None
        centre.setMinimumWidth(LEAST_CENTRE)
        return centre

    def _status(self) -> None:
        bar = self.statusBar()
        self.engine, self.speed, self.gap = words("engine starts with the first probe"), words(), words()
        self.budget, self.custody, self.who = words(), words(), words()
        self.who.setText(
            f"session {self.session.log.session[:4]} · {self.session.auditor.name} "
            f"{self.session.auditor.public.fingerprint[:8]}"
        )
        for label in (self.engine, self.speed, self.gap):
            bar.addWidget(label)
        for label in (self.budget, self.custody, self.who):
            bar.addPermanentWidget(label)

    def _wire(self) -> None:
        self.courier.ticked.connect(self._look_for_news)
        self.runner.changed.connect(self._ran)
        self.case.probe_chosen.connect(self.workspace.new_room)
        self.case.plan_chosen.connect(self.workspace.new_plan)
        self.case.specification_wanted.connect(self.show_specification)
        self.case.receipt_wanted.connect(self.show_receipt_code)
        self.workspace.recorded.connect(self._recorded)
        self.workspace.moved.connect(self.current.show_record)
        self.workspace.cite.connect(self._cite)
        self.workspace.wants_record.connect(self._fetch)
        self.workspace.add_wanted.connect(self._menu_of_probes)
        self.workspace.tabs.currentChanged.connect(lambda _: self._mark_probe())
        self.log.chosen.connect(self.current.show_record)
        self.current.record_changed.connect(self._follow)
        self.current.finding_changed.connect(self.findings.mark)
        self.findings.chosen.connect(self.current.show_finding)
        self.findings.record_wanted.connect(self.current.show_record)
        self.findings.withdraw.connect(self.withdraw)
        self.findings.suppose.connect(self.suppose)
        self.findings.export.connect(self.writer.ask_where)
        self.findings.editor.submitted.connect(self.claim)
        self.findings.editor.weigh.connect(self.assayer.weigh)
        self.findings.editor.unknown.connect(self.assayer.name)
        self.findings.editor.bench_wanted.connect(self.show_bench)

    # -- keeping up with the log

    def _started(self, news: News) -> None:
        self.log.start(news)
        if self.focusWidget() is None or not self.workspace.isAncestorOf(self.focusWidget()):
            self.log.view.setFocus()
        self._tell(news)
        self.assayer.observe_if_needed()
        if self.remembers and not self.session.opened:  # while somebody reads the specification
            self.engine.setText("the engine is starting…")
            self.runner.prepare(self._prepared, self._unprepared)

    def _prepared(self, environment: dict[str, Any]) -> None:
        self.engine.setText(engine_words(environment))
        self.gap.setText(gap_words(environment))

    def _unprepared(self, refusal: Refusal) -> None:
        """Whoever asks something hears it again, and why."""
        self.engine.setText(f"no engine: {refusal.what}")
        self.engine.setToolTip(tip(f"{refusal.why} {refusal.try_this}"))

    def _look_for_news(self) -> None:
        if self.session.log.size > self.reader.size and not self._behind:
            self._behind = True
            self.library.do(self.reader.catch_up, self._caught_up)

    def _caught_up(self, news: News) -> None:
        self._behind = False
        self.log.update_with(news)
        self._tell(news)
        if news.claimed:
            self.assayer.observe_if_needed()

    def _tell(self, news: News) -> None:
        self.case.refresh()
        self._guide()
        if news.environment is not None:
            self.engine.setText(engine_words(news.environment))
            self.gap.setText(gap_words(news.environment))
        if news.tokens_per_second is not None:
            self.speed.setText(f"{news.tokens_per_second:,.0f} tokens/s")
        self.budget.setText(budget_words(self.session))
        self._witness(news.size)

    def _witness(self, size: int) -> None:
        def told(witnessed: int) -> None:
            self.case.show_witnessed(witnessed, size)
            self.custody.setText(f"witnessed to {witnessed} of {size}")

        self.library.do(lambda: self.session.custody.witnessed, told, self._refused)

    # -- the current record

    def _recorded(self, seq: int) -> None:
        self.current.show_record(seq)

    def _follow(self, seq: int) -> None:
        self.log.show_current(seq)
        if seq < 0:
            return
        front = self.workspace.tabs.currentWidget()
        if getattr(getattr(front, "entry", None), "seq", None) != seq:
            self._fetch(seq, self.workspace.show_record)
        self._mark_probe()

    def _fetch(self, seq: int, show: Callable[[Shown], Any]) -> None:
        self.library.do(lambda: self.reader.show(seq, self.session.blobs), show, self._refused)

    def _mark_probe(self) -> None:
        room = self.workspace.room()
        self.case.choose(room.kind if room is not None else None)

    def _ran(self) -> None:
        self.case.refresh()
        self._guide()

    def _menu_of_probes(self, button: QWidget) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for kind in PROBES:
            action = QAction(probe_title(kind), menu)
            reason = why_not(self.session, kind)
            action.setEnabled(not reason)
            action.setToolTip(plain_tip(reason or kind.about()))
            action.triggered.connect(lambda _=False, kind=kind: self.workspace.new_room(kind))
            menu.addAction(action)
        menu.setActiveAction(menu.actions()[0])
        place = button if button.isVisible() else self.workspace  # without a tab there is no button beside them
        menu.popup(place.mapToGlobal(QPoint(0, button.height())))

    # -- evidence

    def _cite(self, seq: int, pick: Pick, role: Role) -> None:
        """Into the finding that is being written; else ask which."""
        if self.findings.editing or not self.findings.names:
            self.findings.cite("", seq, pick, role)
            return
        menu = QMenu(self)
        for name, title in (*self.findings.names, ("", "A new finding")):
            action = QAction(unkeyed(title), menu)
            action.triggered.connect(lambda _=False, name=name: self.findings.cite(name, seq, pick, role))
            menu.addAction(action)
        menu.setActiveAction(menu.actions()[0])  # with one finding, Enter is all that is missing
        room = self.workspace.room()
        place = room.found.buttons["Cite"] if room is not None else self
        menu.popup(place.mapToGlobal(QPoint(0, place.height())))

    def show_bench(self, match: Match) -> None:
        """A predicate tried on every answer of the log, before anything rests on it."""
        if match.empty:
            self.findings.editor.notice.say("It asks for no word yet.", "It would hold on every answer.", tone="warn")
        else:
            self.assayer.counted(lambda: self.scales.bench(match), self._show_bench)

    def _show_bench(self, rows: Rows) -> None:
        display = RowsDisplay()
        display.show_figure(rows)
        self.sheet("Tried on the whole log", display, 1100, 520)

    def _write(self, work: Callable[[], Any], done: Callable[[Any], Any]) -> None:
        """Append to the log on its worker; the pane that shows it hears of it like of any other record."""
        self.library.do(work, done, self._refused)

    def claim(self, finding: Finding) -> None:
        """Record a finding."""

        def done(_: object) -> None:
            self.findings.show_list()
            self.current.show_finding(finding.id)
            self.say(f"Recorded: {finding.title}")

        self.library.do(lambda: self.session.claim(finding), done, self.findings.editor.notice.refuse)

    def suppose(self, locked: Locked | None = None) -> HypothesisSheet:
        """Ask what is expected, before it is looked for; of a hypothesis that stands, what it is to say instead."""
        taken = {one.hypothesis.id for one in self.findings.hypotheses}
        name = locked.hypothesis.id if locked is not None else next(
            fresh for number in count(1) if (fresh := f"hypothesis-{number}") not in taken
        )  # fmt: skip
        sheet = HypothesisSheet(name, self.session.actor, locked.hypothesis if locked is not None else None, self)
        sheet.submitted.connect(self.hypothesise)
        return sheet.shown()

    def hypothesise(self, hypothesis: Hypothesis) -> None:
        """Lock a hypothesis: from here on draws can confirm it."""
        self._write(
            lambda: self.session.hypothesise(hypothesis),
            lambda entry: self.say(f"Locked at #{entry.seq}: only what is asked from now on can confirm it."),
        )

    def withdraw(self, name: str) -> None:
        """Take a finding back; the log keeps it."""
        self._write(lambda: self.session.withdraw(name), lambda _: self.say("Withdrawn; the log keeps it."))

    def tag(self) -> None:
        """Label the records that are marked in the log; the current one, if they are not about it."""
        marked = self.log.marked()
        records = marked if self.current.record in marked else (self.current.record,)
        what = f"record {records[0]}" if len(records) == 1 else f"{len(records)} records"
        label, given = QInputDialog.getText(self, "Tag", f"Label for {what}")
        if given and label.strip():
            self.tag_records(records, label.strip())

    def tag_records(self, records: tuple[int, ...], label: str) -> None:
        def write() -> None:
            for seq in records:
                self.session.tag(seq, label)

        told = ", ".join(f"#{seq}" for seq in records[:8]) + (" …" if len(records) > 8 else "")
        self._write(write, lambda _: self.say(f"Tagged {told} {quoted(label)}"))

    def beside(self) -> tuple[int, int] | None:
        """The two records that are to stand beside each other: the two that are marked in the log, or the one in front
        and the one that was pinned last."""
        marked = self.log.marked()
        if len(marked) == 2:
            return marked[0], marked[1]
        pinned = [seq for seq in self.workspace.pinned if seq != self.current.record]
        return (pinned[-1], self.current.record) if pinned and self.current.record >= 0 else None

    def show_beside(self) -> None:
        """Two results side by side, with what differs marked."""
        if (pair := self.beside()) is None:
            return

        def show(both: tuple[Shown, Shown]) -> None:
            if lacking := next(filter(None, map(why_not_beside, both)), ""):
                self.say(f"{lacking} Choose two that do.")
                return
            self.workspace.show_beside(*both)

        left, right = pair
        blobs = self.session.blobs
        self.library.do(lambda: (self.reader.show(left, blobs), self.reader.show(right, blobs)), show, self._refused)

    def no_sample(self) -> str:
        room = self.workspace.room()
        return "" if room is not None and room.kind is Sample else "no sample is in front"

    def ask_many(self) -> ManySheet | None:
        """Many questions in place of the one in front, as a battery."""
        room = self.workspace.room()
        sample = room.probe() if room is not None and not self.no_sample() else None
        if room is None or not isinstance(sample, Sample):
            return None
        return ManySheet(sample, room.whom.on, self._lay_out, self).shown()

    def _lay_out(self, battery: Battery) -> None:
        room = self.workspace.new_plan(Battery)
        room.form.fill(battery)

    def note(self) -> None:
        text, given = QInputDialog.getMultiLineText(self, "Note", "A remark in the audit log")
        if given and text.strip():
            self._write(lambda: self.session.note(text.strip()), lambda _: self.say("Noted"))

    # -- the tour

    def show_around(self) -> None:
        """A first audit, step by step, over the workspace; again from its beginning if it is there."""
        self.end_tour()
        self.tour = Tour(self.workspace)
        self.tour.ended.connect(self.end_tour)
        self._centre_layout.insertWidget(0, self.tour)

    def end_tour(self) -> None:
        if self.tour is not None:
            self.tour.hide()
            self.tour.deleteLater()
            self.tour = None

    def _guide(self) -> None:
        """Tell the tour what was done meanwhile; a plan is done when all of it is."""

        def follow(done: Trail) -> None:
            if self.tour is not None:
                self.tour.follow(done)

        if self.tour is not None and not self.runner.running:
            self.library.do(lambda: trail(self.session.log), follow)

    # -- things to read

    def show_specification(self) -> None:
        browser = QTextBrowser()
        browser.setHtml(html(self._specification))
        browser.setOpenLinks(False)
        browser.setAccessibleName("Specification")
        self.sheet("Specification", browser, 640, 640)

    def show_receipt_code(self) -> None:
        """The code by which a witness countersigns the log as it stands."""

        def show(code: str) -> None:
            sheet = ReceiptSheet(code, lambda since: ask(sheet, since), lambda text: take(sheet, text), self)
            sheet.kept.connect(lambda _: self._witness(self.session.log.size))
            sheet.show()

        def ask(sheet: ReceiptSheet, since: int) -> None:
            self.library.do(lambda: self.session.custody.request(since=since), sheet.show_request, sheet.refuse)

        def take(sheet: ReceiptSheet, text: str) -> None:
            self.library.do(lambda: self.session.custody.take(text), sheet.accept_receipt, sheet.refuse)

        self._write(self.session.custody.request, show)

    def show_engine(self) -> None:
        """Ask which engine is to run the model, and within what limits."""
        opener = self.session.opener
        if isinstance(opener, Opener):
            EngineSheet(opener.settings, lambda settings: self._use(opener.using(settings)), self).show()

    def _use(self, opener: Opener) -> None:
        def done() -> None:
            self.engine.setText(f"{opener.settings.backend} starts with the next probe")
            self.speed.clear()
            self.say("This holds from the next probe on.")

        self.runner.use(opener, done)

    def ask_model(self) -> BringSheet:
        """Which model of one's own is to be asked beside the organism."""
        return BringSheet(self._bring, self._brought, Job(self.courier, self.bringer), self).shown()

    def _bring(self, own: OwnModel, at: Listener) -> None:
        """Take it into the session, on a worker of its own: a large one is copied for a while."""
        self.session.bring(own.folder, own.name, own.provenance, own.data, listener=at)

    def _brought(self, own: OwnModel) -> None:
        """Every form offers it now."""
        self.workspace.offer_subjects()
        self.say(f"{line(own.name)} can be asked now.")

    def stop(self) -> None:
        """End what is being asked; else what is being handed in."""
        if self.runner.running:
            self.runner.stop()
        else:
            self.writer.job.stop()

    def focus_filter(self) -> None:
        self.docks["Audit log"].show()
        self.log.line.setFocus()
        self.log.line.selectAll()

    def _refused(self, refusal: Refusal) -> None:
        self.say(f"{refusal.what} {refusal.why} {refusal.try_this}")

    # -- ending

    def _remember(self) -> None:
        """What is written and not on record is taken up, and from now on kept."""
        self.findings.take_up(unfinished(self.session.log.session))
        later = QTimer(self, singleShot=True, interval=_KEPT_AFTER_MS)
        later.timeout.connect(lambda: self._write(self._keep(), lambda _: None))
        self.findings.edited.connect(later.start)

    def _keep(self) -> Callable[[], None]:
        """What keeps that which is written and not on record, as it stands now."""
        name, left = self.session.log.session, self.findings.unfinished()
        return lambda: keep_unfinished(name, left)

    def leave(self) -> None:
        if self.remembers:
            with contextlib.suppress(Refusal):  # it was said when it was written; the window closes
                self._keep()()

    def not_yet(self) -> str:
        if self.runner.running:
            self.runner.stop()
            return "Stopping the probe; what it has so far is kept…"
        if self.session.loading:  # to price a probe that nobody will run now
            self.session.abort()
        for sheet in self.findChildren(BringSheet):  # nor will anybody ask what is still being copied
            sheet.job.stop()
        return "Finishing…" if self.courier.busy else ""


def engine_words(environment: dict[str, Any]) -> str:
    """The engine as the status line names it."""
    parts = [str(environment[name]) for name in ("engine", "device", "dtype") if environment.get(name)]
    return " · ".join(part.upper() if part in ("cpu", "mps") else part for part in parts)


def gap_words(environment: dict[str, Any]) -> str:
    """What the environment says about the air gap."""
    return "air-gapped: sockets refused" if environment.get("air_gap_sockets") else "air gap not closed"


def budget_words(session: Session) -> str:
    """What is left, for the status line: the scarcest budget."""
    left = [
        (
            1 - getattr(session.spent, name) / limit,
            f"{max(0, limit - getattr(session.spent, name)):,} {name.replace('_', ' ')} left",
        )
        for name, limit in session.rules.budget
        if limit
    ]
    return min(left)[1] if left else "no budget set"
