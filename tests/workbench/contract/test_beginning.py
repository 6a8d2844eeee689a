"""How far sequences begin alike."""

from __future__ import annotations

import pytest

from workbench.contract.beginning import common


@pytest.mark.parametrize(
    ("sequences", "alike"),
    [
        ([], 0),
        (["abc"], 3),
        (["abc", "abd", "ab"], 2),
        (["abc", "xbc"], 0),
        ([(1, 2), [1, 2]], 2),
        ([(1, 2, 3), (1, 2)], 2),
        ([(), (1,)], 0),
    ],
)
def test_items_are_counted_up_to_the_first_that_differs(sequences: list[list[object]], alike: int) -> None:
    assert common(sequences) == alike
