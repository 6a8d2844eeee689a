"""The form of a probe, made from its declaration: fields become widgets, docstrings become hints."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from views.desktop.fields import Field, Stack, bare, field_of, optional
from views.desktop.flow import Flow
from views.desktop.labels import words
from views.desktop.prompt_editor import PromptField
from workbench.probe import Probe, Prompt
from workbench.rules import Affordance


class ProbeForm(QWidget):
    """Every argument of one kind of probe, with its hint and bounds."""

    changed = Signal()

    def __init__(self, kind: type[Probe], allowed: frozenset[Affordance], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self._fields: dict[str, Field] = {}
        self._filling = False
        broad, narrow = QGridLayout(), Flow(gap=12, line_gap=6)
        broad.setContentsMargins(0, 0, 0, 0)
        broad.setHorizontalSpacing(12)
        broad.setVerticalSpacing(6)
        row = 0
        for name, info in kind.model_fields.items():
            hint = info.description or ""
            field: Field
            if bare(info.annotation) is Prompt:
                field = PromptField(allowed, empty_is_none=optional(info.annotation), hint=hint)
            else:
                field = field_of(info)
            field.setObjectName(name)
            field.setToolTip(hint)
            field.editor.setAccessibleName(title_of(name))
            field.editor.setAccessibleDescription(hint)
            if hasattr(field.editor, "setPlaceholderText") and not isinstance(field, PromptField):
                field.editor.setPlaceholderText(hint)
            field.changed.connect(self._field_changed)
            if not info.is_required():
                field.set_value(info.get_default(call_default_factory=True))
            label = words(title_of(name), dim=True)
            label.setToolTip(hint)
            label.setBuddy(field.editor)
            self._fields[name] = field
            if field.wide:
                label.setContentsMargins(0, 6, 0, 0)
                broad.addWidget(label, row, 0)
                broad.setAlignment(label, label.alignment())
                broad.addWidget(field, row, 1)
                row += 1
            else:
                narrow.addWidget(_labelled(label, field))
        broad.setColumnMinimumWidth(0, 72)
        broad.setColumnStretch(1, 1)
        column = Stack(8)
        column.addLayout(broad)
        column.addLayout(narrow)
        self.setLayout(column)

    def _field_changed(self) -> None:
        if not self._filling:
            self.changed.emit()

    def probe(self) -> Probe:
        """The probe as the form states it. Raises ValidationError or ValueError; the wrong field is marked."""
        values: dict[str, Any] = {}
        for name, field in self._fields.items():
            field.mark("")
            try:
                values[name] = field.value()
            except ValueError:
                field.mark("unreadable")
                raise ValueError(f"{title_of(name)} cannot be read.") from None
        try:
            return self.kind.model_validate(values)
        except ValidationError as error:
            for item in error.errors():
                if item["loc"] and (wrong := self._fields.get(str(item["loc"][0]))) is not None:
                    wrong.mark(item["msg"])
            raise

    def fill(self, probe: Probe) -> None:
        """Show the arguments of a probe."""
        self._filling = True
        for name, field in self._fields.items():
            field.set_value(getattr(probe, name))
        self._filling = False
        self.changed.emit()

    def field(self, name: str) -> Field:
        return self._fields[name]

    def freshen(self) -> bool:
        """Take a fresh seed; whether this kind of probe has one."""
        seed = self._fields.get("seed")
        if seed is None:
            return False
        seed.freshen()  # type: ignore[attr-defined]
        return True


def complaint(error: ValueError) -> str:
    """What is wrong with a form, in one sentence."""
    if not isinstance(error, ValidationError):
        return str(error)
    item = error.errors()[0]
    said = re.sub(r"^Value error, ", "", item["msg"])
    name = title_of(str(item["loc"][0])) if item["loc"] else ""
    return f"{name}: {said}." if name else f"{said[:1].upper()}{said[1:]}."


def title_of(name: str) -> str:
    """A field's name as people write it."""
    return name.replace("_", " ").capitalize()


def _labelled(label: QWidget, field: Field) -> QWidget:
    box = QWidget()
    column = Stack(2)
    column.addWidget(label)
    column.addWidget(field)
    box.setLayout(column)
    return box
