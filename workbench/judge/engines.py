"""On which engine a record is replayed: the one it was made on, in its number format, unless the judge chose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backends.model import Model
from backends.model_files import ModelFiles
from backends.settings import BACKENDS, EngineSettings, declared
from workbench.door.opener import Opener
from workbench.log.entry import Records
from workbench.log.records import ResultRecord

Made = Callable[[Mapping[str, Any]], bool]
"""Whether a record was made in such an environment as is meant."""


@dataclass(frozen=True)
class Portion:
    """What of a log is replayed on one engine."""

    open_model: Callable[[], Model]
    made: Made


class RecordedEngines:
    """Opens a case's model as its records say that it was run."""

    def __init__(self, opener: Opener, chosen: Collection[str] = ()) -> None:
        """`chosen`: the settings of the opener's that hold whatever a record says."""
        self._opener, self._chosen = opener, frozenset(chosen)

    def __call__(self) -> Model:
        """Open it with the opener's own settings."""
        return self._opener()

    def beside(self, files: ModelFiles) -> Opener:
        """What opens another model, such as the case's baseline, with the opener's own settings."""
        return Opener(files, self._opener.settings)

    def settings(self, environment: Mapping[str, Any]) -> EngineSettings:
        """How to run the model for a record made there: a name that stands for no engine or format says nothing."""
        settings, engine = self._opener.settings, environment.get("engine")
        if "backend" not in self._chosen and engine in BACKENDS:
            settings = replace(settings, backend=engine)
        if "dtype" not in self._chosen and engine == settings.backend:
            # llama.cpp names the format of the weights; full precision of its memory is asked for in the same way.
            exact = engine == "llama" and environment.get("attention_memory") == "float32"
            dtype = "float32" if exact else environment.get("dtype")
            if dtype in declared()["dtype"].choices.get(settings.backend, ()):
                settings = replace(settings, dtype=dtype)
        return settings

    def portions(self, records: Records) -> tuple[Portion, ...]:
        """The engines that replay a log, each with the records that are its to replay."""
        found = dict.fromkeys(
            self.settings(environment_of(entry.data)) for entry in records.entries((ResultRecord.kind,))
        )
        return tuple(self._portion(settings) for settings in found or {self._opener.settings: None})

    def _portion(self, settings: EngineSettings) -> Portion:
        return Portion(self._opener.using(settings), lambda environment: self.settings(environment) == settings)


def environment_of(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where a result record says that it was made; a record may come from somebody else, and say nothing."""
    told = result.get("environment")
    return told if isinstance(told, dict) else {}
