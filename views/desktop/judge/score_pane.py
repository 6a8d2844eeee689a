"""The verdict as it would be signed now: what was earned, what is still open, and every decision with a way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from casefiles.counted import counted
from views.desktop.ask.room import scrolled
from views.desktop.job import Job
from views.desktop.judge.blindfold import Blindfold
from views.desktop.judge.finding_card import TONES
from views.desktop.judge.proceedings import Scored
from views.desktop.labels import Chip, Label, section, words
from views.desktop.notice import Empty, Notice
from workbench.judge.scores.matching import Ruling
from workbench.judge.scores.score_sheet import Adjudication, Scores, open_facet
from workbench.judge.verdicts.reopening import Judgement
from workbench.judge.verdicts.verdict_page import OUTCOMES, STANDINGS
from workbench.visible import line, quoted

STATUS: Final = {
    "final": ("", ""),
    "provisional": ("provisional", "Nothing was replayed, so nothing is earned."),
    "unscored": ("not scored", "The case has no ground truth: verified and replayed, not scored."),
}
_GAP: Final = 10
_ACROSS: Final = 3
"""Numbers in a row of two."""
_THEIRS: Final = (120, 420)
"""Pixels that words of others have at least, and that they ask for at most."""
_TOLD: Final = 180
"""And those that what a standing means has at least."""


class ScoreCard(QFrame):
    """One number of the score, large, with what it is and what it rests on."""

    def __init__(self, name: str, value: str, about: str) -> None:
        super().__init__()
        self.setProperty("card", True)
        self.setAccessibleName(f"{name}: {value}. {about}")
        large = words(value, px=22)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(2)
        column.addWidget(words(name, dim=True, px=12))
        column.addWidget(large)
        column.addWidget(words(about, dim=True, wrap=True, px=12))
        column.addStretch(1)


class Theirs(Label):
    """Words of others: on one line where there is room for it, and pushing nothing that stands beside them out of the
    window, however long one of them is."""

    def __init__(self, text: str, *, dim: bool = False) -> None:
        super().__init__(line(text))
        self.setProperty("dim", dim)
        self.setWordWrap(True)

    def sizeHint(self) -> QSize:  # noqa: N802 Qt's name
        width = min(_THEIRS[1], self.fontMetrics().size(0, self.text()).width())
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 Qt's name
        return QSize(min(_THEIRS[0], self.sizeHint().width()), super().minimumSizeHint().height())


class Figures(QWidget):
    """The numbers beside each other, or in two rows where there is no room for that."""

    def __init__(self, cards: Sequence[ScoreCard]) -> None:
        super().__init__()
        self._cards, self._across = cards, 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        self.setMinimumWidth(1)  # or it would never be so narrow that it needs two rows
        self._place(len(cards))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 Qt's name
        super().resizeEvent(event)
        needed = sum(card.minimumSizeHint().width() + _GAP for card in self._cards) - _GAP
        self._place(len(self._cards) if needed <= self.width() else _ACROSS)

    def _place(self, across: int) -> None:
        if across == self._across:
            return
        self._across = across
        for at, card in enumerate(self._cards):
            self._grid.addWidget(card, *divmod(at, across))
        for column in range(len(self._cards)):
            self._grid.setColumnStretch(column, int(column < across))


class ScorePane(QWidget):
    """The preview, and the button that signs."""

    sign_wanted = Signal()
    finding_wanted = Signal(str)
    undo_wanted = Signal(int)
    """The decision of this number is to be taken back."""

    def __init__(self, blindfold: Blindfold) -> None:
        super().__init__()
        self._blindfold = blindfold
        self._scored: Scored | None = None
        self.notice = Notice(shown=blindfold.words)
        self.empty = Empty(
            "No verdict yet",
            "Replay what was recorded, then open the truth: what the report earns stands here before you sign it.",
        )
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(20, 14, 20, 16)
        self._column.setSpacing(10)
        self._body: QWidget | None = None
        self._column.addWidget(self.notice)
        self._column.addWidget(self.empty, 1)
        area = scrolled(inside)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        area.setAccessibleName("Verdict")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sign_button = QPushButton("Sign the verdict…")
        self.sign_button.setProperty("main", True)
        self.sign_button.setEnabled(False)
        self.sign_button.clicked.connect(self.sign_wanted)
        self.about = words(dim=True, wrap=True)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(20, 8, 20, 10)
        bottom.addWidget(self.about, 1)
        bottom.addWidget(self.sign_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        layout.addLayout(bottom)

    def add_job(self, job: Job) -> None:
        """How far what is written is stands over what is said of it."""
        self._column.insertWidget(0, job)

    def show_scored(self, scored: Scored) -> None:
        """The verdict after every decision."""
        self._scored = scored
        self.empty.hide()
        if self._body is not None:
            self._body.hide()
            self._body.deleteLater()
        self._body = self._drawn(scored)
        self._column.insertWidget(self._column.indexOf(self.notice) + 1, self._body, 1)
        count = len(scored.decisions)
        told = "The signed verdict, its page and the page of the report are written beside each other"
        more = f"; each of {count} decision{'s' * (count > 1)} adds a verdict that follows." if count else "."
        self.about.setText(f"{told}{more} Nothing is overwritten.")

    def refresh(self) -> None:
        """Draw everything as it may be shown now."""
        if self._scored is not None:
            self.show_scored(self._scored)

    def _drawn(self, scored: Scored) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        scores = scored.verdict.scores
        chip, about = STATUS[scores.status]
        if chip:
            row = QHBoxLayout()
            row.addWidget(Chip(chip, "warn"))
            row.addWidget(words(about, wrap=True), 1)
            column.addLayout(row)
        column.addWidget(words(OUTCOMES[scores.verdict.outcome], wrap=True, px=15))
        column.addWidget(Figures([ScoreCard(*told) for told in _numbers(scored)]))
        if scores.findings:
            column.addWidget(section("Findings"))
            column.addLayout(_findings(self._blindfold.over(scores)))
        if matters := tuple(open_matters(scores)):
            column.addWidget(section("Still open"))
            for matter in matters:
                column.addWidget(self._matter(matter, self._blindfold.words(matter.sentence)))
        if scored.decisions:
            column.addWidget(section("Your decisions, not signed yet"))
            column.addLayout(self._decisions(scored))
        column.addStretch(1)
        return body

    def _matter(self, matter: OpenMatter, sentence: str) -> QWidget:
        if not matter.finding:
            said = words(f"▸ {sentence}", wrap=True)
            said.setProperty("tone", "warn")
            return said
        button = QPushButton(f"▸ {sentence}")
        button.setProperty("link", True)
        button.setToolTip("Go to it")
        button.clicked.connect(lambda: self.finding_wanted.emit(matter.finding))
        return button

    def _decisions(self, scored: Scored) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for number, decision in enumerate(scored.decisions):
            told, reason = map(self._blindfold.theirs, (decision_words(decision), decision.reason))
            back = QPushButton("Take back")
            back.setProperty("link", True)
            back.setAccessibleName(line(f"Take back: {told}"))
            back.clicked.connect(lambda _=False, number=number: self.undo_wanted.emit(number))
            grid.addWidget(Theirs(told), number, 0)
            grid.addWidget(Theirs(quoted(reason), dim=True), number, 1)
            grid.addWidget(back, number, 2)
        return grid


def decision_words(decision: Judgement) -> str:
    """A decision in a few words."""
    if isinstance(decision, Adjudication):
        return f"{decision.finding}: {decision.decision}"
    if isinstance(decision, Ruling):
        return f"{decision.finding}: about {decision.behaviour or 'none'}"
    return f"{decision.finding}: {decision.facet} {decision.value:.2f}"


def _numbers(scored: Scored) -> Iterator[tuple[str, str, str]]:
    scores, said = scored.verdict.scores, scored.opened.report.conclusion
    yield "Case verdict", said.verdict, f"P(modified) {said.probability:.2f}; truth: {scores.verdict.truth}"
    recall = scores.recall
    facets = " · ".join(f"{name} {value:.2f}" for name, value in recall.facets.items())
    over = counted(recall.behaviours, "realised behaviour")
    yield "Recall", _number(recall.overall), f"over {over}{f': {facets}' if facets else ''}"
    precision = scores.precision
    least, most = precision.at_least, precision.at_most
    span = _number(least) if least == most else f"{_number(least)}–{_number(most)}"
    yield "Precision", span, f"{precision.correct} right, {precision.wrong} wrong, {precision.unadjudicated} waiting"
    yield "Brier score", _number(scores.verdict.brier, 3), "0 is best; saying one half always earns 0.25"
    first = scores.first_correct
    about = f"and {first.to_finding.generated_tokens:,} generated tokens" if first else "no correct finding by now"
    about += f", with {counted(first.given_up, 'other finding')} given up" if first and first.given_up else ""
    about += f". {first.without.of_one}" if first and first.without is not None else ""
    yield "First correct finding", f"{first.to_finding.probes} probes" if first else "–", about


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _findings(scores: Scores) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(2, 1)
    for row, item in enumerate(scores.findings):
        grid.addWidget(Theirs(f"{item.rank}  {item.title}"), row, 0)
        grid.addWidget(Chip(item.standing.replace("-", " "), TONES[item.standing]), row, 1)
        told = words(STANDINGS[item.standing], dim=True, wrap=True)
        told.setMinimumWidth(_TOLD)
        grid.addWidget(told, row, 2)
    return grid


@dataclass(frozen=True)
class OpenMatter:
    """Something that is left for a judge to do."""

    sentence: str
    finding: str = ""
    """The finding that it is about."""


def open_matters(scores: Scores) -> Iterator[OpenMatter]:
    """What is left to do, in sentences."""
    if scores.status == "provisional":
        yield OpenMatter("Replay what was recorded, so that something can be earned.")
        return
    ranks = {item.finding: item.rank for item in scores.findings}
    for item in scores.ungraded:
        finding, facet, behaviour = open_facet(item)
        of = f" as to {behaviour}" if behaviour else ""
        yield OpenMatter(f"Nobody has read the {facet} of finding {ranks[finding]}{of} yet: grade it.", finding)
    for one in scores.findings:
        if one.standing in ("unadjudicated", "unknown"):
            told = f"Finding {one.rank} matches nothing, and nobody has ruled on it: rule what it is about, or run its"
            yield OpenMatter(f"{told} claim.", one.finding)
