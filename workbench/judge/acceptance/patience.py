"""How long a case's models are listened to at intake: thousands of messages are put to them, and its attacker wrote
what makes tokens of each, which may take seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

_SECONDS: Final = 30.0
"""Within which all is put to all models of a case: most take a few each."""
_KEPT: Final = 10.0
"""Of which so many are kept for each model that is yet to be heard."""
_SLOW: Final = 0.05
"""Seconds that no message takes of a template and tokenizer in use, which take some thousandths: those that do are told
of, and there is less time for them."""
_SLOW_MANY: Final = 40
"""Messages that are put to such a one in any case, as far as there is time."""
_SLOW_SECONDS: Final = 5.0
_STOPPED: Final = 2.0
"""Seconds of what is refused for its time; whatever else is, is within milliseconds."""


@dataclass
class Patience:
    """The time that is left."""

    models: int = 1
    """That are to be heard."""
    clock: Callable[[], float] = time.monotonic
    """In seconds."""
    _left: float = _SECONDS
    _heard: set[str] = field(default_factory=set)

    def lend(self, on: str, many: int, most: float = _SECONDS) -> LentTime:
        """Time to put so many messages to a model, at most so many seconds."""
        self._heard.add(on)
        waiting = max(0, self.models - len(self._heard))
        return LentTime(self, many, min(most, max(_KEPT / 2, self._left - waiting * _KEPT)))

    def spend(self, seconds: float) -> None:
        self._left -= seconds


@dataclass
class LentTime:
    """What was put to a model of what is to be, and the time it took."""

    patience: Patience
    many: int
    seconds: float
    """That there are for it."""
    put: int = 0
    refused: bool = False
    """Whether what was put last was."""
    _spent: float = 0.0
    _over: bool = False

    @contextmanager
    def putting(self) -> Iterator[bool]:
        """Whether there is time to put one more."""
        self._over = self._over or self._spent > self.seconds
        self.refused, before = False, self.patience.clock()
        yield not self._over
        if not self._over:
            took = self.patience.clock() - before
            self._spent += took
            self.patience.spend(took)
            self.put += 1
            slow = self.put >= _SLOW_MANY and self._spent > max(_SLOW_SECONDS, _SLOW * self.put)
            self._over = slow or (self.refused and took >= _STOPPED)

    @property
    def complete(self) -> bool:
        return self.put == self.many

    def told(self, what: str) -> str:
        """The end of a sentence about a model to which not all of something was put."""
        return (
            f"was put {self.put:,} of {self.many:,} {what} in {self._spent:.0f} seconds, and then no more: its chat"
            " template or tokenizer is slow."
        )
