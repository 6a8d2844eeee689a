"""Amounts of memory as people write them."""

from __future__ import annotations

import click
import pytest

from views.sizes import Size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8GB", 8_000_000_000),
        ("8 gb", 8_000_000_000),
        ("512MiB", 512 * 1024 * 1024),
        ("1.5G", 1_500_000_000),
        ("2Ti", 2 * 2**40),
        ("6000000000", 6_000_000_000),
        ("100b", 100),
        (7, 7),
    ],
)
def test_a_size_is_a_number_with_or_without_a_unit(text: object, size: int) -> None:
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "GB", "8 GBB", "-1GB", "8 bytes", "1,5G", "0x10"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="8GB"):
        Size().convert(text, None, None)
