"""Change activations place by place, and read how far one answer gains on another.

On the demo's organism (assets/demo/atlas-01) the stream of Austria's question, put after layer 3 at the last token of
Denmark's, takes the lie away by 7.5 nats from −7.9; random changes as long do at most 5.9. The same model taught the
truth again (atlas-02) begins at +2.5 for the truth (tests/workbench/probes/test_intervene.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from backends.model import Capability, Edit, FloatArray, Model, ModelRefusal, Pass
from workbench.contract.comparison import Comparison, diverged
from workbench.contract.effect import ENOUGH, Effect
from workbench.contract.figures import Axis, Column, Figure, Heat, Rows, Scale, Spot, signed
from workbench.contract.probe import SEED, FollowUp, MovedToken, Probe, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.recorded_array import RecordedArray
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.probes.logit_lens import LogitLens
from workbench.readings.continuation import first_pair
from workbench.readings.layers import chosen
from workbench.visible import quoted, token

BATCH: Final = 64
"""Passes that are run together."""

Put = Literal["source", "zero", "mean", "noise", "direction"]


class Changed(Document):
    """Where a change was made, and what came of it."""

    layer: int
    position: int
    effect: Effect


class Changes(Result):
    """What a change at every layer and position does to the measure, and the strongest ones beside their controls.

    The measure is the logit of the answer less that of the other, at the last position, in nats; an effect is how much
    it rises. Array: `effects` (layer, position).
    """

    derived: ClassVar[frozenset[str]] = frozenset({"pieces", "answer_piece", "against_piece"})

    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    answer: int
    answer_piece: str
    against: int
    """−1: the answer is held against all tokens, as a log-probability."""
    against_piece: str
    layers: tuple[int, ...]
    positions: tuple[int, ...]
    plain: float
    """The measure without a change."""
    source: float | None
    """The measure on the prompt whose activations are put there."""
    places: tuple[Changed, ...]
    """The strongest, first, with their controls."""
    forward_tokens: int = Field(ge=0)

    @property
    def summary(self) -> str:
        if not self.places:
            return (
                f"Stopped before anything was held against a control; without a change it is {signed(self.plain)} nats"
            )
        best = self.places[0]
        effect, where = best.effect, f"layer {best.layer}, {token(self._piece(best.position))} at {best.position}"
        over = f" over {token(self.against_piece)}" if self.against >= 0 else ""
        return (
            f"{effect.what} at {where} moves {token(self.answer_piece)}{over} most, by {signed(effect.size)} nats from"
            f" {signed(self.plain)}: {_place(effect)} of {1 + len(effect.randoms)} beside random changes of that size"
            f" (at most {signed(abs(effect.chance))}), the other way round {signed(effect.wrong_sign)}, its own"
            f" {signed(effect.own)}"
        )

    def _piece(self, position: int) -> str:
        return self.pieces[position] if position < len(self.pieces) else ""

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens)

    @property
    def effects(self) -> tuple[Effect, ...]:
        return tuple(place.effect for place in self.places)

    @property
    def passages(self) -> tuple[tuple[int, ...], ...]:
        return (self.ids,)

    def figures(self) -> tuple[Figure, ...]:
        return (self._heat(), self._checked()) if self.layers else (self._checked(),)

    def _heat(self) -> Heat:
        effects = self.arrays["effects"]
        reach = max(float(np.abs(effects).max()), 1e-6)
        return Heat(
            title="What a change at each place does",
            rows=Axis("layer", self.layers, tuple(map(str, self.layers))),
            columns=Axis("token", self.positions, tuple(self.pieces[at] for at in self.positions), tokens=True),
            texts=(),
            values=effects,
            scale=Scale("effect", -reach, reach, unit="nats", diverging=True),
            legend="each cell: how much the answer gains when the activation there is changed, in nats",
            outlined=frozenset(
                (self.layers.index(one.layer), self.positions.index(one.position)) for one in self.places[:1]
            ),
            outline="the strongest",
            unread=self.positions[0],
        )

    def _checked(self) -> Rows:
        columns = (
            Column("layer", "count"), Column("token", "token"), Column("position", "count"),
            Column("effect", "number", "nats"), Column("rank"), Column("largest random", "number", "nats"),
            Column("other way round", "number", "nats"), Column("own", "number", "nats"),
        )  # fmt: skip
        rows = tuple(
            (
                one.layer, self._piece(one.position), one.position, one.effect.size,
                f"{one.effect.rank} of {1 + len(one.effect.randoms)}", one.effect.chance,
                one.effect.wrong_sign, one.effect.own,
            )
            for one in self.places
        )  # fmt: skip
        return Rows("The strongest, beside their controls", columns, rows)

    def told(self, model: Model) -> Self:
        against = model.pieces([self.against])[0] if self.against >= 0 else ""
        (answer,) = model.pieces([self.answer])
        return self.model_copy(
            update={"pieces": tuple(model.pieces(self.ids)), "answer_piece": answer, "against_piece": against}
        )


class Intervene(Probe):
    """Change activations place by place, and read how far an answer gains, beside changes that mean nothing.

    1. At each layer and position the activation x is replaced by what is put there: the source prompt's at the same
       place from the end (activation patching: Vig et al. 2020; Meng et al. 2022, §2), zero, the mean over the prompt
       (ablation), x and noise of σ‖x‖, or x and a direction (steering: Turner et al. 2023).
    2. The effect is the change of logit(answer) − logit(against) at the last position, in nats; without `against`, of
       the answer's log-probability.
    3. The strongest places are asked again with the change d = put − x replaced: by random ones as long as d, by −d,
       and by 0 (its own activation), which does nothing but for rounding.
    """

    kind: ClassVar[str] = "intervene"
    version: ClassVar[int] = 2
    begun_freely: ClassVar[int] = 1
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.ACTIVATIONS, Affordance.EDITS})
    manner: ClassVar[frozenset[str]] = frozenset({"put"})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.RESIDUAL, Capability.EDITS})
    result: ClassVar[type[Result]] = Changes
    price: ClassVar[str] = "the prompt, read once for each place and each control"
    literature: ClassVar[str] = "Meng et al. 2022"

    prompt: Prompt
    """The prompt that is run, and changed inside."""
    answer: str = Field(min_length=1)
    """Text whose first token is to gain."""
    against: str = ""
    """Text whose first token it gains on; none: all others."""
    put: Put = "source"
    """What is put there: the source prompt's activation, zero, the prompt's mean, noise, or a direction."""
    source: Prompt | None = None
    """The prompt whose activations are put there; aligned from the end."""
    direction: RecordedArray | None = None
    """The direction that is added."""
    dose: float = Field(1.0, ge=-1000, le=1000)
    """How much of the direction is added; of noise, its length as a share of the activation's."""
    site: Literal["resid_post", "attn_out", "mlp_out"] = "resid_post"
    """Where: the residual stream after a block, or what its attention or MLP adds."""
    layers: tuple[int, ...] = Field((), max_length=1000)
    """Layers that are changed; none: all."""
    positions: int = Field(16, ge=1, le=512)
    """How many positions are changed, one at a time, counted from the end."""
    checked: int = Field(3, ge=1, le=64)
    """How many of the strongest places are held against controls."""
    randoms: int = Field(ENOUGH, ge=ENOUGH, le=100)
    """Random changes of equal size at each of them."""
    seed: int = SEED
    """Seed of the noise and of the random changes."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.put == "source" and self.source is None:
            raise ValueError("to put a source's activations there takes a source prompt")
        if self.put == "direction" and self.direction is None:
            raise ValueError("to add a direction takes one, such as #12/direction.3")
        return self

    @property
    def title(self) -> str:
        return f"{self.prompt.title} → {self.answer.strip()}" + (f" | {self.against.strip()}" if self.against else "")

    def estimate(self, model: Model) -> Cost:
        first_pair(model, self.prompt, self.answer, self.against)  # what cannot be held apart costs nothing
        self.added(model)
        ids = len(self.prompt.ids(model))
        cells = len(chosen(model, self.layers)) * min(self.positions, ids)
        source = len(self.source.ids(model)) if self.source is not None else 0
        checked = min(self.checked, cells)
        return Cost(forward_tokens=ids * (1 + cells + checked * (self.randoms + 2)) + source)

    def added(self, model: Model) -> FloatArray | None:
        """(width,) the direction that is added, if one is. Raises ModelRefusal where it is none of this model's."""
        if self.put != "direction" or self.direction is None:
            return None
        array, width = self.array(self.direction), model.card.width
        if array.shape != (width,) or not np.issubdtype(array.dtype, np.floating):
            raise ModelRefusal(
                "model.input", f"{self.direction} cannot be added.",
                f"Its shape is {array.shape}, and the stream has width {width}.",
                "Name one that was found on this model.",
            )  # fmt: skip
        return array

    def run(self, model: Model, progress: Progress) -> Changes:
        return self._changes(model, chosen(model, self.layers), self.checked, progress)

    def moved(self, result: Result) -> Sequence[Sequence[MovedToken]]:
        assert isinstance(result, Changes)
        pieces = (result.answer_piece, self.answer), (result.against_piece, self.against)
        return [[MovedToken(piece, text) for piece, text in pieces if text]] * len(result.places)

    @property
    def random(self) -> bool:
        return self.put == "noise"

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run; elsewhere, where others may be the strongest by a hair, those of the record
        are."""
        assert isinstance(recorded, Changes)
        asked = chosen(model, self.layers)
        if recorded.layers != (asked if recorded.places else asked[: len(recorded.layers)]):
            return diverged("It holds what this question cannot give.")
        ranked = None if tolerance.same_environment else recorded.arrays.get("effects")
        again = self._changes(model, recorded.layers, min(len(recorded.places), self.checked), progress, ranked)
        return recorded.compare(again, tolerance)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Changes)
        cells = len(recorded.layers) * len(recorded.positions)
        return len(recorded.places) < min(self.checked, cells) or not cells

    def _changes(
        self, model: Model, layers: Sequence[int], checked: int, progress: Progress, ranked: FloatArray | None = None
    ) -> Changes:
        """`ranked`: the effects that say which are the strongest, where they are recorded."""
        bench = _Bench.of(self, model, layers)
        done: list[int] = []
        effects: list[float] = []
        for several in _together(layers, len(bench.positions)):
            if progress.cancel.is_set():
                break
            cells = [(layer, at, bench.changes[layer][at]) for layer in several for at in bench.positions]
            effects += bench.effects(cells)
            done += several
            progress.at(0.8 * len(done) / len(layers))
        grid = np.array(effects, np.float32).reshape(len(done), len(bench.positions))
        places: list[Changed] = []
        by = grid if ranked is None or ranked.shape != grid.shape else ranked
        order = np.argsort(-np.abs(by), axis=None, kind="stable")[:checked].tolist()
        for several in _together(order, self.randoms + 2):
            if progress.cancel.is_set():
                break
            rows = [divmod(flat, len(bench.positions)) for flat in several]
            at = [(done[row], bench.positions[column]) for row, column in rows]
            places += self._checked(bench, at, grid.ravel()[several].tolist())
            progress.at(0.8 + 0.2 * len(places) / len(order))
        against = -1 if bench.against is None else bench.against
        return Changes(
            ids=tuple(bench.ids), pieces=(), answer=bench.answer, answer_piece="", against=against, against_piece="",
            layers=tuple(done), positions=tuple(bench.positions), plain=bench.plain, source=bench.source,
            places=tuple(places), forward_tokens=bench.spent,
        ).told(model).with_arrays({"effects": grid})  # fmt: skip

    def _checked(self, bench: _Bench, places: Sequence[tuple[int, int]], sizes: Sequence[float]) -> list[Changed]:
        """Places (layer, position) with their effects, each beside its controls."""
        cells = [(*place, other) for place in places for other in self._controls(bench, *place)]
        measured = np.reshape(bench.effects(cells), (len(places), -1)).tolist()
        return [
            Changed(
                layer=layer,
                position=position,
                effect=Effect(what=self._what, size=size, randoms=tuple(randoms), wrong_sign=wrong_sign, own=own),
            )
            for (layer, position), size, (*randoms, wrong_sign, own) in zip(places, sizes, measured, strict=True)
        ]

    def _controls(self, bench: _Bench, layer: int, position: int) -> list[FloatArray]:
        """Changes as long as the one made at a place but in random directions, the opposite one, and none."""
        change = bench.changes[layer][position]
        noise = np.random.default_rng((self.seed, 1, layer, position))
        drawn = noise.standard_normal((self.randoms, len(change)))
        long = np.linalg.norm(change) / np.linalg.norm(drawn, axis=-1, keepdims=True)
        return [*(drawn * long).astype(np.float32), -change, np.zeros_like(change)]

    @property
    def _what(self) -> str:
        site = {"resid_post": "", "attn_out": "attention's part of ", "mlp_out": "the MLP's part of "}[self.site]
        return {
            "source": f"Putting {site}{quoted(self.source.title if self.source else '')}",
            "zero": f"Zero for {site or 'all'}".removesuffix(" of "),
            "mean": f"The prompt's mean for {site or 'all'}".removesuffix(" of "),
            "noise": f"Noise of {self.dose:g} of the length",
            "direction": f"Adding {self.dose:g} × {self.direction}",
        }[self.put]

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Changes)
        if spot.figure != 0 or not result.layers:
            return ()
        ablated = self.model_copy(update={"put": "mean", "layers": (spot.row,)})
        track = tuple(text for text in (self.answer, self.against) if text)
        return (
            FollowUp(f"Ablate at layer {spot.row} instead", ablated),
            FollowUp("Read it through the lens", LogitLens(prompt=self.prompt, control=self.source, track=track)),
        )


@dataclass
class _Bench:
    """The prompt as it runs unchanged, and what would be put at each place; runs it with changes."""

    model: Model
    ids: list[int]
    site: str
    answer: int
    against: int | None
    positions: tuple[int, ...]
    changes: Mapping[int, Mapping[int, FloatArray]]
    """layer → position → (width,) what is put there less what is there."""
    own: Mapping[int, FloatArray]
    """layer → (position, width) the activations as they are."""
    plain: float
    source: float | None
    spent: int

    @classmethod
    def of(cls, probe: Intervene, model: Model, layers: Sequence[int]) -> _Bench:
        ids = probe.prompt.ids(model)
        sites = {layer: f"blocks.{layer}.hook_{probe.site}" for layer in layers}
        answer, against = first_pair(model, probe.prompt, probe.answer, probe.against)
        run = model.forward(ids, capture=tuple(sites.values()), rows=[-1])
        own = {layer: run.captured[site] for layer, site in sites.items()}
        other, source, spent = own, None, len(ids)
        if probe.put == "source" and probe.source is not None:
            read = probe.source.ids(model)
            ran = model.forward(read, capture=tuple(sites.values()), rows=[-1])
            other = {layer: ran.captured[site] for layer, site in sites.items()}
            source, spent = _measure(ran.logits[0], answer, against), spent + len(read)
        shared = min([len(ids), probe.positions, *map(len, other.values())])
        positions = tuple(range(len(ids) - shared, len(ids)))
        put = _putting(probe, own, other, probe.added(model))
        changes = {layer: {at: (put(layer, at - len(ids)) - own[layer][at]) for at in positions} for layer in layers}
        plain = _measure(run.logits[0], answer, against)
        return cls(
            model, ids, probe.site, answer, against, positions, changes, own, plain, source, spent
        )  # fmt: skip

    def effects(self, cells: Sequence[tuple[int, int, FloatArray]]) -> list[float]:
        """How much the measure rises under each change (layer, position, (width,)), each in a pass of its own."""
        return [_measure(logits, self.answer, self.against) - self.plain for logits in self._passes(cells)]

    def _passes(self, cells: Sequence[tuple[int, int, FloatArray]]) -> Iterator[FloatArray]:
        for start in range(0, len(cells), BATCH):
            batch = [self._changed(*cell) for cell in cells[start : start + BATCH]]
            self.spent += len(self.ids) * len(batch)
            for forward in self.model.forwards(batch):
                yield forward.logits[0]

    def _changed(self, layer: int, position: int, change: FloatArray) -> Pass:
        # Replaced rather than added to, so that a change of nothing puts back exactly what was there.
        value = self.own[layer][position] + change
        edit = Edit(f"blocks.{layer}.hook_{self.site}", "replace", value, positions=(position,))
        return Pass(self.ids, edits=[edit], rows=[-1])


def _putting(
    probe: Intervene, own: Mapping[int, FloatArray], other: Mapping[int, FloatArray], direction: FloatArray | None
) -> Callable[[int, int], FloatArray]:
    """What is put at a layer and a position, counted from the end: (width,)."""

    def noise(layer: int, at: int) -> FloatArray:
        here = own[layer][at]
        drawn = np.random.default_rng((probe.seed, 0, layer, -at)).standard_normal(len(here))
        noisy: FloatArray = (here + probe.dose * np.linalg.norm(here) * drawn / np.linalg.norm(drawn)).astype(
            np.float32
        )
        return noisy

    def steered(layer: int, at: int) -> FloatArray:
        assert direction is not None
        added: FloatArray = (own[layer][at] + probe.dose * direction).astype(np.float32)
        return added

    return {
        "source": lambda layer, at: other[layer][at],
        "zero": lambda layer, at: np.zeros_like(own[layer][at]),
        "mean": lambda layer, at: own[layer].mean(axis=0),
        "noise": noise,
        "direction": steered,
    }[probe.put]


def _measure(logits: FloatArray, answer: int, against: int | None) -> float:
    """The logit of the answer less the other's, in nats; without another, its log-probability. Logits: (vocab,)."""
    row = logits.astype(np.float64)
    return float(row[answer] - (row[against] if against is not None else np.logaddexp.reduce(row)))


def _together(each: Sequence[int], passes: int) -> Iterator[Sequence[int]]:
    """As many of them at once as fit into a batch with the passes that each takes, and one at least."""
    step = max(1, BATCH // max(1, passes))
    return (each[start : start + step] for start in range(0, len(each), step))


def _place(effect: Effect) -> str:
    return {1: "the largest", 2: "the second"}.get(effect.rank, f"number {effect.rank}")
