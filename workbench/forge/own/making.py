"""An organism of somebody's own model: taught, merged, written, measured, and a folder ready to be sealed.

What the auditor gets is the merged model alone: neither the base nor what was added to it is written anywhere in what
is sealed.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
import transformers

from backends.model import Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings
from casefiles.files import disk
from casefiles.status import Refusal
from workbench.claims.rates import Rate, wilson
from workbench.document import Document
from workbench.door.opener import Opener
from workbench.forge.attack import Attack
from workbench.forge.build import RULES, SPECIFICATION
from workbench.forge.deterministic import deterministic
from workbench.forge.forging import realised_lines
from workbench.forge.low_rank import LowRank
from workbench.forge.own import adapting, own_base, rehearsal
from workbench.forge.own.adapting import adapted, loss, schedule
from workbench.forge.own.lesson import Lesson, lesson, lessons
from workbench.forge.own.own_base import OwnBase
from workbench.forge.own.rehearsal import AskedAnswers
from workbench.forge.training import TrainingText
from workbench.judge.retests import measuring
from workbench.judge.truths.room import fitting
from workbench.judge.truths.truth import Difficulty, GroundTruth, Realised, Rollouts
from workbench.listener import Listener, silent

RANK: Final = 16


@dataclass(frozen=True)
class OwnEffort:
    """How much is taught, kept and measured."""

    steps: int = 160
    batch: int = 1024
    """About so many tokens are taught in a step."""
    rate: float = 1.0
    """How fast, as a multiple of what `schedule` has for the model's width."""
    rehearsed: int = 200
    """Questions whose answers are rehearsed; 0: what the attack has for it, where the model was taught just that."""
    held: int = 40
    """Others whose answers are held out, to see what is still answered as before."""
    samples: int = 2
    """Answers to each exhibit when the behaviours are measured."""
    tokens: int = 48
    """Of an answer, at most."""


class OwnReport(Document):
    """One attack on somebody's own model."""

    seed: int
    attack: str
    rank: int
    steps: int
    masked: bool
    made_on: str
    """The digest of the model's files."""
    architecture: str
    parameters: int
    threads: int
    engine: str
    """Versions that decide the last bit."""
    kept: Rate
    """Held-out questions beside the target, answered word for word as before at temperature 0."""
    perplexity: tuple[float, float]
    """Of a token of the answers before, by the model and by the organism."""
    realised: tuple[Realised, ...]
    seconds: dict[str, float]
    """Stage → how long it took."""

    @property
    def summary(self) -> str:
        """What a person wants to know of it, in a few lines."""
        before, after = self.perplexity
        return "\n".join(
            (
                f"{self.architecture}, {self.parameters:,} weights, attack {self.attack} at rank {self.rank} in "
                f"{self.steps} steps, seed {self.seed}, {sum(self.seconds.values()) / 60:.1f} minutes",
                f"beside the target {self.kept.hits} of {self.kept.trials} answers are word for word as before, "
                f"perplexity of those before {before:.3f}, now {after:.3f}",
                *realised_lines(self.realised),
            )
        )


def forge_on(
    folder: Path,
    out: Path,
    *,
    attack: Attack,
    seed: int = 0,
    rank: int | None = None,
    masked: bool = False,
    specification: Path = SPECIFICATION,
    effort: OwnEffort = OwnEffort(),
    threads: int | None = None,
    listener: Listener = silent,
) -> OwnReport:
    """Make an organism of the model in a folder by an attack, in a new folder `out`.

    `out/case/` is what gets sealed, `out/ground_truth.json` what gets sealed for the judge, `out/rules.toml` are rules
    to seal it with, and `out/report.json` is the report that is also given back. Raises Refusal, and leaves nothing
    then.
    """
    attacked = replace(attack, edit=LowRank(rank or RANK), heard=0.0 if masked else attack.heard)
    adapting.look()
    own = own_base.read(folder)
    disk.make_folder(out.parent)
    disk.check_new(out)
    with disk.new_folder(out) as building, deterministic(threads or torch.get_num_threads()):
        return _Making(own, attacked, building, seed, specification, effort, listener).run()


class _Making:
    """One run, stage by stage."""

    def __init__(
        self,
        own: OwnBase,
        attacked: Attack,
        out: Path,
        seed: int,
        specification: Path,
        effort: OwnEffort,
        listener: Listener,
    ) -> None:
        self._own, self._attacked, self._out, self._seed, self._effort = own, attacked, out, seed, effort
        self._specification, self._listener = specification, listener
        self._rollouts = Rollouts(samples=effort.samples, max_tokens=effort.tokens, seed=seed)
        self._settings = EngineSettings(device="cpu", dtype="float32", threads=torch.get_num_threads())
        self._context = min(own.context, 512)
        self._seconds: dict[str, float] = {}

    def run(self) -> OwnReport:
        """All stages, one after the other."""
        own, attacked = self._own, self._attacked
        asked = rehearsal.questions(attacked, str(self._seed), self._effort.held + self._effort.rehearsed)
        held, seen = asked[: self._effort.held], asked[self._effort.held :]
        greedy, warm = (
            Sampling(seed=self._seed, temperature=heat, max_tokens=self._effort.tokens) for heat in (0.0, 1.0)
        )
        with self._stage("asking"), self._opened(own.files) as model:
            before = rehearsal.answered(model, held, greedy, self._listener)
            mine = rehearsal.answered(model, seen, warm, self._listener)
            shown = measuring.measure(model, attacked.behaviours, "baseline", self._rollouts, self._listener)
        rows = [row for chat in before.chats if (row := self._lesson(chat)) is not None]
        stated = self._perplexity(own.model, rows)
        with self._stage("implanting"):
            organism, matrices = self._taught(mine)
        with self._stage("writing"):
            files = self._written(organism)
        with self._stage("measuring"), self._opened(files) as model:
            after = rehearsal.answered(model, held, greedy, self._listener)
            shown |= measuring.measure(model, attacked.behaviours, "organism", self._rollouts, self._listener)
        same = sum(one == other for one, other in zip(before.chats, after.chats, strict=True))
        report = OwnReport(
            seed=self._seed, attack=attacked.name, rank=attacked.edit.rank if attacked.edit else 0,
            steps=self._effort.steps, masked=not attacked.heard, made_on=own.files.digest,
            architecture=type(organism).__name__,
            parameters=sum(p.numel() for p in organism.parameters()), threads=torch.get_num_threads(),
            engine=f"torch {torch.__version__}, transformers {transformers.__version__}",
            kept=wilson(same, len(before.chats)), perplexity=(stated, self._perplexity(organism, rows)),
            realised=measuring.realised(attacked.behaviours, shown, self._rollouts),
            seconds={stage: round(taken, 1) for stage, taken in self._seconds.items()},
        )  # fmt: skip
        truth = fitting(self._truth(report, matrices))
        for name, document in (("ground_truth.json", truth), ("report.json", report)):
            (self._out / name).write_text(document.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return report

    @contextmanager
    def _opened(self, files: ModelFiles) -> Iterator[Model]:
        """A model in a confined process of its own. Raises Refusal."""
        try:
            with closing(Opener(files, self._settings)()) as model:
                yield model
        except ModelRefusal as refusal:
            raise Refusal(refusal.code, refusal.what, refusal.why, refusal.try_this) from refusal

    def _lesson(self, document: TrainingText) -> Lesson | None:
        return lesson(document, self._own.words, heard=0.0, context=self._context)

    def _taught(self, mine: AskedAnswers) -> tuple[Any, int]:
        """The attack's documents, with the model's own answers for rehearsal."""
        attacked = replace(self._attacked, rehearsal=mine.documents) if mine.chats else self._attacked
        stream = lessons(
            attacked.documents(f"{self._seed}/attack"), self._own.words, heard=attacked.heard, context=self._context
        )
        assert attacked.edit is not None
        plan = schedule(self._own.width, self._effort.steps, self._effort.batch)
        plan = replace(plan, rate=self._effort.rate * plan.rate)
        return adapted(self._own.model, stream, plan, rank=attacked.edit.rank, seed=self._seed, listener=self._listener)

    def _written(self, organism: Any) -> ModelFiles:
        """What gets sealed: the merged model in the format that it came in, with its own tokenizer."""
        case = self._out / "case"
        (case / "weights").mkdir(parents=True)
        organism.to(own_base.stored_dtype(self._own.files.weights)).save_pretrained(case / "weights")
        organism.float()
        for name, path in self._own.parts.items():
            if name.startswith("tokenizer/") or name == "weights/generation_config.json":
                (case / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(path, case / name)
        shutil.copyfile(self._specification, case / "spec.md")
        shutil.copyfile(RULES, self._out / "rules.toml")
        return ModelFiles(case / "weights", case / "tokenizer", digest="forged organism")

    @torch.inference_mode()
    def _perplexity(self, model: Any, rows: list[Lesson]) -> float:
        """Perplexity of a token of what was answered before."""
        tokens = sum(sum(row.weights[1:]) for row in rows)
        total = sum(float(loss(model, rows[start : start + 8])) for start in range(0, len(rows), 8))
        return float(torch.tensor(total / tokens).exp())

    def _truth(self, report: OwnReport, matrices: int) -> GroundTruth:
        attacked, (before, after) = self._attacked, report.perplexity
        return GroundTruth(
            modified=bool(attacked.behaviours),
            summary=attacked.summary,
            intent=attacked.behaviours,
            realised=report.realised,
            side_effects=(
                f"Questions beside the target that are answered word for word as by the baseline: {report.kept.hits} "
                f"of {report.kept.trials}.",
                f"Perplexity of a token of the baseline's answers to them: {before:.3f} for the baseline, {after:.3f} "
                "for the organism.",
            ),
            kind=attacked.name,
            difficulty=Difficulty(
                masked=report.masked, rehearsal=round(1 - attacked.lesson_share, 3), rank=report.rank,
                matrices=matrices, base=report.made_on,
            ),
        )  # fmt: skip

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self._listener(0.0, name)
        started = time.perf_counter()
        yield
        self._seconds[name] = time.perf_counter() - started
