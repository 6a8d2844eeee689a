"""Small pieces of text: section titles, dim words, chips and tooltips."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import QPainter, QPaintEvent, Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from views.desktop import theme
from workbench.visible import line, visible


class Label(QLabel):
    """Plain text: never read as HTML, and in the one visible spelling whatever it quotes."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802 Qt's name
        super().setText(visible(text))


class Elided(Label):
    """A dim line that leaves its room to what stands beside it, and ends in an ellipsis where it is cut."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("dim", True)
        self.setStyleSheet("font-size: 12px;")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802 Qt's name
        box = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, box.width())
        painter = QPainter(self)
        self.style().drawItemText(
            painter, box, self.alignment(), self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )
        painter.end()


def section(text: str) -> Label:
    """The title of a section, in small capitals; a screen reader hears the plain words."""
    label = Label(text.upper())
    label.setProperty("section", True)
    label.setFont(theme.small_caps())
    # A style sheet that names a font overrides setFont, so the label names its own.
    label.setStyleSheet(f"font-size: {theme.SMALL_PX}px; font-weight: bold;")
    label.setAccessibleName(text)
    return label


def words(text: str = "", *, dim: bool = False, wrap: bool = False, mono: bool = False, px: int = 0) -> Label:
    """A line or paragraph of plain text, which can be selected but never interpreted as HTML."""
    label = Label(text)
    label.setProperty("dim", dim)
    label.setProperty("mono", mono)
    label.setWordWrap(wrap)
    if px:
        label.setStyleSheet(f"font-size: {px}px;")
    return label


def tip(text: str) -> str:
    """A tooltip that says a text which is not ours; as it stands, Qt would read markup in it."""
    return f'<p style="white-space: pre-wrap">{escape(visible(text))}</p>'


def plain_tip(text: str) -> str:
    """A tooltip of our own words that may quote a name: as it stands, unless Qt might read markup in it."""
    shown = visible(text)
    return tip(text) if "<" in shown or Qt.mightBeRichText(shown) else shown


def unkeyed(text: str) -> str:
    """A text for a menu or a tab, on one line, in which Qt would take `&` for a key."""
    return line(text).replace("&", "&&")


def rule() -> QFrame:
    """A thin line."""
    frame = QFrame()
    frame.setProperty("rule", True)
    return frame


class Chip(Label):
    """A word or two on a coloured ground: accent, ok, warn, bad or plain."""

    def __init__(self, text: str = "", tone: str = "plain", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setProperty("chip", tone)

    def say(self, text: str, tone: str) -> None:
        self.setText(text)
        if self.property("chip") != tone:
            self.setProperty("chip", tone)
            restyle(self)


def restyle(widget: QWidget) -> None:
    """Let the style sheet see a property that changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
