"""Opening a case's model: in a process of its own, as the auditor's settings say."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from backends.model import Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from casefiles.case.bundle import Case
from workbench.door.subjects import organism_files

if TYPE_CHECKING:
    from backends.process.isolated import IsolatedModel


class Opener:
    """Opens one model when it is first needed, and can be told from another thread to stop it."""

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        self.files, self.settings = files, settings
        self._begun: IsolatedModel | None = None

    @classmethod
    def of(cls, case: Case, settings: EngineSettings) -> Self:
        """What opens the organism of a case."""
        return cls(organism_files(case), settings)

    def __call__(self) -> Model:
        """Load the model. Raises ModelRefusal if it cannot be loaded."""
        if os.name == "nt":
            raise ModelRefusal(
                "model.unsupported", "No engine can be started here.",
                "Windows does not hand a process the open files that an engine is talked to through.",
                "Run the workbench under WSL 2; cases, logs and verdicts can be verified here as well.",
            )  # fmt: skip
        from backends.process.isolated import IsolatedModel

        return IsolatedModel(self.files, self.settings, begun=self._hold)

    def abort(self) -> None:
        """End the process of the model opened last, also while it is being loaded."""
        if self._begun is not None:
            self._begun.abort()

    def beside(self, files: ModelFiles) -> Self:
        """What opens another model in the same way."""
        return type(self)(files, self.settings)

    def using(self, settings: EngineSettings) -> Self:
        """The same model on another engine, or under other limits."""
        return type(self)(self.files, settings)

    def _hold(self, begun: IsolatedModel) -> None:
        self._begun = begun


def read_by(settings: EngineSettings, *weights: Path) -> EngineSettings:
    """The same settings on an engine that reads all of these: a GGUF is read by llama.cpp alone, and llama.cpp reads
    safetensors too."""
    plain = all(place.is_dir() and any(place.glob("*.safetensors")) for place in weights)
    return settings if plain else replace(settings, backend="llama")
