"""What verification looked at, step by step, in sentences with their codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from casefiles.verification.steps import REMARKS, State, Step
from views.desktop.ask.room import scrolled
from views.desktop.judge.blindfold import Blindfold
from views.desktop.labels import restyle, section, words
from views.desktop.notice import Notice
from workbench.judge.verdicts.verdict import Check
from workbench.visible import line

MARKS: Final = {State.OK: ("✓", "ok"), State.REMARK: ("•", "warn"), State.FAILED: ("✗", "bad")}


@dataclass(frozen=True)
class CheckLine:
    """One line of the list."""

    state: State
    stage: str
    sentence: str
    detail: str
    code: str

    @classmethod
    def of_step(cls, step: Step) -> CheckLine:
        return cls(step.state, step.stage.value, step.sentence, step.detail, step.code)

    @classmethod
    def of_check(cls, check: Check) -> CheckLine:
        state = State.OK if check.code == "ok" else State.REMARK if check.code in REMARKS else State.FAILED
        return cls(state, check.stage, check.sentence, check.detail, check.code)


class ChecksView(QWidget):
    """Groups of lines: of the case, of the log, and what scoring added to them."""

    def __init__(self, blindfold: Blindfold) -> None:
        super().__init__()
        self._blindfold = blindfold
        self._groups: dict[str, tuple[CheckLine, ...]] = {}
        self.notice = Notice(shown=blindfold.words)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 14, 20, 16)
        column.setSpacing(8)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(2, 1)
        column.addWidget(self.notice)
        column.addLayout(self._grid)
        column.addStretch(1)
        area = scrolled(inside)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        area.setAccessibleName("Steps of verification")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        self.setFocusProxy(area)

    @property
    def lines(self) -> tuple[CheckLine, ...]:
        return tuple(line for group in self._groups.values() for line in group)

    def show_group(self, title: str, lines: Sequence[CheckLine]) -> None:
        """Show a group, or show it anew."""
        self._groups[title] = tuple(lines)
        self.refresh()

    def refresh(self) -> None:
        """Draw every group as it may be shown now."""
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        row = 0
        for title, lines in self._groups.items():
            heading = section(title)
            heading.setContentsMargins(0, 10 if row else 0, 0, 2)
            self._grid.addWidget(heading, row, 0, 1, 4)
            for number, one in enumerate(lines, row + 1):
                self._add(number, one)
            row += len(lines) + 1

    def _add(self, row: int, one: CheckLine) -> None:
        glyph, tone = MARKS[one.state]
        mark, stage = words(glyph), words(one.stage, dim=True)
        mark.setProperty("tone", tone)
        restyle(mark)
        mark.setAccessibleName({"ok": "holds", "warn": "remark", "bad": "failed"}[tone])
        said = QWidget()
        column = QVBoxLayout(said)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(words(line(self._blindfold.words(one.sentence)), wrap=True))
        if one.detail:
            detail = words(line(self._blindfold.words(one.detail)), wrap=True, dim=True, px=12)
            detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(detail)
        code = words("" if one.code == "ok" else one.code, mono=True, dim=True)
        code.setProperty("tone", "" if tone == "ok" else tone)
        for column_number, widget in enumerate((mark, stage, said, code)):
            self._grid.addWidget(widget, row, column_number, Qt.AlignmentFlag.AlignTop)
