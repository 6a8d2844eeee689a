"""Having the log witnessed across the air gap: a code to show or read out, and the receipt that comes back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSpinBox, QVBoxLayout, QWidget

from casefiles.counted import counted
from casefiles.custody.receipt import Receipt
from casefiles.custody.witnessing import Request
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

    def __init__(
        self,
        request: str,
        ask: Callable[[int], None],
        take: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        """`ask` makes the request since another record elsewhere and answers by `show_request`; `take` keeps a receipt
        there and answers by `accept_receipt`; both by `refuse`."""
        about = "Show or read this to the judge or a teammate. It covers every record up to now."
        super().__init__("Have the log witnessed", about, parent=parent)
        self._take = take
        self.request = words(request, mono=True)
        self.request.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.request.setAccessibleName("Request code")
        self.since, asked = QSpinBox(), Request.from_code(request)
        self.since.setRange(0, asked.checkpoint.size)
        self.since.setValue(asked.since)
        self.since.setKeyboardTracking(False)
        self.since.lineEdit().setTextMargins(5, 0, 0, 0)  # a style sheet's padding does not reach its text
        self.since.setAccessibleName("Records that the witness saw last")
        self.since.setToolTip("Change it where the witness says so: a receipt may not have come back")
        self.since.valueChanged.connect(ask)
        self.answer = QPlainTextEdit()
        self.answer.setPlaceholderText("The receipt that comes back: AWR1 …")
        self.answer.setAccessibleName("Receipt code")
        self.answer.setTabChangesFocus(True)
        self.answer.setProperty("mono", True)
        self.answer.setFixedHeight(96)
        self.notice = Notice()
        self.code = Code(request, "Request code")
        self._shown = QHBoxLayout()
        self._shown.setSpacing(16)
        self._shown.addWidget(self.code, 0, Qt.AlignmentFlag.AlignTop)
        said = QVBoxLayout()
        said.addWidget(self.request)
        said.addStretch(1)
        before = QHBoxLayout()
        before.addWidget(words("Records that the witness saw last", dim=True))
        before.addWidget(self.since)
        before.addStretch(1)
        said.addLayout(before)
        self._shown.addLayout(said, 1)
        self.column.addLayout(self._shown)
        self.column.addWidget(section("Receipt"))
        self.column.addWidget(self.answer)
        self.column.addWidget(self.notice)
        self.keep = self.foot("Keep receipt", self.submit, left=(self.leave("Close"),))
        self.answer.setFocus()

    def show_request(self, request: str) -> None:
        """Another one, to be shown in its place."""
        self.request.setText(request)
        self.code.deleteLater()
        self.code = Code(request, "Request code")
        self._shown.insertWidget(0, self.code, 0, Qt.AlignmentFlag.AlignTop)

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
