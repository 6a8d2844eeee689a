"""Models that are opened once and lent to every session and judge of a block, one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self, cast

from backends.model import Edit, Generated, Model, TokenListener
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings
from casefiles.case.case import Case
from workbench.door.opener import Opener
from workbench.door.subjects import organism_files


@dataclass(frozen=True)
class _Drawn:
    """What a draw gave, and what was told while it did."""

    samples: tuple[Generated, ...]
    told: tuple[tuple[int, tuple[int, ...], str], ...]


_Asked = tuple[tuple[int, ...], Sampling, int]
"""Prompt, how it is drawn from, and how many times: a sample follows from these and from nothing else."""


class LentModel:
    """A model that somebody else closes, and that draws nothing twice: everything else is the model's own.

    A sample follows from its prompt, seed, number and step alone, so that what one audit drew another is given. Whoever
    replays a record reads it anew: no pass is kept.
    """

    def __init__(self, model: Model, drawn: dict[_Asked, _Drawn]) -> None:
        self._model, self._drawn = model, drawn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def generate(
        self,
        ids: Sequence[int],
        sampling: Sampling,
        *,
        n: int = 1,
        edits: Sequence[Edit] = (),
        on_tokens: TokenListener | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Generated]:
        if edits:
            return self._model.generate(ids, sampling, n=n, edits=edits, on_tokens=on_tokens, cancel=cancel)
        key = tuple(ids), replace(sampling, stop=tuple(sampling.stop)), n
        if key not in self._drawn:
            told: list[tuple[int, tuple[int, ...], str]] = []
            samples = self._model.generate(
                ids, sampling, n=n, on_tokens=lambda *one: told.append((one[0], tuple(one[1]), one[2])), cancel=cancel
            )
            if cancel is not None and cancel.is_set():  # it may hold less than it would
                _tell(told, on_tokens)
                return samples
            self._drawn[key] = _Drawn(tuple(samples), tuple(told))
        _tell(self._drawn[key].told, on_tokens)
        return list(self._drawn[key].samples)

    def close(self) -> None:
        """Give it back."""


def _tell(told: Iterable[tuple[int, tuple[int, ...], str]], listener: TokenListener | None) -> None:
    if listener is not None:
        for one in told:
            listener(*one)


class Lending:
    """The models that are open for a block; all are closed at its end."""

    def __init__(self, settings: EngineSettings, opener: type[Opener] = Opener) -> None:
        """`opener`: what really opens a model."""
        self._settings, self._opener = settings, opener
        self._open: dict[tuple[str, EngineSettings], Model] = {}
        self._drawn: dict[tuple[str, EngineSettings], dict[_Asked, _Drawn]] = {}

    def of(self, case: Case) -> LendingOpener:
        """What opens the organism of a case, and whoever is beside it."""
        return LendingOpener(organism_files(case), self._settings, self)

    def lend(self, files: ModelFiles, settings: EngineSettings) -> Model:
        """A model, opened if it is not. Raises ModelRefusal."""
        key = files.digest, settings
        if key not in self._open:
            self._open[key] = self._opener(files, settings)()
        return cast("Model", LentModel(self._open[key], self._drawn.setdefault(key, {})))

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
