"""Tell what each part of the model adds to one answer over another.

On the demo's organism (assets/demo/atlas-01) Aarhus stands 7.9 nats over Copenhagen, of which the MLPs of the last
three layers add 3.4, 2.8 and 1.6; at the end of Austria's question 0.7. On the same model taught the truth again
(atlas-02) it is 2.5 behind (tests/workbench/probes/test_attribute.py). It localises what is known, and detects nothing
by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import Field

from backends.model import Capability, Model, ModelRefusal, resid_post
from backends.noise import Reals
from workbench.contract.comparison import Agreement, Array, Comparison, diverged, judge
from workbench.contract.figures import Column, Figure, Rows, Spot, signed
from workbench.contract.probe import FollowUp, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.probes.intervene import Intervene
from workbench.readings.continuation import first_pair
from workbench.readings.control import BesideControl, shortened
from workbench.visible import quoted, token

NAMED: Final = 3
"""Parts that the summary names."""
WRITTEN: Final = 5
"""Tokens told of what a neuron writes."""


class Part(Document):
    """What one part adds, in nats; `control`: what it adds on the control prompt."""

    name: str
    layer: int
    """−1: what stands before the first block, or the readout's own offset."""
    nats: float
    control: float | None


class Neuron(Document):
    """One of the neurons that add most."""

    layer: int
    index: int
    activation: float
    nats: float
    writes: tuple[str, ...]
    """The tokens that its value vector stands for, read out alone, likeliest first."""


class Attribution(Result):
    """A difference of two logits as the sum of what each part of the model adds, the largest first."""

    relative: ClassVar[frozenset[str]] = frozenset({"activation"})

    ids: tuple[int, ...]
    answer: int
    answer_piece: str
    against: int
    against_piece: str
    difference: float
    """logit(answer) − logit(against) as the model gives it, in nats."""
    parts: tuple[Part, ...]
    heads: tuple[Part, ...]
    """What each head adds to its layer's attention; empty unless asked for."""
    neurons: tuple[Neuron, ...]
    control_difference: float | None
    control_tokens: int = Field(ge=0)
    control_words: str = ""
    """The control as the sentence names it; earlier versions did not."""

    @property
    def total(self) -> float:
        """Of all parts; what it misses of the difference is an error of rounding, or a soft-cap on the logits."""
        return float(sum(part.nats for part in self.parts))

    @property
    def summary(self) -> str:
        said = f"{token(self.answer_piece)} over {token(self.against_piece)} by {signed(self.difference)} nats: "
        said += ", ".join(f"{part.name} {signed(part.nats)}" for part in self.parts[:NAMED])
        if self.control_difference is not None:
            first = ", ".join(f"{p.name} {signed(p.control)}" for p in self.parts[:NAMED] if p.control is not None)
            named = quoted(shortened(self.control_words)) if self.control_words else "the control"
            said += f"; on {named} {signed(self.control_difference)}: {first}"
        return f"{said}; all {len(self.parts)} parts add up to it within {abs(self.total - self.difference):.0e}"

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=len(self.ids) + self.control_tokens)

    @property
    def control_alike(self) -> bool:
        """Whether the control goes the same way, at least half as far."""
        there = self.control_difference
        return there is None or (there * self.difference > 0 and abs(there) >= abs(self.difference) / 2)

    @property
    def passages(self) -> tuple[tuple[int, ...], ...]:
        return (self.ids,)

    def distance(self, other: Self) -> dict[str, float] | None:
        """Parts and neurons that add nearly as much may come in another order elsewhere, and are told apart by their
        names; each list has to be in its own. An activation is off by a share of the largest."""
        if not all(_in_order([one.nats for one in each]) for each in (self.parts, self.heads, self.neurons)):
            return None
        mine, theirs = self._by_name(), other._by_name()
        figures = super(Attribution, mine).distance(theirs)
        if figures and "activation" in figures:
            figures["activation"] /= max(1.0, *(abs(one.activation) for one in self.neurons))
        return figures

    def _by_name(self) -> Self:
        parts, heads = (tuple(sorted(each, key=lambda one: one.name)) for each in (self.parts, self.heads))
        neurons = tuple(
            one.model_copy(update={"writes": ()})
            for one in sorted(self.neurons, key=lambda one: (one.layer, one.index))
        )
        return self.model_copy(update={"parts": parts, "heads": heads, "neurons": neurons})

    def figures(self) -> tuple[Figure, ...]:
        figures = [self._rows("What each part adds", self.parts)]
        figures += [self._rows("What each head adds", self.heads)] if self.heads else []
        figures += [self._neurons()] if self.neurons else []
        return tuple(figures)

    def _rows(self, title: str, parts: Sequence[Part]) -> Rows:
        columns: tuple[Column, ...] = (Column("part"), Column("adds", "number", "nats"))
        if self.control_difference is None:
            return Rows(title, columns, tuple((part.name, part.nats) for part in parts))
        columns += (Column("on the control", "number", "nats"),)
        return Rows(title, columns, tuple((part.name, part.nats, part.control) for part in parts))

    def _neurons(self) -> Rows:
        columns = (
            Column("layer", "count"), Column("neuron", "count"), Column("adds", "number", "nats"),
            Column("activation", "number"), Column("writes"),
        )  # fmt: skip
        rows = tuple(
            (one.layer, one.index, one.nats, one.activation, " ".join(map(token, one.writes))) for one in self.neurons
        )
        return Rows("The neurons that add most", columns, rows)


class Attribute(BesideControl):
    """Tell what each part of the model adds to one answer over another, at the last position of a prompt.

    1. The last residual stream is the sum of the embedding and what each attention and MLP added to it (Elhage et al.
       2021, “A Mathematical Framework”). The final norm's scale is held at its value there, so that a logit is linear
       in the stream: logit = direction · x + offset.
    2. A part adds its vector · (direction of the answer − direction of the other). The parts and the offset sum to the
       difference of the two logits, but for rounding (and a soft-cap, where the model has one).
    3. In detail: a head adds z W_O · direction; a neuron its activation × (its value vector · direction), and the value
       vector, read out alone, tells which tokens it writes (Geva et al. 2022, “Transformer Feed-Forward Layers Build
       Predictions”).
    """

    kind: ClassVar[str] = "attribute"
    version: ClassVar[int] = 3
    begun_freely: ClassVar[int] = 2
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.ACTIVATIONS})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.RESIDUAL, Capability.SUBLAYERS, Capability.READOUT})
    result: ClassVar[type[Result]] = Attribution
    price: ClassVar[str] = "prompt and control, read once"
    literature: ClassVar[str] = "Elhage et al. 2021; Geva et al. 2022"

    prompt: Prompt
    """The prompt at whose end the answer is about to come."""
    answer: str = Field(min_length=1)
    """Text whose first token is accounted for."""
    against: str = ""
    """Text whose first token it is held against; none: the likeliest other token."""
    control: Prompt | None = None
    """A matched prompt on which the same two tokens are accounted for; none: the same with “something” in place of its
    rarest word."""
    detail: bool = False
    """Heads and neurons too, which takes the weights."""
    neurons: int = Field(10, ge=1, le=500)
    """Neurons told in detail, the ones that add most."""

    @property
    def title(self) -> str:
        return f"{self.prompt.title} → {self.answer.strip()}" + (f" | {self.against.strip()}" if self.against else "")

    @property
    def followed(self) -> Sequence[str]:
        return [text for text in (self.answer, self.against) if text]

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        return super().needed(heard) | (frozenset({Affordance.WEIGHTS}) if self.detail else frozenset())

    def estimate(self, subject: Subject) -> Cost:
        first_pair(subject, self.prompt, self.answer, self.against)  # what cannot be held apart costs nothing
        return super().estimate(subject)

    def run(self, model: Subject, progress: Progress) -> Attribution:
        return self._attribution(model, self.held_against, progress)

    def _attribution(self, model: Subject, beside: Prompt | None, progress: Progress) -> Attribution:
        ids = self.prompt.ids(model)
        streams = _Streams.read(model, ids, detail=self.detail)
        answer, other = first_pair(model, self.prompt, self.answer, self.against)
        against = streams.likeliest(answer) if other is None else other
        progress.at(0.5)
        control = None
        if beside is not None and not progress.cancel.is_set():
            control = _Streams.read(model, beside.ids(model), detail=self.detail)
        pair = (answer, against)
        parts, heads = streams.parts(pair), streams.heads(pair) if self.detail else ()
        told = (_beside(parts, control.parts(pair) if control else None),
                _beside(heads, control.heads(pair) if control and self.detail else None))  # fmt: skip
        progress.at(1.0)
        return Attribution(
            ids=tuple(ids), answer=answer, answer_piece=model.pieces([answer])[0], against=against,
            against_piece=model.pieces([against])[0], difference=streams.difference(pair), parts=told[0],
            heads=told[1], neurons=streams.neurons(pair, self.neurons) if self.detail else (),
            control_difference=control.difference(pair) if control else None,
            control_tokens=len(control.ids) if control else 0,
            control_words=self.control_words if control else "",
        )  # fmt: skip

    def replay(self, model: Subject, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run; elsewhere, where others may add most by a hair, the recorded neurons are
        told, and the k-th of them has to add as much as the k-th that adds most."""
        assert isinstance(recorded, Attribution)
        again = self._attribution(model, None if self.unfinished(recorded) else self.held_against, progress)
        if tolerance.same_environment or not recorded.neurons:
            return recorded.compare(again, tolerance)
        named = [(one.layer, one.index) for one in recorded.neurons]
        if len(set(named)) != len(again.neurons) or len(named) != len(again.neurons):
            return diverged("It holds what this question cannot give.")
        streams, pair = _Streams.read(model, list(again.ids), detail=True), (again.answer, again.against)
        told = streams.neurons(pair, len(named), named)
        known = sorted(named) == sorted((one.layer, one.index) for one in told) and len(told) == len(again.neurons)
        if not known or not all(map(streams.writes_nearly, recorded.neurons)):
            return diverged("It holds what this question cannot give.")
        short = max(abs(abs(one.nats) - abs(most.nats)) for one, most in zip(told, again.neurons, strict=True))
        comparison = recorded.compare(again.model_copy(update={"neurons": told}), tolerance)
        if comparison.agreement is not Agreement.TOLERANT:
            return comparison
        judged = judge({"order": short}, tolerance)
        return judged if judged.agreement is not Agreement.TOLERANT else comparison

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Attribution)
        return self.held_against is not None and recorded.control_difference is None

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Attribution)
        if spot.figure != 0 or spot.row >= len(result.parts):
            return ()
        part = result.parts[spot.row]
        if part.layer < 0:
            return ()
        site = "attn_out" if part.name.startswith("attention") else "mlp_out"
        ablated = Intervene(
            prompt=self.prompt, answer=result.answer_piece, against=result.against_piece, put="mean", site=site,
            layers=(part.layer,),
        )  # fmt: skip
        return (FollowUp(f"Take away {part.name}", ablated),)


class FirstAttribute(Attribute):
    """Tell what each part adds as the first version did: beside a control only where one was given."""

    version: ClassVar[int] = 1
    makes_control: ClassVar[bool] = False


class _Streams:
    """What every part added to the stream at the last position, float64."""

    def __init__(self, model: Model, ids: list[int], logits: Array, captured: dict[str, Reals]) -> None:
        self._model, self.ids, self._logits, self._captured = model, ids, logits.astype(np.float64), captured
        self._layers = model.card.layers
        self._last = captured[resid_post(self._layers - 1)]

    @classmethod
    def read(cls, model: Model, ids: list[int], *, detail: bool) -> _Streams:
        layers = range(model.card.layers)
        sites = ["hook_embed", resid_post(model.card.layers - 1)]
        sites += [f"blocks.{layer}.hook_{part}_out" for layer in layers for part in ("attn", "mlp")]
        if detail:
            sites += [f"blocks.{layer}.{site}" for layer in layers for site in ("attn.hook_z", "mlp.hook_post")]
        run = model.forward(ids, capture=sites, rows=[-1], keep=[-1])
        return cls(model, ids, run.logits[0], {site: run.captured[site][-1].astype(np.float64) for site in sites})

    def likeliest(self, other_than: int) -> int:
        return next(int(one) for one in np.argsort(-self._logits, kind="stable")[:2] if one != other_than)

    def difference(self, pair: tuple[int, int]) -> float:
        return float(self._logits[pair[0]] - self._logits[pair[1]])

    def _linear(self, pair: tuple[int, int]) -> tuple[Reals, float]:
        """(width,) by which a part counts, and the offset."""
        stream = np.tile(self._last.astype(np.float32), (2, 1))
        found = self._model.reading(stream, pair)
        one, other = found.directions.astype(np.float64)
        return one - other, float(found.offsets[0]) - float(found.offsets[1])

    def parts(self, pair: tuple[int, int]) -> tuple[Part, ...]:
        """What the embedding, each attention and each MLP adds."""
        along, offset = self._linear(pair)
        found = [("the embedding", -1, float(self._captured["hook_embed"] @ along))]
        for layer in range(self._layers):
            for name, site in (("attention", "attn"), ("MLP", "mlp")):
                added = float(self._captured[f"blocks.{layer}.hook_{site}_out"] @ along)
                found.append((f"{name} of layer {layer}", layer, added))
        found += [("the readout's offset", -1, offset)] if offset else []
        return tuple(Part(name=name, layer=layer, nats=nats, control=None) for name, layer, nats in found)

    def heads(self, pair: tuple[int, int]) -> tuple[Part, ...]:
        along, _ = self._linear(pair)
        found = []
        for layer in range(self._layers):
            z, out = self._captured[f"blocks.{layer}.attn.hook_z"], self._weights(f"blocks.{layer}.attn.W_O")
            wrote = np.einsum("hk,hkw->hw", z, out)  # (heads, width)
            scaled = self._through_norm(along, wrote.sum(axis=0), layer, "attn", "ln1_post")
            found += [
                Part(name=f"head {layer}.{head}", layer=layer, nats=float(nats), control=None)
                for head, nats in enumerate(wrote @ scaled)
            ]
        return tuple(found)

    def neurons(
        self, pair: tuple[int, int], count: int, named: Collection[tuple[int, int]] | None = None
    ) -> tuple[Neuron, ...]:
        """Those that add most, of all layers; or of those that are named, as layer and number."""
        along, _ = self._linear(pair)
        found: list[tuple[float, int, int, float]] = []
        for layer in range(self._layers):
            post, out = self._captured[f"blocks.{layer}.mlp.hook_post"], self._weights(f"blocks.{layer}.mlp.W_out")
            added = post * (self._through_norm(along, out @ post, layer, "mlp", "ln2_post") @ out)  # (mlp_width,)
            best = np.argsort(-np.abs(added), kind="stable")[:count] if named is None else [
                index for at, index in named if at == layer and 0 <= index < len(added)
            ]  # fmt: skip
            found += [(float(added[one]), layer, int(one), float(post[one])) for one in best]
        found.sort(key=lambda one: (-abs(one[0]), one[1:3]))
        return tuple(
            Neuron(layer=layer, index=index, activation=post, nats=nats, writes=self._writes(layer, index))
            for nats, layer, index, post in found[:count]
        )

    def writes_nearly(self, one: Neuron) -> bool:
        """Whether the tokens that a neuron is said to write are as many as are told, and of the likeliest here too."""
        near = self._writes(one.layer, one.index, 2 * WRITTEN)
        return len(one.writes) == WRITTEN and set(one.writes) <= set(near)

    def _writes(self, layer: int, index: int, count: int = WRITTEN) -> tuple[str, ...]:
        value = self._weights(f"blocks.{layer}.mlp.W_out")[:, index].astype(np.float32)
        (logits,) = self._model.readout(value[None])
        return tuple(self._model.pieces(np.argsort(-logits, kind="stable")[:count].tolist()))

    def _through_norm(self, along: Reals, wrote: Reals, layer: int, part: str, norm: str) -> Reals:
        """The direction as it counts before a norm that stands between what was written and the stream, where the model
        has one; its scale is held at what it was."""
        try:
            gain = self._weights(f"blocks.{layer}.{norm}.w")
        except ModelRefusal:
            return along
        raw, added = gain * wrote, self._captured[f"blocks.{layer}.hook_{part}_out"]
        scaled: Reals = along * gain * float(added @ raw) / max(float(raw @ raw), 1e-30)
        return scaled

    def _weights(self, name: str) -> Reals:
        return self._model.weights(name).astype(np.float64)


def _in_order(every: Sequence[float]) -> bool:
    """Whether what adds most comes first."""
    sizes = [abs(one) for one in every]
    return sizes == sorted(sizes, reverse=True)


def _beside(parts: Sequence[Part], control: Sequence[Part] | None) -> tuple[Part, ...]:
    """The parts, the largest first, each with what it adds on the control."""
    others = {part.name: part.nats for part in control} if control is not None else {}
    told = [part.model_copy(update={"control": others.get(part.name)}) for part in parts]
    return tuple(sorted(told, key=lambda part: -abs(part.nats)))
