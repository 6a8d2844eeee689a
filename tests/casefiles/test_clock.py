"""What the clock says is written down only if it can be read again."""

from __future__ import annotations

import time

import pytest

from casefiles import clock
from casefiles.status import Refusal


def test_it_is_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_123_456_789)
    assert (clock.microseconds(), clock.seconds()) == (1_700_000_000_123_456, 1_700_000_000)


@pytest.mark.parametrize(("now", "year"), [(-200_000_000, 1963), (-1, 1969), (2**53 // 10**6 + 1, 2255)])
def test_a_time_that_no_record_holds_is_refused(now: int, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: now * 10**9)
    for read in (clock.microseconds, clock.seconds):
        with pytest.raises(Refusal) as refusal:
            read()
        assert refusal.value.code == "clock.beyond" and str(year) in refusal.value.what
