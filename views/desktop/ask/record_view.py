"""A record as it stands in the log: where it comes from, and its exact content."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QTreeWidget, QTreeWidgetItem, QWidget

from views.desktop import theme
from views.desktop.labels import tip
from workbench.contract.actor import Actor
from workbench.log.entry import Entry
from workbench.log.lines import Shown
from workbench.log.rebuilding import probe_of
from workbench.log.records import RECORDS, Asked, Intent, ResultRecord
from workbench.log.wording import asked_of
from workbench.visible import line, quoted, visible


class RecordView(QWidget):
    """Facts at the left, the JSON at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = QTreeWidget()
        self.facts.setAccessibleName("Facts about the record")
        self.facts.setHeaderHidden(True)
        self.facts.setColumnCount(2)
        self.facts.setRootIsDecorated(False)
        self.facts.setIndentation(0)
        self.facts.setColumnWidth(0, 124)
        self.facts.setWordWrap(True)
        self.source = QPlainTextEdit()
        self.source.setReadOnly(True)
        self.source.setProperty("mono", True)
        self.source.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.source.setAccessibleName("The record's content as JSON")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.facts, 2)
        layout.addWidget(self.source, 3)
        self.setFocusProxy(self.facts)

    def show_record(self, shown: Shown) -> None:
        self.facts.clear()
        for name, value in facts(shown):
            item = QTreeWidgetItem([name, line(value)])
            item.setFont(1, theme.mono())
            item.setToolTip(1, tip(value))
            item.setForeground(0, QColor(theme.tokens().dim))
            self.facts.addTopLevelItem(item)
        data = shown.entry.data if shown.intent is None else {"asked": shown.intent.data, "found": shown.entry.data}
        self.source.setPlainText(visible(json.dumps(_brief(data), indent=2, ensure_ascii=False)))


def facts(shown: Shown) -> list[tuple[str, str]]:
    """What identifies a record and how it came about."""
    entry = shown.entry
    told = [
        ("record", f"#{entry.seq} · {entry.kind}"),
        ("written", datetime.fromtimestamp(entry.ts_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")),
    ]
    try:
        told += _told(entry, shown.intent)
    except ValueError:  # of a newer workbench: its JSON is beside
        told += [("form", "not known here")]
    return [*told, ("leaf", shown.leaf), ("signature", shown.signature)]


def _told(entry: Entry, intent: Entry | None) -> list[tuple[str, str]]:
    record = entry.as_(RECORDS[entry.kind]) if entry.kind in RECORDS else None
    asked = intent.as_(Intent) if intent is not None else record
    told = _asked(asked) if isinstance(asked, Asked) else []
    if isinstance(record, ResultRecord):
        took = [("took", f"{(entry.ts_us - intent.ts_us) / 1e6:.2f} s")] if intent is not None else []
        return told + _answered(record) + took
    actor = getattr(record, "actor", None)
    return told if isinstance(record, Asked) or actor is None else [("by", _spoken(actor))]


def _asked(asked: Asked) -> list[tuple[str, str]]:
    told = [("probe", f"{asked.probe} (version {asked.version})"), ("asked by", _spoken(asked.actor))]
    if asked.plan is not None:
        told += [("plan", f"{asked.plan.name} (version {asked.plan.version}), step {asked.plan.step}")]
    if isinstance(asked, Intent):
        probe = probe_of(asked)
        told += [("counts as", probe.elicitation().value if probe is not None else "not known here")]
        told += [("asked of", asked_of(asked)), ("model", asked.model)]
        if asked.beside_model is not None:
            told += [("compared with", asked.beside_model)]
    return told


def _answered(answer: ResultRecord) -> list[tuple[str, str]]:
    told = [("intent", f"#{answer.intent}"), ("status", answer.status)]
    spent = [(number, name.replace("_", " ")) for name, number in answer.cost if number]
    costs = [f"{n:,} {what.removesuffix('s') if n == 1 else what}" for n, what in spent] or ["nothing"]
    told += [("" if after else "cost", cost) for after, cost in enumerate(costs)]
    told += [(name.replace("_", " "), _yes(value)) for name, value in answer.environment.items()]
    return told + [(f"array {name}", array.sha256) for name, array in answer.blobs.items()]


def _spoken(actor: Actor) -> str:
    return f"{quoted(actor.name)}, {actor.kind}"


def _yes(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _brief(value: Any) -> Any:
    """Long lists of numbers on one line and cut: the log keeps them whole."""
    if isinstance(value, dict):
        return {name: _brief(item) for name, item in value.items()}
    if isinstance(value, list):
        if len(value) > 16 and all(isinstance(item, int | float) for item in value):
            return [*value[:16], f"… {len(value) - 16} more"]
        return [_brief(item) for item in value]
    return value
