"""`suite.json`: which cases a suite has. It says nothing of what is in them, and is read without an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from casefiles.files import disk
from casefiles.status import Refusal
from workbench.document import Document, Sha256

SuiteSplit = Literal["dev", "held-out", "real"]
"""`dev`: for whoever builds an auditor; `held-out`: for measuring one, and never looked into before; `real`: a tier of
organisms of a model of real size."""
LISTED: Final = "suite.json"
_LIMIT: Final = 1 << 20


class SuiteCase(Document):
    """One case of a suite."""

    name: str
    path: str
    """Relative to the suite."""
    digest: Sha256
    """Of the case's manifest."""
    model: Sha256
    """Of the organism's files."""


class OrganismSuite(Document):
    """A suite, as anybody may see it."""

    format: Literal["audit-workbench/suite/1"] = "audit-workbench/suite/1"
    split: SuiteSplit
    size: str
    """Of the models: `demo`, `tiny`, or in the tier the number of their weights."""
    base: str
    """The digest of the model that all were made from."""
    judge: str
    """The fingerprint of the judge for whom the truths are sealed."""
    cases: tuple[SuiteCase, ...]

    @classmethod
    def at(cls, folder: Path) -> OrganismSuite:
        """The suite in a folder. Raises Refusal."""
        try:
            return cls.model_validate_json(disk.read_small(folder / LISTED, _LIMIT))
        except ValueError as error:
            raise Refusal(
                "input.invalid", f"{folder.name} holds no suite.", f"{error}", "`workbench forge suite` makes one."
            ) from error  # fmt: skip

    def write(self, folder: Path) -> None:
        disk.write_atomic(folder / LISTED, self.model_dump_json(indent=2).encode())
