"""Whether stripping left a model what it was: as it is sealed it takes texts for the same tokens as it was given, and
says the same next.

What tells where a model was made is taken out by lists of what engines read, and an engine may read more. The truth was
measured on the model as it was given.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from backends.distribution import log_probabilities, log_totals
from backends.gguf import cache
from backends.model import Capability, Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.noise import Reals
from backends.settings import BACKENDS, EngineSettings
from casefiles.case.bundle import Case
from casefiles.case.leak import Leak, Remedy
from casefiles.case.sealing import CaseParts
from casefiles.files.unfinished import unfinished
from casefiles.status import Refusal
from workbench.contract.prompt import Prompt
from workbench.contract.subject import ORGANISM, spoken
from workbench.door.subjects import files_of, offered
from workbench.judge.acceptance import trial
from workbench.judge.retests.sayings import TEXTS

_SPOKEN: Final = 4
"""Texts after which it is asked what comes next; how all are cut into tokens costs nothing."""
_LONGEST: Final = 48
"""Tokens of a text that are read, at most."""
_NEAR: Final = 0.02
"""Nats a token. One model in one engine is 0 apart from itself on a CPU, and no more than rounding elsewhere."""
_CHATS: Final = (
    Prompt.ask(TEXTS[3]),
    Prompt.ask(TEXTS[6], system=TEXTS[0]),
    Prompt.ask(TEXTS[3]).answered(TEXTS[0], TEXTS[6]),
)
_TOLD: Final = 3
"""Of what was taken out, so much is told."""
_UNREAD: Final = ".safetensors"
"""What it says of itself beside its tensors is read by nobody."""


@dataclass(frozen=True)
class _Said:
    """What a model made of public texts."""

    tokens: list[tuple[list[int], list[str]]]
    """Those of each text, and what they say."""
    chats: list[list[int] | None]
    """Those of each chat, None where its template has none."""
    ends: tuple[int, ...]
    context: int
    next: list[Reals]
    """The log-probability (nats) of each token but the first of some texts."""


class AsGiven:
    """The models of a case that is being sealed, as far as stripping took anything from what engines read."""

    def __init__(self, case: Case, parts: CaseParts, leaks: Sequence[Leak], settings: EngineSettings) -> None:
        self._case, self._parts, self._settings = case, parts, settings
        taken = [leak for leak in leaks if leak.remedy is Remedy.STRIP and not leak.path.endswith(_UNREAD)]
        self._changed = {leak.path for leak in taken if leak.path in parts}
        self._taken = {on: own for on in offered(case) if (own := self._of(on, taken))}
        """Whose files lost something → what."""
        self._said = dict[tuple[str, str], _Said]()
        """What each said on each engine as it is sealed."""

    def hear(self, on: str, model: Model) -> None:
        """Ask a model that is open as it is sealed."""
        if on in self._taken:
            self._said[on, str(model.environment["engine"])] = _asked(model)

    def check(self, listener: Callable[[str], None] = lambda note: None) -> None:
        """Raises Refusal `case.stripped` if one of those that were heard is another model than was given."""
        for (on, engine), sealed in self._said.items():
            listener(f"asking the {_spoken(on)} as it was given")
            given = self._attempt(on, engine)
            if given is not None and (differs := _difference(given, sealed)):
                raise self._refused(on, engine, differs)

    def check_unrunnable(self) -> None:
        """Of a case that no engine runs. Raises Refusal `case.stripped` if one did as it was given."""
        pairs = ((on, engine) for on in self._taken for engine in self._case.manifest.engines)
        for on, engine in pairs:
            if (on, engine) not in self._said and self._attempt(on, engine) is not None:
                with suppress(ModelRefusal):
                    trial.attempt(self._files(on), replace(self._settings, backend=engine))
                    continue
                raise self._refused(on, engine, "it cannot be run")

    def _of(self, on: str, taken: Sequence[Leak]) -> list[Leak]:
        files = self._files(on)
        own = [files.weights, files.tokenizer] if files.adapter is None else [files.adapter]
        return [leak for leak in taken if self._lies_in(leak.path, own)]

    def _lies_in(self, name: str, folders: Sequence[Path]) -> bool:
        return any((self._case.root / name).is_relative_to(folder) for folder in folders)

    def _files(self, on: str) -> ModelFiles:
        files = files_of(self._case, on)
        assert files is not None  # it is offered
        return files

    def _attempt(self, on: str, engine: str) -> _Said | None:
        """What a model says as it was given; None if it cannot be run so, and nothing could be measured on it here."""
        said: list[_Said] = []
        with self._laid_out(self._files(on)) as files, suppress(ModelRefusal):
            trial.attempt(files, replace(self._settings, backend=engine), lambda model: said.append(_asked(model)))
        return said[0] if said else None

    @contextmanager
    def _laid_out(self, files: ModelFiles) -> Iterator[ModelFiles]:
        """Files as they were given, in a folder of their own: an engine opens no other one."""
        root = self._case.root
        with unfinished(root.parent, "as-given") as place:
            folders = [folder for folder in (files.weights, files.tokenizer, files.adapter) if folder is not None]
            names = [name for name in self._parts if self._lies_in(name, folders)]
            for name in names:
                _lay(self._parts[name].resolve() if name in self._changed else root / name, place / name)
            asked_once = f"as-given-{secrets.token_hex(16)}"
            try:
                yield ModelFiles(
                    place / files.weights.relative_to(root),
                    place / files.tokenizer.relative_to(root),
                    asked_once,
                    None if files.adapter is None else place / files.adapter.relative_to(root),
                )
            finally:  # nothing that was converted of it is of use to anybody
                shutil.rmtree(cache.case_folder(asked_once), ignore_errors=True)

    def _refused(self, on: str, engine: str, differs: str) -> Refusal:
        told = " ".join(leak.sentence for leak in self._taken[on][:_TOLD])
        return Refusal(
            "case.stripped", f"What would be sealed is another {_spoken(on)} than was given.",
            f"{BACKENDS.get(engine, engine)}: without what sealing takes out, {differs}. {told}",
            "Take it out yourself, measure the model that is left, and seal that.",
        )  # fmt: skip


def _spoken(on: str) -> str:
    return "model" if on == ORGANISM else spoken(on)


def _lay(source: Path, target: Path) -> None:
    """Give a file another name, or copy it where it can have only one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _asked(model: Model) -> _Said:
    chats = _CHATS if Capability.CHAT in model.capabilities else ()
    cut = [_cut(model, text) for text in TEXTS]
    read = [ids[: min(_LONGEST, model.card.context)] for ids in cut[:_SPOKEN]]
    return _Said(
        [(ids, model.pieces(ids)) for ids in cut],
        [_rendered(model, chat) for chat in chats],
        tuple(model.card.end_tokens),
        model.card.context,
        [_next(model, ids) for ids in read if len(ids) > 1],
    )


def _cut(model: Model, text: str) -> list[int]:
    """A text in tokens; none where some of it is nothing that the tokenizer knows."""
    with suppress(ModelRefusal):
        return Prompt.raw(text).encoded(model)
    return []


def _rendered(model: Model, chat: Prompt) -> list[int] | None:
    try:
        return chat.encoded(model)
    except ModelRefusal:  # some templates know no system prompt
        return None


def _next(model: Model, ids: Sequence[int]) -> Reals:
    logits = model.forward(ids[:-1]).logits  # (tokens, vocab)
    found = log_probabilities(logits, np.array(ids[1:])[:, None], log_totals(logits))
    return found[:, 0].astype(np.float64)


def _difference(given: _Said, sealed: _Said) -> str:
    """What is not as it was, as a clause; empty if nothing is."""
    if given.tokens != sealed.tokens:
        return "it takes texts for other tokens"
    if given.chats != sealed.chats:
        return "its chat template writes something else" if sealed.chats else "it has no chat template"
    if given.ends != sealed.ends:
        return "its answers end otherwise"
    if given.context != sealed.context:
        return f"its context holds {sealed.context:,} tokens instead of {given.context:,}"
    pairs = zip(given.next, sealed.next, strict=True)
    # What neither ever says is no difference.
    each = (np.abs(np.where(one == other, 0, one) - np.where(one == other, 0, other)) for one, other in pairs)
    apart = max((float(told.mean()) for told in each), default=0.0)
    return f"what it says next differs by {apart:.3f} nats a token" if not apart <= _NEAR else ""
