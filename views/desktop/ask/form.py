"""The form of a declaration: arguments become widgets, docstrings and bounds become hints."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLayout, QWidget

from views.desktop.ask.fields import ChoiceField, Field, SeedField, Stack, field_of
from views.desktop.ask.prompt_editor import PromptField
from views.desktop.flow import Flow
from views.desktop.labels import plain_tip, words
from workbench.contract.arguments import Argument, PromptArgument, arguments_of
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance
from workbench.document import HALVED, Document
from workbench.plans.plan import Plan


class ProbeForm(QWidget):
    """Every argument of one kind of probe, with its hint and bounds."""

    changed = Signal()

    def __init__(self, kind: type[Probe | Plan], allowed: frozenset[Affordance], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.fresh_seed: Callable[[], int] = lambda: secrets.randbelow(10**6)
        """What a fresh seed is here."""
        self._fields: dict[str, Field] = {}
        self._filling = False
        prompts: list[QGridLayout] = []
        others, small = QGridLayout(), Flow(gap=12, line_gap=6)
        for argument in arguments_of(kind):
            field = self._field(argument, allowed)
            label = words(argument.title, dim=True)
            label.setToolTip(plain_tip(hint_of(argument)))
            label.setBuddy(field.editor)
            if isinstance(field, PromptField):
                prompts.append(QGridLayout())
                _line(prompts[-1], label, field)
            elif field.wide:
                _line(others, label, field)
            else:
                small.addWidget(_labelled(label, field))
        self._arrange(prompts, others, small)
        self.setFocusProxy(next(iter(self._fields.values())))

    def _arrange(self, prompts: list[QGridLayout], others: QGridLayout, small: Flow) -> None:
        """Two columns: prompts beside each other, the rest below them or at the side of a single one."""
        board = QGridLayout(self)
        board.setContentsMargins(0, 0, 0, 0)
        board.setHorizontalSpacing(28)
        board.setVerticalSpacing(8)
        for column in (0, 1):
            board.setColumnStretch(column, 1)
        for grid in (*prompts, others):
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(12)
            grid.setVerticalSpacing(6)
            grid.setColumnMinimumWidth(0, 56)
            grid.setColumnStretch(1, 1)
            grid.setRowStretch(grid.rowCount(), 1)
        if len(prompts) == 1:
            side = Stack(8)
            side.addLayout(others)
            side.addLayout(small)
            side.addStretch(1)
            board.addLayout(prompts[0], 0, 0, Qt.AlignmentFlag.AlignTop)
            board.addLayout(side, 0, 1)
            return
        cells: list[QLayout] = [*prompts, others, small]
        for place, cell in enumerate(cells):
            board.addLayout(cell, place // 2, place % 2, Qt.AlignmentFlag.AlignTop)

    def _field(self, argument: Argument, allowed: frozenset[Affordance]) -> Field:
        """The editor of one argument, named and explained, holding its default."""
        hint, prompt = hint_of(argument), isinstance(argument, PromptArgument)
        field = PromptField(allowed, empty_is_none=not argument.required, hint=hint) if prompt else field_of(argument)
        field.setObjectName(argument.name)
        field.setToolTip(plain_tip(hint))
        field.editor.setAccessibleName(argument.title)
        field.editor.setAccessibleDescription(hint)
        if hasattr(field.editor, "setPlaceholderText") and not (prompt or isinstance(field, ChoiceField)):
            field.editor.setPlaceholderText(hint)
        field.changed.connect(self._field_changed)
        if isinstance(field, SeedField):
            field.fresh.connect(lambda: field.set_value(self.fresh_seed()))
        if not argument.required:
            field.set_value(argument.default)
        self._fields[argument.name] = field
        return field

    def _field_changed(self) -> None:
        if not self._filling:
            self.changed.emit()

    def probe(self, *, mark: bool = False) -> Probe:
        """The probe as the form states it. Raises as `declared` does."""
        probe = self.declared(mark=mark)
        assert isinstance(probe, Probe)
        return probe

    def declared(self, *, mark: bool = False) -> Document:
        """What the form states. Raises ValidationError or ValueError; `mark`: show which field is wrong."""
        values: dict[str, Any] = {}
        for name, field in self._fields.items():
            field.mark("")
            try:
                values[name] = field.value()
            except ValueError as error:
                field.mark("unreadable" if mark else "")
                raise ValueError(f"{title_of(name)} cannot be read: {error}") from None
        try:
            return self.kind.model_validate(values)
        except ValidationError as error:
            for item in error.errors() if mark else ():
                if item["loc"] and (wrong := self._fields.get(str(item["loc"][0]))) is not None:
                    wrong.mark(item["msg"])
            raise

    def fill(self, declared: Probe | Plan) -> None:
        """Show the arguments of a probe or a plan."""
        self._filling = True
        for name, field in self._fields.items():
            field.set_value(getattr(declared, name))
        self._filling = False
        self.changed.emit()

    def field(self, name: str) -> Field:
        return self._fields[name]

    @property
    def blank(self) -> bool:
        """Whether nothing has been written yet: a form that waits for a prompt need not complain of it."""
        prompts = [field for field in self._fields.values() if isinstance(field, PromptField)]
        try:
            return bool(prompts) and prompts[0].value() in (None, {"chat": []}, {"text": ""})
        except ValueError:  # a conversation that waits for its next turn
            return False

    @property
    def prompt(self) -> Prompt | None:
        """The first prompt that stands in it; None: there is none, or it is not complete."""
        for field in self._fields.values():
            if isinstance(field, PromptField):
                try:
                    return Prompt.model_validate(field.value())
                except ValueError:
                    return None
        return None

    def carry(self, prompt: Prompt) -> None:
        """Take over a prompt that was asked elsewhere, where none is written yet."""
        field = next((field for field in self._fields.values() if isinstance(field, PromptField)), None)
        if field is not None and self.blank:
            field.set_value(prompt)

    def freshen(self) -> bool:
        """Take fresh noise; whether this kind of probe has any."""
        for name in self.kind.seeds:
            self._fields[name].set_value(self.fresh_seed())
        return bool(self.kind.seeds)


def complaint(error: ValueError) -> str:
    """What is wrong with a form, in one sentence."""
    if not isinstance(error, ValidationError):
        return str(error)
    item = error.errors()[0]
    said = HALVED if item["type"] == "string_unicode" else re.sub(r"^Value error, ", "", item["msg"])
    name = title_of(str(item["loc"][0])) if item["loc"] else ""
    return f"{name}: {said}." if name else f"{said[:1].upper()}{said[1:]}."


def hint_of(argument: Argument) -> str:
    """What an argument is, and what it may be."""
    return f"{argument.hint} ({argument.allowed})" if argument.allowed else argument.hint


def title_of(name: str) -> str:
    """A field's name as people write it."""
    return name.replace("_", " ").capitalize()


def _line(grid: QGridLayout, label: QLabel, field: Field) -> None:
    """A label and its editor in the next row."""
    row = grid.rowCount()
    label.setContentsMargins(0, 6, 0, 0)
    grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(field, row, 1, Qt.AlignmentFlag.AlignTop)


def _labelled(label: QWidget, field: Field) -> QWidget:
    box = QWidget()
    column = Stack(2)
    column.addWidget(label)
    column.addWidget(field)
    box.setLayout(column)
    return box
