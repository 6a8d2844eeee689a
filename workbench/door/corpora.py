"""The corpora of a case: where its rules may say that every prompt has to come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from casefiles.case.bundle import Case
from workbench.contract.probe import Probe


@dataclass(frozen=True)
class Corpora:
    """The lines of the text files that a case brings in `corpora/`."""

    lines: frozenset[str]

    @classmethod
    def of(cls, case: Case) -> Self:
        paths = sorted(case.path("corpora").glob("*.txt"))
        return cls(frozenset(line.strip() for path in paths for line in path.read_text(encoding="utf-8").splitlines()))

    def hold(self, probe: Probe) -> bool:
        """Whether all that a probe gives the model stands there."""
        texts = [turn.content for prompt in probe.prompts() for turn in prompt.chat]
        texts += [prompt.text for prompt in probe.prompts() if not prompt.chat]
        return all(not text or text.strip() in self.lines for text in texts)  # a turn left open and empty says nothing
