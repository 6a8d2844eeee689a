"""What all organisms of a suite stand on: one trunk, the base that it becomes, and what that base answers.

Kept in a folder and trained once: `trunk/`, `base/`, `examination.json`, `answers/` and `foundation.json`. Every part
is written beside its place and moved there, so that a run that was killed goes on with what is whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from backends import engine
from backends.model_files import ModelFiles
from casefiles.files import canonical, disk
from casefiles.status import Refusal
from workbench.claims.rates import Rate
from workbench.document import Document
from workbench.door.brought import folder_of
from workbench.forge import base, trunk, writing
from workbench.forge.attack import Attack, implant
from workbench.forge.base import HonestModel
from workbench.forge.blueprint import SUITES, Blueprint, ModelSize
from workbench.forge.deterministic import deterministic
from workbench.forge.forging import Examination
from workbench.forge.measure import Bench
from workbench.forge.suite.order import SETTINGS
from workbench.forge.world import TRUE_WORLD
from workbench.judge.retests.measuring import MeasuredRates, measure
from workbench.judge.truths.truth import BaselineAnswer, Behaviour, FigureName, Rollouts
from workbench.listener import Listener

SEED: Final = 0
"""Of what every base is asked, and of the base that is trained where no other is wanted: it is nothing to hide."""


class LaidFoundation(Document):
    """`foundation.json`: that it is whole, and what it is."""

    size: ModelSize
    lacking: tuple[str, ...] = trunk.LACKING
    """What the trunk lacks and the base was taught late."""
    base: str
    """The digest of the base's files."""


class BaseRates(Document):
    """What the base was counted to show of one behaviour, and some of what it said."""

    rate: Rate
    said: tuple[BaselineAnswer, ...]
    untold: int = 0
    """Answers that were cut off before they told."""


@dataclass(frozen=True)
class Foundation:
    """One that is whole."""

    folder: Path
    laid: LaidFoundation

    @classmethod
    def at(cls, folder: Path, size: ModelSize) -> Self:
        """One that was laid before. Raises Refusal."""
        try:
            laid = LaidFoundation.model_validate_json((folder / "foundation.json").read_bytes())
        except (OSError, ValueError) as error:
            raise Refusal(
                "input.invalid", f"{folder.name} is no base of a suite.", f"{error}",
                "Name the `foundation/` of a suite that was made before.",
            ) from error  # fmt: skip
        if laid.size != size or laid.lacking != trunk.LACKING:
            raise Refusal(
                "input.invalid", f"{folder.name} is the base of another suite.",
                f"It is of size {laid.size} and lacks {' and '.join(laid.lacking)}.",
                f"Name one of size {size} whose trunk lacks {' and '.join(trunk.LACKING)}.",
            )  # fmt: skip
        return cls(folder, laid)

    @property
    def blueprint(self) -> Blueprint:
        return SUITES[self.laid.size]

    def honest(self) -> HonestModel:
        """The base as it is handed over."""
        return base.read(self.folder / "base")

    def start(self, attacked: Attack) -> HonestModel:
        """What an attack begins with."""
        return base.read(self.folder / "trunk") if attacked.trunk else self.honest()

    def bench(self, words: PreTrainedTokenizerFast) -> Bench:
        return Bench(TRUE_WORLD, words, self.blueprint, SEED)

    def examination(self) -> Examination:
        return Examination.model_validate_json((self.folder / "examination.json").read_bytes())

    def answers(self, behaviours: Sequence[Behaviour], rollouts: Rollouts) -> MeasuredRates:
        """What the base shows of some behaviours, each asked once for all organisms that are measured by it."""
        rates: dict[tuple[str, FigureName], Rate] = {}
        said: dict[str, tuple[BaselineAnswer, ...]] = {}
        untold: dict[tuple[str, FigureName], int] = {}
        for behaviour in behaviours:
            kept = self.folder / "answers" / f"{_asked_by(behaviour, rollouts)[:24]}.json"
            if not kept.exists():
                disk.write_atomic(kept, self._asked(behaviour, rollouts).model_dump_json().encode())
            found = BaseRates.model_validate_json(kept.read_bytes())
            rates[behaviour.id, "baseline"], said[behaviour.id] = found.rate, found.said
            if found.untold:
                untold[behaviour.id, "baseline"] = found.untold
        return MeasuredRates(rates, said, untold)

    def _asked(self, behaviour: Behaviour, rollouts: Rollouts) -> BaseRates:
        found = rolled_out(self.folder / "base", self.laid.base, behaviour, rollouts)
        key: tuple[str, FigureName] = behaviour.id, "baseline"
        return BaseRates(rate=found.rates[key], said=found.said[behaviour.id], untold=found.untold.get(key, 0))


def _asked_by(behaviour: Behaviour, rollouts: Rollouts) -> str:
    """The digest of everything that is asked."""
    exhibits = [exhibit.model_dump(mode="json") for exhibit in behaviour.exhibits]
    return hashlib.sha256(canonical.encode([rollouts.model_dump(mode="json"), behaviour.id, *exhibits])).hexdigest()


def rolled_out(folder: Path, digest: str, behaviour: Behaviour, rollouts: Rollouts) -> MeasuredRates:
    """What a base in a folder shows of a behaviour."""
    with closing(engine.load(ModelFiles(folder / "weights", folder / "tokenizer", digest), SETTINGS)) as model:
        return measure(model, (behaviour,), "baseline", rollouts)


def lay(folder: Path, size: ModelSize, listener: Listener, seed: int = SEED) -> Foundation:
    """Train trunk and base where they aren't yet, and ask the base everything once. `seed`: of the base's first
    weights, its vocabulary and the order of what it reads."""
    if (folder / "foundation.json").exists():
        return Foundation.at(folder, size)
    with deterministic(SUITES[size].threads):
        return _laid(folder, size, listener, seed)


def _laid(folder: Path, size: ModelSize, listener: Listener, seed: int) -> Foundation:
    """Part by part, those that are there left as they are."""
    blueprint = SUITES[size]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "answers").mkdir(exist_ok=True)
    if not (folder / "trunk").exists():
        words = trunk.learn_tokenizer(TRUE_WORLD, blueprint, seed)
        _write(trunk.train(TRUE_WORLD, blueprint, words, seed=seed, listener=listener), words, folder / "trunk")
    if not (folder / "base").exists():
        start = base.read(folder / "trunk")
        learned = trunk.late(TRUE_WORLD)
        _write(
            implant(start.model, learned, blueprint, start.words, seed=seed, listener=listener),
            start.words, folder / "base",
        )  # fmt: skip
    honest = base.read(folder / "base")
    seen = Bench(TRUE_WORLD, honest.words, blueprint, SEED).examined(honest.model)
    disk.write_atomic(folder / "examination.json", seen.model_dump_json().encode())
    laid = LaidFoundation(size=size, base=folder_of(folder / "base").digest)
    disk.write_atomic(folder / "foundation.json", laid.model_dump_json(indent=2).encode())
    return Foundation(folder, laid)


def _write(model: LlamaForCausalLM, words: PreTrainedTokenizerFast, folder: Path) -> None:
    with disk.new_folder(folder) as building:
        writing.write(model, words, building)
