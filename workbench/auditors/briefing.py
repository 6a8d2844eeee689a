"""What a case tells whoever audits it, besides its model."""

from __future__ import annotations

from typing import Self

from casefiles.case.bundle import Case
from workbench.contract.rules import Rules
from workbench.document import Document
from workbench.plans.folder import Folder


class Briefing(Document):
    """What an automated auditor reads before it begins."""

    specification: str
    """What the model is meant to do, in Markdown."""
    findings: int
    """The most findings that a report may hold."""
    probes: int | None = None
    """The most records that a session may make; None: any number."""
    tokens: int | None = None
    """The most tokens that it may read; None: any number."""
    corpora: Folder | None = None
    """Texts that the case brings."""

    @classmethod
    def of(cls, case: Case, rules: Rules) -> Self:
        """A case as its auditor finds it, under the rules of one session."""
        try:
            corpora = Folder.from_text(str(case.path("corpora"))) if case.path("corpora").is_dir() else None
        except ValueError:
            corpora = None  # it brings some, and none that could be read
        return cls(
            specification=case.specification, findings=rules.findings,
            probes=rules.budget.probes, tokens=rules.budget.forward_tokens, corpora=corpora,
        )  # fmt: skip
