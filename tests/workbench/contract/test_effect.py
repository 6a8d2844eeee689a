"""An effect means something only beside changes that mean nothing."""

from __future__ import annotations

import pytest

from workbench.contract.effect import Effect


@pytest.mark.parametrize(
    ("size", "randoms", "wrong_sign", "stands"),
    [
        (3.0, (1.0, -2.0, 0.5, 0.1, 2.9), -2.0, True),
        (3.0, (1.0, -3.5, 0.5, 0.1, 2.9), -2.0, False),  # a random change does more
        (3.0, (1.0, -2.0, 0.5, 0.1), -2.0, False),  # too few to say so
        (3.0, (1.0, -2.0, 0.5, 0.1, 2.9), 2.0, False),  # its opposite does the same
        (-3.0, (1.0, -2.0, 0.5, 0.1, 2.9), -1.0, True),
        (0.0, (0.0, 0.0, 0.0, 0.0, 0.0), 0.0, False),
    ],
)
def test_an_effect_stands_beyond_enough_random_ones_and_its_own_opposite(
    size: float, randoms: tuple[float, ...], wrong_sign: float, stands: bool
) -> None:
    effect = Effect(what="Zero", size=size, randoms=randoms, wrong_sign=wrong_sign, own=0.0)
    assert effect.stands is stands
