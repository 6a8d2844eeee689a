"""Countersigning a log across the air gap: its request typed or from a picture, the receipt to show or read out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from casefiles.counted import counted
from casefiles.custody.receipt import Receipt
from casefiles.status import Refusal
from views.desktop.findings.receipt_sheet import Code
from views.desktop.labels import words
from views.desktop.notice import Notice
from views.desktop.sheet import Sheet


class WitnessSheet(Sheet):
    """Takes a request and shows the receipt."""

    wanted = Signal(str, object)
    """The request's code, and the file of the auditor's public key or None."""
    file_given = Signal(object)
    """A file that holds a code."""

    def __init__(self, parent: QWidget | None = None, *, shown: Callable[[str], str] = str) -> None:
        """`shown`: a sentence as it may be shown."""
        about = "Your register checks that the log continues what you countersigned before, and remembers it."
        super().__init__("Countersign a log", about, width=560, parent=parent)
        self.request = QPlainTextEdit()
        self.request.setPlaceholderText("The request that the auditor's machine shows: AWQ1 …")
        self.request.setAccessibleName("Request code")
        self.request.setTabChangesFocus(True)
        self.request.setProperty("mono", True)
        self.request.setFixedHeight(110)
        self.picture = QPushButton("From a picture or file…")
        self.picture.clicked.connect(self._ask_file)
        self.auditor = QLineEdit()
        self.auditor.setPlaceholderText("The auditor's public key, for a log not heard of before")
        self.auditor.setAccessibleName("File of the auditor's public key")
        choose = QPushButton("Choose…")
        choose.clicked.connect(self._ask_key)
        self.notice = Notice(shown=shown)
        self.code: Code | None = None
        """The receipt to be scanned, once there is one."""
        self.receipt = words(mono=True)
        self.receipt.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.receipt.setAccessibleName("Receipt code")
        whose = QHBoxLayout()
        whose.addWidget(self.auditor, 1)
        whose.addWidget(choose)
        self._answer = QHBoxLayout()
        self._answer.setSpacing(16)
        self._answer.addWidget(self.receipt, 1, Qt.AlignmentFlag.AlignTop)
        self.column.addWidget(self.request)
        self.column.addLayout(whose)
        self.sign = self.foot("Countersign", self._want, left=(self.picture,))
        self.column.addWidget(self.notice)
        self.column.addLayout(self._answer)

    def _ask_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, "A picture of the code, or its text", "", "Pictures and texts (*.png *.jpg *.jpeg *.bmp *.gif *.txt)"
        )
        if chosen:
            self.file_given.emit(Path(chosen))

    def _ask_key(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "The auditor's public key", "", "Public key (*.pub)")
        if chosen:
            self.auditor.setText(chosen)

    def take(self, code: str) -> None:
        """A code that was read from a file."""
        self.notice.hide()
        self.request.setPlainText(code)

    def _want(self) -> None:
        named = self.auditor.text().strip()
        self.wanted.emit(self.request.toPlainText(), Path(named) if named else None)

    def show_receipt(self, receipt: Receipt) -> None:
        """The answer, as text and as a code to be scanned."""
        self.notice.say(
            f"Witnessed to {counted(receipt.checkpoint.size, 'record')}.",
            "Show this to the auditor's machine, or read it out: it is typed or scanned there.",
        )
        self.receipt.setText(receipt.code())
        if self.code is not None:
            self.code.deleteLater()
        self.code = Code(receipt.code(), "Receipt code")
        self._answer.insertWidget(0, self.code, 0, Qt.AlignmentFlag.AlignTop)

    def refuse(self, refusal: Refusal) -> None:
        self.notice.refuse(refusal)
