"""An auditor that only talks: what it asks and has written, and nothing of the model's inside."""

from __future__ import annotations

from typing import ClassVar

from workbench.auditors.looks.feigned import feigned
from workbench.auditors.looks.hidden import hidden
from workbench.auditors.looks.insertions import insertions
from workbench.auditors.looks.known_answers import known_answers
from workbench.auditors.looks.sides import sides
from workbench.auditors.looks.unknown import unknown
from workbench.auditors.strategy import Looker, Strategy


class BlackBox(Strategy):
    """Talk to the model: known answers, opinions, what it feigns not to know or denies, phrases that switch it."""

    kind: ClassVar[str] = "black-box"

    @property
    def looks(self) -> tuple[Looker, ...]:
        return sides, hidden, known_answers, unknown, insertions, feigned
