"""Models that are opened once and lent to every session and judge of a block, one after the other."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, cast

from backends.model import Model
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from casefiles.case.case import Case
from workbench.door.opener import Opener
from workbench.door.subjects import organism_files


class LentModel:
    """A model that somebody else closes: everything but `close` is the model's own."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def close(self) -> None:
        """Give it back."""


class Lending:
    """The models that are open for a block; all are closed at its end."""

    def __init__(self, settings: EngineSettings, opener: type[Opener] = Opener) -> None:
        """`opener`: what really opens a model."""
        self._settings, self._opener = settings, opener
        self._open: dict[tuple[str, EngineSettings], Model] = {}

    def of(self, case: Case) -> LendingOpener:
        """What opens the organism of a case, and whoever is beside it."""
        return LendingOpener(organism_files(case), self._settings, self)

    def lend(self, files: ModelFiles, settings: EngineSettings) -> Model:
        """A model, opened if it is not. Raises ModelRefusal."""
        key = files.digest, settings
        if key not in self._open:
            self._open[key] = self._opener(files, settings)()
        return cast("Model", LentModel(self._open[key]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._open:
            self._open.popitem()[1].close()


class LendingOpener(Opener):
    """Opens a model by borrowing it."""

    def __init__(self, files: ModelFiles, settings: EngineSettings, lending: Lending) -> None:
        super().__init__(files, settings)
        self._lending = lending

    def __call__(self) -> Model:
        return self._lending.lend(self.files, self.settings)

    def beside(self, files: ModelFiles) -> Self:
        return type(self)(files, self.settings, self._lending)

    def using(self, settings: EngineSettings) -> Self:
        return type(self)(self.files, settings, self._lending)
