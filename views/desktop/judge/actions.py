"""Everything a judge can do, declared once for menus, keys and palette."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from views.desktop.action import Action
from views.desktop.judge.clerk import Clerk
from views.desktop.judge.verdict_writer import VerdictWriter

PAGES = ("Verification", "Replay", "Truth and findings", "Verdict")
"""The pages of the desk, in the order of judging."""
_MOST = 9
"""Behaviours that have a key."""


class JudgesDesk(Protocol):
    """What the actions need of the window that they act in."""

    clerk: Clerk
    writer: VerdictWriter

    def show_page(self, name: str) -> None: ...
    def show_specification(self) -> None: ...
    def replay(self) -> None: ...
    def stop(self) -> None: ...
    def rerun(self) -> None: ...
    def reveal(self) -> None: ...
    def sign(self) -> None: ...
    def step_finding(self, by: int) -> None: ...
    def propose(self, number: int) -> None: ...
    def run_claim(self) -> None: ...
    def undo(self) -> None: ...
    def toggle_blindfold(self) -> None: ...
    def issue_ticket(self) -> None: ...
    def close(self) -> bool: ...

    def no_log(self) -> str: ...
    def no_record(self) -> str: ...
    def no_run(self) -> str: ...
    def not_to_reveal(self) -> str: ...
    def no_finding(self) -> str: ...
    def no_behaviour(self, number: int) -> str: ...
    def no_claim(self) -> str: ...
    def no_decision(self) -> str: ...
    def not_to_sign(self) -> str: ...
    def no_verdict(self) -> str: ...


def judge_actions(window: JudgesDesk) -> tuple[Action, ...]:
    """The actions of the judge's menus, in their order."""
    abouts = tuple(
        Action(f"finding.about-{number}", "Finding", f"About behaviour {number}" if number else "About none of them",
               partial(window.propose, number), f"Alt+{number}", "Rule what the finding in hand is about",
               partial(window.no_behaviour, number), separated=number == 1)
        for number in (*range(1, _MOST + 1), 0)
    )  # fmt: skip
    return (
        Action("case.specification", "Case", "Specification…", window.show_specification,
               help="What the model should do", not_now=window.no_log),
        Action("case.close", "Case", "Close window", window.close, "Ctrl+Q", "What is decided and not signed is kept",
               separated=True),
        Action("judge.replay", "Judge", "Replay", window.replay, "Ctrl+R",
               "Put every recorded question to the model again, and the claims of the findings", window.no_log),
        Action("judge.stop", "Judge", "Stop", window.stop, "Esc",
               "End a replay, a drawing, a claim or a page for paper; nothing of it counts", window.no_run),
        Action("judge.rerun", "Judge", "Draw the record here", window.rerun, "Ctrl+D",
               "Read the chosen record beside what the model says here", window.no_record),
        Action("judge.reveal", "Judge", "Open the sealed truth", window.reveal, "Ctrl+T",
               "Your register takes note: what is handed in of this session afterwards was not done blind",
               window.not_to_reveal, separated=True),
        Action("judge.sign", "Judge", "Sign the verdict…", window.sign, "Ctrl+S",
               "Write the signed verdict and its pages beside each other", window.not_to_sign),
        Action("judge.paper", "Judge", "Verdict as PDF…", window.writer.print,
               help="The verdict that was signed last, for paper", not_now=window.no_verdict),
        Action("finding.next", "Finding", "Next finding", partial(window.step_finding, 1), "Ctrl+Down",
               not_now=window.no_finding),
        Action("finding.previous", "Finding", "Previous finding", partial(window.step_finding, -1), "Ctrl+Up",
               not_now=window.no_finding),
        *abouts,
        Action("finding.run", "Finding", "Run its claim", window.run_claim, "Ctrl+K",
               "Ask the claim of the finding in hand anew", window.no_claim, separated=True),
        Action("finding.undo", "Finding", "Take back the last decision", window.undo, "Ctrl+Z",
               "Nothing is written before you sign", window.no_decision),
        Action("register.list", "Register", "What is out, and what came back…", window.clerk.show_register, "Ctrl+L",
               "Every ticket and log that your register knows"),
        Action("register.ticket", "Register", "Issue a ticket…", window.issue_ticket,
               help="Allow one auditor one session on this case", not_now=window.no_log),
        Action("register.witness", "Register", "Countersign a log…", window.clerk.show_witness, "Ctrl+Shift+W",
               "Take a request, typed or from a picture, and give the receipt"),
        *(
            Action(f"view.page-{number}", "View", name, partial(window.show_page, name), f"F{number + 1}")
            for number, name in enumerate(PAGES, 1)
        ),
        Action("view.blindfold", "View", "Judge blind", window.toggle_blindfold, "Ctrl+Shift+B",
               "Hide who did it and with which instruments, or show it again"),
    )  # fmt: skip
