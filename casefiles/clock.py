"""The machine's clock, as documents and logs write it: in whole numbers from 1970 on, in UTC."""

from __future__ import annotations

import time
from typing import Final

from casefiles.status import Refusal

_LATEST: Final = 2**53 - 1
"""Microseconds, as far as JSON's numbers are exact: in the year 2255."""


def microseconds() -> int:
    """Now. Raises Refusal `clock.beyond` where nothing could write that down."""
    now = time.time_ns() // 1000
    if not 0 <= now <= _LATEST:
        year = 1970 + now // (31_556_952 * 1_000_000)
        raise Refusal(
            "clock.beyond",
            f"The clock of this machine says that it is about the year {year}.",
            "A record that says so nobody could verify.",
            "Set the clock, and try again.",
        )
    return now


def seconds() -> int:
    """The same in seconds."""
    return microseconds() // 1_000_000
