"""The one place that opens a model: picks the engine by name and imports it only then."""

from __future__ import annotations

from backends import airgap
from backends.model import Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import BACKENDS, EngineSettings


def load(files: ModelFiles, settings: EngineSettings) -> Model:
    """Open a model in this process. The air gap is closed before any engine is imported. Raises ModelRefusal."""
    airgap.seal()
    parts = ((files.weights, "weights"), (files.tokenizer, "tokenizer"), (files.adapter, "adapter's files"))
    for folder, what in parts:
        if folder is not None and not folder.exists():
            raise ModelRefusal(
                "model.unreadable",
                f"The {what} are missing.",
                f"The folder {folder} does not exist.",
                "Verify the case.",
            )
    match settings.backend:
        case "torch":
            from backends.torch.model import TorchModel

            return TorchModel.open(files, settings)
        case "llama":
            from backends.llama.model import LlamaModel

            return LlamaModel.open(files, settings)
        case "toy":
            from backends.toy_model import ToyModel

            return ToyModel.open(files)
        case unknown:
            raise ModelRefusal(
                "model.unsupported",
                f"There is no engine called {unknown!r}.",
                f"The engines are {', '.join(BACKENDS)}.",
                "Choose one of them.",
            )
