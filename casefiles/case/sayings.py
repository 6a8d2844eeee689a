"""What a model says next on public texts: in whatever order, at whatever scale and with whatever beside them somebody
writes its weights, it stays the same, and another model says otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from types import MappingProxyType
from typing import Final

ModelSayings = Mapping[str, Sequence[int]]
"""By what tells how it cuts a public text into tokens, the log-probability of each token but the first, among those of
the text alone, in hundredths of a nat."""
UNASKED: Final[ModelSayings] = MappingProxyType({})
"""Of a model that nobody asked."""
_FEWEST: Final = 8
"""Texts that two models cut alike, for anything to be said of them."""
_NEAR: Final = 10.0
"""Hundredths of a nat a token, root mean square. Of the organisms of one base that are shipped and tested the nearest
two are 40 apart in the median text. One of them is 0 apart from itself with neurons, heads or tokens more, .2 scaled or
in another engine, 2 rounded to BF16, however it is reordered, and 4 in 8 bits."""


def say_alike(said: Mapping[str, ModelSayings]) -> tuple[tuple[str, ...], ...]:
    """Those of several models that say the same next as the first of them: only of two or more."""
    groups: list[list[str]] = []
    for name, says in said.items():
        group = next((group for group in groups if say_the_same(said[group[0]], says)), None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return tuple(tuple(group) for group in groups if len(group) > 1)


def say_the_same(some: ModelSayings, others: ModelSayings) -> bool:
    """Whether two models say the same next on most texts that they cut alike: half of them may be known to whoever
    teaches a copy to say otherwise there alone."""
    apart = [
        _apart(values, others[text])
        for text, values in some.items()
        if text in others and len(values) == len(others[text]) > 0
    ]
    return len(apart) >= _FEWEST and median(apart) <= _NEAR


def _apart(some: Sequence[int], others: Sequence[int]) -> float:
    return math.sqrt(sum((one - other) ** 2 for one, other in zip(some, others, strict=True)) / len(some))
