"""Having the log witnessed across the air gap: a code to show or read out, and the receipt that comes back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from casefiles.counted import counted
from casefiles.custody.receipt import Receipt
from casefiles.status import Refusal
from views.desktop.labels import section, words
from views.desktop.notice import Notice
from views.desktop.sheet import Sheet

# ruff: noqa: N802  Qt's names

_QUIET = 4
"""Light modules around a QR code (ISO/IEC 18004, 5.3.8)."""


class Code(QWidget):
    """A text as a QR code: always dark on light, or cameras refuse it."""

    def __init__(self, text: str, called: str) -> None:
        super().__init__()
        import segno  # with a tenth of a second of XML, which no window waits for

        # Codes are upper case with dashes, so the dense alphanumeric mode applies once line breaks are gone.
        self._modules = [bytes(row) for row in segno.make(text.replace("\n", "-"), error="m", micro=False).matrix]
        self.setAccessibleName(f"{called} as a QR code; the same text stands beside it")

    def sizeHint(self) -> QSize:
        side = 5 * (len(self._modules) + 2 * _QUIET)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(self.rect(), QColor("white"))
        size = min(self.width(), self.height()) / (len(self._modules) + 2 * _QUIET)
        painter.setBrush(QColor("black"))
        for y, row in enumerate(self._modules):
            for x, dark in enumerate(row):
                if dark:
                    painter.drawRect(QRectF((x + _QUIET) * size, (y + _QUIET) * size, size, size))
        painter.end()


class ReceiptSheet(Sheet):
    """Shows the request and takes the receipt."""

    kept = Signal(object)

    def __init__(self, request: str, take: Callable[[str], None], parent: QWidget | None = None) -> None:
        """`take` keeps a receipt elsewhere and answers by `accept_receipt` or `notice.refuse`."""
        about = "Show or read this to the judge or a teammate. It covers every record up to now."
        super().__init__("Have the log witnessed", about, parent=parent)
        self._take = take
        text = words(request, mono=True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName("Request code")
        self.answer = QPlainTextEdit()
        self.answer.setPlaceholderText("The receipt that comes back: AWR1 …")
        self.answer.setAccessibleName("Receipt code")
        self.answer.setTabChangesFocus(True)
        self.answer.setProperty("mono", True)
        self.answer.setFixedHeight(96)
        self.notice = Notice()
        code = QHBoxLayout()
        code.setSpacing(16)
        code.addWidget(Code(request, "Request code"), 0, Qt.AlignmentFlag.AlignTop)
        said = QVBoxLayout()
        said.addWidget(text)
        said.addStretch(1)
        code.addLayout(said, 1)
        self.column.addLayout(code)
        self.column.addWidget(section("Receipt"))
        self.column.addWidget(self.answer)
        self.column.addWidget(self.notice)
        self.keep = self.foot("Keep receipt", self.submit, left=(self.leave("Close"),))

    def submit(self) -> None:
        """Keep the receipt that was typed."""
        self._take(self.answer.toPlainText())

    def accept_receipt(self, receipt: Receipt) -> None:
        self.answer.clear()
        self.notice.say(
            f"Witnessed to {counted(receipt.checkpoint.size, 'record')}.", "The receipt is kept beside the log."
        )
        self.kept.emit(receipt)

    def refuse(self, refusal: Refusal) -> None:
        self.notice.refuse(refusal)
