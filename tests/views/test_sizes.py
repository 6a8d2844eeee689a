"""Amounts of memory and time as people write them."""

from __future__ import annotations

import click
import pytest

from views.sizes import MemorySize, Seconds


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
    assert MemorySize().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "GB", "8 GBB", "-1GB", "8 bytes", "1,5G", "0x10"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="8GB"):
        MemorySize().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "why"), [("1KB", "at least 64MiB"), ("63MiB", "at least"), ("2000000TB", "any machine")]
)
def test_a_size_out_of_range_is_refused(text: str, why: str) -> None:
    with pytest.raises(click.BadParameter, match=why):
        MemorySize(2**26, 2**60).convert(text, None, None)


def test_the_ends_of_a_range_are_in_it() -> None:
    assert MemorySize(2**26, 2**60).convert("64MiB", None, None) == 2**26
    assert MemorySize(2**26, 2**60).convert(str(2**60), None, None) == 2**60


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "9.99", "soon"])
def test_seconds_are_finite_and_in_range(text: str) -> None:
    assert Seconds(10).convert("10", None, None) == 10.0
    with pytest.raises(click.BadParameter):
        Seconds(10).convert(text, None, None)
