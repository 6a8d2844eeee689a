"""On which model and engine a record is replayed: whoever was asked, on the engine it was made on and in its number
format, unless the judge chose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from backends.model import Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import BACKENDS, EngineSettings, declared
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.contract.environment import environment_of, name_in
from workbench.contract.subject import BASELINE, ORGANISM, brought
from workbench.door.brought import weigh
from workbench.door.opener import Opener
from workbench.door.subjects import OpenModel, files_of
from workbench.log.answering import Answering
from workbench.log.entry import Entry, Records
from workbench.log.records import Brought, Intent, ResultRecord

Made = Callable[[Entry, Entry | None], bool]
"""Whether a result, with the intent that it answers, was made with whom and where is meant."""


def every_result(entry: Entry, asked: Entry | None) -> bool:
    """Whatever it was made with."""
    return True


@dataclass(frozen=True)
class Portion:
    """What of a log is replayed on one engine, with one subject."""

    open_model: OpenModel | None
    """None: the files of this subject are not at hand."""
    made: Made = every_result
    open_beside: OpenModel | None = None
    """What opens the model that it was compared with."""
    missing: Mapping[int, str] = field(default_factory=dict)
    """Number of each of its results, if files are not at hand → the subject whose they are."""


@dataclass(frozen=True)
class _Place:
    """With whom a record was made, and how each of them is run."""

    on: str
    settings: EngineSettings
    beside: str | None = None
    beside_settings: EngineSettings | None = None


class RecordedEngines:
    """Opens a case's model as its records say that it was run."""

    def __init__(
        self,
        opener: Opener,
        chosen: Collection[str] = (),
        files: Callable[[str], ModelFiles | None] = lambda on: None,
    ) -> None:
        """`chosen`: the settings of the opener's that hold whatever a record says. `files`: those of other subjects
        than the organism, as far as they are at hand."""
        self._opener, self._chosen, self._files = opener, frozenset(chosen), files

    def __call__(self) -> Model:
        """Open it with the opener's own settings."""
        return self._opener()

    def beside(self, files: ModelFiles) -> Opener:
        """What opens another model, such as the case's baseline, with the opener's own settings."""
        return self._opener.beside(files)

    def settings(self, environment: Mapping[str, Any]) -> EngineSettings:
        """How to run the model for a record made there: a name that stands for no engine or format says nothing."""
        settings, engine = self._opener.settings, name_in(environment, "engine")
        if "backend" not in self._chosen and engine in BACKENDS:
            settings = replace(settings, backend=engine)
        if "dtype" not in self._chosen and engine == settings.backend:
            # llama.cpp names the format of the weights; full precision of its memory is asked for in the same way.
            exact = engine == "llama" and name_in(environment, "attention_memory") == "float32"
            dtype = "float32" if exact else name_in(environment, "dtype")
            if dtype in declared()["dtype"].choices.get(settings.backend, ()):
                settings = replace(settings, dtype=dtype)
        return settings

    def organism(self, records: Records) -> OpenModel:
        """What opens the organism as its first record says that it was run."""
        places = (self._place(entry, asked) for entry, asked in results_of(records))
        first = next((place.settings for place in places if place.on == ORGANISM), self._opener.settings)
        return self._opener.using(first)

    def portions(self, records: Records) -> tuple[Portion, ...]:
        """The engines that replay a log, each with the records that are its to replay."""
        places = defaultdict[_Place, set[int]](set)
        for entry, asked in results_of(records):
            places[self._place(entry, asked)].add(entry.seq)
        if not places:
            places[_Place(ORGANISM, self._opener.settings)] = set()
        every = [self._portion(*one) for one in places.items()]
        # Of however many subjects that are not here one, for a log is read once for each portion of it.
        missing = {seq: name for one in every for seq, name in one.missing.items()}
        here = tuple(one for one in every if one.open_model is not None)
        return (*here, Portion(None, _of(missing.keys()), missing=missing)) if missing else here

    def _place(self, entry: Entry, asked: Entry | None) -> _Place:
        told = asked.data if asked is not None else {}
        on, beside = str(told.get("on", ORGANISM)), told.get("beside")
        settings = self.settings(environment_of(entry.data))
        if beside is None:
            return _Place(on, settings)
        return _Place(on, settings, str(beside), self.settings(environment_of(entry.data, "beside_environment")))

    def _portion(self, place: _Place, made: Collection[int]) -> Portion:
        opens, beside, missing = self._opens(place.on, place.settings), None, place.on
        if opens is not None and place.beside is not None and place.beside_settings is not None:
            beside, missing = self._opens(place.beside, place.beside_settings), place.beside
            opens = opens if beside is not None else None
        if opens is None:
            return Portion(None, _of(made), missing=dict.fromkeys(made, missing))
        return Portion(opens, _of(made), beside)

    def weighed(self, records: Records) -> dict[str, int]:
        """Digest → number of weights of every brought model whose files are at hand."""
        digests = {entry.read(Brought).model for entry in records.entries((Brought.kind,))}
        found = {digest: self._files(brought(digest)) for digest in digests}
        return {digest: weigh(files.weights).weights for digest, files in found.items() if files is not None}

    def _opens(self, on: str, settings: EngineSettings) -> OpenModel | None:
        if on == ORGANISM:
            return self._opener.using(settings)
        files = self._files(on)
        return self._opener.beside(files).using(settings) if files is not None else None


def _of(made: Collection[int]) -> Made:
    return lambda entry, asked: entry.seq in made


@contextmanager
def models(open_model: OpenModel, open_other: OpenModel | None) -> Iterator[tuple[Model, Model | None]]:
    """A model, and another if there is one, open for the block. Raises Refusal if one does not run."""
    try:
        with ExitStack() as stack:
            model = stack.enter_context(closing(open_model()))
            other = stack.enter_context(closing(open_other())) if open_other is not None else None
            yield model, other
    except ModelRefusal as error:
        raise Refusal(error.code, error.what, error.why, error.try_this) from error


def portions(open_model: OpenModel, records: Records) -> tuple[Portion, ...]:
    """Which part of a log is put to which engine."""
    return open_model.portions(records) if isinstance(open_model, RecordedEngines) else (Portion(open_model),)


def organism(open_model: OpenModel, records: Records) -> OpenModel:
    """What opens the organism on the engine that its first record was made on."""
    return open_model.organism(records) if isinstance(open_model, RecordedEngines) else open_model


def alike(open_model: OpenModel, open_baseline: OpenModel | None) -> tuple[OpenModel, OpenModel | None]:
    """Both on one engine: otherwise what tells them apart may be how they are run."""
    if isinstance(open_model, Opener) and isinstance(open_baseline, Opener):
        return open_model, open_baseline.using(open_model.settings)
    return open_model, open_baseline


def brought_beside(case: Case, open_baseline: OpenModel | None) -> str | None:
    """The digest of the model that the judge brought as the baseline; None: it is the case's own, or there is none."""
    if not isinstance(open_baseline, Opener) or files_of(case, BASELINE) is not None:
        return None
    return open_baseline.files.digest


def results_of(records: Records) -> Iterator[tuple[Entry, Entry | None]]:
    """Every result, and the intent that it answers."""
    answering = Answering()
    for entry in records.entries((Intent.kind, ResultRecord.kind)):
        try:
            asked = answering.take(entry)
        except ValueError:
            asked = None
        if entry.kind == ResultRecord.kind:
            yield entry, asked
