"""The logit lens on a viewport of 9 layers × 32 positions at width 512 and a vocabulary of 32,000.

Its cost against the one thing it cannot do without: the product of those residuals with the unembedding. The probe
lays it over its control too, and so is held against two products. Medians in one run, the sides taking turns: of
processor seconds, and where the engine is in a process of its own (`child`) of wall time beside that of the product.

    python -m tests.bench.bench_lens
"""

from __future__ import annotations

import tempfile
import time
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

            def product() -> object:
                return torch.nn.functional.linear(rows, unembedding)

            taken = medians(
                9,
                {
                    "product": product,
                    "readout": lambda: model.readout(residuals),
                    "last": lambda: model.readout(residuals[POSITIONS - 1 :: POSITIONS]),
                    "engine": lambda: probe.run(model, Silent()),
                },
                clock=lambda: (time.process_time(),),
            )
            waited = medians(9, {"product": product, "child": lambda: probe.run(child, Silent())})
    used = {name: one for name, (one,) in taken.items()}
    print(f"the product alone: {used['product'] * 1e3:.0f} ms")
    for what, seconds, over in (
        ("readout of the viewport / product", used["readout"], used["product"]),
        ("readout of the last position in every layer / product", used["last"], used["product"]),
        ("the whole probe, with its control / two products", used["engine"], 2 * used["product"]),
        ("the whole probe, engine in its own process / two products", waited["child"], 2 * waited["product"]),
    ):
        say(what, seconds / over, detail=f"{seconds * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
