"""What a probe gives: a raw part that a replay checks, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Self

import numpy as np
from pydantic import PrivateAttr

from workbench.contract.comparison import Agreement, Array, Comparison, apart, equal, judge, same_arrays
from workbench.contract.effect import Effect
from workbench.contract.figures import Answer, Figure
from workbench.contract.rules import Cost
from workbench.contract.subject import Subject
from workbench.contract.tolerance import Tolerance
from workbench.document import Document

CONTRADICTORY: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What is raised where a result is read whose parts do not fit together: somebody wrote it that no probe gave."""


class Result(Document):
    """What a probe found. JSON fields go into the record; `arrays` into the side-car, named by their digest."""

    samples_texts: ClassVar[bool] = False
    """Whether it holds answers that were drawn, which evidence counts."""
    derived: ClassVar[frozenset[str]] = frozenset()
    """Fields that `told` tells again: they follow from the rest, and are not compared with another run's."""
    relative: ClassVar[frozenset[str]] = frozenset()
    """Fields and arrays whose floats are no nats but shares or cosines: held to what computations differ by usually."""

    scaled: ClassVar[frozenset[str]] = frozenset()
    """Those of them, and of other arrays, that are in the units of the model's inside, where numbers may be large: they
    count as shares of the largest. Of `direction.3` the name is `direction`."""

    _arrays: dict[str, Array] = PrivateAttr(default_factory=dict)

    @property
    def arrays(self) -> Mapping[str, Array]:
        return self._arrays

    def with_arrays(self, arrays: Mapping[str, Array]) -> Self:
        """Attach the arrays that belong to this result (when it is made, or read back from the side-car)."""
        self._arrays.update(arrays)
        return self

    @property
    def summary(self) -> str:
        """The result in one sentence, said before it is drawn. Read without the arrays, which may be elsewhere."""
        raise NotImplementedError

    @property
    def cost(self) -> Cost:
        """What it took, for the budget."""
        raise NotImplementedError

    def figures(self) -> tuple[Figure, ...]:
        """The result as neutral drawings, the most telling first."""
        raise NotImplementedError

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The texts that were drawn, in their order, those too that never began."""
        return ()

    @property
    def asked_ids(self) -> tuple[int, ...]:
        """Token ids of what its answers answer; empty where it holds no answers."""
        return ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What changes to the inside did, the strongest first, each beside its controls."""
        return ()

    @property
    def control_alike(self) -> bool:
        """Whether a control that was read beside it shows the same, so that what was read tells nothing of its prompt.
        Read without the arrays."""
        return False

    @property
    def passages(self) -> tuple[tuple[int, ...], ...]:
        """Token ids that the model went through, for whoever measures it on what it was asked."""
        return ()

    def told(self, subject: Subject) -> Self:
        """The same result with everything derived told again from its raw part: texts from tokens, rates from
        counts, headlines from figures. What comes out otherwise than it was recorded shows a changed record."""
        return self

    def compare(self, other: Self, tolerance: Tolerance) -> Comparison:
        """This recorded result against a replayed one: equal, or near in every float, or diverged."""
        if self.model_dump() == other.model_dump() and same_arrays(self.arrays, other.arrays):
            return equal(tolerance)
        figures = self.distance(other)
        relative = self.relative | {name for name in figures or () if name.partition(".")[0] in self.scaled}
        found = judge(figures, tolerance, relative)
        if found.agreement is Agreement.TOLERANT and self._stands_here_alone(other):
            # Rounding explains the figures, and so might whoever moved them all by as much as it allows.
            note = f"{found.note} Within that bound the effect stands in the record, and does not here."
            return found.model_copy(update={"agreement": Agreement.UNREPLAYABLE, "note": note})
        return found

    def _stands_here_alone(self, other: Self) -> bool:
        """Whether the strongest effect stands, and does not where it was computed again."""
        mine, theirs = (max(one.effects, key=lambda effect: abs(effect.size), default=None) for one in (self, other))
        return mine is not None and mine.stands and (theirs is None or not theirs.stands)

    def distance(self, other: Self) -> dict[str, float] | None:
        """How far apart two results are, in nats unless `relative`, figure by figure; None if they are not about the
        same.

        Every leaf that is not derived counts, unless a result knows better what rounding may change.
        """
        one, two = (result.model_dump(mode="json", exclude=set(self.derived)) for result in (self, other))
        figures = apart(one, two, self.arrays, other.arrays)
        return figures and {name: value / self._largest(name) for name, value in figures.items()}

    def _largest(self, name: str) -> float:
        """What a figure is a share of: the largest number of a scaled array, and 1 for all that is as it is."""
        if name.partition(".")[0] not in self.scaled or name not in self.arrays:
            return 1.0
        return max(1.0, float(np.abs(self.arrays[name]).max(initial=0.0)))


class CutShortError(Exception):
    """A probe came to its end before it was through, by the exception that this one is raised from."""

    def __init__(self, result: Result) -> None:
        """`result`: what there was by then."""
        super().__init__("cut short")
        self.result = result
