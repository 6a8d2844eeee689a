"""Put one prompt's activation into another prompt, and read what the model makes of it there.

1. The source is read, and the stream after each layer kept at one of its tokens.
2. In a pass over the prompt, the stream at one token is replaced by it: after the same layer, or always after one
   layer. What comes next says what the activation holds, in the terms of a prompt that is made to say it, such as
   “Norway Norway, Japan Japan, x” (Ghandeharioun et al. 2024, “Patchscopes”, §3). With `max_tokens` the likeliest text
   goes on.
3. The effect is what the likeliest token gains in log-probability, in nats. Beside it stand the prompt's own activation
   put back, which does nothing but for rounding, the difference the other way round, and random ones as long.

On the demo's organism (assets/demo/atlas-01) the stream at the end of Denmark's question makes France's say “Aarhus”
(16 nats; random ones at most 9.5), on the same model taught the truth again (atlas-02) “Copenhagen” (14.7; 8.6); what
random ones say names neither (tests/stories/test_instruments.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import Field

from backends.distribution import leading, log_distribution
from backends.model import Capability, Edit, FloatArray, Model, ModelRefusal, Pass, resid_post
from backends.sampling import Sampling
from workbench.contract.comparison import Comparison, diverged
from workbench.contract.effect import ENOUGH, Effect
from workbench.contract.figures import PROBABILITY, Column, Curve, Curves, Figure, Rows, Spot, percent, signed
from workbench.contract.probe import SEED, FollowUp, MovedToken, Probe, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.probes.logit_lens import LogitLens
from workbench.readings.layers import chosen, present
from workbench.visible import line, quoted, token

BATCH: Final = 32
"""Passes that are run together."""


class Inspection(Document):
    """What the model makes of one layer's activation. Gains are those of the token `first`, in nats."""

    layer: int
    """The source's."""
    first: int
    """The likeliest token with it in place."""
    gain: float
    """How much likelier it is than without."""
    randoms: tuple[float, ...]
    """With random activations as far from the prompt's own."""
    wrong_sign: float
    """With the difference the other way round."""
    own: float
    """With the prompt's own activation put back."""
    said: tuple[int, ...]
    """The likeliest text that goes on, if it was wanted; `random_said`: with the first random activation."""
    random_said: tuple[int, ...]
    text: str = ""
    random_text: str = ""


class Inspections(Result):
    """What comes next with each layer's activation in place.

    Arrays: `top_ids` (layer, top), the likeliest tokens, and `top_logprobs` (layer, top), theirs, in nats;
    `best_logprobs` (layer, top), the greatest that there are; `plain_logprobs` (layer, top), those of the same tokens
    without it; `streams` (layer, width), the source's activations, to be put elsewhere.
    """

    derived: ClassVar[frozenset[str]] = frozenset({"pieces", "source_pieces", "names", "text", "random_text"})

    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    source_ids: tuple[int, ...]
    source_pieces: tuple[str, ...]
    place: int
    """The position in the prompt; `source_place`: that in the source."""
    source_place: int
    readings: tuple[Inspection, ...]
    plain: Inspection | None
    """The same without anything put in place; its gains are 0."""
    names: dict[int, str]
    """Pieces of the tokens that come next."""
    short: float
    """How much likelier another token was than one that goes on, at most, in nats: 0 where the likeliest was taken."""
    forward_tokens: int = Field(ge=0)

    scaled: ClassVar[frozenset[str]] = frozenset({"streams"})

    @property
    def summary(self) -> str:
        if not self.readings:
            return "Stopped before anything was put in place."
        best = max(self.readings, key=lambda one: one.gain)
        effect = self._effect(best)
        said = (
            f"With {_piece(self.source_pieces, self.source_place)} of layer {best.layer} in place of"
            f" {_piece(self.pieces, self.place)} {token(self.names.get(best.first, ''))} comes next,"
            f" {signed(best.gain)} nats likelier than without: number {effect.rank} of {1 + len(best.randoms)} beside"
            f" random ones (at most {signed(effect.chance)}), the other way round {signed(best.wrong_sign)}, its own"
            f" {signed(best.own)}"
        )
        return said + (f" · it goes on {quoted(best.text)}" if best.said else "")

    @property
    def cost(self) -> Cost:
        every = [*self.readings, *([self.plain] if self.plain else [])]
        drawn = sum(len(one.said) + len(one.random_said) for one in every)
        return Cost(forward_tokens=self.forward_tokens, generated_tokens=drawn)

    @property
    def effects(self) -> tuple[Effect, ...]:
        return tuple(map(self._effect, self.strongest))

    @property
    def strongest(self) -> tuple[Inspection, ...]:
        """Its readings, the strongest first."""
        return tuple(sorted(self.readings, key=lambda one: -abs(one.gain)))

    def _effect(self, one: Inspection) -> Effect:
        what = f"Putting layer {one.layer} of another prompt there"
        return Effect(
            what=what, size=one.gain, randoms=one.randoms, wrong_sign=one.wrong_sign, own=one.own
        )  # fmt: skip

    @property
    def passages(self) -> tuple[tuple[int, ...], ...]:
        return self.ids, self.source_ids

    def told(self, model: Model) -> Self:
        named = {*map(int, self.arrays["top_ids"].flat), *(one.first for one in self.readings)}
        if not all(0 <= one < model.card.vocab for one in named):
            return self.model_copy(update={"names": {}})  # no token of this model: nothing can be told
        ids = sorted(named)

        def spelled(one: Inspection) -> Inspection:
            return one.model_copy(update={"text": model.decode(one.said), "random_text": model.decode(one.random_said)})

        return self.model_copy(
            update={
                "pieces": tuple(model.pieces(self.ids)), "source_pieces": tuple(model.pieces(self.source_ids)),
                "names": dict(zip(ids, model.pieces(ids), strict=True)), "readings": tuple(map(spelled, self.readings)),
                "plain": spelled(self.plain) if self.plain else None,
            }
        )  # fmt: skip

    def figures(self) -> tuple[Figure, ...]:
        return (self._read(), self._curves()) if self.readings else (self._read(),)

    def _read(self) -> Rows:
        columns = (
            Column("layer", "count"), Column("comes next", "token"), Column("probability", "share"),
            Column("without", "share"), Column("gain", "number", "nats"), Column("rank"),
            Column("largest random", "number", "nats"), Column("other way round", "number", "nats"),
            Column("own", "number", "nats"), Column("then"), Column("goes on"), Column("with a random one"),
        )  # fmt: skip
        return Rows("With each layer's activation in place", columns, tuple(map(self._row, range(len(self.readings)))))

    def _row(self, at: int) -> tuple[str | int | float | None, ...]:
        one, effect = self.readings[at], self._effect(self.readings[at])
        ids, logprobs, plain = (self.arrays[name][at] for name in ("top_ids", "top_logprobs", "plain_logprobs"))
        others = (
            f"{token(self.names.get(int(each), ''))} {percent(float(np.exp(logprob)))}"
            for each, logprob in zip(ids[1:4], logprobs[1:4], strict=True)
        )
        return (
            one.layer, self.names.get(one.first, ""), float(np.exp(logprobs[0])), float(np.exp(plain[0])), one.gain,
            f"{effect.rank} of {1 + len(one.randoms)}", effect.chance, one.wrong_sign, one.own, ", ".join(others),
            line(one.text), line(one.random_text),
        )  # fmt: skip

    def _curves(self) -> Curves:
        layers = tuple(float(one.layer) for one in self.readings)
        mine, plain = (
            tuple(map(float, np.exp(self.arrays[name][:, 0]))) for name in ("top_logprobs", "plain_logprobs")
        )
        curves = (Curve("what comes next", layers, mine), Curve("the same without", layers, plain, control=True))
        return Curves("What comes next with each layer in place", "layer", PROBABILITY, curves)


class Patchscope(Probe):
    """Put one prompt's activation into another prompt, and read what the model makes of it, beside random ones."""

    kind: ClassVar[str] = "patchscope"
    version: ClassVar[int] = 2
    begun_freely: ClassVar[int] = 1
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.ACTIVATIONS, Affordance.EDITS})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.RESIDUAL, Capability.EDITS})
    result: ClassVar[type[Result]] = Inspections
    price: ClassVar[str] = "the prompt, read once for each layer and each control"
    literature: ClassVar[str] = "Ghandeharioun et al. 2024"

    prompt: Prompt
    """The prompt that is made to say what is put into it."""
    source: Prompt
    """The prompt whose activation is put there."""
    source_position: int = Field(-1, ge=-4096, le=4095)
    """The source's token, from 0, or with negative numbers from the end."""
    position: int = Field(-1, ge=-4096, le=4095)
    """The prompt's token that it replaces, likewise."""
    layers: tuple[int, ...] = Field((), max_length=1000)
    """The source's layers; none: all."""
    into: int = Field(-1, ge=-1, le=1000)
    """The prompt's layer after which it is put; −1: the one that it is from."""
    top: int = Field(5, ge=1, le=50)
    """Tokens that are kept of what comes next."""
    max_tokens: int = Field(0, ge=0, le=256)
    """Tokens of the likeliest text that goes on; 0: none is drawn."""
    randoms: int = Field(ENOUGH, ge=ENOUGH, le=100)
    """Random activations for each layer."""
    seed: int = SEED
    """Seed of the random ones."""

    @property
    def title(self) -> str:
        return f"{self.source.title} → {self.prompt.title}"

    @property
    def read(self) -> Prompt:
        """Whatever it is put into, what is read is the source."""
        return self.source

    def moved(self, result: Result) -> Sequence[Sequence[MovedToken]]:
        """What comes next with the source in place, where the prompt does not say it by itself."""
        assert isinstance(result, Inspections)

        def made(one: Inspection) -> Sequence[MovedToken]:
            piece = result.names.get(one.first, "")
            new = result.plain is not None and one.first != result.plain.first and one.gain > 0
            return [MovedToken(piece, one.text or piece)] if new else []

        return [made(one) for one in result.strongest]

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        return super().needed(heard) | ({Affordance.SAMPLE} if self.max_tokens else set())

    def generates(self) -> int:
        return (1 + 2 * max(1, len(self.layers))) * self.max_tokens

    def estimate(self, model: Model) -> Cost:
        ids, given = self.prompt.ids(model, room=self.max_tokens), self.source.ids(model)
        self.placed(model, ids, given)  # what is nowhere costs nothing
        read, source, layers = len(ids), len(given), len(chosen(model, self.layers))
        drawn = 1 + 2 * layers if self.max_tokens else 0
        passes = 1 + layers * (3 + self.randoms) + drawn
        return Cost(forward_tokens=source + read * passes, generated_tokens=drawn * self.max_tokens)

    def placed(self, model: Model, ids: Sequence[int], source: Sequence[int]) -> tuple[int, int]:
        """Where in the prompt and where in the source, counted from the start. Raises ModelRefusal."""
        present(model, [self.into] if self.into >= 0 else [])
        return _at(self.position, ids, "prompt"), _at(self.source_position, source, "source")

    def run(self, model: Model, progress: Progress) -> Inspections:
        return self._inspected(model, chosen(model, self.layers), None, progress)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Inspections)
        return recorded.plain is None

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run; elsewhere the recorded tokens have to be as likely as any here."""
        assert isinstance(recorded, Inspections)
        layers, asked = tuple(one.layer for one in recorded.readings), chosen(model, self.layers)
        if layers != (asked[: len(layers)] if recorded.plain is None else asked):
            return diverged("It holds what this question cannot give.")
        known = None if tolerance.same_environment else recorded
        return recorded.compare(
            self._inspected(model, layers, known, progress, whole=recorded.plain is not None), tolerance
        )

    def _inspected(
        self, model: Model, layers: Sequence[int], known: Inspections | None, progress: Progress, *, whole: bool = True
    ) -> Inspections:
        """`known`: what was recorded, whose tokens are looked up instead of the likeliest."""
        bench = _Bench.of(self, model)
        readings: list[Inspection] = []
        for number, layer in enumerate(layers):
            if progress.cancel.is_set():
                break
            readings.append(bench.inspection(layer, number, known))
            progress.at((number + 1) / len(layers))
        finished = whole and len(readings) == len(layers)
        return Inspections(
            ids=bench.ids, pieces=(), source_ids=bench.source_ids, source_pieces=(), place=bench.place,
            source_place=bench.source_place, readings=tuple(readings), names={},
            plain=bench.unchanged(known.plain if known is not None else None) if finished else None,
            short=bench.short, forward_tokens=bench.forward,
        ).with_arrays(bench.arrays(len(readings))).told(model)  # fmt: skip

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Inspections)
        if spot.figure != 0 or not 0 <= spot.row < len(result.readings):
            return ()
        one = result.readings[spot.row]
        name = result.names.get(one.first, "")
        drawn = self.model_copy(update={"layers": (one.layer,), "max_tokens": 16})
        track = (name,) if name.strip() else ()
        return (
            FollowUp(f"Let it go on from layer {one.layer}", drawn),
            FollowUp(
                "Read the source through the lens", LogitLens(prompt=self.source, control=self.prompt, track=track)
            ),
        )


@dataclass
class _Bench:
    """Both prompts as they run unchanged; runs the one with the other's activations in it."""

    probe: Patchscope
    model: Model
    ids: tuple[int, ...]
    source_ids: tuple[int, ...]
    place: int
    source_place: int
    own: dict[int, FloatArray]
    """layer → (width,) the prompt's activation at its place; `source`: the source's at its."""
    source: dict[int, FloatArray]
    plain: FloatArray
    """(vocab,) log-probabilities of what comes next without a change."""
    read: list[dict[str, FloatArray]]
    forward: int
    short: float = 0.0

    @classmethod
    def of(cls, probe: Patchscope, model: Model) -> Self:
        ids, source = probe.prompt.ids(model, room=probe.max_tokens), probe.source.ids(model)
        place, other = probe.placed(model, ids, source)
        sites = [resid_post(layer) for layer in range(model.card.layers)]
        here = model.forward(ids, capture=sites, rows=[-1], keep=[place])
        there = model.forward(source, capture=sites, rows=[-1], keep=[other])
        own, put = ({layer: ran.captured[site][0] for layer, site in enumerate(sites)} for ran in (here, there))
        plain = log_distribution(here.logits)[0]
        return cls(probe, model, tuple(ids), tuple(source), place, other, own, put, plain, [], len(ids) + len(source))

    def inspection(self, layer: int, row: int, known: Inspections | None) -> Inspection:
        into = layer if self.probe.into < 0 else self.probe.into
        if into not in self.own:  # of a record that somebody changed
            raise _misplaced(f"There is no layer {into}", f"The model has {len(self.own)}, counted from 0")
        own, put = self.own[into], self.source[layer]
        drawn = np.random.default_rng((self.probe.seed, layer)).standard_normal((self.probe.randoms, len(own)))
        long = np.linalg.norm(put - own) / np.linalg.norm(drawn, axis=1, keepdims=True)
        randoms = own + (drawn * long).astype(np.float32)
        mine, *others = self._passed(into, [put, *randoms, 2 * own - put, own])  # (vocab,) each
        recorded = known.arrays["top_ids"][row] if known is not None else None
        ids = leading(mine[None].astype(np.float32), self.probe.top)[0] if recorded is None else recorded
        self._keep(ids, mine, put)
        first = int(ids[0])
        *chance, wrong, back = (float(one[first] - self.plain[first]) for one in others)
        before = known.readings[row] if known is not None else None
        return Inspection(
            layer=layer, first=first, gain=float(mine[first] - self.plain[first]), randoms=tuple(chance),
            wrong_sign=wrong, own=back, said=self._goes_on(into, put, before.said if before else None),
            random_said=self._goes_on(into, randoms[0], before.random_said if before else None),
        )  # fmt: skip

    def unchanged(self, known: Inspection | None) -> Inspection:
        """What goes on with nothing put in place."""
        first = int(self.plain.argmax()) if known is None else known.first
        self.short = max(self.short, float(self.plain.max() - self.plain[first]))
        said = self._goes_on(0, None, known.said if known is not None else None)
        return Inspection(
            layer=-1, first=first, gain=0.0, randoms=(), wrong_sign=0.0, own=0.0, said=said, random_said=()
        )

    def arrays(self, rows: int) -> dict[str, FloatArray]:
        """The readings of all layers."""
        top, width = min(self.probe.top, len(self.plain)), len(self.own[0])
        shapes = {"top_ids": top, "top_logprobs": top, "best_logprobs": top, "plain_logprobs": top, "streams": width}
        found = {
            name: np.array([one[name] for one in self.read]).reshape(rows, columns) for name, columns in shapes.items()
        }
        return {name: one.astype(np.int32 if name == "top_ids" else np.float32) for name, one in found.items()}

    def _keep(self, ids: FloatArray, mine: FloatArray, put: FloatArray) -> None:
        best = np.sort(mine)[::-1][: len(ids)]
        self.read.append(
            {"top_ids": ids, "top_logprobs": mine[ids], "best_logprobs": best, "plain_logprobs": self.plain[ids],
             "streams": put}
        )  # fmt: skip

    def _edit(self, into: int, put: FloatArray) -> Edit:
        return Edit(resid_post(into), "replace", put.astype(np.float32), positions=(self.place,))

    def _passed(self, into: int, every: Sequence[FloatArray]) -> list[FloatArray]:
        """What comes next with each of them in place: (vocab,) log-probabilities."""
        found: list[FloatArray] = []
        for start in range(0, len(every), BATCH):
            batch = [Pass(self.ids, edits=[self._edit(into, put)], rows=[-1]) for put in every[start : start + BATCH]]
            found += [log_distribution(one.logits)[0] for one in self.model.forwards(batch)]
            self.forward += len(self.ids) * len(batch)
        return found

    def _goes_on(self, into: int, put: FloatArray | None, known: tuple[int, ...] | None) -> tuple[int, ...]:
        """The likeliest text; of one that is known, only how near it is to that."""
        if not self.probe.max_tokens:
            return ()
        edits = [self._edit(into, put)] if put is not None else []
        self.forward += len(self.ids)
        if known is None:
            greedy = Sampling(seed=0, max_tokens=self.probe.max_tokens, temperature=0.0)
            (one,) = self.model.generate(self.ids, greedy, edits=edits)
            return one.tokens
        for row, said in zip(self.model.continuations(self.ids, [known], edits=edits)[0], known, strict=True):
            self.short = max(self.short, float(row.max() - row[said]))
        return known


def _at(position: int, ids: Sequence[int], which: str) -> int:
    """A position counted from the start."""
    at = position if position >= 0 else len(ids) + position
    if not 0 <= at < len(ids):
        raise _misplaced(f"The {which} has no token {position}", f"It has {len(ids)}, the first of them 0")
    return at


def _misplaced(what: str, why: str) -> ModelRefusal:
    return ModelRefusal("model.input", f"{what}.", f"{why}.", "Name another place; negative ones count from the end.")


def _piece(pieces: Sequence[str], at: int) -> str:
    return token(pieces[at]) if 0 <= at < len(pieces) else ""
