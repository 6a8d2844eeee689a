"""Where Tab goes: through everything that takes the keys, as it is read, and never to what is out of sight."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QScrollArea, QWidget

# ruff: noqa: N802  Qt's names


class Reach:
    """For a window. Qt's own chain follows the order in which widgets were made, and jumps over whatever stands before
    the one that a widget hands its focus on to."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Give the focus to the next that is, or can be brought, in sight; whether there is one."""
        assert isinstance(self, QWidget)
        focused = self.focusWidget()
        reached = [widget for widget in _in_order(self) if widget is focused or _takes_keys(widget)]
        if not reached:
            return False
        here = reached.index(focused) if focused in reached else -1 if forward else 0
        for step in range(1, len(reached) + 1):
            widget = reached[(here + (step if forward else -step)) % len(reached)]
            if widget is focused:
                continue
            _bring_in_sight(widget)
            if not widget.visibleRegion().isEmpty():
                widget.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
                return True
        return False


def _takes_keys(widget: QWidget) -> bool:
    """Whether Tab stops there; what hands its focus on is reached where that is."""
    by_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(by_tab) and widget.isEnabled() and widget.focusProxy() is None


def _in_order(widget: QWidget) -> Iterator[QWidget]:
    """Everything that is shown in a widget, row by row as it is laid out."""
    shown = [child for child in widget.children() if isinstance(child, QWidget)]
    shown = [child for child in shown if child.isVisible() and not child.isWindow()]
    row: list[QWidget] = []
    for child in [*sorted(shown, key=lambda child: child.y()), None]:
        if row and (child is None or child.geometry().center().y() > row[0].geometry().bottom()):
            for one in sorted(row, key=lambda one: one.x()):
                yield one
                yield from _in_order(one)
            row = []
        if child is not None:
            row.append(child)


def _bring_in_sight(widget: QWidget) -> None:
    """Scroll whatever is around it."""
    around: QObject | None = widget.parent()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(widget, 8, 8)
        around = around.parent()
