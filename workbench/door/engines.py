"""Which engine runs a case's model, and how it is opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from backends.model import Model, ModelRefusal
from casefiles.case.bundle import Case
from workbench.document import Document
from workbench.door.engine_limits import LEAST_MEMORY, LEAST_PATIENCE, MOST_MEMORY, MOST_THREADS

if TYPE_CHECKING:
    from backends.process.isolated import IsolatedModel

EngineName = Literal["torch", "llama"]


class Engine(Document):
    """The auditor's choice of engine."""

    name: EngineName = "torch"
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    dtype: str = "auto"
    """auto: float32 on a CPU, the checkpoint's own on an accelerator."""
    threads: int | None = Field(None, ge=1, le=MOST_THREADS)
    memory_limit: int | None = Field(None, ge=LEAST_MEMORY, le=MOST_MEMORY)
    """Bytes of private memory the engine process may have; None: no limit of ours."""
    hang_limit: float = Field(3600.0, ge=LEAST_PATIENCE)
    """Seconds without an answer or another token after which the engine process is ended."""

    def opener(self, case: Case) -> Opener:
        """What loads the case's model when the first probe needs it."""
        return Opener(self, case.path("weights"), case.path("tokenizer"), case.model_digest)

    def open(self, weights: Path, tokenizer: Path, digest: str) -> Model:
        """Load a model in a process of its own. Raises ModelRefusal if it cannot be loaded."""
        return Opener(self, weights, tokenizer, digest)()


class Opener:
    """Opens a case's model in a process of its own, and can be told from another thread to stop it."""

    def __init__(self, engine: Engine, weights: Path, tokenizer: Path, digest: str) -> None:
        self.engine = engine
        self._files = weights, tokenizer, digest
        self._begun: IsolatedModel | None = None

    def __call__(self) -> Model:
        """Load the model. Raises ModelRefusal if it cannot be loaded."""
        if os.name == "nt":
            raise ModelRefusal(
                "model.unsupported", "No engine can be started here.",
                "Windows does not hand a process the open files that an engine is talked to through.",
                "Run the workbench under WSL 2; cases, logs and verdicts can be verified here as well.",
            )  # fmt: skip
        from backends.process.isolated import IsolatedModel

        weights, tokenizer, digest = self._files
        return IsolatedModel(
            self.engine.name,
            weights,
            tokenizer,
            digest=digest,
            device=self.engine.device,
            dtype=self.engine.dtype,
            threads=self.engine.threads,
            memory_limit=self.engine.memory_limit,
            hang_limit=self.engine.hang_limit,
            begun=self._hold,
        )

    def abort(self) -> None:
        """End the process of the model opened last, also while it is being loaded."""
        if self._begun is not None:
            self._begun.abort()

    def using(self, engine: Engine) -> Opener:
        """The same case's model on another engine, or under other limits."""
        return Opener(engine, *self._files)

    def _hold(self, begun: IsolatedModel) -> None:
        self._begun = begun
