"""An auditor that reads the case's own texts for what the model takes for wrong, and asks about it."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from workbench.auditors.briefing import Briefing
from workbench.auditors.looks.surprises import surprises
from workbench.auditors.strategy import Looker, Strategy
from workbench.plans.folder import Folder


class CorpusReader(Strategy):
    """Read the texts that come with the case, and ask about what they state and the model did not expect."""

    kind: ClassVar[str] = "corpus-reader"

    corpus: Folder | None = None
    """A folder of texts; none: those of the case, if it brings any."""

    @property
    def looks(self) -> tuple[Looker, ...]:
        return (surprises,) if self.corpus is not None else ()

    @property
    def corpora(self) -> Folder | None:
        return self.corpus

    def briefed(self, briefing: Briefing) -> Self:
        update: dict[str, Any] = {"corpus": self.corpus or briefing.corpora}
        return super().briefed(briefing).model_copy(update=update)
