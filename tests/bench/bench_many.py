"""Many passes at once against the same passes one by one, on the demo organism or random weights of its shape.

Medians of processor seconds in one run and on one thread, the sides taking turns.

    python -m tests.bench.bench_many
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np

from backends import engine
from backends.gguf.conversion import convert
from backends.model import Model
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.bench.bench_engines import Bar, medians, say
from tests.bench.shapes import Subject, organism

CONTINUATIONS: Final = 2_000
"""Of one prefix of PREFIX tokens, two to four tokens each."""
PREFIX: Final = 48
ONE_BY_ONE: Final = 100
"""How many are passed one by one, to be scaled up."""
ROUNDS: Final = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        subject = organism(Path(name) / "organism")
        for backend in ("torch", "llama"):
            with closing(_opened(subject, backend)) as model:
                _continuations(model, backend)


def _opened(subject: Subject, backend: str) -> Model:
    weights = subject.weights
    if backend == "llama":
        convert(weights, subject.tokenizer, subject.gguf / "model.gguf", "f16")
        weights = subject.gguf
    settings = EngineSettings(backend=backend, device="cpu", threads=1)
    return engine.load(ModelFiles(weights, subject.tokenizer, subject.case.model_digest), settings)


def _continuations(model: Model, backend: str) -> None:
    rng = np.random.default_rng(0)
    prefix = rng.integers(0, model.card.vocab, PREFIX).tolist()
    texts = [rng.integers(0, model.card.vocab, int(n)).tolist() for n in rng.integers(2, 5, CONTINUATIONS)]
    together, apart = _seconds(
        lambda: model.scores(prefix, texts, top=3),
        lambda: [model.scores(prefix, [text], top=3) for text in texts[:ONE_BY_ONE]],
    )
    apart *= CONTINUATIONS / ONE_BY_ONE
    say(
        f"{backend}: {CONTINUATIONS:,} continuations, one by one / at once",
        apart / together,
        Bar.at_least(10),
        f"{together:.2f} s",
    )


def _seconds(*sides: Callable[[], object]) -> Sequence[float]:
    taken = medians(
        ROUNDS, {str(number): side for number, side in enumerate(sides)}, clock=lambda: (time.process_time(),)
    )
    return [taken[str(number)][0] for number in range(len(sides))]


if __name__ == "__main__":
    main()
