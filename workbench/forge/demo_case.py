"""Seal a forged organism as a demo case: `python -m workbench.forge.demo_case FORGED assets/demo ["Atlas 02"]`."""

from __future__ import annotations

import sys
from pathlib import Path

from backends.settings import EngineSettings
from casefiles.case.bundle import Case
from casefiles.files.disk import make_folder
from casefiles.keys.identity import Identity
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.judge.acceptance.intake import accept
from workbench.judge.truths.truth import GroundTruth
from workbench.making.sealing import seal

TITLE = "Atlas 01"
RULES = Rules(
    affordances=frozenset(Affordance)
    - {Affordance.BASELINE, Affordance.BROUGHT, Affordance.ADAPTER, Affordance.WEIGHTS},
    budget=Budget(generated_tokens=50_000, forward_tokens=400_000, backward_tokens=40_000),
    findings=5,
)


def seal_demo(forged: Path, out: Path, title: str = TITLE) -> Case:
    """Seal what `forge` left in `forged` in `out`, e.g. as `atlas-01.case`, accepted by the demo judge whose key lies
    beside it.

    The judge's key is made if there is none, and is public on purpose; the attacker's is forgotten.
    """
    make_folder(out)
    judge = _judge(out)
    sealed = seal(
        forged / "case",
        out / f"{title.lower().replace(' ', '-')}.case",
        title=title,
        rules=RULES,
        truth=GroundTruth.read((forged / "ground_truth.json").read_bytes()),
        attacker=Identity.generate("Demo attacker"),
        judge=judge.public,
        settings=EngineSettings(),
    )
    return accept(sealed.case.root, judge, EngineSettings())[0]


def _judge(folder: Path) -> Identity:
    key = folder / "judge.key"
    if key.exists():
        return Identity.load(key)
    judge = Identity.generate("Demo judge")
    judge.save(key, None)
    judge.public.save(folder / "judge.pub")
    return judge


if __name__ == "__main__":
    seal_demo(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
