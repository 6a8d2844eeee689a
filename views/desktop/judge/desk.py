"""The judge's desk: the steps at the left; verification, replay, truth and findings, and the verdict on pages."""

from __future__ import annotations

import contextlib
from collections import deque
from functools import partial
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabWidget, QTextBrowser

from casefiles.counted import counted
from casefiles.status import Refusal
from casefiles.verification.steps import State, Verification
from views.desktop.auditor.specification import html
from views.desktop.courier import Batch, Watch, stopping
from views.desktop.current import Current
from views.desktop.judge.actions import PAGES, judge_actions
from views.desktop.judge.admission import Admission
from views.desktop.judge.blindfold import Blindfold, Blindfolded
from views.desktop.judge.checks_view import CheckLine, ChecksView
from views.desktop.judge.clerk import Clerk
from views.desktop.judge.matching_pane import MatchingPane
from views.desktop.judge.proceedings import Before, Docket, Proceedings, Scored
from views.desktop.judge.replay_pane import ReplayPane
from views.desktop.judge.score_pane import ScorePane, open_matters
from views.desktop.judge.steps_pane import StepsPane, StepState
from views.desktop.judge.verdict_writer import VerdictWriter
from views.desktop.labels import plain_tip, words
from views.desktop.memory import Unsigned, keep_unsigned, unsigned
from views.desktop.notice import Notice
from views.desktop.window import Window
from workbench.judge.replays.replay import ReplayedRecord
from workbench.judge.replays.rerun import Rerun
from workbench.judge.verdicts.issuing import Inquiry
from workbench.judge.verdicts.reopening import HeldOutClaim, Judgement
from workbench.log.lines import Shown
from workbench.visible import line, quoted

_PAGE_OF: Final = {
    "verify": "Verification",
    "replay": "Replay",
    "reveal": "Truth and findings",
    "decide": "Truth and findings",
    "sign": "Verdict",
}


class JudgeWindow(Window):
    """One log that was handed in, on one case."""

    desk = "judge"
    menus = ("Case", "Judge", "Finding", "Register")

    def __init__(self, docket: Docket, *, remembers: bool = True) -> None:
        """`remembers`: how it was left, and what was decided and not signed, is taken up again and kept."""
        self.blindfold = Blindfold(docket.blind)
        self.blindfold.hide_file(docket.log)
        super().__init__("Judge", remembers=remembers)
        self.docket, self.proceedings = docket, Proceedings(docket)
        self.current = Current(self)
        self.before: Before | None = None
        self.inquiry: Inquiry | None = None
        self.scored: Scored | None = None
        self.watch: Watch | None = None
        """Of the replay that is under way."""
        self._heard: deque[ReplayedRecord] = deque()
        self._drawing: Watch | None = None
        self._asking: Watch | None = None
        """Of the record that is being drawn, and of the claim that is being run."""
        self.bench, self.reader = self.courier.hire("judge"), self.courier.hire("reader")
        self.clerk = Clerk(self, self.reader, docket.judge, docket.register, self.blindfold, self.say)
        self.steps = StepsPane(self.blindfold)
        self.checks, self.replays = ChecksView(self.blindfold), ReplayPane(self.blindfold)
        self.matching, self.score = MatchingPane(self.blindfold), ScorePane(self.blindfold)
        verifying, signing = self.steps.cards["verify"], self.steps.cards["sign"]
        self.admission = Admission(self.courier, self.bench, self.proceedings, self.checks, verifying, self._opened)
        self.writer = VerdictWriter(
            self, self.courier, self.bench, self.reader, self.proceedings, self.score, signing,
            self._show_scored, self.blindfold,
        )  # fmt: skip
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        for name, page in zip(PAGES, (self.checks, self.replays, self.matching, self.score), strict=True):
            page.setProperty("pane", True)
            page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            self.pages.addTab(page, name)
        self.setCentralWidget(self.pages)
        self.add_pane("Proceedings", self.steps, "left", 292)
        self._status()
        self._wire()
        self.actions_.add(*judge_actions(self), *self.shell_actions(self.pages))
        self.settle(1600, 1000)
        self.replays.refresh()
        self._follow()
        self.steps.cards["verify"].setFocus()
        self.admission.begin()

    def _status(self) -> None:
        self.engine, self.custody, self.who = words("engine starts with the replay"), words(), words()
        judge = self.docket.judge
        self.who.setText(line(f"judge {judge.name} {judge.public.fingerprint[:8]}"))
        self.statusBar().addWidget(self.engine)
        for label in (self.custody, self.who):
            self.statusBar().addPermanentWidget(label)

    def _wire(self) -> None:
        self.steps.chosen.connect(lambda name: self.show_page(_PAGE_OF[name]))
        self.steps.taken.connect(self._take_step)
        self.replays.chosen.connect(self.current.show_record)
        self.replays.rerun_wanted.connect(lambda _: self.rerun())
        self.replays.stop_wanted.connect(self.stop)
        self.current.record_changed.connect(self._follow_record)
        self.matching.reveal_wanted.connect(self.reveal)
        self.matching.chosen.connect(self.current.show_finding)
        self.matching.record_wanted.connect(self._show_cited)
        self.matching.decided.connect(self.decide)
        self.matching.claim.run_wanted.connect(self._run_claim)
        self.matching.claim.stop_wanted.connect(self.stop)
        self.matching.claim.decided.connect(self._adjudicate)
        self.current.finding_changed.connect(self.matching.go)
        self.score.finding_wanted.connect(self._show_open)
        self.score.sign_wanted.connect(self.sign)
        self.score.undo_wanted.connect(self._undo)

    def _take_step(self, name: str) -> None:
        if name == "replay" and self.watch is not None:
            self.stop()
        else:
            {"replay": self.replay, "reveal": self.reveal, "sign": self.sign}[name]()

    # -- what was admitted

    def _opened(self, found: Verification, before: Before) -> None:
        self.before = before
        added = before.hearing.inquiry.verification
        self.checks.show_group("Log", [CheckLine.of_step(step) for step in added])
        remarks = sum(one.state is State.REMARK for one in self.checks.lines)  # on the case too, as the page has them
        told = f"nothing failed, {counted(remarks, 'remark')}" if remarks else "nothing failed"
        self._say("verify", "remark" if remarks else "done", told)
        manifest, report = before.case.manifest, before.hearing.report
        self.clerk.case = before.case.digest
        names = (report.auditor.name, report.auditor.fingerprint, manifest.attacker.name, manifest.attacker.fingerprint)
        self.blindfold.hide((*names, *(signer.fingerprint for signer in found.signers)), of_keys=True)
        self.blindfold.hide(before.people)
        self.custody.setText(f"witnessed to {before.witnessed} of {found.records}")
        self._show_facts()
        self.replays.show_lines(before.asked)
        self._follow()

    def _show_facts(self) -> None:
        if self.before is None:
            return
        manifest, report, hide = self.before.case.manifest, self.before.hearing.report, self.blindfold
        count, case = len(report.findings), hide.theirs(manifest.title)
        self.entitle(f"{quoted(case)} · Judge")
        self.steps.show_facts(
            [
                ("case", line(case)),
                ("sealed by", line(hide.theirs(manifest.attacker.name))),
                ("auditor", line(hide.theirs(report.auditor.name))),
                ("log", line(hide.theirs(self.docket.log.name))),
                ("report", f"{counted(count, 'finding')} on {counted(report.log.size, 'record')}"),
            ]
        )

    # -- replay

    def replay(self) -> None:
        """Put everything to the model again, on the judge's thread."""
        if self.no_log():
            return
        self.show_page("Replay")
        self.replays.begin()
        self._heard.clear()
        self.inquiry = None
        watch = self.watch = self.steps.cards["replay"].watched(self.courier, self._take_heard)
        self._say("replay", "now", "starting the engine")
        at = stopping(
            watch, "Nothing of it counts: what is doubted is known once all is replayed.",
            "Replay again when you like.", what="The replay was stopped.",
        )  # fmt: skip
        self.bench.do(
            lambda: self.proceedings.replay(at, self._heard.append),
            partial(self._replayed, watch),
            partial(self._not_replayed, watch),
        )
        self._follow()

    def stop(self) -> None:
        """End whatever is being verified, asked of a model or put on paper."""
        self.writer.job.stop()
        for watch in (self.admission.watch, self.watch, self._drawing, self._asking):
            if watch is not None:
                watch.cancel.set()
        if self.watch is not None:
            self._say("replay", "now", "Stopping…")
        if self._drawing is not None:
            self.replays.wait_for_rerun("Stopping…")
        if self._asking is not None:
            self.matching.claim.hear("stopping…")

    def _take_heard(self) -> None:
        self.replays.take([self._heard.popleft() for _ in range(len(self._heard))])

    def _ended(self, watch: Watch) -> None:
        self.courier.unwatch(watch)
        self.watch = None

    def _replayed(self, watch: Watch, inquiry: Inquiry) -> None:
        self._ended(watch)
        self.inquiry = inquiry
        assert inquiry.replay is not None
        self.engine.setText(line(self.blindfold.words(inquiry.replay.note)))
        doubted = len(inquiry.replay.doubted)
        swallowed = sum(len(one.answers) for one in inquiry.swallowed)
        replayed = len(inquiry.replay.records)
        told = f"{counted(replayed, 'result')}, "
        told += f"{doubted} not confirmed" if doubted else "all confirmed" if replayed > 1 else "confirmed"
        told += f"; {counted(swallowed, 'lost answer')} drawn again" if swallowed else ""
        self._say("replay", "remark" if doubted else "done", told)
        self.replays.show_inquiry(inquiry)
        if self.scored is not None:  # what was scored rests on a replay that is no more
            self._score(self.scored.decisions)
        self._follow()

    def _not_replayed(self, watch: Watch, refusal: Refusal) -> None:
        self._ended(watch)
        self.replays.begin()
        stopped = refusal.code == "interrupted"
        self._say("replay", "waiting" if stopped else "failed", refusal.what)
        self.replays.notice.say(refusal.what, refusal.why, refusal.try_this, tone="warn" if stopped else "bad")
        self._follow()

    def rerun(self) -> None:
        """The chosen record, drawn once more beside what it holds."""
        if self.no_record():
            return
        self.show_page("Replay")
        watch, seq = Watch(), self.current.record
        self._drawing = watch
        self.replays.wait_for_rerun("Drawing…")

        def heard(batch: Batch) -> None:
            if batch.done is not None and not watch.cancel.is_set() and self.current.record == seq:
                self.replays.wait_for_rerun(f"Drawing… {batch.done:.0%}")

        def done(anew: Rerun) -> None:
            self.courier.unwatch(watch)
            self._drawing = None
            self.replays.show_rerun(anew)

        def failed(refusal: Refusal) -> None:
            self.courier.unwatch(watch)
            self._drawing = None
            self.replays.failed_rerun(refusal)

        self.courier.watch(watch, heard)
        self.bench.do(lambda: self.proceedings.rerun(seq, watch), done, failed)

    def _follow_record(self, seq: int) -> None:
        self.replays.go(seq)

        def show(shown: Shown) -> None:
            if shown.entry.seq == self.current.record:
                self.replays.show_record(shown)

        if seq >= 0:
            self.reader.do(lambda: self.proceedings.show(seq), show, self._refused)

    def _show_cited(self, seq: int) -> None:
        self.show_page("Replay")
        self.current.show_record(seq)

    def _show_open(self, finding: str) -> None:
        self.show_page("Truth and findings")
        self.current.show_finding(finding)

    # -- reveal and decide

    def reveal(self) -> None:
        """Open the truth, on purpose."""
        if self.not_to_reveal():
            return
        self._say("reveal", "now", "your register takes note")
        kept = unsigned(self.before.hearing.report.digest) if self.remembers and self.before else Unsigned()
        self._score(kept.decisions)
        self.show_page("Truth and findings")

    def _score(self, decisions: tuple[Judgement, ...]) -> None:
        """Score what is known now, and decide again what was decided before."""

        def scored() -> tuple[Scored, tuple[Judgement, ...]]:
            found, refused = self.proceedings.reveal(), []
            for decision in decisions:
                try:
                    found = self.proceedings.decide(found, (*found.decisions, decision))
                except Refusal:
                    refused.append(decision)
            return found, tuple(refused)

        def done(told: tuple[Scored, tuple[Judgement, ...]]) -> None:
            found, refused = told
            self._say(
                "reveal", "done", "your register took note" if found.opened.truth is not None else "the case has none"
            )
            self._show_scored(found)
            if refused:
                self.matching.notice.say(
                    f"{len(refused)} of your earlier decisions no longer apply.",
                    "What the findings are about came out otherwise this time.", "Decide anew.", tone="warn",
                )  # fmt: skip

        def failed(refusal: Refusal) -> None:
            self._say("reveal", "failed", refusal.what)
            self.matching.reveal_notice.refuse(refusal)

        self.bench.do(scored, done, failed)

    def _show_scored(self, scored: Scored) -> None:
        self.scored = scored
        verdict = scored.verdict
        own = verdict.verification[len(self.before.hearing.inquiry.verification) if self.before else 0 :]
        self.checks.show_group("What scoring found", [CheckLine.of_check(check) for check in own])
        self.matching.show_scored(scored)
        self.score.show_scored(scored)
        open_ = len(tuple(open_matters(verdict.scores)))
        told = f"{counted(open_, 'thing')} still open" if open_ else "nothing left to decide"
        self._say("decide", "now" if open_ else "done", told)
        count = len(scored.decisions)
        self._say("sign", "waiting", f"{counted(count, 'decision')} not signed yet" if count else "")
        self._keep()
        self._follow()

    def decide(self, decisions: tuple[Judgement, ...]) -> None:
        """Add some decisions to those before; a refused one changes nothing."""
        if self.scored is not None:
            self._decide((*self.scored.decisions, *decisions))

    def _decide(self, decisions: tuple[Judgement, ...]) -> None:
        scored = self.scored
        if scored is not None:
            self.bench.do(
                lambda: self.proceedings.decide(scored, decisions), self._show_scored, self.matching.notice.refuse
            )

    def _undo(self, number: int) -> None:
        if self.scored is not None:
            decisions = self.scored.decisions
            self._decide((*decisions[:number], *decisions[number + 1 :]))

    def undo(self) -> None:
        if not self.no_decision() and self.scored is not None:
            self._undo(len(self.scored.decisions) - 1)

    def step_finding(self, by: int) -> None:
        self.show_page("Truth and findings")
        self.matching.step(by)

    def propose(self, number: int) -> None:
        """That the finding in hand is about the behaviour of this number, 0 for none, waits for a reason."""
        item, truth = self.matching.item, self.scored.opened.truth if self.scored is not None else None
        if item is not None and truth is not None and number <= len(truth.intent):
            self.show_page("Truth and findings")
            self.matching.propose(item.finding, truth.intent[number - 1].id if number else None)

    def run_claim(self) -> None:
        if not self.no_claim():
            self.show_page("Truth and findings")
            self.matching.claim.run()

    def _run_claim(self, finding: str, prompts: tuple[str, ...]) -> None:
        scored = self.scored
        if scored is None:
            return
        watch = self._asking = Watch()

        def heard(batch: Batch) -> None:
            if not watch.cancel.is_set():
                self.matching.claim.hear(batch.note)

        def done(run: HeldOutClaim) -> None:
            self.courier.unwatch(watch)
            self._asking = None
            self.matching.claim.show_run(run)

        def failed(refusal: Refusal) -> None:
            self.courier.unwatch(watch)
            self._asking = None
            self.matching.claim.failed(refusal)

        at = stopping(watch, "Nothing of it counts.", "Run it again when you like.", what="The claim was stopped.")
        self.courier.watch(watch, heard)
        self.bench.do(lambda: self.proceedings.run_claim(scored, finding, prompts, at), done, failed)

    def _adjudicate(self, decision: Any, reason: str) -> None:
        item = self.matching.item
        if self.scored is not None and item is not None:
            run = self.matching.claim.runs[item.finding]
            self.decide((self.scored.opened.adjudication(decision, reason, run),))

    def sign(self) -> None:
        """Ask where, and write."""
        if not self.not_to_sign() and self.scored is not None:
            self.show_page("Verdict")
            self.writer.ask_where(self.scored)

    # -- things to look at

    def show_page(self, name: str) -> None:
        self.pages.setCurrentIndex(PAGES.index(name))

    def show_specification(self) -> None:
        if self.before is None:
            return
        browser = QTextBrowser()
        browser.setHtml(html(self.blindfold.theirs(self.before.specification)))
        browser.setOpenLinks(False)
        browser.setAccessibleName("Specification")
        self.sheet("Specification", browser, 640, 640)

    def issue_ticket(self) -> None:
        if self.before is not None:
            self.clerk.ask_for_ticket(self.before.case)

    def toggle_blindfold(self) -> None:
        self.blindfold.on = not self.blindfold.on
        self._show_facts()
        panes = self.steps, self.checks, self.replays, self.matching, self.score
        covered: tuple[Blindfolded, ...] = (*panes, *self.findChildren(Notice))
        for one in covered:
            one.refresh()
        self.say("Who and with which instruments is hidden." if self.blindfold.on else "Everything is shown.")

    # -- why something cannot be done just now

    def no_log(self) -> str:
        if self.before is None:
            return "the log is not verified"
        return "a replay is running" if self.watch is not None else ""

    def no_record(self) -> str:
        if self._drawing is not None:
            return "a record is being drawn"
        return self.no_log() or ("" if self.current.record >= 0 else "no record is chosen")

    def no_run(self) -> str:
        under_way = self.admission.watch or self.watch or self._drawing or self._asking or self.writer.job.running
        return "" if under_way else "nothing is running"

    def not_to_reveal(self) -> str:
        return self.no_log() or ("it is open" if self.scored is not None else "")

    def no_finding(self) -> str:
        return "" if self.matching.item is not None else "the truth is sealed" if self.scored is None else "no finding"

    def no_behaviour(self, number: int) -> str:
        """Why the finding in hand cannot be about the behaviour of this number."""
        truth = self.scored.opened.truth if self.scored is not None else None
        many = len(truth.intent) if truth is not None else 0
        several = f"the truth has {counted(many, 'behaviour')}"
        return self.no_finding() or (several if number > many else "")

    def no_claim(self) -> str:
        if self._asking is not None:
            return "a claim is being run"
        item = self.matching.item
        return self.no_finding() or ("" if item and item.behaviour is None else "it is about a behaviour")

    def no_decision(self) -> str:
        return "" if self.scored is not None and self.scored.decisions else "nothing is decided"

    def no_verdict(self) -> str:
        if self.writer.job.running:
            return "it is being written"
        return "" if self.proceedings.signed is not None else "no verdict is signed"

    def not_to_sign(self) -> str:
        if self.scored is None:
            return "the truth is sealed"
        if self.proceedings.signed is not None and not self.scored.decisions:
            return "it is signed as it stands"
        return self.no_log()

    # -- small things

    def _follow(self) -> None:
        """Buttons say what can be done now."""
        cards = self.steps.cards
        running = self.watch is not None
        replay = cards["replay"].button
        replay.setText("Stop" if running else "Replay again" if self.inquiry is not None else "Replay")
        replay.setEnabled(self.before is not None)
        cards["reveal"].button.setVisible(self.scored is None)
        reveal, sign = self.not_to_reveal(), self.not_to_sign()
        for button, why in (
            (cards["reveal"].button, reveal), (self.matching.reveal_button, reveal),
            (cards["sign"].button, sign), (self.score.sign_button, sign),
        ):  # fmt: skip
            button.setEnabled(not why)
            button.setToolTip(plain_tip(f"Not now: {why}." if why else ""))
        first = "replay" if self.inquiry is None else "reveal" if self.scored is None else "sign"
        self.steps.lead(first, stops=running)

    def _say(self, step: str, state: StepState, sentence: str) -> None:
        self.steps.cards[step].say(state, sentence)

    def say(self, sentence: str) -> None:
        super().say(self.blindfold.words(sentence))

    def _refused(self, refusal: Refusal) -> None:
        self.say(f"{refusal.what} {refusal.why} {refusal.try_this}")

    # -- ending

    def _keep(self) -> None:
        """What is decided and not signed is kept."""
        if self.remembers and self.scored is not None:
            with contextlib.suppress(Refusal):  # it stands in the window all the same
                keep_unsigned(self.scored.opened.report.digest, Unsigned(decisions=self.scored.decisions))

    def not_yet(self) -> str:
        if not self.no_run():
            self.stop()
            return "Stopping the replay…" if self.watch is not None else "Finishing…"
        return "Finishing…" if self.courier.busy else ""

    def leave(self) -> None:
        self._keep()
        self.proceedings.close()
