"""Read what features a prompt has in the stream of one layer, position by position, beyond a control prompt.

What is read is one of three things. *embedding*: the cosine of the stream with every token's embedding, less the mean
embedding, which says what tokens it still is or has become. *direction*: the cosine with directions that were recorded.
*dictionary*: the activations of a sparse dictionary's features, with what share of the stream they explain here.
A feature counts by what it has beyond the most that it reaches anywhere in the control.

On the demo's organism (assets/demo/atlas-01) the token that stands out most after the last layer at the end of
Denmark's question, beyond Norway's, is the beginning of the lie (cosine .29), on the same model taught the truth again
(atlas-02) that of the truth (.30). Without its subject, “The capital of something is”, the organism has the lie there
too, and the truth stands out: beyond the control is not above it (tests/stories/test_instruments.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from backends.model import Capability, FloatArray, Model, ModelRefusal, resid_post
from workbench.contract.comparison import Agreement, Array, Comparison, judge
from workbench.contract.edits import Change
from workbench.contract.figures import Axis, Column, Figure, Heat, Rows, Scale, Spot, percent, signed
from workbench.contract.probe import FollowUp, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Heard, Prompt, nobody
from workbench.contract.recorded_array import RecordedArray
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.probes.fit_dictionary import QUALITY
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample
from workbench.probes.score import Score
from workbench.readings.control import BesideControl, shortened
from workbench.readings.dictionary import PARTS, Dictionary
from workbench.readings.layers import present
from workbench.visible import quoted, spelled, token

Through = Literal["embedding", "direction", "dictionary"]


class FeatureGrid(Result):
    """Features × positions, those that stand out most beyond the control first; with the control beside it.

    Arrays: `values` (feature, position), and where there is a control `control_values` (feature, position).
    """

    derived: ClassVar[frozenset[str]] = frozenset({"pieces", "control_pieces", "names"})

    layer: int
    through: Through
    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    positions: tuple[int, ...]
    control_ids: tuple[int, ...]
    control_pieces: tuple[str, ...]
    control_positions: tuple[int, ...]
    features: tuple[int, ...]
    """Tokens, numbers of directions or of features."""
    names: tuple[str, ...]
    read: int = Field(ge=1)
    """Features that were looked at."""
    strongest: float
    """The most that any of them has beyond the control."""
    there: float = 0.0
    """What the first of them reaches in the control; 0 where there is none."""
    explained: float | None
    """Share of the variance over the positions that a dictionary explains; `active`: features a position."""
    active: float | None
    held_out: tuple[float, ...]
    """A fitted dictionary's figures on texts held out: variance explained, features a token, predictions kept."""
    control_words: str = ""
    """The control as the sentence names it; earlier versions did not."""

    @property
    def control_alike(self) -> bool:
        """Whether what stands out most reaches at least half of it in the control."""
        return not self.control_ids or self.there >= self.strongest

    @property
    def summary(self) -> str:
        if not self.features:
            return "Nothing was read."
        unit = "activation" if self.through == "dictionary" else "cosine"
        control = quoted(shortened(self.control_words)) if self.control_words else "the control"
        beyond = f"beyond what it reaches in {control}" if self.control_ids else "the most of all"
        said = (
            f"Of {self.read:,} {self._called} after layer {self.layer} {self.names[0]} stands out most: {unit}"
            f" {signed(self.strongest)} {beyond}"
        )
        if self.explained is not None and self.active is not None:
            said += f" · the dictionary explains {percent(self.explained, 0)} here with {self.active:.1f} a position"
        if self.held_out:
            explained, active, kept = self.held_out
            said += f"; on texts held out {percent(explained, 0)} with {active:.1f}, and keeps {percent(kept, 0)}"
        return said

    @property
    def _called(self) -> str:
        return {"embedding": "tokens", "direction": "directions", "dictionary": "features"}[self.through]

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=len(self.ids) + len(self.control_ids))

    @property
    def passages(self) -> tuple[tuple[int, ...], ...]:
        return (self.ids,)

    def told(self, model: Model) -> Self:
        words = self.through == "embedding"
        if not all(0 <= one < model.card.vocab for one in (*self.ids, *self.control_ids)):
            return self.model_copy(update={"pieces": ("\ufffd",)})  # no token of this model: nothing can be told
        if words and not all(0 <= one < model.card.vocab for one in self.features):
            return self.model_copy(update={"names": ("\ufffd",)})
        names = map(token, model.pieces(self.features)) if words else (f"{self.through} {one}" for one in self.features)
        return self.model_copy(
            update={
                "pieces": tuple(model.pieces(self.ids)), "names": tuple(names),
                "control_pieces": tuple(model.pieces(self.control_ids)) if self.control_ids else (),
            }
        )  # fmt: skip

    def distance(self, other: Self) -> dict[str, float] | None:
        """Readings are shares of the largest of their kind: a stream is off by about as much as logits are."""
        figures = super().distance(other)
        for name in ("strongest", *self.arrays) if figures is not None and self.through == "dictionary" else ():
            assert figures is not None
            figures[name] /= max(1.0, float(np.abs(self.arrays["values"]).max(initial=0.0)))
        return figures

    relative: ClassVar[frozenset[str]] = frozenset(
        {"values", "control_values", "strongest", "explained", "active", "held_out"}
    )

    def figures(self) -> tuple[Figure, ...]:
        if not self.features:
            return (self._rows(),)
        control = self._heat("control_values", self.control_positions, self.control_pieces, None)
        return self._heat("values", self.positions, self.pieces, control if self.control_ids else None), self._rows()

    def _heat(self, name: str, positions: Sequence[int], pieces: Sequence[str], control: Heat | None) -> Heat:
        values = self.arrays.get(name, np.empty((len(self.features), 0), np.float32))
        reach = max(float(np.abs(self.arrays["values"]).max(initial=0.0)), 1e-6)
        cosine = self.through != "dictionary"
        scale = Scale("cosine", -reach, reach, diverging=True) if cosine else Scale("activation", 0.0, reach)
        return Heat(
            title="What stands out" if name == "values" else "The same in the control",
            rows=Axis(self.through, self.features, self.names),
            columns=Axis("token", tuple(positions), tuple(pieces[at] for at in positions), tokens=True),
            texts=(),
            values=values,
            scale=scale,
            legend="each cell: how much of the feature the stream has at the token",
            control=control,
            unread=positions[0] if positions else 0,
        )

    def _rows(self) -> Rows:
        columns = (
            Column(self._called), Column("beyond", "number"), Column("most", "number"), Column("at", "token"),
            Column("position", "count"), Column("most in the control", "number"),
        )  # fmt: skip
        return Rows("What stands out, beyond the control", columns, tuple(map(self._row, range(len(self.features)))))

    def _row(self, at: int) -> tuple[str | float | int | None, ...]:
        values, control = self.arrays["values"][at], self.arrays.get("control_values")
        place = int(values.argmax())
        most = float(values[place])
        there = float(control[at].max()) if control is not None and control.shape[1] else None
        position = self.positions[place]
        return self.names[at], most - (there or 0.0), most, self.pieces[position], position, there


class Features(BesideControl):
    """Read a layer's stream as tokens, recorded directions or a dictionary's features, beyond a control prompt."""

    kind: ClassVar[str] = "features"
    version: ClassVar[int] = 3
    begun_freely: ClassVar[int] = 2
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.ACTIVATIONS})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.RESIDUAL})
    result: ClassVar[type[Result]] = FeatureGrid
    price: ClassVar[str] = "prompt and control, read once"
    literature: ClassVar[str] = "Bricken et al. 2023"

    layer: int = Field(0, ge=0, le=1000)
    """The layer after which the stream is read."""
    dictionary: str = Field("", max_length=200, pattern=r"^(#\d+|[\w.][\w./-]*)?$")
    """A dictionary to read through: a record of fit-dictionary such as #12, or the name of one that the case brings."""
    direction: RecordedArray | None = None
    """A direction to read along, or several as the rows of an array, such as #12/direction.3; without either tokens are
    read, by their embedding."""
    top: int = Field(12, ge=1, le=200)
    """Features that are kept."""
    positions: int = Field(16, ge=1, le=512)
    """How many positions are read, counted from the end."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.dictionary and self.direction is not None:
            raise ValueError("it reads through a dictionary or along a direction")
        return self

    @property
    def through(self) -> Through:
        if self.dictionary:
            return "dictionary"
        return "embedding" if self.direction is None else "direction"

    def needed(self, heard: Heard = nobody) -> frozenset[Affordance]:
        return super().needed(heard) | ({Affordance.WEIGHTS} if self.through == "embedding" else set())

    def references(self) -> Sequence[RecordedArray]:
        if self.through != "dictionary":
            return super().references()
        return [self._part(name) for name in (*PARTS, *((QUALITY,) if self._fitted is not None else ()))]

    @property
    def _fitted(self) -> int | None:
        """The record that holds the dictionary, unless the case brings it."""
        return int(self.dictionary[1:]) if self.dictionary.startswith("#") else None

    def _part(self, name: str) -> RecordedArray:
        """An array of the dictionary; those of the case belong to the genesis record, which names it."""
        if self._fitted is not None:
            return RecordedArray(record=self._fitted, array=name)
        return RecordedArray(record=0, array=f"dictionaries/{self.dictionary}/{name}")

    def estimate(self, subject: Subject) -> Cost:
        present(subject, [self.layer])
        if self.through != "embedding":
            self._lens(subject)  # what cannot be read through costs nothing
        return super().estimate(subject)

    def run(self, model: Model, progress: Progress) -> FeatureGrid:
        return self._grid(model, self.held_against, None, progress)[0]

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, FeatureGrid)
        return self.held_against is not None and not recorded.control_ids

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again; elsewhere, where others may come first by a hair, the recorded ones are read, and the k-th of them
        has to stand out as much as the k-th that does so most."""
        assert isinstance(recorded, FeatureGrid)
        kept = None if tolerance.same_environment else recorded.features
        if kept is not None and not self._could_be(kept, recorded.read):
            kept = None
        beside = None if self.unfinished(recorded) else self.held_against
        again, short = self._grid(model, beside, kept, progress)
        comparison = recorded.compare(again, tolerance)
        if kept is None or comparison.agreement is not Agreement.TOLERANT:
            return comparison
        judged = judge({"order": short / 4}, tolerance, {"order"})  # two differences of two that are off
        return comparison if judged.agreement is Agreement.TOLERANT else judged

    def _could_be(self, kept: Sequence[int], read: int) -> bool:
        """Whether a record may name these: each once, and as many as are kept of so many."""
        return len(set(kept)) == len(kept) == min(self.top, read) and all(0 <= one < read for one in kept)

    def _grid(
        self, model: Model, beside: Prompt | None, kept: Sequence[int] | None, progress: Progress
    ) -> tuple[FeatureGrid, float]:
        """`kept`: the features that are wanted, if they are known; and by how much they fall short of those that stand
        out most, as a share of the largest reading. The control is read last, unless it is stopped."""
        here = self._stream(model, self.prompt)
        progress.at(0.5)
        there = self._stream(model, beside) if beside is not None and not progress.cancel.is_set() else None
        lens = self._lens(model)
        values = lens.read(here.kept)  # (position, feature)
        control = lens.read(there.kept) if there is not None else np.zeros((0, lens.size), np.float32)
        beyond = values.max(axis=0) - control.max(axis=0, initial=-np.inf if len(control) else 0.0)
        found = np.argsort(-beyond, kind="stable")[: self.top] if kept is None else np.array(kept, np.int64)
        short = float((np.sort(beyond)[::-1][: len(found)] - beyond[found]).max(initial=0.0))
        if self.through == "dictionary":
            short /= max(1.0, float(np.abs(values).max(initial=0.0)))
        arrays: dict[str, Array] = {"values": values[:, found].T}
        arrays |= {"control_values": control[:, found].T} if there is not None else {}
        explained, active = lens.explained(here.kept)
        made = FeatureGrid(
            layer=self.layer, through=self.through, ids=here.ids, pieces=(), positions=here.positions,
            control_ids=there.ids if there is not None else (), control_pieces=(),
            control_positions=there.positions if there is not None else (), features=tuple(map(int, found)), names=(),
            read=lens.size, strongest=float(beyond.max()),
            there=float(control[:, found[0]].max()) if len(control) and len(found) else 0.0,
            explained=explained, active=active,
            held_out=tuple(self.array(self._part(QUALITY)).tolist()) if self._fitted is not None else (),
            control_words=self.control_words if there is not None else "",
        )  # fmt: skip
        return made.with_arrays({name: np.ascontiguousarray(one) for name, one in arrays.items()}).told(model), short

    def _stream(self, model: Model, prompt: Prompt) -> _Stream:
        ids, site = prompt.ids(model), resid_post(self.layer)
        positions = range(max(0, len(ids) - self.positions), len(ids))
        kept = model.forward(ids, capture=[site], rows=[-1], keep=list(positions)).captured[site]
        return _Stream(tuple(ids), tuple(positions), kept)

    def _lens(self, model: Model) -> _Cosines | _Dictionary:
        match self.through:
            case "embedding":
                rows = model.weights("embed")
                return _Cosines(rows - rows.mean(axis=0))
            case "direction":
                assert self.direction is not None
                return _Cosines(np.atleast_2d(_fitting(self.array(self.direction), model.card.width, self.direction)))
            case _:
                return _Dictionary(self._dictionary(model))

    def _dictionary(self, model: Model) -> Dictionary:
        try:
            found = Dictionary.of({name: self.array(self._part(name)) for name in PARTS})
        except ValueError as error:
            raise _unfit(f"The dictionary {self.dictionary}", f"{error}") from None
        if found.width != model.card.width:
            raise _unfit(
                f"The dictionary {self.dictionary}", f"it is of width {found.width}, the stream of {model.card.width}"
            )
        return found

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        """A dictionary's or a recorded direction put into the stream, and the other way round; a token followed through
        the layers, and read as what the prompt is answered."""
        assert isinstance(result, FeatureGrid)
        if spot.figure == 0 and spot.row in result.features:
            at = result.features.index(spot.row)
        elif spot.figure == 1 and 0 <= spot.row < len(result.features):
            at = spot.row
        else:
            return ()
        feature, name, prompt = result.features[at], result.names[at], self.control or self.prompt
        direction = self._direction(feature, result.read)
        if direction is None:
            return self._of_token(name)
        dose = max(1.0, round(4 * abs(float(result.arrays["values"][at].max())), 1)) if self.dictionary else 4.0
        changes = (
            (how, Change(op="add", dose=sign * dose, direction=direction, site=resid_post(self.layer)))
            for how, sign in (("Add", 1.0), ("Take off", -1.0))
        )
        return tuple(
            FollowUp(f"{how} {name} while it answers, 8 times", Sample(prompt=prompt, samples=8, edits=(change,)))
            for how, change in changes
        )

    def _of_token(self, name: str) -> Sequence[FollowUp]:
        piece = spelled(name)
        if not piece:
            return ()
        lens = LogitLens(prompt=self.prompt, control=self.control, track=(piece,), positions=self.positions)
        return (
            FollowUp(f"Follow {name} through the layers", lens),
            FollowUp(f"Score {name} as the answer", Score(prompt=self.prompt, answers=(piece,))),
        )

    def _direction(self, feature: int, of: int) -> RecordedArray | None:
        """What writes a feature into the stream; a token's embedding is no array of a record."""
        if self.through == "dictionary":
            return self._part(f"decoder.{feature}")
        if self.direction is None or of == 1:
            return self.direction
        return self.direction.model_copy(update={"array": f"{self.direction.array}.{feature}"})


class FirstFeatures(Features):
    """Read a layer's stream as the first version did: beside a control only where one was given."""

    version: ClassVar[int] = 1
    makes_control: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class _Stream:
    """A prompt's ids, the positions that are read, and (position, width) what the stream is there."""

    ids: tuple[int, ...]
    positions: tuple[int, ...]
    kept: FloatArray


@dataclass(frozen=True, eq=False)
class _Cosines:
    """Reads by the cosine with (feature, width) rows."""

    rows: FloatArray

    @property
    def size(self) -> int:
        return len(self.rows)

    def read(self, stream: FloatArray) -> FloatArray:
        found: FloatArray = _unit(stream) @ _unit(self.rows).T
        return found

    def explained(self, stream: FloatArray) -> tuple[None, None]:
        return None, None


@dataclass(frozen=True, eq=False)
class _Dictionary:
    """Reads by a dictionary's activations."""

    held: Dictionary

    @property
    def size(self) -> int:
        return self.held.size

    def read(self, stream: FloatArray) -> FloatArray:
        return self.held.encode(stream)

    def explained(self, stream: FloatArray) -> tuple[float, float]:
        return self.held.explained(stream)


def _unit(rows: FloatArray) -> FloatArray:
    found: FloatArray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
    return found


def _fitting(array: Array, width: int, reference: Any) -> FloatArray:
    if array.ndim not in (1, 2) or array.shape[-1] != width or not np.issubdtype(array.dtype, np.floating):
        raise _unfit(str(reference), f"its shape is {array.shape}, and the stream has width {width}")
    return array.astype(np.float32)


def _unfit(what: str, why: str) -> ModelRefusal:
    return ModelRefusal(
        "model.input", f"{what} cannot be read through.", f"{why[:1].upper()}{why[1:]}.",
        "Name one that was fitted or found on this model.",
    )  # fmt: skip
