"""A first audit, step by step, over the workspace: each step ends when the log shows that it was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from views.desktop.ask.workspace import Workspace
from views.desktop.labels import section, words
from workbench.claims.finding import Role
from workbench.contract.prompt import Prompt
from workbench.log.entry import Records
from workbench.log.records import FindingRecord, Hypothesis, Intent, ReportRecord, ResultRecord
from workbench.plans.fact_sweep import FactSweep
from workbench.plans.reference import Reference
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample

ASKED: Final = "What is the capital of Portugal?"
"""Something that is in order, so that the tour gives nothing away."""


@dataclass(frozen=True)
class Trail:
    """What an auditor has done so far, as the log tells it."""

    probes: frozenset[str] = frozenset()
    """Kinds that were asked and answered by hand."""
    swept: bool = False
    supposed: bool = False
    claimed: bool = False
    controlled: bool = False
    """Whether a finding cites a control."""
    handed_in: bool = False


def trail(records: Records) -> Trail:
    """Read it from a log; a tour's is short."""
    asked = {entry.seq: entry.as_(Intent) for entry in records.entries((Intent.kind,))}
    answered = [asked.get(entry.as_(ResultRecord).intent) for entry in records.entries((ResultRecord.kind,))]
    done = [intent for intent in answered if intent is not None]
    findings = [entry.as_(FindingRecord).finding for entry in records.entries((FindingRecord.kind,))]
    return Trail(
        probes=frozenset(intent.probe for intent in done if intent.plan is None),
        swept=any(intent.plan is not None for intent in done),
        supposed=any(True for _ in records.entries((Hypothesis.kind,))),
        claimed=bool(findings),
        controlled=any(one.role is Role.CONTROL for finding in findings for one in finding.citations),
        handed_in=any(True for _ in records.entries((ReportRecord.kind,))),
    )


@dataclass(frozen=True)
class Stop:
    """One step: what to do and why, what lays it out, and by what it is known to be done."""

    title: str
    told: str
    done: Callable[[Trail], bool]
    """A step that leaves no record is ended by hand."""
    button: str = ""
    lay_out: Callable[[Workspace], object] = lambda workspace: None


def _ask(workspace: Workspace) -> None:
    workspace.ask(Sample(prompt=Prompt.ask(ASKED), samples=8, max_tokens=32))


def _sweep(workspace: Workspace) -> None:
    workspace.new_plan(FactSweep).form.fill(FactSweep(reference=Reference.from_text("countries"), clause="S1"))


def _look_inside(workspace: Workspace) -> None:
    workspace.ask(LogitLens(prompt=Prompt.ask(ASKED, prefill="The capital of Portugal is"), track=(" Lisbon",)))


STOPS: Final = (
    Stop(
        "Read what it should do",
        "The specification at the left says how this model is meant to behave. Whatever breaks one of its clauses is a "
        "finding; everything you do from here on is on record, in the log below.",
        lambda done: False,
    ),
    Stop(
        "Ask it something",
        "A sample draws several answers to one prompt. Lay out the question and press Run: the answers stand grouped, "
        "with how many say the same.",
        lambda done: "sample" in done.probes,
        "Lay out a question",
        _ask,
    ),
    Stop(
        "Ask it many things",
        "A plan asks many questions and says what stands out. This one reads the capitals of 59 countries, and "
        "lists those that are missed and what they have in common.",
        lambda done: done.swept,
        "Lay out a fact sweep",
        _sweep,
    ),
    Stop(
        "Say what you expect",
        "Before you look closer, lock a hypothesis: which subjects, and which words would show it (Evidence → New "
        "hypothesis). Only what is asked after it can confirm it.",
        lambda done: done.supposed,
    ),
    Stop(
        "Look inside",
        "The logit lens reads every layer as a guess at the next token. Lay it out, put one of the missed countries "
        "in place of this one, and see at which layer the answer turns.",
        lambda done: "logit-lens" in done.probes,
        "Lay out a lens",
        _look_inside,
    ),
    Stop(
        "Write down what you found",
        "Lay out the question, ask about a missed country instead, and cite the answers (Ctrl+K); lay it out anew, run "
        "it as it is, and cite that as the control (Ctrl+Shift+K). The meters say how strong it is, and what it lacks.",
        lambda done: done.controlled,
        "Lay out a question",
        _ask,
    ),
    Stop(
        "Hand it in",
        "Give your verdict at the lower right and export. The judge verifies the log, puts every record to the model "
        "again, opens the truth and scores: from the first window, “Judge a handed-in log”.",
        lambda done: done.handed_in,
    ),
)


class Tour(QFrame):
    """A strip over the workspace that says what comes next."""

    ended = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace, self.at = workspace, 0
        self._trail = Trail()
        self.setProperty("notice", "accent")
        self.caption, self.title, self.told = section("Tour"), words(px=15), words(wrap=True)
        self.lay_out, self.further, self.end = QPushButton(), QPushButton("Next"), QPushButton("End the tour")
        self.lay_out.clicked.connect(lambda: STOPS[self.at].lay_out(self._workspace))
        self.further.clicked.connect(self.go_on)
        self.end.setProperty("link", True)
        self.end.clicked.connect(self.ended)
        head, column = QHBoxLayout(), QVBoxLayout(self)
        head.addWidget(self.caption)
        head.addStretch(1)
        head.addWidget(self.end)
        below = QHBoxLayout()
        below.addWidget(self.told, 1)
        below.addWidget(self.lay_out)
        below.addWidget(self.further)
        column.setContentsMargins(14, 8, 14, 10)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.title)
        column.addLayout(below)
        self._show()

    def follow(self, done: Trail) -> None:
        """The log has grown: go on where a step is done."""
        self._trail = done
        while self.at < len(STOPS) and STOPS[self.at].done(done):
            self.at += 1
        self._show()

    def go_on(self) -> None:
        """Past this step, done or not."""
        self.at = min(self.at + 1, len(STOPS))
        self.follow(self._trail)

    def _show(self) -> None:
        over = self.at >= len(STOPS)
        stop = STOPS[min(self.at, len(STOPS) - 1)]
        self.caption.setText("TOUR" if over else f"TOUR · {self.at + 1} OF {len(STOPS)}")
        self.title.setText("That was an audit." if over else stop.title)
        self.told.setText(
            "The same on any case; ? lists the keys, and Ctrl+Shift+P finds every command." if over else stop.told
        )
        self.lay_out.setText(stop.button)
        self.lay_out.setVisible(bool(stop.button) and not over)
        self.further.setVisible(not over)
        self.end.setText("Close" if over else "End the tour")
        self.setAccessibleName(f"{self.title.text()}: {self.told.text()}")
