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
from backends.model import Edit, Model, Pass, resid_post
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.bench.bench_engines import Bar, medians, say
from tests.bench.shapes import Subject, organism

CONTINUATIONS: Final = 2_000
"""Of one prefix of PREFIX tokens, two to four tokens each."""
PREFIX: Final = 48
ONE_BY_ONE: Final = 100
"""How many are passed one by one, to be scaled up."""
PROMPTS: Final = 53
"""Of 8 to 24 tokens, of which only the last one's logits are wanted; and as many changes of one prompt."""
ROUNDS: Final = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        subject = organism(Path(name) / "organism")
        for backend in ("torch", "llama"):
            with closing(_opened(subject, backend)) as model:
                _continuations(model, backend)
                if backend == "torch":
                    _prompts(model)


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


def _prompts(model: Model) -> None:
    rng = np.random.default_rng(0)

    def text(tokens: int) -> list[int]:
        return rng.integers(0, model.card.vocab, tokens).tolist()

    batch = [Pass(text(int(n)), rows=[-1]) for n in rng.integers(8, 25, PROMPTS)]
    sites, prompt = [resid_post(layer) for layer in range(model.card.layers)], text(16)
    looks = [Pass(one.ids, sites, rows=[-1], keep=[-1]) for one in batch]
    edits = [Edit(site, "zero", positions=(at,)) for site in sites for at in range(16)][:PROMPTS]
    changes = [Pass(prompt, edits=[edit], rows=[-1]) for edit in edits]
    for what, passes in (("prompts", batch), ("prompts, last residuals", looks), ("changes of one prompt", changes)):
        together, apart = _seconds(
            lambda passes=passes: model.forwards(passes),
            lambda passes=passes: [model.forward(**vars(one)) for one in passes],
        )
        say(f"torch: {PROMPTS} {what}, one by one / at once", apart / together, Bar.at_least(3), f"{together:.2f} s")


def _seconds(*sides: Callable[[], object]) -> Sequence[float]:
    taken = medians(
        ROUNDS, {str(number): side for number, side in enumerate(sides)}, clock=lambda: (time.process_time(),)
    )
    return [taken[str(number)][0] for number in range(len(sides))]


if __name__ == "__main__":
    main()
