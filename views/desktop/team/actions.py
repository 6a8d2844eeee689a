"""Everything a team can do at its desk, declared once for menus, keys and palette."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from views.desktop.action import Action
from views.desktop.team.section_room import Sections


class TeamDesk(Protocol):
    """What the actions need of the window that they act in."""

    sections: Sections

    def add_logs(self) -> None: ...
    def add_case(self) -> None: ...
    def add_verdict(self) -> None: ...
    def remove_logs(self) -> None: ...
    def open_chosen(self) -> None: ...
    def stand_side_by_side(self) -> None: ...
    def stop(self) -> None: ...
    def save_page(self) -> None: ...
    def save_tables(self) -> None: ...
    def save_picture(self) -> None: ...
    def close_tab(self) -> None: ...
    def close(self) -> bool: ...
    def nothing_compared(self) -> str: ...
    def nothing_chosen(self) -> str: ...
    def no_sides(self) -> str: ...
    def not_running(self) -> str: ...
    def no_picture(self) -> str: ...
    def no_tab(self) -> str: ...


SECTIONS = (
    ("logs", "The logs"), ("outcomes", "What came of it"), ("cost", "What it took"),
    ("coverage", "What was looked into"), ("elicitation", "How it was asked"), ("shared", "Prompts in common"),
    ("seen", "Seen and never cited"),
)  # fmt: skip


def team_actions(window: TeamDesk) -> tuple[Action, ...]:
    """The actions of the team's menus, in their order."""
    sections = tuple(
        Action(f"show.{key}", "Comparison", title, partial(window.sections.turn_to, key), f"Alt+{number}",
               not_now=window.nothing_compared)
        for number, (key, title) in enumerate(SECTIONS, 1)
    )  # fmt: skip
    return (
        Action("team.add", "Logs", "Add logs…", window.add_logs, "Ctrl+O",
               "Folders NAME.auditlog, as auditors hand them in; each is verified first"),
        Action("team.case", "Logs", "Add a case…", window.add_case,
               help="For its clauses, its rules and its judge's key"),
        Action("team.verdict", "Logs", "Add a verdict…", window.add_verdict,
               help="What a judge made of one of the logs"),
        Action("team.remove", "Logs", "Take the chosen logs away", window.remove_logs, "Del",
               "The files stay where they are", window.nothing_chosen),
        Action("team.stop", "Logs", "Stop", window.stop, "Esc",
               "End comparing or saving; what was shown before stays, and no file is left half written",
               window.not_running),
        Action("team.page", "Logs", "Save as a page…", window.save_page, "Ctrl+S",
               "One self-contained HTML file, or PDF where the name ends in .pdf", window.nothing_compared,
               separated=True),
        Action("team.tables", "Logs", "Save the tables…", window.save_tables, help="A new folder of Parquet files",
               not_now=window.nothing_compared),
        Action("team.picture", "Logs", "Save the picture…", window.save_picture, "Ctrl+Shift+S",
               "What is drawn in front, as PNG", window.no_picture),
        Action("team.close", "Logs", "Close window", window.close, "Ctrl+Q", separated=True),
        *sections,
        Action("log.open", "Comparison", "Read the chosen log", window.open_chosen, "Ctrl+Return",
               "Read-only, in a tab of its own", window.nothing_chosen, separated=True),
        Action("log.sides", "Comparison", "Side by side", window.stand_side_by_side, "Ctrl+B",
               "Two to four chosen logs, a column each", window.no_sides),
        Action("tab.close", "Comparison", "Close tab", window.close_tab, "Ctrl+W", not_now=window.no_tab),
    )  # fmt: skip
