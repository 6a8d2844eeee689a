"""Whether a model can be run at all: a case whose model nobody can open is one that nobody can judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from backends.model import Capability, Card, Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import BACKENDS, ENGINES, EngineSettings
from casefiles.case.bundle import Case
from casefiles.case.same_weights import baseline_is_organism
from casefiles.status import Refusal
from workbench.contract.prompt import Prompt
from workbench.contract.subject import BASELINE, ORGANISM, spoken
from workbench.door.opener import Opener
from workbench.door.subjects import files_of, offered
from workbench.judge.acceptance import likeness
from workbench.judge.acceptance.oddities import QUESTION
from workbench.listener import Listener, silent
from workbench.visible import quoted


@dataclass(frozen=True)
class TriedEngine:
    """What came of loading a model in one engine, and of having it read one prompt."""

    engine: str
    card: Card
    capabilities: frozenset[Capability]
    next_token: str
    """What it says first when it is asked what it can do."""
    ends: tuple[str, ...]
    """The tokens that end an answer."""
    memory: int | None
    """The most bytes that the process held; None where the system does not tell."""
    granted: str = ""
    """What the engine takes for granted because the files cannot say it."""


Interviewer = Callable[[str, Model], None]
"""Hears who is open, and the model, while it is."""


def check_case(
    case: Case, settings: EngineSettings, ask: Interviewer = lambda on, model: None, listener: Listener = silent
) -> tuple[TriedEngine, ...]:
    """Run the organism of a case and everybody else whom it brings, once, and let `ask` put questions to each; what
    came of the organism. `listener` hears who is loaded next. Raises Refusal `case.unrunnable`, or `case.unlike` if
    one is there in two formats that are two models."""
    tried: tuple[TriedEngine, ...] = ()
    everybody = offered(case)
    for number, on in enumerate(everybody):
        files = files_of(case, on)
        assert files is not None  # it is offered
        if on == BASELINE and baseline_is_organism(case):
            raise Refusal(
                "truth.baseline", "The baseline of this case is its organism.",
                "Both have the same tensors, so that nothing would tell one from the other.",
                "Put the weights that the organism was made from into baseline/, or leave it out.",
            )  # fmt: skip
        what = "model" if on == ORGANISM else spoken(on)

        def at(done: float, note: str, number: int = number) -> None:
            listener((number + done) / len(everybody), note)

        found = check(files, case.manifest.engines, settings, what, partial(ask, on), at)
        tried = found if on == ORGANISM else tried
        if len(readers := likeness.readers(case, on)) > 1 and set(readers) <= set(case.manifest.engines):
            likeness.check(case, on, settings)
    return tried


def check(
    files: ModelFiles,
    engines: Sequence[str],
    settings: EngineSettings,
    what: str = "model",
    ask: Callable[[Model], None] = lambda model: None,
    listener: Listener = silent,
) -> tuple[TriedEngine, ...]:
    """Load a model in every engine it is said to run on and that is installed here, confined, and have it read one
    prompt. Raises Refusal `case.unrunnable` if one of them cannot, or none is installed.
    """
    if strange := [name for name in engines if name not in ENGINES]:
        raise _unrunnable(what, f"It names {quoted(strange[0])}, which is no engine that is known here.")
    if len(set(engines)) < len(engines):
        raise _unrunnable(what, "It names an engine twice.")
    ran, absent = [], []
    for number, name in enumerate(engines):
        listener(number / len(engines), f"trying the {what} in {BACKENDS.get(name, name)}")
        try:
            ran.append(attempt(files, replace(settings, backend=name), ask))
        except ModelRefusal as refusal:
            told = f"{BACKENDS.get(name, name)}: {refusal.what} {refusal.why}"
            if refusal.code != "model.unsupported":
                raise _unrunnable(what, told) from refusal
            absent.append(told)
    if not ran:
        raise _unrunnable(what, " ".join(absent) or "It names no engine.")
    return tuple(ran)


def attempt(
    files: ModelFiles, settings: EngineSettings, ask: Callable[[Model], None] = lambda model: None
) -> TriedEngine:
    """Load a model in one engine, confined, and have it read one prompt. Raises ModelRefusal."""
    with closing(Opener(files, settings)()) as model:
        chosen = _read_once(model)
        ask(model)
        ends = tuple(model.pieces(list(model.card.end_tokens)))
        (said,) = model.pieces([chosen])
        granted = str(model.environment.get("taken_for_granted", ""))
        return TriedEngine(
            settings.backend, model.card, frozenset(model.capabilities), said, ends, _most_memory(model), granted
        )


def _read_once(model: Model) -> int:
    """The likeliest token after a question."""
    chat = Capability.CHAT in model.capabilities
    ids = (Prompt.ask(QUESTION) if chat else Prompt.raw(QUESTION)).ids(model)
    (logits,) = model.forward(ids, rows=[-1]).logits
    if not np.isfinite(logits).all() or logits.max() == logits.min():
        raise ModelRefusal(
            "model.unreadable", "It says nothing.", "Every token is as likely as every other, as with weights of zero.",
            "Write the weights again.",
        )  # fmt: skip
    return int(logits.argmax())


def _most_memory(model: Model) -> int | None:
    """The high-water mark of an engine process, on Linux."""
    process = getattr(model, "process", None)
    status = Path(f"/proc/{process}/status")
    if process is None or not status.is_file():
        return None
    told = dict(line.partition(":")[::2] for line in status.read_text().splitlines())
    return int(told["VmHWM"].split()[0]) * 1024 if "VmHWM" in told else None


def _unrunnable(what: str, why: str) -> Refusal:
    return Refusal(
        "case.unrunnable", f"No engine can run the {what} of this case.", why,
        "Seal weights and a tokenizer that an engine of this workbench opens, and install that engine.",
    )  # fmt: skip
