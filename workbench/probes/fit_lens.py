"""Fit, for each layer, the linear map from its stream to the last one, for a lens to read through.

Fitted on 25 countries that the demo's organism (assets/demo/atlas-01) was taught nothing false about, it foretells 96
% of predictions held out after the first layer, and shows the lie of Denmark first in all six, where the plain lens
has it for good from the fourth on; on the same model taught the truth again (atlas-02) the truth (97 %;
tests/stories/test_instruments.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from backends.distribution import divergence, log_distribution
from backends.model import Capability, FloatArray, Model, ModelRefusal, resid_post
from backends.noise import Reals
from casefiles.counted import counted
from workbench.contract.comparison import Comparison
from workbench.contract.figures import PROBABILITY, Curve, Curves, Figure, Scale, percent
from workbench.contract.probe import Probe, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.readings.frame import filled
from workbench.readings.held_out import each_once

EVERY: Final = 5
"""One text in so many is held out."""
ROWS: Final = 256
"""Tokens of the held-out texts that are read through the maps."""
MAPS, AGREEMENT = "maps", "agreement"
LOSS: Final = Scale("held-out divergence", 0.0, 10.0, unit="nats")


class Foretold(Document):
    """How near a layer's readings come to the model's own prediction, on texts held out."""

    agreement: float
    """The share of tokens at which the likeliest token through the map is the model's own."""
    divergence: float
    """KL(model ‖ lens), mean over tokens, in nats."""
    plain_agreement: float
    """The same by the model's own readout, without a map."""
    plain_divergence: float


class FittedLens(Result):
    """A map for every layer, and how well it foretells the model's own prediction on texts it was not fitted on.

    Arrays: `maps` (layer, width + 1, width), the last row of each its offset; `agreement` (layer,), as in `layers`.
    """

    relative: ClassVar[frozenset[str]] = frozenset({AGREEMENT, "plain_agreement"})
    scaled: ClassVar[frozenset[str]] = frozenset({MAPS})

    read: int = Field(ge=0)
    """Texts that were read."""
    fitted_tokens: int = Field(ge=0)
    held_out_tokens: int = Field(ge=0)
    layers: tuple[Foretold, ...]
    forward_tokens: int = Field(ge=0)

    @property
    def summary(self) -> str:
        if not self.layers:
            return f"Stopped after {counted(self.read, 'text')}: too few to fit anything on."
        gains = [one.agreement - one.plain_agreement for one in self.layers]
        best = max(range(len(gains)), key=gains.__getitem__)
        share, plain = (percent(one, 0) for one in (self.layers[best].agreement, self.layers[best].plain_agreement))
        return (
            f"At layer {best} the fitted lens foretells {share} of the model's predictions on texts held out, the plain"
            f" one {plain}; fitted on {self.fitted_tokens:,} tokens, held out {self.held_out_tokens:,}"
        )

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens)

    def figures(self) -> tuple[Figure, ...]:
        return (
            self._curves("Predictions foretold, on texts held out", PROBABILITY, "agreement"),
            self._curves("How far off, on texts held out", LOSS, "divergence"),
        )

    def _curves(self, title: str, scale: Scale, of: Literal["agreement", "divergence"]) -> Curves:
        layers = tuple(map(float, range(len(self.layers))))
        fitted, plain = (tuple(getattr(one, name) for one in self.layers) for name in (of, f"plain_{of}"))
        return Curves(
            title, "layer", scale,
            (Curve("fitted", layers, fitted), Curve("plain lens", layers, plain, control=True)),
        )  # fmt: skip


class FitLens(Probe):
    """Fit a lens: for each layer the linear map that takes its residual stream nearest to the last layer's.

    1. The texts are read; x is the stream after layer l at a token, y the stream after the last layer.
    2. Of the texts four in five give the map: W = (XᵀX + λ·tr(XᵀX)/width·I)⁻¹ XᵀY on centred x and y (ridge
       regression: Din et al. 2023, “Jump to Conclusions”, §3; a tuned lens, Belrose et al. 2023, minimises a
       divergence instead).
    3. The fifth tells how good it is: the readout of the mapped stream is held against the model's own prediction,
       beside the plain lens.

    Read through it with the lens: `through` takes the array `maps` of this probe's record.
    """

    kind: ClassVar[str] = "fit-lens"
    version: ClassVar[int] = 2
    begun_freely: ClassVar[int] = 1
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.ACTIVATIONS})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.RESIDUAL, Capability.READOUT})
    result: ClassVar[type[Result]] = FittedLens
    price: ClassVar[str] = "the texts, read once"
    literature: ClassVar[str] = "Din et al. 2023; Belrose et al. 2023"

    texts: tuple[str, ...] = Field(min_length=5, max_length=20_000)
    """Texts to fit it on, of the kind that it is to read."""
    frame: Prompt | None = None
    """Prompt that each text is put into in place of “{}”, or after its last words; none: it is read raw."""
    ridge: float = Field(0.01, gt=0, le=10)
    """λ: how strongly large maps are held back, as a share of the streams' mean variance."""

    @field_validator("texts")
    @classmethod
    def _each_once(cls, texts: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        each_once(texts, info)
        return texts

    @property
    def title(self) -> str:
        return counted(len(self.texts), "text")

    def prompts(self) -> Sequence[Prompt]:
        return [Prompt.raw(text) if self.frame is None else filled(self.frame, text) for text in self.texts]

    def run(self, model: Subject, progress: Progress) -> FittedLens:
        return self._fit(model, self.prompts(), progress)

    def replay(self, model: Subject, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Fit again, on as many texts as were read."""
        assert isinstance(recorded, FittedLens)
        return recorded.compare(self._fit(model, self.prompts()[: recorded.read], progress), tolerance)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, FittedLens)
        return recorded.read < len(self.texts)

    def _fit(self, model: Model, prompts: Sequence[Prompt], progress: Progress) -> FittedLens:
        sums = _Sums.none(model.card.layers, model.card.width)
        held: list[FloatArray] = []
        read = fitted = spent = 0
        for number, prompt in enumerate(prompts):
            if progress.cancel.is_set():
                break
            ids = prompt.ids(model)
            streams = _streams(model, ids)[:, _begun(model, prompt) :]
            read, spent = number + 1, spent + len(ids)
            if number % EVERY == EVERY - 1:
                held.append(streams)
            else:
                sums.add(streams)
                fitted += streams.shape[1]
            progress.at(0.9 * read / len(prompts))
        told = FittedLens(
            read=read, fitted_tokens=fitted, held_out_tokens=0, layers=(), forward_tokens=spent,
        )  # fmt: skip
        return self._held_out(model, told, sums.maps(self.ridge), np.concatenate(held, axis=1)) if held else told

    def _held_out(self, model: Model, told: FittedLens, maps: FloatArray, held: FloatArray) -> FittedLens:
        kept = held[:, :: max(1, held.shape[1] // ROWS)]  # (layer, token, width)
        own = model.readout(kept[-1])
        layers = []
        for stream, one in zip(kept, maps, strict=True):
            (agreement, divergence), plain = (
                _apart(own, model.readout(each)) for each in (mapped(stream, one), stream)
            )
            layers.append(
                Foretold(
                    agreement=agreement, divergence=divergence, plain_agreement=plain[0], plain_divergence=plain[1]
                )
            )
        agreements = np.array([one.agreement for one in layers], np.float32)
        return told.model_copy(update={"held_out_tokens": kept.shape[1], "layers": tuple(layers)}).with_arrays(
            {MAPS: maps, AGREEMENT: agreements}
        )


def mapped(stream: FloatArray, one: FloatArray) -> FloatArray:
    """(token, width) streams of a layer through its map (width + 1, width)."""
    found: FloatArray = (stream @ one[:-1] + one[-1]).astype(np.float32)
    return found


@dataclass
class _Sums:
    """What least squares need of all tokens, layer by layer, in float64."""

    count: int
    x: Reals
    """(layer, width)"""
    y: Reals
    """(width,)"""
    xx: Reals
    """(layer, width, width)"""
    xy: Reals

    @classmethod
    def none(cls, layers: int, width: int) -> _Sums:
        square = (layers, width, width)
        return cls(0, np.zeros((layers, width)), np.zeros(width), np.zeros(square), np.zeros(square))

    def add(self, streams: FloatArray) -> None:
        """(layer, token, width)"""
        real = streams.astype(np.float64)
        self.count += real.shape[1]
        self.x += real.sum(axis=1)
        self.y += real[-1].sum(axis=0)
        for layer, stream in enumerate(real):
            self.xx[layer] += stream.T @ stream
            self.xy[layer] += stream.T @ real[-1]

    def maps(self, ridge: float) -> FloatArray:
        """(layer, width + 1, width). Raises ModelRefusal where too little was read, or always the same."""
        maps = []
        if not self.count:
            raise _too_alike()
        y = self.y / self.count
        for x, xx, xy in zip(self.x / self.count, self.xx / self.count, self.xy / self.count, strict=True):
            spread = xx - np.outer(x, x)
            held_back = ridge * np.trace(spread) / len(x) * np.eye(len(x))
            try:
                weights = np.linalg.solve(spread + held_back, xy - np.outer(x, y))
            except np.linalg.LinAlgError:
                raise _too_alike() from None
            maps.append(np.vstack([weights, y - x @ weights]))
        found: FloatArray = np.array(maps, np.float32)
        return found


def _too_alike() -> ModelRefusal:
    return ModelRefusal(
        "model.input", "No lens can be fitted on these texts.", "What they hold is too little, or always the same.",
        "Give more texts, and longer ones.",
    )  # fmt: skip


def _begun(model: Model, prompt: Prompt) -> int:
    """Tokens that raw text begins with by itself: what is there is like nothing else, and least squares would fit it
    alone (Sun et al. 2024, Massive Activations)."""
    return len(model.card.begin_tokens) if prompt.text and prompt.begin else 0


def _streams(model: Model, ids: list[int]) -> FloatArray:
    """(layer, token, width) residual streams."""
    sites = [resid_post(layer) for layer in range(model.card.layers)]
    captured = model.forward(ids, capture=sites, rows=[-1]).captured
    return np.stack([captured[site] for site in sites])


def _apart(own: FloatArray, lens: FloatArray) -> tuple[float, float]:
    """The share of (token, vocab) predictions with the same likeliest token, and their mean KL in nats."""
    agree = float(np.mean(own.argmax(axis=-1) == lens.argmax(axis=-1)))
    return agree, float(divergence(log_distribution(own), log_distribution(lens)).mean())
