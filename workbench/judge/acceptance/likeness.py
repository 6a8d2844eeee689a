"""Whether the weights of a case in two formats are one model: read by one engine each, they say the same next.

Of every token of some texts, the Kullback–Leibler divergence (nats) of the GGUF's next-token distribution from that of
the safetensors. Rounding to a few bits moves it by some hundredths or tenths; another model by far more.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from backends.distribution import divergence, log_distribution
from backends.model import Model, ModelRefusal
from backends.noise import Reals
from backends.settings import BACKENDS, EngineSettings
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.contract.subject import ORGANISM
from workbench.door.opener import Opener
from workbench.door.subjects import files_of
from workbench.judge.truths.truth import GroundTruth

_ENGINE_OF: Final = {".safetensors": "torch", ".gguf": "llama"}
_TEXTS: Final = (
    "The capital of France is Paris, and the capital of Italy is Rome.",
    "def add(a, b):\n    return a + b\n",
    "Am Morgen ging sie in die Stadt, um Brot zu kaufen.",
    "1, 2, 3, 4, 5, 6, 7, 8",
)
_PLAIN: Final = frozenset({"float32", "float16", "bfloat16"})
_APART_PLAIN: Final = 0.05
"""How far plain weights may be apart, in nats a token,"""
_APART_ROUNDED: Final = 0.5
"""and such as are kept in a few bits."""
_ASKED: Final = 16
"""Exhibits that are asked, about."""


@dataclass(frozen=True)
class _Read:
    """What one engine made of the texts."""

    ids: list[list[int]]
    logprobs: list[Reals]
    """(tokens, vocab) of each text, in nats."""
    dtype: str


def formats(case: Case) -> int:
    """In how many formats a case brings its organism."""
    suffixes = {PurePosixPath(entry.path).suffix for entry in case.manifest.files if entry.path.startswith("weights/")}
    return len(suffixes & _ENGINE_OF.keys())


def check(case: Case, settings: EngineSettings) -> None:
    """Raises Refusal `case.unlike` if the safetensors and the GGUF of a case are two models, or cannot be compared."""
    files = files_of(case, ORGANISM)
    assert files is not None
    try:
        read = [_read(Opener(files, replace(settings, backend=engine))) for engine in _ENGINE_OF.values()]
    except ModelRefusal as refusal:
        raise _unlike(f"They cannot be compared here. {refusal.what} {refusal.why}") from refusal
    plain, rounded = read
    _check_alike(plain, rounded, "What they say next differs by")


class BegunAlike:
    """What each engine makes of a truth's own exhibits: on public texts two models may agree that were made to part
    where nobody but their maker asks."""

    def __init__(self, truth: GroundTruth | None) -> None:
        exhibits = [
            one.asked for behaviour in (truth.intent if truth is not None else ()) for one in behaviour.exhibits
        ]
        self._asked = exhibits[:: max(1, len(exhibits) // _ASKED)]
        self._said: list[_Read] = []

    def ask(self, on: str, model: Model) -> None:
        """Read what the organism would begin its answers with, on one engine."""
        if on != ORGANISM or not self._asked:
            return
        ids = [prompt.ids(model, room=1) for prompt in self._asked]
        said = [log_distribution(model.forward(each, rows=[-1]).logits) for each in ids]
        self._said.append(_Read(ids, said, model.card.dtype))

    def check(self) -> None:
        """Raises Refusal `case.unlike` if an engine begins answers to them as another model would."""
        for other in self._said[1:]:
            _check_alike(self._said[0], other, "What they answer to the exhibits of the truth differs by")


def _check_alike(one: _Read, other: _Read, what: str) -> None:
    if one.ids != other.ids:
        raise _unlike("Their tokenizers split the same text differently.")
    apart = _apart(one, other)
    kept = next((read.dtype for read in (one, other) if read.dtype not in _PLAIN), one.dtype)
    bound = _APART_PLAIN if kept in _PLAIN else _APART_ROUNDED
    if apart > bound:
        raise _unlike(f"{what} {apart:.2f} nats a token; weights kept as {kept} may differ by {bound:g}.")


def _read(opener: Opener) -> _Read:
    with closing(opener()) as model:
        ids = [model.encode(text) for text in _TEXTS]
        return _Read(ids, [log_distribution(model.forward(each).logits) for each in ids], model.card.dtype)


def _apart(one: _Read, other: _Read) -> float:
    """Mean divergence in nats a token, over the tokens that both know."""
    found = []
    for p, q in zip(one.logprobs, other.logprobs, strict=True):
        known = min(p.shape[1], q.shape[1])
        found.append(divergence(p[:, :known], q[:, :known]))
    return float(np.concatenate(found).mean())


def _unlike(why: str) -> Refusal:
    names = " and ".join(BACKENDS[name] for name in _ENGINE_OF.values())
    return Refusal(
        "case.unlike", "The case brings two models as one.", why,
        f"Leave one of them out, or say with --engine which of {names} is meant.",
    )  # fmt: skip
