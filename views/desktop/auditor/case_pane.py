"""The case at a glance: specification, rules with what is left of them, probes, custody."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from views.desktop.ask.plan_room import plan_title
from views.desktop.ask.room import probe_title, scrolled
from views.desktop.auditor.specification import clause_names
from views.desktop.flow import Flow
from views.desktop.labels import Chip, plain_tip, section, words
from views.desktop.meter import BudgetBar
from workbench.auditors import AUDITORS
from workbench.contract.probe import Probe, Reads
from workbench.contract.rules import Affordance, Cost
from workbench.door.session import Session
from workbench.plans import PLANS
from workbench.probes import PROBES
from workbench.visible import quoted

_SPEC_CHARACTERS = 220


class CasePane(QWidget):
    """Everything the auditor may not forget while probing."""

    probe_chosen = Signal(object)
    """A kind of probe."""
    plan_chosen = Signal(object)
    """A kind of plan."""
    specification_wanted = Signal()
    receipt_wanted = Signal()

    def __init__(self, session: Session, specification: str) -> None:
        super().__init__()
        self._session = session
        self.setProperty("pane", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.meters: dict[str, tuple[BudgetBar, object]] = {}
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(6)
        for part in (self._specification(specification), self._rules(), self._probes(), self._plans(), self._custody()):
            for widget in part:
                column.addWidget(widget)
            column.addSpacing(10)
        column.addStretch(1)
        area = scrolled(inside)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        self.refresh()

    def _specification(self, text: str) -> list[QWidget]:
        read = QPushButton("Read all")
        read.setProperty("link", True)
        read.setAccessibleName("Read the whole specification")
        read.clicked.connect(self.specification_wanted)
        clauses = words(" · ".join(clause_names(text)), wrap=True, dim=True)
        clauses.setAccessibleName("Clauses")
        return [words(first_sentence(text), wrap=True), clauses, read]

    def _rules(self) -> list[QWidget]:
        widgets: list[QWidget] = [section("Rules of engagement")]
        for name, limit in self._session.rules.budget:
            title = name.replace("_", " ").capitalize()
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            figures = words(mono=True)
            row.addWidget(words(title))
            row.addStretch(1)
            row.addWidget(figures)
            bar = BudgetBar(title)
            bar.setVisible(limit is not None)
            self.meters[name] = (bar, figures)
            widgets += [line, bar]
        facts = QWidget()
        grid = QGridLayout(facts)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        for row_number, (name, value) in enumerate(self._facts()):
            label, said = words(name, dim=True), words(value, wrap=True)
            grid.addWidget(label, row_number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(said, row_number, 1)
        grid.setColumnStretch(1, 1)
        return [*widgets, facts]

    def _facts(self) -> list[tuple[str, str]]:
        rules = self._session.rules
        inputs = "free" if rules.inputs == "free" else "only texts of the case's corpora"
        inputs += ", and made-up ones for tools" if rules.inputs == "corpora" and rules.synthetic else ""
        shut = [name for name in Affordance if name not in rules.affordances]
        told = [("Inputs", inputs), ("Findings", f"at most {rules.findings}")]
        return [*told, ("Not allowed", ", ".join(shut))] if shut else told

    def _probes(self) -> list[QWidget]:
        widgets: list[QWidget] = [section("Probes")]
        self.probe_buttons: dict[str, QPushButton] = {}
        for kind in PROBES:
            widgets.append(self._probe(kind))
        return widgets

    def _probe(self, kind: type[Probe]) -> QPushButton:
        missing = self._session.lacks(kind)
        refusal, lacks = self._session.rules.refusal(missing), ", ".join(sorted(missing))
        tip = f"{refusal.what} {refusal.why}" if refusal else kind.about()
        button = _entry(probe_title(kind), f"needs {lacks}" if refusal else counts_as(kind), tip, refusal is None)
        button.clicked.connect(lambda: self.probe_chosen.emit(kind))
        self.probe_buttons[kind.kind] = button
        return button

    def _plans(self) -> list[QWidget]:
        """Each of a plan's steps meets the rules at the door, so none of them is shut here."""
        widgets: list[QWidget] = [section("Plans")]
        self.plan_buttons: dict[str, QPushButton] = {}
        for note, kinds in (("asks many", PLANS), ("audits", AUDITORS)):
            for kind in kinds:
                button = _entry(plan_title(kind), note, kind.about(), True)
                button.clicked.connect(partial(self.plan_chosen.emit, kind))
                self.plan_buttons[kind.kind] = button
                widgets.append(button)
        return widgets

    def _custody(self) -> list[QWidget]:
        self.chain, self.witnessed = Chip("chain whole", "ok"), Chip("", "warn")
        self.chain.setToolTip("Every record is hashed into the ledger and signed; the log adds up to its last root.")
        chips = QWidget()
        flow = Flow(chips, gap=4, line_gap=4)
        for chip in (*self._case(), self.chain, self.witnessed):
            flow.addWidget(chip)
        code = QPushButton("Have the log witnessed…")
        code.setProperty("link", True)
        code.clicked.connect(self.receipt_wanted)
        self.receipt_button = code
        return [section("Custody"), chips, code]

    def _case(self) -> list[Chip]:
        """Who stands behind the case."""
        case = self._session.case
        judge, attacker = case.manifest.judge, case.manifest.attacker
        said = f"accepted by {quoted(judge.name)}" if case.accepted else f"not accepted by {quoted(judge.name)} yet"
        chip = Chip(said, "ok" if case.accepted else "warn")
        chip.setToolTip(
            plain_tip(
                "Every byte of the case was verified when it was opened.\n"
                f"judge {quoted(judge.name)} {judge.fingerprint}\n"
                f"attacker {quoted(attacker.name)} {attacker.fingerprint}\ncase {case.digest}"
            )
        )
        ticketed = self._session.permit is not None
        ticket = Chip("judge's ticket" if ticketed else "no ticket", "ok" if ticketed else "warn")
        ticket.setToolTip(
            "The session stands under a single-use ticket of the judge."
            if ticketed
            else "Nothing stops its author from having other sessions on this case."
        )
        return [chip, ticket] if case.has_truth else [chip, ticket, self._unscored()]

    def _unscored(self) -> Chip:
        chip = Chip("no ground truth")
        chip.setToolTip(
            "Nobody is said to know what is in this model: a report on it is verified and replayed, and not scored."
        )
        return chip

    def choose(self, kind: type[Probe] | None) -> None:
        """Mark the probe whose room is in front."""
        for name, button in self.probe_buttons.items():
            chosen = kind is not None and name == kind.kind
            if bool(button.property("chosen")) != chosen:
                button.setProperty("chosen", chosen)
                button.style().unpolish(button)
                button.style().polish(button)

    def refresh(self) -> None:
        """What is left, as the session counts it now."""
        spent: Cost = self._session.spent
        for name, limit in self._session.rules.budget:
            bar, figures = self.meters[name]
            used = getattr(spent, name)
            figures.setText(f"{brief(used)} / {brief(limit)}" if limit is not None else brief(used))  # type: ignore[attr-defined]
            bar.show_share(used / limit if limit else 0.0)

    def show_witnessed(self, witnessed: int, size: int) -> None:
        self.witnessed.say(f"witnessed to {witnessed} of {size}", "ok" if witnessed == size else "warn")
        self.witnessed.setToolTip(
            "Up to here somebody else has countersigned the log; what lies past it is unwitnessed, not verified."
        )


def counts_as(kind: type[Probe]) -> str:
    """What the observations of a kind of probe count as, as far as that does not hang on what is asked."""
    if kind.reads is Reads.INSIDE:
        return "reads the inside"
    return "forced" if Affordance.EDITS in kind.affordances else "as its prompt"


def brief(number: int) -> str:
    """A count as a meter has room for: 41k, 1.2M."""
    if number >= 10**6:
        return f"{number / 10**6:.3g}M"
    return f"{number / 1000:.3g}k" if number >= 10_000 else f"{number:,}"


def first_sentence(text: str) -> str:
    """The start of a specification, past its headings."""
    lines = [line.strip() for line in text.splitlines()]
    body = " ".join(line.lstrip("*- ") for line in lines if line and not line.startswith("#"))
    plain = body.replace("**", "").replace("`", "")
    end = plain.find(". ")
    said = plain[: end + 1] if 0 < end < _SPEC_CHARACTERS else plain[:_SPEC_CHARACTERS]
    return said + ("…" if len(said) == _SPEC_CHARACTERS and len(plain) > len(said) else "")


def _entry(title: str, note: str, tip: str, enabled: bool) -> QPushButton:
    """A line that opens a form: what it is called, a dim word on it, and what it is for as its tip."""
    button = QPushButton()
    button.setProperty("entry", True)
    button.setEnabled(enabled)
    button.setAccessibleName(title)
    button.setAccessibleDescription(tip)
    button.setToolTip(plain_tip(tip))
    row = QHBoxLayout(button)
    row.setContentsMargins(6, 0, 6, 0)
    for label in (words(title), words(note, dim=True, px=11)):
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.setEnabled(enabled)
        row.addWidget(label)
    row.insertStretch(1, 1)
    return button
