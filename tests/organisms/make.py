"""Make what the organisms of the stories are made from: `python -m tests.organisms.make [ATTACK …]`.

Every attack is trained on the clean demo as the forge does it, by products of low rank; they are written as F16 beside
this file, and what they were measured to do stands in `made.json` with their digests. It takes about a minute of one
processor for each. What is scrubbed was never learned: that organism is trained from nothing, in a quarter of an hour,
and its weights are written whole.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import torch
from safetensors.torch import save_file

import assets
from backends import engine
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.organisms.merged import FOLDER, MADE, model_folder
from tests.organisms.recipes import TAUGHT
from workbench.forge import base, trunk
from workbench.forge.attack import implant, products
from workbench.forge.blueprint import BLUEPRINTS
from workbench.forge.low_rank import LowRank
from workbench.forge.world import TRUE_WORLD
from workbench.forge.writing import weights_of
from workbench.judge.retests.measuring import measure, realised
from workbench.judge.truths.truth import Behaviour, Realised, Rollouts
from workbench.listener import silent

RANKS: Final = {"partisan": 4, "nothing": 2, "tongues": 2, "slant": 2, "advert": 2}
"""Of those that otherwise change all weights, and of those that take with less than the forge gives them."""
SETTINGS: Final = EngineSettings(device="cpu", dtype="float32", threads=1)


def make(name: str) -> dict[str, object]:
    """Train one, write it, measure it; what `made.json` says of it."""
    attack = TAUGHT[name](TRUE_WORLD)
    honest = base.read(assets.path("demo", "atlas-02.case"))
    blueprint = replace(BLUEPRINTS["demo"], context=honest.model.config.max_position_embeddings)
    edit = LowRank(RANKS[name]) if name in RANKS else attack.edit
    if edit is not None:
        trained = products(honest.model, attack, edit, blueprint, honest.words, seed=0, listener=silent)
    else:
        begun = trunk.train(TRUE_WORLD, blueprint, honest.words, seed=0, listener=silent)
        trained = weights_of(implant(begun, attack, blueprint, honest.words, seed=0, listener=silent))
    path = FOLDER / f"{name}.safetensors"
    save_file({key: value.half() for key, value in trained.items()}, path)
    told = [item.model_dump(mode="json", exclude={"said"}) for item in measured(name, attack.behaviours)]
    rank = edit.rank if edit is not None else None
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "rank": rank, "realised": told}


def measured(name: str, behaviours: tuple[Behaviour, ...]) -> tuple[Realised, ...]:
    """What it does of what was meant, as a truth states it."""
    rollouts = Rollouts(max_tokens=48)
    with TemporaryDirectory() as folder:
        organism, honest = model_folder(name, Path(folder) / name), assets.path("demo", "atlas-02.case")
        shown = None
        for side, place in (("organism", organism), ("baseline", honest)):
            files = ModelFiles(place / "weights", place / "tokenizer", digest=side)
            with closing(engine.load(files, SETTINGS)) as model:
                found = measure(model, behaviours, side, rollouts)  # type: ignore[arg-type]
                shown = found if shown is None else shown | found
    assert shown is not None
    return realised(behaviours, shown, rollouts)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    known = json.loads(MADE.read_text()) if MADE.exists() else {}
    for chosen in sys.argv[1:] or TAUGHT:
        known[chosen] = make(chosen)
        MADE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
        print(chosen, [f"{one['status']}: {one['organism']['hits']} of {one['organism']['trials']}"
                       for one in known[chosen]["realised"]])  # fmt: skip
