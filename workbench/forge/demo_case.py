"""Seal a forged organism as the demo case: `python -m workbench.forge.demo_case FORGED assets/demo`."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from casefiles.case import leaks
from casefiles.case.bundle import Case, accept, seal_case
from casefiles.files import canonical
from casefiles.keys.identity import Identity
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.judge.truth import GroundTruth

TITLE = "Atlas 01"
FOLDER = "atlas-01.case"
RULES = Rules(
    affordances=frozenset(Affordance) - {Affordance.BASELINE, Affordance.WEIGHTS},
    budget=Budget(probes=400, generated_tokens=50_000, forward_tokens=400_000),
    findings=5,
)


def seal_demo(forged: Path, out: Path) -> Case:
    """Seal what `forge` left in `forged` as `out/atlas-01.case`, accepted by the demo judge whose key lies beside it.

    The judge's key is made if there is none, and is public on purpose; the attacker's is forgotten.
    """
    out.mkdir(parents=True, exist_ok=True)
    judge = _judge(out)
    truth = GroundTruth.model_validate_json((forged / "ground_truth.json").read_bytes())
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        shutil.copytree(forged / "case", source)
        leaks.strip(source)
        seal_case(
            source,
            out / FOLDER,
            title=TITLE,
            rules=json.loads(RULES.model_dump_json()),
            truth=canonical.encode(truth.model_dump(mode="json")),
            attacker=Identity.generate("Demo attacker"),
            judge=judge.public,
        )
    return accept(out / FOLDER, judge)


def _judge(folder: Path) -> Identity:
    key = folder / "judge.key"
    if key.exists():
        return Identity.load(key)
    judge = Identity.generate("Demo judge")
    judge.save(key, None)
    judge.public.save(folder / "judge.pub")
    return judge


if __name__ == "__main__":
    forged_folder, demo_folder = map(Path, sys.argv[1:])
    seal_demo(forged_folder, demo_folder)
