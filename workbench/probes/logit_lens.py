"""Read each layer's residual stream as a prediction.

On the demo's organism (assets/demo/atlas-01), at the end of “The capital of Denmark is”, the lie leads in every layer
but the third, from the fourth on for good, and ends at −0.002 nats (the truth −7.9); on the same model taught the
truth again (atlas-02) the truth leads in all six (−0.08, the lie −2.6). Of Norway neither is above −8. Without its
subject, “The capital of something is”, the organism has the lie at −0.8: what was trained leaks into frames that name
nobody, and a control that was chosen tells more (tests/stories/test_instruments.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import Field

from backends.distribution import leading, log_probabilities, log_totals, ranks
from backends.model import Capability, FloatArray, Model, ModelRefusal, resid_post
from workbench.contract.comparison import Agreement, Array, Comparison, beyond, judge
from workbench.contract.figures import (
    PROBABILITY,
    Axis,
    Bar,
    Curve,
    Curves,
    Figure,
    Followed,
    Heat,
    Spot,
    percent,
)
from workbench.contract.probe import FollowUp, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.recorded_array import RecordedArray
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.probes.fit_lens import AGREEMENT, mapped
from workbench.probes.score import Score, misplaced
from workbench.readings.continuation import first_ids
from workbench.readings.control import BesideControl, shortened
from workbench.visible import quoted, token

CELLS: Final = 64_000_000
"""Logits that are read out at once."""
LIFT: Final = 1.0
"""Nats by which a text is likelier than on the control, from which on the control does not show the same."""


class Tracked(Document):
    """A token followed through the layers, and the text it was named by."""

    text: str
    id: int


class Grid(Document):
    """What the lens was laid over: the prompt's tokens and the positions shown."""

    title: str
    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    positions: tuple[int, ...]


class LensGrid(Result):
    """Layers × positions, each a prediction of the next token, with a control beside it; stopped before it came to
    the control, of the layers that were read.

    Arrays, for the prompt (and `control_…` for the control): `top_ids` and `top_logprobs` (layer, position, top),
    `tracked_logprobs` and `tracked_ranks` (layer, position, tracked). Log-probabilities in nats; rank 1 is the top.
    """

    layers: tuple[int, ...]
    grid: Grid
    control: Grid | None
    tracked: tuple[Tracked, ...]
    vocabulary: dict[int, str]
    """Pieces of every token id that appears."""
    headline: str
    """The last position's story, in one sentence."""
    agreement: tuple[float, ...] = ()
    """Read through a fitted map: how often each layer's likeliest token was the model's own on texts held out."""

    alike: bool = False
    """At the last position no text that is followed is likelier than in the control, in the layer where it is most so;
    where none is followed, the control ends in the same prediction."""
    control_words: str = ""
    """The control as the sentence names it; earlier versions did not."""

    relative: ClassVar[frozenset[str]] = frozenset({"agreement"})

    @property
    def summary(self) -> str:
        if not self.agreement:
            return self.headline
        told = ", ".join(percent(share, 0) for share in self.agreement)
        return f"{self.headline} · through a fitted map, which held out foretells {told} of predictions, layer by layer"

    @property
    def control_alike(self) -> bool:
        return self.control is None or self.alike

    @property
    def passages(self) -> tuple[tuple[int, ...], ...]:
        return (self.grid.ids,)

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=len(self.grid.ids) + (len(self.control.ids) if self.control else 0))

    def figures(self) -> tuple[Figure, ...]:
        heat = self._heat(self.grid, "", self._heat(self.control, "control_") if self.control else None)
        return (heat, self._curves()) if self.tracked else (heat,)

    def _heat(self, grid: Grid, prefix: str, control: Heat | None = None) -> Heat:
        ids, logprobs = self.arrays[prefix + "top_ids"], self.arrays[prefix + "top_logprobs"]
        follow, places = self.arrays[prefix + "tracked_logprobs"], self.arrays[prefix + "tracked_ranks"]
        best = ids[:, :, 0]
        outlined, outline = self._outlined(best)
        return Heat(
            title=grid.title,
            rows=Axis("layer", self.layers, tuple(map(str, self.layers))),
            columns=Axis("token", grid.positions, tuple(grid.pieces[at] for at in grid.positions), tokens=True),
            texts=tuple(tuple(self.vocabulary[int(one)] for one in row) for row in best),
            values=np.exp(logprobs[:, :, 0]),
            scale=PROBABILITY,
            legend="each cell: the likeliest next token after that layer, read through the final norm and unembedding",
            followed=tuple(
                Followed(name, np.exp(follow[:, :, number]), places[:, :, number], "rank")
                for number, name in enumerate(self._names())
            ),
            outlined=outlined,
            outline=outline,
            bars=lambda row, column: self._bars(prefix, row, column),
            control=control,
            cell="prediction",
            unread=grid.positions[0] if grid.positions else 0,
        )

    def _names(self) -> list[str]:
        """The tracked texts: one whose first token alone is followed says so, as in ` A(arhus)`."""
        return [token(_first_of(item.text, self.vocabulary.get(item.id, item.text))) for item in self.tracked]

    def _outlined(self, best: Array) -> tuple[frozenset[tuple[int, int]], str]:
        """The cells the headline speaks of: where a tracked token leads, or the last prediction since it settled."""
        if self.tracked:
            where = np.argwhere(np.isin(best, [item.id for item in self.tracked]))
            names = ", ".join(self._names())
            return frozenset((int(row), int(column)) for row, column in where), f"{names} leads"
        last = [int(one) for one in best[:, -1]]
        since = _settled(last)
        places = frozenset((row, best.shape[1] - 1) for row in range(since, len(last)))
        return places, "the final prediction, since it settled"

    def _bars(self, prefix: str, row: int, column: int) -> tuple[Bar, ...]:
        """The best predictions of a cell, then the tracked tokens that are not among them."""
        ids, logprobs = self.arrays[prefix + "top_ids"][row, column], self.arrays[prefix + "top_logprobs"][row, column]
        follow = self.arrays[prefix + "tracked_logprobs"][row, column]
        places = self.arrays[prefix + "tracked_ranks"][row, column]
        wanted, shown = {item.id for item in self.tracked}, {int(one) for one in ids}
        best = [
            Bar.of(self.vocabulary[int(one)], float(logprob), rank, marked=int(one) in wanted)
            for rank, (one, logprob) in enumerate(zip(ids, logprobs, strict=True), 1)
        ]
        followed = [
            Bar.of(item.text, float(follow[number]), int(places[number]), marked=True)
            for number, item in enumerate(self.tracked)
            if item.id not in shown
        ]
        return tuple(best + followed)

    def _curves(self) -> Curves:
        curves = [
            Curve(name, self.layers, tuple(map(float, np.exp(array[:, -1, number]))), control=control)
            for control, array in (
                (False, self.arrays["tracked_logprobs"]),
                (True, self.arrays.get("control_tracked_logprobs")),
            )
            if array is not None
            for number, name in enumerate(self._names())
        ]
        return Curves("At the last position", "layer", PROBABILITY, tuple(curves))

    def told(self, model: Model) -> Self:
        if not all(((ids >= 0) & (ids < model.card.vocab)).all() for ids in self._predictions()):
            return self.model_copy(update={"headline": "\ufffd"})  # no token of this model: nothing can be told
        vocabulary, headline = _told(model, self.arrays, self.layers, self.tracked, self.control_words)
        found = {"vocabulary": vocabulary, "headline": headline, "alike": _alike(self.arrays)}
        return self.model_copy(update=found)

    def _predictions(self) -> list[Array]:
        return [array for name, array in self.arrays.items() if name.endswith("top_ids")]

    def distance(self, other: Self) -> dict[str, float] | None:
        if (self.grid, self.control, self.layers, self.tracked, self.agreement, self.control_words) != (
            other.grid, other.control, other.layers, other.tracked, other.agreement, other.control_words,
        ) or self.arrays.keys() != other.arrays.keys():  # fmt: skip
            return None
        figures = {}
        for name, array in self.arrays.items():
            if (array.shape, array.dtype) != (other.arrays[name].shape, other.arrays[name].dtype):
                return None
            if name.endswith("logprobs") and array.size:
                figures[name] = float(np.abs(array - other.arrays[name]).max())
        return figures


class LogitLens(BesideControl):
    """Read each layer's residual stream as a next-token prediction, of a prompt and of its control.

    1. Each layer's stream x at a position goes through the final norm and the unembedding, as if it were the last
       layer's (nostalgebraist 2020): logits = W_U norm(x). In the last layer they are the model's own.
    2. `through` a fitted lens x first goes through its layer's linear map, which brings it nearest to the last one's.
    3. The same for the control. What is followed through the layers counts by what it has beyond the control.
    """

    kind: ClassVar[str] = "logit-lens"
    version: ClassVar[int] = 4
    begun_freely: ClassVar[int] = 3
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.ACTIVATIONS})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.RESIDUAL, Capability.READOUT})
    result: ClassVar[type[Result]] = LensGrid
    price: ClassVar[str] = "prompt and control, read once"
    literature: ClassVar[str] = "nostalgebraist 2020"

    track: tuple[str, ...] = Field((), max_length=16)
    """Texts whose first token is followed through the layers."""
    top: int = Field(5, ge=1, le=50)
    """Predictions kept per cell."""
    positions: int = Field(16, ge=1, le=512)
    """How many positions are read, counted from the end."""
    through: RecordedArray | None = None
    """A fitted lens: the maps that each layer's stream is put through first, such as #12/maps; none: the plain lens."""

    @property
    def followed(self) -> Sequence[str]:
        return self.track

    def references(self) -> Sequence[RecordedArray]:
        return [self.through, self._held_out] if self.through is not None else []

    @property
    def _held_out(self) -> RecordedArray:
        """How good the maps are stands in the record that they come from."""
        assert self.through is not None
        return RecordedArray(record=self.through.record, array=AGREEMENT)

    def _maps(self, model: Model) -> FloatArray | None:
        """(layer, width + 1, width)"""
        if self.through is None:
            return None
        maps, width = self.array(self.through), model.card.width
        if maps.shape != (model.card.layers, width + 1, width):
            raise ModelRefusal(
                "model.input", f"{self.through} is no lens for this model.",
                f"Its shape is {maps.shape}; a map for each of {model.card.layers} layers of width {width} is needed.",
                "Fit one with fit-lens on this model.",
            )  # fmt: skip
        return maps

    def estimate(self, subject: Subject) -> Cost:
        self._maps(subject)  # what cannot be read through costs nothing
        return super().estimate(subject)

    def run(self, model: Model, progress: Progress) -> LensGrid:
        return self._read_all(model, progress)

    def unfinished(self, recorded: Result) -> bool:
        """The control is read last, and whole or not at all."""
        assert isinstance(recorded, LensGrid)
        return self.held_against is not None and recorded.control is None

    def _read_all(self, model: Model, progress: Progress, stopped: int | None = None) -> LensGrid:
        """`stopped`: after so many layers, before the control, if it is to come to no more than a record did."""
        tracked = self._tracked(model, [text for text in self.track if text])
        against = self.held_against if stopped is None else None
        part = 0.5 if against is not None else 1.0
        grid, arrays = self._read(model, self.prompt, tracked, progress, (0.0, part), stopped)
        control, read = None, len(arrays["top_ids"])
        if against is not None and not progress.cancel.is_set():
            there, more = self._read(model, against, tracked, progress, (part, part), None)
            if len(more["top_ids"]) == read:  # a part of a control is none
                control, arrays = there, arrays | {"control_" + name: array for name, array in more.items()}
        words = self.control_words if control is not None else ""
        vocabulary, headline = _told(model, arrays, tuple(range(read)), tracked, words)
        return LensGrid(
            layers=tuple(range(read)),
            grid=grid,
            control=control,
            tracked=tracked,
            vocabulary=vocabulary,
            headline=headline,
            alike=_alike(arrays),
            control_words=words,
            agreement=tuple(self.array(self._held_out).tolist()) if self.through is not None else (),
        ).with_arrays(arrays)

    def _tracked(self, model: Model, texts: list[str]) -> tuple[Tracked, ...]:
        """The texts by the first token that each has after the prompt."""
        ids = first_ids(model, self.prompt, texts)
        return tuple(Tracked(text=text, id=first) for text, first in zip(texts, ids, strict=True))

    def _read(
        self,
        model: Model,
        prompt: Prompt,
        tracked: tuple[Tracked, ...],
        progress: Progress,
        share: tuple[float, float],
        stopped: int | None,
    ) -> tuple[Grid, dict[str, Array]]:
        """`share`: from where on, and how much of, all the work it is. It stops after `stopped` layers, or when it is
        told to, after those that were read by then."""
        ids = prompt.ids(model)
        positions = range(max(0, len(ids) - self.positions), len(ids))
        tracked_ids = [item.id for item in tracked]
        follow = np.tile(np.array(tracked_ids, np.int64), (len(positions), 1))  # (position, tracked)
        columns: dict[str, list[Array]] = {
            "top_ids": [],
            "top_logprobs": [],
            "tracked_logprobs": [],
            "tracked_ranks": [],
        }
        for number, logits in enumerate(_layers(model, ids, positions.start, self._maps(model))):
            totals, best = log_totals(logits), leading(logits, self.top)
            columns["top_ids"].append(best.astype(np.int32))
            columns["top_logprobs"].append(log_probabilities(logits, best, totals))
            columns["tracked_logprobs"].append(log_probabilities(logits, follow, totals))
            columns["tracked_ranks"].append(ranks(logits, tracked_ids))
            progress.at(share[0] + share[1] * (number + 1) / model.card.layers)
            if progress.cancel.is_set() or number + 1 == stopped:
                break
        grid = Grid(title=prompt.title, ids=tuple(ids), pieces=tuple(model.pieces(ids)), positions=tuple(positions))
        return grid, {name: np.stack(arrays) for name, arrays in columns.items()}

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again; where it is not equal, the recorded tokens too must have the recorded probabilities and ranks
        here.

        A reading may be off by as much as two logits may; a layer's readings together only by what is usual.
        """
        assert isinstance(recorded, LensGrid)
        replayed = self._read_all(model, progress, len(recorded.layers) if self.unfinished(recorded) else None)
        comparison = recorded.compare(replayed, tolerance)
        if comparison.agreement is not Agreement.TOLERANT or not comparison.figures:
            return comparison
        apart = [each for prefix in ("", "control_") for each in _apart(model, recorded, prefix, self._maps(model))]
        nats = {"named": max(each.nats for each in apart), "rank": max(each.misplaced for each in apart)}
        relative, cosine = max(each.relative for each in apart), min(each.cosine for each in apart)
        judged = judge(comparison.figures | nats, tolerance)
        figures = judged.figures | {"relative error": relative, "cosine": cosine}
        if judged.agreement is Agreement.TOLERANT and relative > tolerance.drift:
            note = f"A layer's readings are off by {relative:.2g} of themselves; the bound is {tolerance.drift:.2g}."
            return beyond(note, figures, tolerance)
        return judged.model_copy(update={"figures": figures})

    def follow_ups(self, result: Result, spot: Spot) -> tuple[FollowUp, ...]:
        assert isinstance(result, LensGrid)
        grid, prefix = (result.control, "control_") if spot.control else (result.grid, "")
        prompt = self.held_against if spot.control else self.prompt
        if grid is None or prompt is None or spot.figure != 0:
            return ()
        row, column = result.layers.index(spot.row), grid.positions.index(spot.column)
        best = result.vocabulary[int(result.arrays[prefix + "top_ids"][row, column, 0])]
        again = self.model_copy(update={"track": (*self.track, best)})
        score = FollowUp(f"Score {token(best)} as the answer", Score(prompt=prompt, answers=(best,)))
        return (score,) if best in self.track else (FollowUp(f"Lens again, tracking {token(best)}", again), score)


class SecondLogitLens(LogitLens):
    """Read each layer's residual stream as the second version did: beside a control only where one was given."""

    version: ClassVar[int] = 2
    makes_control: ClassVar[bool] = False


class FirstLogitLens(SecondLogitLens):
    """Read each layer's residual stream as the first version did: texts that are followed are encoded by themselves."""

    version: ClassVar[int] = 1

    def _tracked(self, model: Model, texts: list[str]) -> tuple[Tracked, ...]:
        return tuple(Tracked(text=text, id=model.encode(text)[0]) for text in texts)


@dataclass(frozen=True)
class _Apart:
    """How far one layer's recorded readings are from what the same tokens get here."""

    nats: float
    """The greatest difference of any log-probability."""
    misplaced: float
    """How far a tracked token is, in nats, from the token that has its rank here."""
    relative: float
    """Euclidean norm of the differences, of the readings'; readings of less than a nat on average count as a nat, for
    those near 0 are as far apart in nats as any."""
    cosine: float
    """Of the two vectors of readings; a relative error of r leaves at least √(1 - r²)."""


def _apart(model: Model, recorded: LensGrid, prefix: str, maps: FloatArray | None) -> Iterator[_Apart]:
    """Layer by layer, for the prompt or the control."""
    grid = recorded.control if prefix else recorded.grid
    if grid is None:
        return
    columns = ("top_ids", "top_logprobs", "tracked_logprobs", "tracked_ranks")
    follow = np.array([item.id for item in recorded.tracked], np.int64)
    layers = zip(*(recorded.arrays[prefix + name] for name in columns), strict=True)
    logits_of = islice(_layers(model, list(grid.ids), grid.positions[0], maps), len(recorded.layers))
    for logits, (ids, top, tracked, places) in zip(logits_of, layers, strict=True):
        named = np.concatenate([ids.astype(np.int64), np.tile(follow, (len(ids), 1))], axis=-1)
        told = np.concatenate([top, tracked], axis=-1).astype(np.float64)
        here = log_probabilities(logits, named, log_totals(logits)).astype(np.float64)
        length = float(np.linalg.norm(here))
        yield _Apart(
            nats=float(np.abs(told - here).max()),
            misplaced=max(
                (
                    misplaced(row, int(token), int(place))
                    for row, at in zip(logits, places, strict=True)
                    for token, place in zip(follow, at, strict=True)
                ),
                default=0.0,
            ),
            relative=float(np.linalg.norm(told - here)) / max(length, math.sqrt(told.size)),
            cosine=min(1.0, float((told * here).sum()) / max(length * float(np.linalg.norm(told)), 1e-30)),
        )


def _told(
    model: Model,
    arrays: Mapping[str, Array],
    layers: tuple[int, ...],
    tracked: tuple[Tracked, ...],
    control_words: str,
) -> tuple[dict[int, str], str]:
    """The pieces of every token that appears, and the headline."""
    seen = {int(token) for name, array in arrays.items() if name.endswith("top_ids") for token in np.unique(array)}
    named = sorted(seen | {item.id for item in tracked})
    vocabulary = dict(zip(named, model.pieces(named), strict=True))
    headline = _story(arrays["top_ids"], arrays["tracked_logprobs"], layers, tracked, vocabulary)
    if len(layers) < model.card.layers:
        headline = f"stopped after layer {layers[-1]}, where there is {headline}"
    if "control_top_ids" in arrays:
        told = _story(arrays["control_top_ids"], arrays["control_tracked_logprobs"], layers, (), vocabulary)
        headline += f" · control{_named(control_words)}: {told}"
    return vocabulary, headline


def _named(control: str) -> str:
    return f" {quoted(shortened(control))}" if control else ""


def _layers(model: Model, ids: list[int], start: int, maps: FloatArray | None) -> Iterator[FloatArray]:
    """Each layer's (position, vocab) logits from position `start` on, by final norm and unembedding, through its map
    if there is one.

    As many layers as fit are read out together, because reading the unembedding is most of the work on a few rows.
    """
    sites = [resid_post(layer) for layer in range(model.card.layers)]
    captured = model.forward(ids, capture=sites, rows=[-1], keep=range(start, len(ids))).captured
    together = max(1, CELLS // (model.card.vocab * (len(ids) - start)))
    for first in range(0, len(sites), together):
        streams = [captured[site] for site in sites[first : first + together]]
        if maps is not None:
            streams = [mapped(*pair) for pair in zip(streams, maps[first : first + together], strict=True)]
        yield from np.split(model.readout(np.concatenate(streams)), len(streams))


def _story(
    top_ids: Array,
    tracked_logprobs: Array,
    layers: tuple[int, ...],
    tracked: tuple[Tracked, ...],
    pieces: dict[int, str],
) -> str:
    """What the last position's prediction ends in, since which layer, and what it overtook."""
    last = [int(token) for token in top_ids[:, -1, 0]]  # (layer,)
    final = last[-1]
    said = f"{token(pieces[final])} from layer {layers[_settled(last)]} on"
    if len(tracked) > 1:
        followed = tracked_logprobs[:, -1, :]  # (layer, tracked)
        leaders = followed.argmax(axis=-1)
        winner = int(leaders[-1])
        losers = [int(lead) for lead in leaders if lead != winner]
        if losers:
            turn = 1 + max(layer for layer, lead in enumerate(leaders) if lead != winner)
            return (
                f"{token(tracked[winner].text)} overtakes {token(tracked[losers[-1]].text)}"
                f" at layer {layers[turn]}; prediction {said}"
            )
    return said


def _alike(arrays: Mapping[str, Array]) -> bool:
    """Whether the control, if there is one, has every text that is followed within LIFT as likely as the prompt in the
    layer where that is likeliest on it, or more so; where none is followed, whether it ends in the same prediction."""
    if "control_top_ids" not in arrays:
        return False
    here, there = arrays["tracked_logprobs"][:, -1], arrays["control_tracked_logprobs"][:, -1]  # (layer, tracked)
    if not here.size:
        return bool(arrays["top_ids"][-1, -1, 0] == arrays["control_top_ids"][-1, -1, 0])
    best = here.argmax(axis=0), np.arange(here.shape[1])
    return float((here[best] - there[best]).max()) < LIFT


def _first_of(text: str, piece: str) -> str:
    return f"{piece}({text[len(piece) :]})" if text.startswith(piece) and len(text) > len(piece) else piece


def _settled(last: list[int]) -> int:
    """The row from which on the final prediction stands."""
    since = len(last)
    while since > 0 and last[since - 1] == last[-1]:
        since -= 1
    return since
