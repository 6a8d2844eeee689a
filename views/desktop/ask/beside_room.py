"""Two records beside each other in the workspace: both drawn, and what differs between them marked."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from views.desktop.ask.room import scrolled
from views.desktop.displays.board import Board
from views.desktop.displays.marked_text import MarkedText
from views.desktop.displays.tables import Tables
from views.desktop.labels import section, words
from workbench.contract.beside import Named, asked_beside, differing, found_beside, sentence
from workbench.contract.probe import Probe
from workbench.contract.result import Result
from workbench.log.entry import Entry
from workbench.log.lines import Shown


class BesideRoom(QWidget):
    """What was asked and found twice: the drawings side by side, or what differs as tables."""

    busy = False

    def __init__(self, left: Shown, right: Shown) -> None:
        """Both are results that this workbench can draw: see `why_not`."""
        super().__init__()
        self.entry: Entry | None = None  # it stands for two records, and follows neither
        self.pinned = False
        self._named = Named(f"#{left.entry.seq}", f"#{right.entry.seq}")
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        sides = [_known(shown) for shown in (left, right)]
        (one, first), (other, second) = sides
        figures = first.figures(), second.figures()
        self.asked = asked_beside(one, other, self._named)
        self.found = found_beside(*figures, self._named)
        self.headline = words(sentence(self.asked, self.found), wrap=True)
        self.headline.setStyleSheet("font-size: 17px; font-weight: bold;")
        self.toggle = QPushButton("What differs")
        self.toggle.setCheckable(True)
        self.toggle.setToolTip("The same as tables, what differs first")
        head = QHBoxLayout()
        head.addWidget(self.headline, 1)
        head.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignTop)
        self.pages = QStackedWidget()
        self.toggle.toggled.connect(lambda on: self.pages.setCurrentIndex(int(on)))
        self.pages.addWidget(self._drawn(sides))
        self.tables = Tables()
        self.tables.show_figures((self.asked, *self.found))
        self.pages.addWidget(self.tables)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.pages, 1)
        self.setAccessibleName(self.title())

    def _drawn(self, sides: list[tuple[Probe, Result]]) -> QWidget:
        texts = ["\n".join(prompt.words for prompt in probe.prompts()) for probe, _ in sides]
        marks = differing(*texts)
        self.prompts: list[MarkedText] = []
        self.boards: list[Board] = []
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        for name, (probe, result), text, spans in zip(
            (self._named.left, self._named.right), sides, texts, marks, strict=True
        ):
            prompt, board = MarkedText(f"What {name} asked"), Board()
            prompt.show_text(text, spans)
            board.show_result(result, probe)
            half = QWidget()
            column = QVBoxLayout(half)
            column.setContentsMargins(4, 0, 4, 0)
            column.setSpacing(6)
            column.addWidget(section(f"{name} {probe.kind.replace('-', ' ')}"))
            column.addWidget(prompt)
            said = words(result.summary, wrap=True)
            said.setAlignment(Qt.AlignmentFlag.AlignTop)
            said.setMinimumHeight(2 * said.fontMetrics().lineSpacing() + 4)  # short or long, what is found begins level
            column.addWidget(said)
            column.addWidget(board, 1)
            splitter.addWidget(half)
            self.prompts.append(prompt)
            self.boards.append(board)
        height = max(prompt.height() for prompt in self.prompts)
        for prompt in self.prompts:
            prompt.setFixedHeight(height)  # what is found begins on one line
        return scrolled(splitter)

    def title(self) -> str:
        """For the tab."""
        return f"{self._named.left} beside {self._named.right}"


def why_not(shown: Shown) -> str:
    """Why a record cannot stand beside another; empty if it can."""
    if shown.probe is None or shown.result is None:
        return f"Record {shown.entry.seq} holds no result of a probe."
    return ""


def _known(shown: Shown) -> tuple[Probe, Result]:
    assert shown.probe is not None and shown.result is not None
    return shown.probe, shown.result
