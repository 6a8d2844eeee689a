"""Thirty seconds are all that a case's models are listened to, whatever is put to them."""

from __future__ import annotations

import pytest

from workbench.judge.acceptance.patience import LentTime, Patience


class Clock:
    """It stands still but where it is set on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def put(hearing: LentTime, clock: Clock, seconds: float, *, refused: bool = False) -> int:
    """How many are put if each takes so long."""
    for _ in range(hearing.many):
        with hearing.putting() as proceeds:
            if not proceeds:
                break
            clock.now += seconds
            hearing.refused = refused
        clock.now += 1.0  # for whatever is done between them
    return hearing.put


def test_what_takes_no_time_is_put_wholly(clock: Clock) -> None:
    hearing = Patience(clock=clock).lend("organism", 5_000)
    assert put(hearing, clock, 0.001) == 5_000
    assert hearing.complete


@pytest.mark.parametrize(
    ("seconds", "many"), [(0.04, 751), (0.06, 84), (0.125, 41), (0.25, 40), (0.7, 40), (1.0, 31), (5.0, 7), (31.0, 1)]
)
def test_the_one_that_begins_in_time_is_the_last_and_a_slow_one_has_less(
    clock: Clock, seconds: float, many: int
) -> None:
    hearing = Patience(clock=clock).lend("organism", 1_000)
    assert put(hearing, clock, seconds) == many
    assert hearing.told("messages") == (
        f"was put {many} of 1,000 messages in {seconds * many:.0f} seconds, and then no more: its chat template or"
        " tokenizer is slow."
    )


@pytest.mark.parametrize(("first", "second"), [(20.0, 10.0), (7.0, 23.0), (50.0, 10.0)])
def test_two_models_share_it(clock: Clock, first: float, second: float) -> None:
    """Ten seconds are kept for the second, and what the first leaves."""
    patience = Patience(models=2, clock=clock)
    assert put(patience.lend("organism", int(first * 32)), clock, 1 / 32) == min(first * 32, 641)
    assert put(patience.lend("baseline", 10_000), clock, 1 / 32) == pytest.approx(second * 32, abs=1)


def test_some_of_it_may_be_lent_first(clock: Clock) -> None:
    patience = Patience(models=2, clock=clock)
    assert put(patience.lend("organism", 1_000, 5), clock, 1 / 32) == 161
    assert put(patience.lend("organism", 1_000), clock, 1 / 32) == pytest.approx(480, abs=1)
    assert put(patience.lend("baseline", 1_000, 5), clock, 1 / 32) == 161
    assert put(patience.lend("baseline", 1_000), clock, 1 / 32) == 161, "five seconds in any case"


def test_what_is_refused_for_its_time_is_the_last(clock: Clock) -> None:
    patience = Patience(clock=clock)
    assert put(patience.lend("organism", 10), clock, 5.0, refused=True) == 1
    assert put(patience.lend("organism", 10), clock, 0.01, refused=True) == 10
