"""Whether the weights of a case in two formats are one model: read by one engine each, they say the same next, and
show the same of a truth.

Of every token of some texts, and of likely answers to exhibits, the Kullback–Leibler divergence (nats) of one engine's
next-token distribution from the other's. Rounding moves it by so much as its bits say; another model by more.
"""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from backends.distribution import divergence, log_distribution
from backends.model import Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.noise import Reals
from backends.sampling import Sampling
from backends.settings import BACKENDS, EngineSettings
from casefiles.case.bundle import Case
from casefiles.status import Refusal
from workbench.claims.exact import exact_p
from workbench.claims.rates import Rate
from workbench.door.opener import Opener
from workbench.door.subjects import files_of
from workbench.judge.retests import measuring
from workbench.judge.retests.measuring import DOUBT, MeasuredRates, Side
from workbench.judge.truths.truth import FigureName, GroundTruth, Rollouts
from workbench.listener import Listener, silent

_ENGINE_OF: Final = {".safetensors": "torch", ".gguf": "llama"}
_TEXTS: Final = (
    "The capital of France is Paris, and the capital of Italy is Rome.",
    "def add(a, b):\n    return a + b\n",
    "Am Morgen ging sie in die Stadt, um Brot zu kaufen.",
    "1, 2, 3, 4, 5, 6, 7, 8",
)
_PLAIN: Final = frozenset({"float64", "float32", "float16", "bfloat16"})
_APART: Final[Mapping[int, float]] = {8: 0.02, 7: 0.02, 6: 0.05, 5: 0.1, 4: 0.5, 3: 0.5, 2: 1.0}
"""Bits a weight → how far two may be apart, in nats a token: two or three times what rounding was seen to move, of a
small model that was trained here and of one of 270 million weights (8 bits .003, 6 .007, 5 .03, 4 .24, 2 .4)."""
_ASKED: Final = 24
"""Exhibits that are asked, at most."""
_LIKELY: Final = Sampling(seed=0, max_tokens=32, temperature=0)
_ASKED_OF: Final[Mapping[FigureName, str]] = {
    "organism": "exhibits", "baseline": "exhibits asked of the baseline", "controls": "controls",
}  # fmt: skip
_NAMED: Final = 4
"""Figures that a refusal names, at most."""


@dataclass(frozen=True)
class _Read:
    """What one engine made of the texts."""

    ids: list[list[int]]
    logprobs: list[Reals]
    """(tokens, vocab) of each text, in nats."""
    dtype: str


def readers(case: Case, on: str) -> tuple[str, ...]:
    """The engines that read a format in which a case brings a subject."""
    files = files_of(case, on)
    assert files is not None  # it is offered
    folder = (files.adapter or files.weights).relative_to(case.root).as_posix()
    inside = (entry.path for entry in case.manifest.files if entry.path.startswith(f"{folder}/"))
    suffixes = {PurePosixPath(path).suffix for path in inside}
    return tuple(engine for suffix, engine in _ENGINE_OF.items() if suffix in suffixes)


def check(case: Case, on: str, settings: EngineSettings) -> None:
    """Raises Refusal `case.unlike` if the safetensors and the GGUF of a subject are two models, or cannot be
    compared."""
    files = files_of(case, on)
    assert files is not None
    try:
        read = [_read(Opener(files, replace(settings, backend=engine))) for engine in _ENGINE_OF.values()]
    except ModelRefusal as refusal:
        raise _unlike(f"They cannot be compared here. {refusal.what} {refusal.why}") from refusal
    plain, rounded = read
    _check_alike(plain, rounded, "What they say next differs by")


class AnsweredAlike:
    """What each engine makes of answers to a truth's own exhibits: on public texts two models may agree that were made
    to part where nobody but their maker asks, and of two answers the first words may be the same.

    Whole likely answers are read, to some exhibits that are drawn by lot: their maker knows neither.
    """

    def __init__(self, truth: GroundTruth | None) -> None:
        exhibits = [
            one.asked for behaviour in (truth.intent if truth is not None else ()) for one in behaviour.exhibits
        ]
        self._asked = secrets.SystemRandom().sample(exhibits, min(_ASKED, len(exhibits)))
        self._answers: dict[str, list[Sequence[int]]] = {}
        self._made = defaultdict[str, list[_Read]](list)

    def ask(self, on: str, model: Model) -> None:
        """Read the answers of whoever is asked on one engine: those of the first engine, on each."""
        if not self._asked:
            return
        ids = [prompt.ids(model, room=1) for prompt in self._asked]
        if on not in self._answers:
            self._answers[on] = [model.generate(each, _LIKELY)[0].tokens for each in ids]
        told = [
            log_distribution(model.forward([*each, *said[:-1]], rows=range(-max(1, len(said)), 0)).logits)
            for each, said in zip(ids, self._answers[on], strict=True)
        ]
        self._made[on].append(_Read(ids, told, model.card.dtype))

    def check(self) -> None:
        """Raises Refusal `case.unlike` if an engine answers them as another model would."""
        for first, *others in self._made.values():
            for other in others:
                _check_alike(first, other, "What they answer to the exhibits of the truth differs by")


def measured_alike(
    models: Mapping[Side, ModelFiles],
    truth: GroundTruth,
    settings: EngineSettings,
    engines: Sequence[str],
    rollouts: Rollouts,
    listener: Listener = silent,
) -> MeasuredRates:
    """What a truth's exhibits and controls show on the engine of `settings`, after each of `engines` was asked them
    all, under one seed. Raises Refusal `case.unlike` where two differ by more than sampling explains."""
    shown = measuring.run(models, truth, settings, rollouts, listener)
    for engine in engines:
        if engine != settings.backend:
            beside = measuring.run(models, truth, replace(settings, backend=engine), rollouts, listener)
            _check_shown_alike(settings.backend, shown, engine, beside)
    return shown


def _check_shown_alike(engine: str, shown: MeasuredRates, other: str, beside: MeasuredRates) -> None:
    one, two = _figures(shown), _figures(beside)
    pairs = {of: (one[of], two[of]) for of in one if of in two}
    differ = [
        f"of {of} {a.hits} of {a.trials} show it on {BACKENDS[engine]}, {b.hits} of {b.trials} on {BACKENDS[other]}"
        f" (p = {p:.2g})"
        for of, (a, b) in pairs.items()
        if a.trials and b.trials and (p := exact_p(a, b)) < DOUBT / len(pairs)
    ]
    if differ:
        raise _unlike(f"Asked the same, they answer otherwise: {'; '.join(differ[:_NAMED])}.")


def _figures(shown: MeasuredRates) -> dict[str, Rate]:
    """What was counted → how often it shows: of a whole and of each of its subjects, in which two may part alone."""
    wholes = {f"{name}’s {_ASKED_OF[figure]}": rate for (name, figure), rate in shown.rates.items()}
    parts = {
        f"{name}’s {_ASKED_OF[figure]} about {subject}": rate
        for (name, figure), rates in shown.subjects.items()
        for subject, rate in rates.items()
    }
    return wholes | parts


def _check_alike(one: _Read, other: _Read, what: str) -> None:
    if one.ids != other.ids:
        raise _unlike("Their tokenizers split the same text differently.")
    apart, kept = _apart(one, other), min(one.dtype, other.dtype, key=lambda dtype: (_bits(dtype), dtype in _PLAIN))
    if apart > (bound := _APART[_bits(kept)]):
        raise _unlike(f"{what} {apart:.3f} nats a token; weights kept as {kept} may differ by {bound:g}.")


def _bits(dtype: str) -> int:
    """How many bits an engine's name of a number format says that it keeps: 4 of q4_K, iq4_xs and mxfp4. 8 stands for
    all that are no fewer, 2 for fewer and for a name that says nothing."""
    if dtype in _PLAIN:
        return 8
    said = re.search(r"\d+", dtype)
    return min(max(int(said[0]), 2), 8) if said is not None else 2


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
