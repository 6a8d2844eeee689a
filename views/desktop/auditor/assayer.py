"""Weighs hypotheses, findings and drafts on a worker of its own, once the log is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from views.desktop.courier import Worker
from views.desktop.findings.pane import FindingsPane
from workbench.claims.finding import Finding
from workbench.evidence.scales import Scales


class Assayer:
    """Shows in the findings pane what it finds; the log is counted a stretch at a time, so that nobody waits long."""

    def __init__(self, worker: Worker, scales: Scales, findings: FindingsPane) -> None:
        self._worker, self._scales, self._findings = worker, scales, findings
        self._observing = False

    def observe_if_needed(self) -> None:
        """Count what is new and weigh everything anew; not at all while there is nothing to weigh."""

        def found(stated: bool) -> None:
            if stated or self._findings.editing:
                self._observe()
            else:
                self._findings.show_claims(())

        self._worker.do(lambda: self._scales.stated, found)

    def _observe(self) -> None:
        if self._observing:
            return

        def counted(more: bool) -> None:
            self._observing = False
            if more:
                self._observe()
            else:
                self._worker.do(self._scales.hypotheses, self._findings.show_hypotheses)
                self._worker.do(self._scales.claims, self._findings.show_claims)

        self._observing = True
        self._worker.do(self._scales.count, counted)

    def weigh(self, draft: Finding) -> None:
        """A draft's strength: once the log is counted, which a first draft sets going."""
        editor = self._findings.editor
        self.counted(
            lambda: (*self._scales.weigh(draft), self._scales.held(draft)),
            lambda told: editor.show_strength(*told),
            lambda: editor.lacks.setText("counting the log…"),
        )

    def name(self, seq: int) -> None:
        """Put a record that the editor does not know into words."""
        self.counted(lambda: self._scales.title(seq), lambda title: self._findings.editor.name(seq, title))

    def counted(
        self, work: Callable[[], Any], done: Callable[[Any], Any], waiting: Callable[[], Any] = lambda: None
    ) -> None:
        """Do what wants the log counted to its end."""

        def counted(more: bool) -> None:
            if more:
                waiting()
                self.counted(work, done, waiting)
            else:
                self._worker.do(work, done)

        self._worker.do(self._scales.count, counted)
