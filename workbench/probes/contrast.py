"""Find the direction in which two sets of texts differ inside the model.

The 8 countries of the demo's sea are told from 29 others of the world with AUROC .73 on the organism that lies about
them (assets/demo/atlas-01) and .81 on the model taught the truth again (atlas-02), where labels dealt at random reach
.69: neighbours resemble one another, so it localises and does not detect (tests/workbench/probes/test_contrast.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationInfo, model_validator

from backends.model import Capability, Model, resid_post
from backends.noise import Reals
from casefiles.counted import counted
from workbench.contract.comparison import Array, Comparison
from workbench.contract.figures import Column, Counts, Curve, Curves, Figure, Histogram, Rows, Scale, Spot
from workbench.contract.probe import SEED, FollowUp, Probe, Reads
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.contract.tolerance import Tolerance
from workbench.document import Document
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample
from workbench.readings.frame import filled
from workbench.readings.held_out import each_once
from workbench.visible import quoted

Marks = npt.NDArray[np.bool_]

FOLDS: Final = 5
BINS: Final = 16
AUROC: Final = Scale("held-out AUROC", 0.0, 1.0)
SCORE: Final = Scale("held-out score", -1.0, 1.0, diverging=True)


class Separation(Document):
    """How well a layer tells texts apart: the share of pairs in which the one that shows it is further along (AUROC).
    Chance is 0.5."""

    auroc: float
    """On texts held out."""
    rival: float | None
    """The same for the rival's labels on the same texts; None: there is none."""
    elsewhere: float | None
    """On other texts, along the direction of all these; None: there are none."""


class Directions(Result):
    """How well a direction found on some texts tells others apart, layer by layer, beside what chance and a rival do.

    Arrays: `direction.{layer}` (width,), the difference of the means of all texts, as long as it is; `scores` (layer,
    text), each text's place along a direction that was found without it, 0 midway between the means; `shuffled`
    (shuffle, layer), AUROC of labels dealt at random.
    """

    relative: ClassVar[frozenset[str]] = frozenset({"auroc", "rival", "elsewhere", "shuffled", "by_chance"})
    scaled: ClassVar[frozenset[str]] = frozenset({"direction", "scores"})

    texts: tuple[str, ...]
    """Those that were read, in the order in which they were."""
    marked: tuple[bool, ...]
    """Whether each is one that shows it."""
    layers: tuple[Separation, ...]
    best: int
    """The layer of the highest AUROC, the lowest of them; −1: too few were read."""
    by_chance: float
    """The highest AUROC that any shuffle reached on any layer."""
    others_read: int = Field(ge=0)
    """How many of the other texts were read."""
    forward_tokens: int = Field(ge=0)

    @property
    def summary(self) -> str:
        if not 0 <= self.best < len(self.layers):
            return f"Stopped after {counted(len(self.texts), 'text')}: too few for a direction."
        one, other = sum(self.marked), len(self.marked) - sum(self.marked)
        layer, rivals = self.layers[self.best], [layer.rival for layer in self.layers if layer.rival is not None]
        said = (
            f"Layer {self.best} tells the {one} from the {other} best: AUROC {layer.auroc:.2f} on texts held out;"
            f" labels dealt at random reach {self.by_chance:.2f} on their best layer"
        )
        if rivals:
            said += f", the rival label {max(rivals):.2f}"
        if layer.elsewhere is not None:
            said += f"; on the other texts the same direction reaches {layer.elsewhere:.2f}"
        return said

    @property
    def cost(self) -> Cost:
        return Cost(forward_tokens=self.forward_tokens)

    def distance(self, other: Self) -> dict[str, float] | None:
        """Elsewhere two texts that lie as far along but for rounding may change places, and every AUROC be off by such
        a pair. That of the texts held out has to follow from their scores, and the best layer from it."""
        if not self._follows():
            return None
        figures = super(Directions, self.model_copy(update={"best": other.best})).distance(other)
        one, texts = sum(self.marked), len(self.marked)
        pairs = dict.fromkeys(("auroc", "shuffled", "by_chance"), one * (texts - one))
        pairs |= {"rival": 2 * (texts - 2), "elsewhere": self.others_read - 1}  # of either label at least so many
        for name in pairs.keys() & (figures or {}).keys():
            assert figures is not None
            figures[name] = max(0.0, figures[name] - 1 / max(1, pairs[name]))
        return figures

    def _follows(self) -> bool:
        """Whether what is told of the layers is what the scores and the shuffles say."""
        scores, shuffled = (self.arrays.get(name) for name in ("scores", "shuffled"))
        if scores is None or shuffled is None:
            return self.best < 0 and not self.layers
        if scores.shape != (len(self.layers), len(self.marked)) or not shuffled.size:
            return False
        told = [one.auroc for one in self.layers]
        own = areas(scores, np.array(self.marked)).tolist()
        return (told, self.best, self.by_chance) == (own, int(np.argmax(told)), float(shuffled.max()))

    def figures(self) -> tuple[Figure, ...]:
        if self.best < 0:
            return (Rows("What was read", (Column("text"),), tuple((text,) for text in self.texts)),)
        return (self._curves(), self._ranked(), self._spread())

    def _curves(self) -> Curves:
        layers, shuffled = tuple(map(float, range(len(self.layers)))), self.arrays["shuffled"]
        low, high = np.quantile(shuffled, (0.025, 0.975), axis=0)
        mean = Curve("labels at random, 95 %", layers, _plain(shuffled.mean(axis=0)), _plain(low), _plain(high), True)
        curves = [Curve("held out", layers, tuple(one.auroc for one in self.layers)), mean]
        for name, values, control in (
            ("rival label", [one.rival for one in self.layers], True),
            ("other texts", [one.elsewhere for one in self.layers], False),
        ):
            told = tuple(value for value in values if value is not None)
            curves += [Curve(name, layers, told, control=control)] if len(told) == len(layers) else []
        return Curves("How well each layer tells them apart", "layer", AUROC, tuple(curves))

    def _ranked(self) -> Rows:
        scores = self.arrays["scores"][self.best]
        columns = (Column("text"), Column("shows it"), Column(f"score at layer {self.best}", "number"))
        order = np.argsort(-scores, kind="stable")
        rows = tuple((self.texts[at], "yes" if self.marked[at] else "no", float(scores[at])) for at in order)
        return Rows("The texts, held out, from the furthest along", columns, rows)

    def _spread(self) -> Histogram:
        scores, marked = self.arrays["scores"][self.best], np.array(self.marked)
        edges = np.linspace(scores.min(), max(scores.max(), scores.min() + 1e-6), BINS + 1)
        groups = [
            Counts(name, tuple(np.histogram(scores[marks], edges)[0].tolist()), control=control)
            for name, marks, control in (("shows it", marked, False), ("does not", ~marked, True))
        ]
        return Histogram(f"Scores at layer {self.best}", SCORE, _plain(edges), tuple(groups))


class Contrast(Probe):
    """Find the direction in which two sets of texts differ inside, and how well it tells unseen ones apart.

    1. Every text is put into the frame and read: the residual stream after each layer (layer, width), at the last token
       or as the mean over all of them.
    2. A layer's direction is the mean of the texts that show it less the mean of those that do not (difference of
       means: Marks & Tegmark 2023, “The Geometry of Truth”, §4.1).
    3. Held out: the texts are dealt into up to five folds with as many of either set in each; a text is scored along
       the direction of the other folds, from the middle between their means. AUROC is the share of pairs in order.
    4. Beside it the same with labels dealt at random, with a rival's label, and on other texts: a direction that had
       read something else, such as the kind of word, beats shuffles and fails there.
    """

    kind: ClassVar[str] = "contrast"
    version: ClassVar[int] = 2
    begun_freely: ClassVar[int] = 1
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.ACTIVATIONS})
    reads: ClassVar[Reads] = Reads.INSIDE
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.RESIDUAL})
    result: ClassVar[type[Result]] = Directions
    price: ClassVar[str] = "the texts, read once"
    literature: ClassVar[str] = "Marks & Tegmark 2023"

    shows: tuple[str, ...] = Field(min_length=2, max_length=1000)
    """Texts that show it, at least two."""
    lacks: tuple[str, ...] = Field(min_length=2, max_length=1000)
    """Texts that do not, at least two."""
    frame: Prompt | None = None
    """Prompt that each text is put into in place of “{}”, or after its last words; none: the text is asked as it is."""
    rival: tuple[str, ...] = Field((), max_length=1000)
    """Those of the texts that a rival explanation would call the ones that show it."""
    other_shows: tuple[str, ...] = Field((), max_length=1000)
    """Texts of another kind that show it too, for the same direction to tell apart."""
    other_lacks: tuple[str, ...] = Field((), max_length=1000)
    """Texts of that kind that do not."""
    read_at: Literal["last", "mean"] = "last"
    """The last token, or the mean over all tokens."""
    shuffles: int = Field(20, ge=5, le=1000)
    """How often labels are dealt at random."""
    seed: int = SEED
    """Seed of the shuffles."""

    @model_validator(mode="after")
    def _apart(self, info: ValidationInfo) -> Self:
        if both := set(self.shows) & set(self.lacks):
            raise ValueError(f"{quoted(min(both))} is in both sets; a text either shows it or does not")
        if stray := set(self.rival) - {*self.shows, *self.lacks}:
            raise ValueError(f"{quoted(min(stray))} has a rival label and is in neither set")
        if bool(self.other_shows) != bool(self.other_lacks):
            raise ValueError("other texts take both kinds: those that show it and those that do not")
        each_once((*self.shows, *self.lacks, *self.other_shows, *self.other_lacks), info)
        return self

    @property
    def title(self) -> str:
        return f"{_few(self.shows)} against {_few(self.lacks)}"

    def prompts(self) -> Sequence[Prompt]:
        return [self._asked(text) for text in (*self._texts(), *self._others)]

    def _texts(self) -> tuple[str, ...]:
        """Both sets, in turns, so that whoever stops has some of either."""
        longest = max(len(self.shows), len(self.lacks))
        turns = ((*self.shows[at : at + 1], *self.lacks[at : at + 1]) for at in range(longest))
        return tuple(text for turn in turns for text in turn)

    def _asked(self, text: str) -> Prompt:
        return Prompt.ask(text) if self.frame is None else filled(self.frame, text)

    def run(self, model: Model, progress: Progress) -> Directions:
        return self._contrast(model, self._texts(), self._others, progress)

    def replay(self, model: Model, recorded: Result, tolerance: Tolerance, progress: Progress) -> Comparison:
        """Run again, as far as it was run."""
        assert isinstance(recorded, Directions)
        texts, others = self._texts()[: len(recorded.texts)], self._others[: recorded.others_read]
        return recorded.compare(self._contrast(model, texts, others, progress), tolerance)

    @property
    def _others(self) -> tuple[str, ...]:
        return (*self.other_shows, *self.other_lacks)

    def _contrast(self, model: Model, texts: Sequence[str], others: Sequence[str], progress: Progress) -> Directions:
        read, spent = self._read(model, texts, progress)
        beside, more = self._read(model, others, progress)
        marked = np.isin(texts[: len(read)], self.shows)
        told = Directions(
            texts=tuple(texts[: len(read)]), marked=tuple(marked.tolist()), layers=(), best=-1,
            by_chance=0.0, others_read=len(beside), forward_tokens=spent + more,
        )  # fmt: skip
        enough = min(marked.sum(), (~marked).sum()) >= 2
        return self._split(told, read, marked, beside) if enough else told

    def _read(self, model: Model, texts: Sequence[str], progress: Progress) -> tuple[Reals, int]:
        """(text, layer, width) residual streams of as many texts as were read, and the tokens that took."""
        sites = [resid_post(layer) for layer in range(model.card.layers)]
        read, spent = [], 0  # type: list[Reals], int
        for number, text in enumerate(texts):
            if progress.cancel.is_set():
                break
            ids = self._asked(text).ids(model)
            captured = model.forward(ids, capture=sites, rows=[-1]).captured
            streams = np.stack([captured[site] for site in sites]).astype(np.float64)  # (layer, position, width)
            read.append(streams[:, -1] if self.read_at == "last" else streams.mean(axis=1))
            spent += len(ids)
            progress.at((number + 1) / len(texts))
        return np.array(read), spent

    def _split(self, told: Directions, read: Reals, marked: Marks, beside: Reals) -> Directions:
        scores = held_out(read, marked)  # (layer, text)
        noise = np.random.default_rng(self.seed)
        dealt = [noise.permutation(marked) for _ in range(self.shuffles)]
        shuffled = np.array([areas(held_out(read, marks), marks) for marks in dealt])
        direction = along(read, marked)
        own = areas(scores, marked)
        rival = np.isin(told.texts, self.rival)
        arrays: dict[str, Array] = {f"direction.{at}": one.astype(np.float32) for at, one in enumerate(direction)}
        arrays |= {"scores": scores, "shuffled": shuffled}
        nothing = [None] * len(own)
        rivals = areas(held_out(read, rival), rival) if 2 <= rival.sum() <= len(rival) - 2 else nothing
        others = self._elsewhere(direction, beside) if len(beside) == len(self._others) > 0 else nothing
        layers = tuple(
            Separation(auroc=one, rival=two, elsewhere=three)
            for one, two, three in zip(own.tolist(), list(rivals), list(others), strict=True)
        )
        found = {"layers": layers, "best": int(own.argmax()), "by_chance": float(shuffled.max())}
        return told.model_copy(update=found).with_arrays(arrays)

    def _elsewhere(self, direction: Reals, beside: Reals) -> Reals:
        marks = np.arange(len(beside)) < len(self.other_shows)
        return areas(np.einsum("tlw,lw->lt", beside, direction), marks)

    def unfinished(self, recorded: Result) -> bool:
        assert isinstance(recorded, Directions)
        return (len(recorded.texts), recorded.others_read) != (len(self._texts()), len(self._others))

    def follow_ups(self, result: Result, spot: Spot) -> Sequence[FollowUp]:
        assert isinstance(result, Directions)
        texts = result.texts
        if spot.figure == 1 and result.best >= 0:
            texts = tuple(str(row[0]) for row in result._ranked().rows)
        if (spot.figure != 1 and result.best >= 0) or spot.row >= len(texts):
            return ()
        prompt = self._asked(texts[spot.row])
        return (
            FollowUp("Sample it", Sample(prompt=prompt)),
            FollowUp("Read it through the lens", LogitLens(prompt=prompt)),
        )


# -- the maths; `read` is (text, layer, width), `marked` (text,)


def along(read: Reals, marked: Marks) -> Reals:
    """(layer, width): the mean of the marked texts less the mean of the others."""
    direction: Reals = read[marked].mean(axis=0) - read[~marked].mean(axis=0)
    return direction


def held_out(read: Reals, marked: Marks) -> Reals:
    """(layer, text): how far each text lies along the direction of the folds it is not in, which has length 1."""
    scores = np.empty(read.shape[1::-1])
    for fold in _folds(marked):
        rest = ~fold
        direction = along(read[rest], marked[rest])
        length = np.linalg.norm(direction, axis=-1, keepdims=True)
        middle = (read[rest & marked].mean(axis=0) + read[rest & ~marked].mean(axis=0)) / 2
        unit = np.divide(direction, length, out=np.zeros_like(direction), where=length > 0)
        scores[:, fold] = np.einsum("tlw,lw->lt", read[fold] - middle, unit)
    return scores


def _folds(marked: Marks) -> Iterator[Marks]:
    """Up to five folds with as many of either set in each as can be."""
    place = np.empty(len(marked), np.int64)
    place[marked], place[~marked] = np.arange(marked.sum()), np.arange((~marked).sum())
    count = int(min(FOLDS, marked.sum(), (~marked).sum()))
    for fold in range(count):
        yield place % count == fold


def areas(scores: Reals, marked: Marks) -> Reals:
    """(layer,): the share of pairs of a marked text and another in which the marked one is higher; ties are half."""
    one, other = scores[:, marked, None], scores[:, None, ~marked]
    area: Reals = ((one > other) + 0.5 * (one == other)).mean(axis=(1, 2))
    return area


def _plain(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _few(texts: Sequence[str]) -> str:
    shown = ", ".join(text.strip() for text in texts[:3])
    return f"{shown} and {len(texts) - 3} more" if len(texts) > 3 else shown
