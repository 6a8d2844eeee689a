"""The logit lens on a viewport of 9 layers × 32 positions at width 512 and a vocabulary of 32,000.

Its cost against the one thing it cannot do without: the product of those residuals with the unembedding. Medians of
wall time in one run, the sides taking turns. `engine` asks the engine in this process, `child` one in its own.

    python -m tests.bench.bench_lens
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

from backends.model import resid_post
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from backends.torch.model import TorchModel
from tests.bench.bench_engines import medians, say
from tests.bench.shapes import PROMPT, lens
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.door.opener import Opener
from workbench.probes import LogitLens

POSITIONS = 32


def main() -> None:
    import torch

    with tempfile.TemporaryDirectory() as name:
        subject = lens(Path(name) / "lens")
        files = ModelFiles(subject.weights, subject.tokenizer, subject.case.model_digest)
        settings = EngineSettings(device="cpu")
        with (
            closing(TorchModel.open(files, settings)) as model,
            closing(Opener(files, settings)()) as child,
        ):
            text = (PROMPT * 6)[: POSITIONS + 8]
            probe = LogitLens(prompt=Prompt(text=text), positions=POSITIONS)
            ids = model.encode(text)
            sites = [resid_post(layer) for layer in range(model.card.layers)]
            captured = model.forward(ids, capture=sites, rows=[-1]).captured
            residuals = np.concatenate([captured[site][-POSITIONS:] for site in sites])
            rows = torch.from_numpy(residuals)
            unembedding = torch.from_numpy(model.weights("unembed"))
            taken = medians(
                9,
                {
                    "product": lambda: torch.nn.functional.linear(rows, unembedding),
                    "readout": lambda: model.readout(residuals),
                    "engine": lambda: probe.run(model, Silent()),
                    "child": lambda: probe.run(child, Silent()),
                    "last": lambda: model.readout(residuals[POSITIONS - 1 :: POSITIONS]),
                },
            )
    print(f"the product alone: {taken['product'] * 1e3:.0f} ms")
    for side, what in (
        ("readout", "readout of the viewport"),
        ("last", "readout of the last position in every layer"),
        ("engine", "the whole probe, engine in this process"),
        ("child", "the whole probe, engine in its own process"),
    ):
        say(f"{what} / product", taken[side] / taken["product"], detail=f"{taken[side] * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
