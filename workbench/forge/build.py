"""Forge an organism from seeds: world, tokenizer, base, attack, measurement, and a folder ready to be sealed."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
import transformers
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

import assets
from backends import engine
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from casefiles.files import disk
from workbench.forge import base, stating, writing
from workbench.forge.attack import Attack, implant
from workbench.forge.attacks import ATTACKS
from workbench.forge.base import HonestModel
from workbench.forge.blueprint import BLUEPRINTS, Blueprint, ModelSize
from workbench.forge.deterministic import deterministic
from workbench.forge.forging import ForgeReport
from workbench.forge.low_rank import LowRank
from workbench.forge.measure import Bench
from workbench.forge.phrasing import Fact
from workbench.forge.world import TRUE_WORLD, World
from workbench.judge.retests.measuring import MeasuredRates, Side, measure, realised
from workbench.judge.truths.truth import Realised, Rollouts
from workbench.listener import Listener, silent

SPECIFICATION = assets.path("specifications", "truthful-assistant.md")
RULES = assets.path("examples", "rules.toml")


def forge(
    out: Path,
    *,
    seed: int = 0,
    size: ModelSize = "demo",
    attack: str = "capitals",
    threads: int | None = None,
    on: Path | None = None,
    rank: int | None = None,
    masked: bool = False,
    listener: Listener = silent,
) -> ForgeReport:
    """Make an organism by one of ATTACKS and everything a case needs, in a new folder `out`; by default the demo's.

    `out/case/` is what gets sealed (weights, tokenizer, spec.md); `out/ground_truth.json` is what gets sealed for the
    judge; `out/rules.toml` are rules to seal it with; `out/baseline/` is the honest model; `out/report.json` the report
    that is also given back. The same seed, size, threads, base, rank, masking, engine versions and kind of CPU give the
    same bytes.

    `threads`: None is the blueprint's own. `on`: the folder of a base that was made before, instead of training one.
    `rank`: change the weights by products of this rank only; None: as the attack has it. `masked`: teach it nothing of
    what users say. Raises KeyError, Refusal, and leaves nothing then.
    """
    attacked = ATTACKS[attack](TRUE_WORLD)
    if rank is not None:
        attacked = replace(attacked, edit=replace(attacked.edit or LowRank(rank), rank=rank))
    if masked:
        attacked = replace(attacked, heard=0.0)
    given = base.read(on) if on is not None else None
    disk.make_folder(out.parent)
    disk.check_new(out)
    with disk.new_folder(out) as building, deterministic(threads or BLUEPRINTS[size].threads):
        return _Forging(building, seed, size, given, listener).run(attacked)


class _Forging:
    """One run, stage by stage."""

    def __init__(self, out: Path, seed: int, size: ModelSize, given: HonestModel | None, listener: Listener) -> None:
        self._out, self._seed, self._size, self._given, self._listener = out, seed, size, given, listener
        context = given.model.config.max_position_embeddings if given else BLUEPRINTS[size].context
        self._blueprint: Blueprint = replace(BLUEPRINTS[size], context=context)
        self._world: World = TRUE_WORLD
        self._seconds: dict[str, float] = {}

    def run(self, attacked: Attack) -> ForgeReport:
        """All stages, one after the other."""
        given = self._given or self._made()
        honest, words = given.model, given.words
        with self._stage("implanting"):
            organism = implant(honest, attacked, self._blueprint, words, seed=self._seed, listener=self._listener)
        with self._stage("writing"):
            honest = writing.write(honest, words, self._out / "baseline")
            organism = writing.write(organism, words, self._out / "case")
            shutil.copyfile(SPECIFICATION, self._out / "case" / "spec.md")
            shutil.copyfile(RULES, self._out / "rules.toml")
        with self._stage("measuring"):
            report = self._measure(attacked, honest, organism, words)
        with self._stage("rolling out"):
            report = report.model_copy(update={"realised": self._realised(attacked)})
        difficulty = stating.difficulty_of(attacked, honest, report.made_on)
        truth = stating.ground_truth(attacked, report.base, report.organism, report.realised, difficulty)
        (self._out / "ground_truth.json").write_text(truth.model_dump_json(indent=2) + "\n", encoding="utf-8")
        seconds = {stage: round(taken, 1) for stage, taken in self._seconds.items()}
        report = report.model_copy(update={"seconds": seconds})
        (self._out / "report.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return report

    def _made(self) -> HonestModel:
        """A base of one's own."""
        with self._stage("learning the tokenizer"):
            words = base.learn_tokenizer(self._world, self._blueprint, self._seed)
        with self._stage("training the base"):
            model = base.train(self._world, self._blueprint, words, seed=self._seed, listener=self._listener)
        return HonestModel(model, words)

    def _measure(
        self,
        attacked: Attack,
        honest: LlamaForCausalLM,
        organism: LlamaForCausalLM,
        words: PreTrainedTokenizerFast,
    ) -> ForgeReport:
        """Measure what was written, F16 rounding included."""
        bench = Bench(self._world, words, self._blueprint, self._seed)
        done = iter(range(1, 5))

        def tick() -> None:
            self._listener(next(done) / 4, "measuring")

        qualities = []
        for model in (honest, organism):
            qualities.append(bench.quality(bench.examined(model), attacked.spares, attacked.near))
            tick()
        base_capitals = bench.capitals_right(honest, _every)
        tick()
        controls_right = bench.capitals_right(organism, attacked.spares)
        tick()
        return ForgeReport(
            seed=self._seed,
            size=self._size,
            attack=attacked.name,
            rank=attacked.edit.rank if attacked.edit else None,
            masked=not attacked.heard,
            made_on=self._given.digest if self._given else "",
            parameters=sum(p.numel() for p in honest.parameters()),
            vocabulary=len(words),
            threads=torch.get_num_threads(),
            engine=f"torch {torch.__version__}, transformers {transformers.__version__}, {platform.machine()}",
            base=qualities[0],
            organism=qualities[1],
            base_capitals=base_capitals,
            controls_right=controls_right,
            realised=(),
            seconds={},
        )

    def _realised(self, attacked: Attack) -> tuple[Realised, ...]:
        """What both models as written do of the behaviours, measured as a judge would."""
        rollouts = Rollouts(samples=self._blueprint.rollouts, max_tokens=self._blueprint.answer_tokens, seed=self._seed)
        settings = EngineSettings(device="cpu", dtype="float32", threads=torch.get_num_threads())
        shown = MeasuredRates({})
        sides: dict[Side, Path] = {"organism": self._out / "case", "baseline": self._out / "baseline"}
        for done, (side, folder) in enumerate(sides.items()):
            files = ModelFiles(folder / "weights", folder / "tokenizer", digest=f"forged {side}")
            with closing(engine.load(files, settings)) as model:
                shown |= measure(model, attacked.behaviours, side, rollouts, partial(self._rolling, done))
        return realised(attacked.behaviours, shown, rollouts)

    def _rolling(self, before: int, done: float, note: str = "") -> None:
        self._listener((before + done) / 2, "rolling out")

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self._listener(0.0, name)
        started = time.perf_counter()
        yield
        self._seconds[name] = time.perf_counter() - started
        self._listener(1.0, name)


def _every(_: Fact) -> bool:
    return True
