"""Everything an auditor can do, declared once for menus, keys and palette."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from views.desktop.action import Action
from views.desktop.ask.plan_room import plan_title
from views.desktop.ask.room import Room, probe_title
from views.desktop.ask.runner import Runner
from views.desktop.ask.workspace import Workspace
from views.desktop.auditor.report_writer import ReportWriter
from views.desktop.current import Current
from views.desktop.findings.pane import FindingsPane
from workbench.auditors import AUDITORS
from workbench.claims.finding import Role
from workbench.contract.probe import Probe
from workbench.contract.rules import Affordance
from workbench.door.opener import Opener
from workbench.door.session import Session
from workbench.plans import PLANS
from workbench.probes import PROBES


class Desk(Protocol):
    """What the actions need of the window that they act in."""

    session: Session
    current: Current
    runner: Runner
    workspace: Workspace
    findings: FindingsPane
    writer: ReportWriter

    def stop(self) -> None: ...
    def show_specification(self) -> None: ...
    def show_around(self) -> None: ...
    def show_receipt_code(self) -> None: ...
    def show_engine(self) -> None: ...
    def ask_model(self) -> object: ...
    def focus_filter(self) -> None: ...
    def tag(self) -> None: ...
    def note(self) -> None: ...
    def suppose(self) -> object: ...
    def ask_many(self) -> object: ...
    def no_sample(self) -> str: ...
    def beside(self) -> tuple[int, int] | None: ...
    def show_beside(self) -> None: ...
    def close(self) -> bool: ...


def auditor_actions(window: Desk) -> tuple[Action, ...]:
    """The actions of the auditor's menus, in their order."""
    room, why = window.workspace.with_room, _Reasons(window)
    probes = tuple(
        Action(f"probe.{kind.kind}", "Probe", probe_title(kind), partial(window.workspace.new_room, kind),
               f"Alt+{number}" if number < 10 else "", kind.about(), partial(why_not, window.session, kind))
        for number, kind in enumerate(PROBES, 1)
    )  # fmt: skip
    plans = tuple(
        Action(
            f"plan.{kind.kind}", "Plan", plan_title(kind), partial(window.workspace.new_plan, kind), "", kind.about()
        )
        for kind in (*PLANS, *AUDITORS)
    )
    return (
        Action("case.specification", "Case", "Specification…", window.show_specification,
               help="What the model should do"),
        Action("case.close", "Case", "Close window", window.close, "Ctrl+Q", "The session can be reopened",
               separated=True),
        *probes,
        *plans,
        Action("probe.new", "Probe", "New probe…", window.workspace.choose_new, "Ctrl+N",
               "Choose one of those that the rules allow", separated=True),
        Action("probe.run", "Probe", "Run", window.workspace.run, "Ctrl+Return", "Ask what the form says",
               lambda: why.no_form() or why.running()),
        Action("probe.stop", "Probe", "Stop", window.stop, "Esc",
               "End the probe and keep what came so far; or end the handing in",
               lambda: "" if window.runner.running or window.writer.job.running else "nothing is running"),
        Action("probe.fresh", "Probe", "Run with fresh seeds", lambda: room(Room.run_fresh), "Ctrl+Shift+R",
               "The same question with fresh noise", lambda: why.no_result() or why.running()),
        Action("probe.many", "Probe", "Many prompts…", window.ask_many, "Ctrl+M",
               "Ask a list of questions as the one in front, as a battery", window.no_sample),
        Action("probe.close", "Probe", "Close tab", window.workspace.close_current, "Ctrl+W",
               "The record stays in the log", why.no_tab),
        Action("evidence.cite", "Evidence", "Cite in a finding…", lambda: room(Room.cite_now), "Ctrl+K",
               "Make the record in front evidence for a finding", why.no_result),
        Action("evidence.control", "Evidence", "Cite as a control…",
               lambda: room(lambda one: one.cite_now(Role.CONTROL)), "Ctrl+Shift+K",
               "The record in front shows what it does where it should not", why.no_result),
        Action("evidence.hypothesis", "Evidence", "New hypothesis…", window.suppose, "Ctrl+Shift+H",
               "Say what you expect before you look: only what is asked afterwards can confirm it"),
        Action("evidence.finding", "Evidence", "New finding", window.findings.new_finding, "Ctrl+Shift+F",
               "Write down what you found"),
        Action("evidence.table", "Evidence", "Show as table", lambda: room(_toggle("Table")), "Ctrl+T",
               "The result as rows and columns", why.no_result, separated=True),
        Action("evidence.record", "Evidence", "Show the record", lambda: room(_toggle("Record")), "Ctrl+I",
               "Engine, cost, digests and the exact content", why.no_result),
        Action("evidence.pin", "Evidence", "Pin", lambda: room(_toggle("Pin")), "Ctrl+P",
               "Keep this result while others are looked at", why.no_result),
        Action("evidence.beside", "Evidence", "Side by side", window.show_beside, "Ctrl+Shift+B",
               "Two results next to each other, with what differs marked",
               lambda: "" if window.beside() else "mark two records in the log, or pin one and choose another"),
        Action("session.tag", "Session", "Tag the record…", window.tag, "Ctrl+D", "Give the current record a label",
               lambda: "" if window.current.record >= 0 else "no record is chosen"),
        Action("session.note", "Session", "Write a note…", window.note, "Ctrl+Shift+N", "A remark in the log"),
        Action("session.filter", "Session", "Filter the log", window.focus_filter, "Ctrl+L",
               "For instance kind:sample or text:\"Norway\""),
        Action("session.receipt", "Session", "Receipt code…", window.show_receipt_code,
               help="Ask the judge or a teammate to countersign the log", separated=True),
        Action("session.engine", "Session", "Engine…", window.show_engine,
               help="Which engine runs the model and where, its memory, and when it counts as hung",
               not_now=why.no_engine),
        Action("help.tour", "Help", "Take the tour", window.show_around,
               help="A first audit, step by step, on this case"),
        Action("session.bring", "Session", "Bring a model…", window.ask_model,
               help="One of your own, to be asked beside the organism",
               not_now=lambda: "" if Affordance.BROUGHT in window.session.rules.affordances
               else "the rules do not allow models of one's own"),
        Action("session.export", "Session", "Export for the judge…", window.findings.conclude, "Ctrl+E",
               "The log and the signed report", lambda: why.running() or window.writer.not_now()),
        Action("session.paper", "Session", "Report as PDF…", window.writer.print,
               help="The report that was handed in, for paper",
               not_now=window.writer.no_paper),
    )  # fmt: skip


class _Reasons:
    """Why something cannot be done just now; empty if it can."""

    def __init__(self, window: Desk) -> None:
        self._window = window

    def no_form(self) -> str:
        return "" if self._window.workspace.form_in_front else "no probe or plan is in front"

    def no_tab(self) -> str:
        return "" if self._window.workspace.tabs.count() else "no tab is open"

    def no_result(self) -> str:
        room = self._window.workspace.room()
        return "" if room is not None and room.entry is not None else "no result is in front"

    def no_engine(self) -> str:
        return self.running() or ("" if isinstance(self._window.session.opener, Opener) else "the engine is not ours")

    def running(self) -> str:
        return "a probe is running" if self._window.runner.running else ""


def why_not(session: Session, kind: type[Probe]) -> str:
    """Why the rules do not allow a kind of probe; empty if they do."""
    lacks = ", ".join(sorted(session.lacks(kind)))
    return f"needs {lacks}, which the rules do not allow" if lacks else ""


def _toggle(name: str) -> Callable[[Room], None]:
    return lambda room: room.found.buttons[name].toggle()
