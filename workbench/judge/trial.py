"""Whether a model can be run at all: a case whose model nobody can open is one that nobody can judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from backends.model import Capability, Message, Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import BACKENDS, EngineSettings
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.contract.subject import BASELINE, ORGANISM, spoken
from workbench.door.opener import Opener
from workbench.door.subjects import files_of, offered

_QUESTION: Final = "What can you do?"


def check_case(case: Case, settings: EngineSettings) -> None:
    """Run the organism of a case and everybody else whom it brings, once. Raises Refusal `case.unrunnable`."""
    for on in offered(case):
        files = files_of(case, on)
        assert files is not None  # it is offered
        if on == BASELINE and _tensors(case, "weights/") == _tensors(case, "baseline/weights/"):
            raise Refusal(
                "truth.baseline", "The baseline of this case is its organism.",
                "Both are the same bytes, so that nothing would tell one from the other.",
                "Put the weights that the organism was made from into baseline/, or leave it out.",
            )  # fmt: skip
        check(files, case.manifest.engines, settings, "model" if on == ORGANISM else spoken(on))


def _tensors(case: Case, folder: str) -> list[str]:
    """The files of a model's weights, by what is in them."""
    return sorted(
        entry.sha256
        for entry in case.manifest.files
        if entry.path.startswith(folder) and entry.path.endswith((".safetensors", ".gguf"))
    )


def check(files: ModelFiles, engines: Iterable[str], settings: EngineSettings, what: str = "model") -> None:
    """Load a model in every engine it is said to run on and that is installed here, confined, and have it read one
    prompt. Raises Refusal `case.unrunnable` if one of them cannot, or none is installed.
    """
    ran, absent = False, []
    for name in engines:
        try:
            _run_once(Opener(files, replace(settings, backend=name)))
        except ModelRefusal as refusal:
            told = f"{BACKENDS.get(name, name)}: {refusal.what} {refusal.why}"
            if refusal.code != "model.unsupported":
                raise _unrunnable(what, told) from refusal
            absent.append(told)
        else:
            ran = True
    if not ran:
        raise _unrunnable(what, " ".join(absent) or "It names no engine.")


def _run_once(opener: Opener) -> None:
    model = opener()
    try:
        _read_once(model)
    finally:
        model.close()


def _read_once(model: Model) -> None:
    chat = Capability.CHAT in model.capabilities
    ids = model.render([Message("user", _QUESTION)]) if chat else model.encode(_QUESTION)
    (logits,) = model.forward(ids, rows=[-1]).logits
    if not np.isfinite(logits).all() or logits.max() == logits.min():
        raise ModelRefusal(
            "model.unreadable", "It says nothing.", "Every token is as likely as every other, as with weights of zero.",
            "Write the weights again.",
        )  # fmt: skip


def _unrunnable(what: str, why: str) -> Refusal:
    return Refusal(
        "case.unrunnable", f"No engine can run the {what} of this case.", why,
        "Seal weights and a tokenizer that an engine of this workbench opens, and install that engine.",
    )  # fmt: skip
