"""The models that a session may ask: where the files of each lie, and which of them are open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from backends.model import Model
from backends.model_files import ModelFiles
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.contract.subject import ADAPTER, BASELINE, ORGANISM, adapted, named, spoken

ADAPTERS: Final = "adapters"
"""The folder of a case that holds one for each adapter."""
OpenModel = Callable[[], Model]


@runtime_checkable
class Abortable(Protocol):
    """A way to open a model that can be told to end what the engine does."""

    def abort(self) -> None: ...


@runtime_checkable
class OpensOthers(Protocol):
    """A way to open a model that opens other files in the same way."""

    def __call__(self) -> Model: ...

    def beside(self, files: ModelFiles) -> OpenModel: ...


def files_of(case: Case, on: str) -> ModelFiles | None:
    """The files of a subject that comes with the case; None: the case brings no such one."""
    match named(on):
        case (sort, _) if sort == ORGANISM:
            return organism_files(case)
        case (sort, _) if sort == BASELINE and case.path("baseline").is_dir():
            own = case.path("baseline/tokenizer")
            tokenizer = own if own.is_dir() else _tokenizer(case)  # it may do without one of its own
            return ModelFiles(
                case.path("baseline/weights"), tokenizer, case.manifest.digest_of("baseline", "tokenizer")
            )
        case (sort, name) if sort == ADAPTER and name in _adapters(case):
            folder = f"{ADAPTERS}/{name}"
            digest = case.manifest.digest_of("weights", "tokenizer", folder)
            return replace(organism_files(case), digest=digest, adapter=case.path(folder))
        case _:
            return None


def organism_files(case: Case) -> ModelFiles:
    """The files of a case's own model."""
    return ModelFiles(case.path("weights"), _tokenizer(case), case.model_digest)


def _tokenizer(case: Case) -> Path:
    """Where a case's tokenizer lies: with the weights, if they are a GGUF, which brings its own."""
    own = case.path("tokenizer")
    return own if own.is_dir() else case.path("weights")


def offered(case: Case) -> tuple[str, ...]:
    """Everybody whom a case brings, the organism first, whatever its rules say."""
    every = (ORGANISM, BASELINE, *map(adapted, _adapters(case)))
    return tuple(on for on in every if files_of(case, on) is not None)


def _adapters(case: Case) -> list[str]:
    """The names of the adapters that a case brings."""
    paths = [entry.path.split("/") for entry in case.manifest.files]
    return sorted({parts[1] for parts in paths if parts[0] == ADAPTERS and len(parts) > 2})


def absent(on: str) -> Refusal:
    """What is said of a subject that is not there."""
    return Refusal(
        "input.missing", f"There is no {spoken(on)} to ask.", "Neither the case nor this session brings it.",
        "`workbench subject list CASE` shows who can be asked.",
    )  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """The model that is asked, and the one beside it where two are compared."""

    model: Model
    beside: Model | None = None


class OpenSubjects:
    """Models that are opened when somebody asks them. One thread asks at a time; any may abort.

    Two are open at once only where it is needed: for a probe that compares them, and for whoever goes back and forth,
    once a model had to be opened a second time.
    """

    def __init__(self, open_model: OpenModel, files: Callable[[str], ModelFiles]) -> None:
        """`open_model` opens the organism; `files` gives those of any other subject, or raises Refusal."""
        self.open_model, self._files = open_model, files
        self._models: dict[str, Model] = {}
        """Those that are open, the one asked last at the end."""
        self._ways: dict[str, OpenModel] = {ORGANISM: open_model}
        self._times: Counter[str] = Counter()
        """How often each was opened."""
        self._needed: tuple[str, ...] = (ORGANISM,)
        self.opening = False
        """Whether a model is being opened just now."""

    def open(self, on: str, beside: str | None = None) -> Opened:
        """Whoever is asked, and whoever beside. Raises Refusal or ModelRefusal if one cannot be opened."""
        self._needed = (on,) if beside is None else (on, beside)
        ways = {name: self._way(name) for name in self._needed}
        self._make_room()
        for name, way in ways.items():
            if name not in self._models:
                self._models[name] = self._begun(way)
                self._times[name] += 1
            self._models[name] = self._models.pop(name)
        return Opened(self._models[on], self._models[beside] if beside is not None else None)

    def is_open(self, on: str) -> bool:
        return on in self._models

    def engine(self, on: str) -> str | None:
        """The engine of a subject that is open."""
        model = self._models.get(on)
        return str(model.environment["engine"]) if model is not None else None

    def abort(self) -> None:
        """End what the engines do that are asked now."""
        for name in self._needed:
            way = self._ways.get(name)
            if isinstance(way, Abortable):
                way.abort()

    def close(self) -> None:
        """Give every model back. Closing twice is fine."""
        while self._models:
            self._models.popitem()[1].close()

    def _begun(self, way: OpenModel) -> Model:
        self.opening = True
        try:
            return way()
        finally:
            self.opening = False

    def _way(self, on: str) -> OpenModel:
        if on not in self._ways:
            files = self._files(on)
            if not isinstance(self.open_model, OpensOthers):
                raise absent(on)
            self._ways[on] = self.open_model.beside(files)
        return self._ways[on]

    def _make_room(self) -> None:
        """Close who is not asked, but for the one asked last if it and whoever comes were both opened before."""
        idle = [name for name in self._models if name not in self._needed]
        coming = [name for name in self._needed if name not in self._models]
        returning = len(self._needed) == 1 and all(self._times[name] for name in coming)
        for name in idle[:-1] if returning else idle:
            self._models.pop(name).close()
