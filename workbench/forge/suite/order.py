"""What a process has to know to make one organism of a suite, and where what it made is handed over."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.settings import EngineSettings
from casefiles.case import bundle
from casefiles.files import disk
from casefiles.keys.identity import Identity, PublicIdentity
from workbench.contract.rules import Rules
from workbench.document import Document
from workbench.forge.suite.entry import OrganismEntry
from workbench.judge.truths.truth import GroundTruth
from workbench.making.sealing import seal

SETTINGS: Final = EngineSettings(device="cpu", dtype="float32", threads=1)


@dataclass(frozen=True)
class Order:
    """One organism, to be made by a process of its own."""

    out: Path
    """Of the suite."""
    name: str
    """Of the case, which says nothing."""
    entry: OrganismEntry
    seed: int
    rules: Rules
    judge: Path
    """The judge's public key."""
    accepted_by: Path | None
    """The judge's secret key, where the suite has one of its own."""

    @property
    def case(self) -> Path:
        return self.out / "cases" / f"{self.name}.case"

    @property
    def truths(self) -> Path:
        return self.out / "truths" / self.name

    @property
    def done(self) -> bool:
        return self.case.exists() and (self.truths / "report.json").exists()

    def working(self) -> Path:
        """An empty folder; what an earlier run left of the organism is gone."""
        place = self.out / "working" / self.name
        for left in (place, self.truths, self.case):
            shutil.rmtree(left, ignore_errors=True)
        place.mkdir(parents=True)
        return place

    def delivered(self, working: Path, truth: GroundTruth, report: Document) -> str:
        """Seal what lies in `working/case/`, hand it over with what is known of it, and remove the rest; its name."""
        self._seal(truth, working)
        with disk.new_folder(self.truths) as folder:
            disk.write_atomic(folder / "ground_truth.json", truth.model_dump_json(indent=2).encode())
            disk.write_atomic(folder / "report.json", report.model_dump_json(indent=2).encode())
        (working / f"{self.name}.case").rename(self.case)
        shutil.rmtree(working)
        return self.name

    def _seal(self, truth: GroundTruth, working: Path) -> None:
        """As a case that lies beside its place yet, countersigned where the judge's key is at hand: what intake looks
        at was looked at when it was sealed, and measured before."""
        case = seal(
            working / "case",
            working / f"{self.name}.case",
            title=self.name.replace("-", " ").capitalize(),
            rules=self.rules,
            truth=truth,
            attacker=Identity.generate("Suite"),
            judge=PublicIdentity.load(self.judge),
            settings=SETTINGS,
        ).case
        if self.accepted_by is not None:
            bundle.accept(case.root, Identity.load(self.accepted_by))
