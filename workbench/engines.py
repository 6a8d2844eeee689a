"""Which engine runs a case's model, and how it is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from backends.model import Model
from casefiles.bundle import Case
from workbench.document import Document
from workbench.session import OpenModel

EngineName = Literal["torch", "llama"]


class Engine(Document):
    """The auditor's choice of engine."""

    name: EngineName = "torch"
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    dtype: str = "auto"
    """auto: float32 on a CPU, the checkpoint's own on an accelerator."""
    threads: int | None = None
    memory_limit: int | None = None
    """Bytes of private memory the engine process may have; None: no limit of ours."""

    def opener(self, case: Case) -> OpenModel:
        """A function that loads the case's model, called when the first probe needs it."""
        weights, tokenizer, digest = case.path("weights"), case.path("tokenizer"), case.model_digest
        return lambda: self.open(weights, tokenizer, digest)

    def open(self, weights: Path, tokenizer: Path, digest: str) -> Model:
        """Load a model in a process of its own. Raises ModelRefusal if it cannot be loaded."""
        from backends.isolated import IsolatedModel

        return IsolatedModel(
            self.name,
            weights,
            tokenizer,
            digest=digest,
            device=self.device,
            dtype=self.dtype,
            threads=self.threads,
            memory_limit=self.memory_limit,
        )
