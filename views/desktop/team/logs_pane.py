"""The logs on the team's desk, case by case, with those that did not hold and why."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from casefiles.counted import counted
from casefiles.status import Refusal
from views.desktop import theme
from views.desktop.labels import tip, words
from views.desktop.team.table import ComparedLogs
from workbench.contract.figures import percent
from workbench.teams.compared_log import ComparedLog
from workbench.visible import line, quoted

ROW = 24
"""As high as a line of the list is, in pixels."""
_PLACE = Qt.ItemDataRole.UserRole
_PATH = Qt.ItemDataRole.UserRole + 1


class LogsPane(QWidget):
    """Which logs are compared. Two that are chosen stand side by side; Enter opens one."""

    add_wanted = Signal()
    opened = Signal(int)
    """A log of the comparison, by its place, is to be read."""
    sides_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._compared: ComparedLogs | None = None
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Logs")
        self.tree.setHeaderHidden(True)
        self.tree.setColumnCount(2)
        self.tree.setIndentation(12)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.itemActivated.connect(self._activate)
        self.tree.itemSelectionChanged.connect(self._chosen)
        self.add = QPushButton("Add logs…")
        self.add.setToolTip("Folders NAME.auditlog, as auditors hand them in (Ctrl+O)")
        self.add.clicked.connect(self.add_wanted)
        self.sides = QPushButton("Side by side")
        self.sides.setToolTip("Two to four chosen logs, a column each (Ctrl+B)")
        self.sides.clicked.connect(self.sides_wanted)
        self.hint = words(dim=True, wrap=True)
        row = QHBoxLayout()
        row.addWidget(self.add)
        row.addWidget(self.sides)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 10)
        layout.setSpacing(8)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.hint)
        layout.addLayout(row)
        self.setFocusProxy(self.tree)
        self._chosen()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """In other colours the list is made anew, with the same logs chosen."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._compared is not None:
            chosen = self.chosen()
            self.show_compared(self._compared)
            self.choose(*chosen)

    def clear(self) -> None:
        """Nothing is compared."""
        self._compared = None
        self.tree.clear()

    def show_compared(self, compared: ComparedLogs) -> None:
        """Every log of a comparison under its case, and those that did not hold."""
        self._compared = compared
        self.tree.clear()
        cases: dict[str, QTreeWidgetItem] = {}
        for place, (log, path) in enumerate(zip(compared.found.logs, compared.paths, strict=True)):
            group = cases.get(log.case_digest)
            if group is None:
                group = cases[log.case_digest] = self._group(log.case, f"Case {log.case_digest}")
            item = self._item(group, log.name, _said(log), path, about(log))
            item.setData(0, _PLACE, place)
        if compared.unsound:
            group = self._group("Not compared", "They do not hold; ask their auditors to export them again.")
            for path, refusal in compared.unsound:
                self._refused(group, path, refusal)
        self.tree.expandAll()
        self.tree.resizeColumnToContents(0)
        self.tree.setColumnWidth(0, min(190, self.tree.columnWidth(0)))
        self._chosen()

    def _group(self, title: str, about: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.tree, [line(title)])
        group.setSizeHint(0, QSize(60, ROW + 4))
        group.setFirstColumnSpanned(True)
        group.setToolTip(0, tip(about))
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = theme.sans(bold=True)
        group.setFont(0, font)
        return group

    def _item(self, group: QTreeWidgetItem, name: str, said: str, path: Path, about: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(group, [line(name), line(said)])
        item.setSizeHint(1, QSize(60, ROW))
        item.setData(0, _PATH, str(path))
        for column in (0, 1):
            item.setToolTip(column, tip(about))
        item.setForeground(1, QColor(theme.tokens().dim))
        return item

    def _refused(self, group: QTreeWidgetItem, path: Path, refusal: Refusal) -> None:
        item = self._item(group, path.stem, f"✗ {refusal.code}", path, f"{refusal.what}\n{refusal.why}")
        item.setForeground(1, QColor(theme.tokens().bad))

    def chosen(self) -> list[int]:
        """The places of the chosen logs, in their order."""
        places = (item.data(0, _PLACE) for item in self.tree.selectedItems())
        return sorted(place for place in places if place is not None)

    def chosen_paths(self) -> list[Path]:
        """The chosen logs, also those that did not hold."""
        paths = (item.data(0, _PATH) for item in self.tree.selectedItems())
        return [Path(path) for path in paths if path is not None]

    def choose(self, *places: int) -> None:
        """Choose logs by their places."""
        self.tree.clearSelection()
        for item in self._items():
            item.setSelected(item.data(0, _PLACE) in places and item.data(0, _PLACE) is not None)

    def _items(self) -> list[QTreeWidgetItem]:
        groups = (self.tree.topLevelItem(number) for number in range(self.tree.topLevelItemCount()))
        items = (group.child(number) for group in groups if group is not None for number in range(group.childCount()))
        return [item for item in items if item is not None]

    def _activate(self, item: QTreeWidgetItem) -> None:
        place = item.data(0, _PLACE)
        if place is not None:
            self.opened.emit(place)

    def _chosen(self) -> None:
        many = len(self.chosen())
        self.sides.setEnabled(2 <= many <= 4)
        hint = f"{many} logs are chosen." + (" At most four stand side by side." if many > 4 else "")
        self.hint.setText(hint if many > 1 else "Enter reads a log. Choose two to four to set them side by side.")


def _said(log: ComparedLog) -> str:
    said = "no report" if log.said is None or log.probability is None else f"{log.said} {percent(log.probability, 0)}"
    return f"✓ {said}" + (f" · {log.judged.outcome}" if log.judged is not None else "")


def about(log: ComparedLog) -> str:
    """What is known of a log, in a few lines."""
    return (
        f"{quoted(log.auditor)} · {log.auditor_key}\n"
        f"{counted(log.records, 'record')}, verified; witnessed to {log.witnessed:,}\n"
        f"Not proven: {', '.join(log.remarks) or 'nothing'}"
    )
