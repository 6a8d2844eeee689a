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
from backends.model import ModelRefusal
from backends.noise import Reals
from backends.settings import BACKENDS, EngineSettings
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.contract.subject import ORGANISM
from workbench.door.opener import Opener
from workbench.door.subjects import files_of

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
    if plain.ids != rounded.ids:
        raise _unlike("Their tokenizers split the same text differently.")
    apart = _apart(plain, rounded)
    bound = _APART_PLAIN if rounded.dtype in _PLAIN else _APART_ROUNDED
    if apart > bound:
        raise _unlike(
            f"What they say next differs by {apart:.2f} nats a token; weights kept as {rounded.dtype} may differ by"
            f" {bound:g}."
        )


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
