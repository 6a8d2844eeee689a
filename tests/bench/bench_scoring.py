"""Two thousand continuations of one prefix, and pages read token by token, against the passes they are made of.

`one by one` gives the engine each continuation in a pass of its own, after the prefix and after the control, and reads
its log-probability; the probe does the same together. A scan of pages is held against their bare forward passes, whose
logits nobody reads. Medians of processor seconds in one run and on one thread, the sides taking turns; the engine runs
in this process.

    python -m tests.bench.bench_scoring
"""

from __future__ import annotations

import itertools
import operator
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from backends.model import Model
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from backends.torch.model import TorchModel
from tests.bench.bench_engines import Bar, medians, say
from tests.bench.shapes import Subject, lens, organism
from workbench.contract.excerpt import Excerpt
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.forge import prose
from workbench.forge.world import TRUE_WORLD
from workbench.probes.prior import Prior
from workbench.probes.scan import Scan
from workbench.readings.control import RAW_CONTROL

PREFIX = "The capital of the country that lies to the north of the sea and to the south of the hills is"
CANDIDATES, PAGES = 2000, 60
PRIOR, SCAN = Bar(operator.ge, 10.0), Bar(operator.le, 1.1)
ALONE = EngineSettings(device="cpu", threads=1)


def names(count: int) -> tuple[str, ...]:
    """Words of several tokens each, all different."""
    rng = np.random.default_rng(0)
    letters = list("abdefgiklmnoprstu")
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choice(letters, 5)).capitalize()] = None
    return tuple(found)


def one_by_one(model: Model, candidates: tuple[str, ...]) -> float:
    """The sum of all log-probabilities, each candidate in a pass of its own."""
    total = 0.0
    for prefix, candidate in itertools.product((PREFIX, RAW_CONTROL), candidates):
        before, ids = model.encode(prefix), model.encode(f" {candidate}")
        rows = range(len(before) - 1, len(before) + len(ids) - 1)
        logits = model.forward([*before, *ids], rows=rows).logits.astype(np.float64)
        logits -= logits.max(axis=-1, keepdims=True)
        total += float((logits[range(len(ids)), ids] - np.log(np.exp(logits).sum(axis=-1))).sum())
    return total


def priors(subject: Subject) -> None:
    candidates = names(CANDIDATES)
    probe = Prior(prompt=Prompt.raw(PREFIX), candidates=candidates)
    few = candidates[: CANDIDATES // 20]
    with closing(TorchModel.open(files(subject), ALONE)) as model:
        taken = seconds(3, {"few": lambda: one_by_one(model, few), "probe": lambda: probe.run(model, Silent())})
    alone = taken["few"] * len(candidates) / len(few)
    detail = f"{CANDIDATES:,} in {taken['probe']:.2f} s, with the control; one by one {alone:.1f} s"
    say(f"{subject.name}: continuations one by one / prior", alone / taken["probe"], PRIOR, detail)


def pages(subject: Subject) -> None:
    """Pages of the small world, read by the probe and by bare passes whose logits nobody looks at."""
    rng = random.Random(5)
    texts = [prose.page(TRUE_WORLD, rng) for _ in range(PAGES)]
    probe = Scan(excerpts=tuple(Excerpt(file=f"{at}.txt", start=0, text=text) for at, text in enumerate(texts)))
    with closing(TorchModel.open(files(subject), ALONE)) as model:
        taken = seconds(
            9,
            {
                "bare": lambda: [model.forward(model.encode(text)) for text in texts],
                "scan": lambda: probe.run(model, Silent()),
            },
        )
    detail = f"{taken['scan'] / len(texts) * 1e3:.1f} ms a page"
    say(f"{subject.name}: scan / bare forward passes", taken["scan"] / taken["bare"], SCAN, detail)


def seconds(rounds: int, sides: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Processor seconds of each side, so that what else the machine does is no part of them."""
    taken = medians(rounds, sides, clock=lambda: (time.process_time(),))
    return {name: one for name, (one,) in taken.items()}


def files(subject: Subject) -> ModelFiles:
    return ModelFiles(subject.weights, subject.tokenizer, subject.case.model_digest)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for subject in (organism(Path(name) / "organism"), lens(Path(name) / "lens")):
            priors(subject)
            pages(subject)


if __name__ == "__main__":
    main()
