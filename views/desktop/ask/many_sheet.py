"""Asks many questions as one was asked: a list of them becomes a battery."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from views.desktop.ask.fields import Growing, NumberBox, lines_of
from views.desktop.ask.form import complaint
from views.desktop.notice import Notice
from views.desktop.sheet import Sheet
from workbench.claims.predicate import Match
from workbench.plans.battery import Battery
from workbench.probes.sample import Sample


class ManySheet(Sheet):
    """The questions, one a line, and what an answer must say to count."""

    def __init__(self, sample: Sample, on: str, lay_out: Callable[[Battery], object], parent: QWidget | None) -> None:
        """`lay_out`: puts the battery in front, to be run from there."""
        about = (
            "Each line is asked in place of the question in front, with its settings: system prompt, how the answer "
            "begins, temperature, changes inside. Every one is a record of its own; the seeds are the session's."
        )
        super().__init__("Many prompts", about, width=560, parent=parent)
        self._sample, self._on, self._lay_out = sample, on, lay_out
        self.questions, self.any_of, self.none_of = QPlainTextEdit(), Growing(1, 4), Growing(1, 4)
        self.questions.setTabChangesFocus(True)
        self.questions.setMinimumHeight(180)
        self.samples, self.notice = NumberBox(), Notice()
        self.samples.setDecimals(0)
        self.samples.setRange(1, 512)
        self.samples.setValue(sample.samples)
        for box in (self.questions, self.any_of, self.none_of):
            box.setPlaceholderText("one a line")
        self.ask_below(
            (
                ("Questions", self.questions),
                ("An answer counts if it contains any of these", self.any_of),
                ("and none of these", self.none_of),
                ("Answers to each", self.samples),
            )
        )
        self.questions.setPlainText(sample.prompt.title + "\n" if sample.prompt.speaker == "assistant" else "")
        self.column.addWidget(self.notice)
        self.button = self.foot("Lay it out", self.submit)

    def submit(self) -> None:
        """Lay the battery out, if it can be counted."""
        asked = tuple(dict.fromkeys(lines_of(self.questions)))
        shows = Match(any_of=lines_of(self.any_of), none_of=lines_of(self.none_of))
        if not asked or shows.empty:
            self.notice.say(
                "It says nothing to ask." if not asked else "It does not say which answers count.", "",
                "Write one question a line." if not asked else "Write the words that an answer must hold.", tone="warn",
            )  # fmt: skip
            return
        sample = self._sample.model_copy(update={"samples": round(self.samples.value())})
        try:
            battery = Battery.of(sample, asked, shows, self._on)
        except ValidationError as error:
            self.notice.say(complaint(error), tone="warn")
            return
        self.close()
        self._lay_out(battery)
