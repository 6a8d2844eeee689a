"""The one place that opens a model: picks the engine by name and imports it only then."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from backends.model import Model, ModelRefusal
from backends.process import airgap

ENGINES: Final = ("torch", "llama", "toy")


def load(
    engine: str,
    weights: Path,
    tokenizer: Path,
    *,
    digest: str,
    device: str = "auto",
    dtype: str = "auto",
    threads: int | None = None,
) -> Model:
    """Open the model in `weights` with the tokenizer in `tokenizer`, in this process.

    `device`: auto, cpu, cuda, cuda:N, mps. `dtype`: auto, float32, bfloat16, float16; auto is float32 on a CPU and the
    checkpoint's own on an accelerator. The air gap is closed before any engine is imported. Raises ModelRefusal.
    """
    airgap.seal()
    for folder, what in ((weights, "weights"), (tokenizer, "tokenizer")):
        if not folder.exists():
            raise ModelRefusal(
                "model.unreadable",
                f"The {what} are missing.",
                f"The folder {folder} does not exist.",
                "Verify the case.",
            )
    match engine:
        case "torch":
            from backends.torch.model import TorchModel

            return TorchModel.open(weights, tokenizer, digest=digest, device=device, dtype=dtype, threads=threads)
        case "llama":
            from backends.llama.model import LlamaModel

            return LlamaModel.open(weights, tokenizer, digest=digest, device=device, dtype=dtype, threads=threads)
        case "toy":
            from backends.toy_model import ToyModel

            return ToyModel.open(weights, tokenizer, digest=digest)
        case _:
            raise ModelRefusal(
                "model.unsupported",
                f"There is no engine called {engine!r}.",
                f"The engines are {', '.join(ENGINES)}.",
                "Choose one of them.",
            )
