"""A cited record in the editor of a finding: its role, and what its answers must show."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from views.desktop.ask.fields import Growing, lines_of
from views.desktop.displays import Pick
from views.desktop.labels import Elided, words
from workbench.claims.finding import Cell, Citation, Role
from workbench.claims.predicate import Match


class CitationRow(QFrame):
    """One cited record: its role, and which words its answers must hold or not hold."""

    changed = Signal()
    removed = Signal(object)
    record_wanted = Signal(int)
    bench_wanted = Signal(object)
    """A predicate that is to be tried on every answer of the log."""

    def __init__(self, citation: Citation) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._citation = citation
        self.number = citation.seq
        self.role = QComboBox()
        self.role.addItems([str(role) for role in Role])
        self.role.setCurrentText(str(citation.role))
        self.role.setAccessibleName(f"Role of record {citation.seq}")
        self.any_of, self.none_of = Growing(1, 3), Growing(1, 3)
        self.any_of.setPlainText("\n".join(citation.shows.any_of))
        self.none_of.setPlainText("\n".join(citation.shows.none_of))
        self.any_of.setPlaceholderText("contains any of these (one a line)")
        self.none_of.setPlaceholderText("and none of these")
        self.any_of.setAccessibleName(f"Answers of record {citation.seq} that show it contain any of")
        self.none_of.setAccessibleName(f"Answers of record {citation.seq} that show it contain none of")
        self.rewords = QLineEdit("" if citation.paraphrase_of is None else str(citation.paraphrase_of))
        self.rewords.setPlaceholderText("rewords the record of this number")
        self.rewords.setValidator(QIntValidator(0, 2**31 - 1))
        self.rewords.setAccessibleName(f"Record whose question record {citation.seq} asks in other words")
        self.rewords.textChanged.connect(self.changed.emit)
        self.held = words(dim=True, wrap=True, px=12)
        number = QPushButton(f"#{citation.seq}")
        number.setProperty("link", True)
        number.clicked.connect(lambda: self.record_wanted.emit(self.number))
        gone = QPushButton("×")
        gone.setProperty("link", True)
        gone.setAccessibleName(f"No longer cite record {citation.seq}")
        gone.clicked.connect(lambda: self.removed.emit(self))
        self.role.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.any_of.textChanged.connect(self.changed.emit)
        self.none_of.textChanged.connect(self.changed.emit)
        self._build(number, gone)

    def _build(self, number: QPushButton, gone: QPushButton) -> None:
        top = QHBoxLayout()
        top.addWidget(number)
        self.about = Elided()
        top.addWidget(self.about, 1)
        top.addWidget(self.role)
        top.addWidget(gone)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(words("An answer shows it if it", dim=True, px=12))
        column.addWidget(self.any_of)
        column.addWidget(self.none_of)
        column.addWidget(self.rewords)
        bench = QPushButton("Try it on the whole log")
        bench.setProperty("link", True)
        bench.setToolTip("Where this holds and where it does not, over every answer so far")
        bench.clicked.connect(lambda: self.bench_wanted.emit(self.citation().shows))
        below = QHBoxLayout()
        below.addWidget(self.held, 1)
        below.addWidget(bench, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(below)

    def citation(self) -> Citation:
        shows = Match(any_of=lines_of(self.any_of), none_of=lines_of(self.none_of))
        of = int(self.rewords.text()) if self.rewords.text() else None
        told = {"role": Role(self.role.currentText()), "shows": shows, "paraphrase_of": of}
        return self._citation.model_copy(update=told)

    def add_pick(self, pick: Pick) -> None:
        """Quote more of the same record."""
        samples = tuple(sorted({*self._citation.samples, *pick.samples}))
        cells: tuple[Cell, ...] = (*self._citation.cells, *(c for c in pick.cells if c not in self._citation.cells))
        self._citation = self._citation.model_copy(update={"samples": samples, "cells": cells})
