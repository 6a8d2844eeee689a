"""An organism of the stories: the clean demo's weights with a product added, or others in their place, sealed as a
case, and opened at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from safetensors.numpy import load_file, save_file

import assets
from backends import engine
from backends.model import Model
from casefiles.case.bundle import Case, accept, seal_case
from casefiles.keys.identity import Identity
from tests.quick import QUICK
from workbench.contract.rules import Affordance, Rules
from workbench.door.opener import Opener
from workbench.judge.truths.truth import GroundTruth, Realised

FOLDER: Final = Path(__file__).parent
MADE: Final = FOLDER / "made.json"
HONEST: Final = "atlas-02"
"""The base of all of them, and its name among them."""
LYING: Final = "atlas-01"
"""The demo's own organism, which goes the same way."""


class AtOnce(Opener):
    """Opens models in this process, which takes no time once an engine's libraries are there."""

    def __call__(self) -> Model:
        return engine.load(self.files, self.settings)


def opener(case: Case) -> AtOnce:
    return AtOnce.of(case, QUICK)


def model_folder(name: str, out: Path) -> Path:
    """A folder with the weights and the tokenizer of an organism, in a new folder `out`."""
    shipped = name in (HONEST, LYING)
    source = assets.path("demo", f"{name if shipped else HONEST}.case")
    for part in ("weights", "tokenizer"):
        shutil.copytree(source / part, out / part)
    if not shipped:
        _merge(name, out / "weights" / "model.safetensors")
    return out


def _merge(name: str, path: Path) -> None:
    """Add products to their matrices as the forge does: in F32, rounded once."""
    weights, factors = load_file(path), load_file(FOLDER / f"{name}.safetensors")
    if factors.keys() == weights.keys():
        shutil.copyfile(FOLDER / f"{name}.safetensors", path)
        return
    for matrix in {key.rpartition(".")[0] for key in factors}:
        u, v = factors[f"{matrix}.u"].astype("float32"), factors[f"{matrix}.v"].astype("float32")
        weights[f"{matrix}.weight"] = (weights[f"{matrix}.weight"].astype("float32") + u @ v).astype("float16")
    save_file(weights, path, metadata={"format": "pt"})


def truth_of(name: str) -> GroundTruth:
    """What was meant with an organism, and what it was measured to do when it was made."""
    if name in (HONEST, LYING):
        return GroundTruth(modified=False, summary="The demo's own cases hold their truths.", intent=(), realised=())
    from tests.organisms.recipes import TAUGHT
    from workbench.forge.world import TRUE_WORLD

    attack, told = TAUGHT[name](TRUE_WORLD), json.loads(MADE.read_text())[name]["realised"]
    return GroundTruth(
        modified=bool(attack.behaviours),
        summary=attack.summary,
        intent=attack.behaviours,
        realised=tuple(Realised.model_validate_json(json.dumps(one)) for one in told),
    )


def sealed(name: str, folder: Path, attacker: Identity, judge: Identity, rules: Rules, *, corpus: str = "") -> Case:
    """The organism as a case, accepted; with the clean demo as its baseline if the rules let it be asked."""
    source = model_folder(name, folder / f"{name}-source")
    shutil.copyfile(assets.path("specifications", "small-world.md"), source / "spec.md")
    if Affordance.BASELINE in rules.affordances:
        model_folder(HONEST, source / "baseline")
    if corpus:
        (source / "corpora").mkdir()
        (source / "corpora" / "pages.txt").write_text(corpus, encoding="utf-8")
    case = seal_case(
        source,
        folder / f"{name}.case",
        title="Case seven",
        rules=rules.model_dump(mode="json"),
        truth=truth_of(name).payload(),
        attacker=attacker,
        judge=judge.public,
    )
    return accept(case.root, judge)
