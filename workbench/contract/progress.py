"""How running work tells what it does, and learns that it should stop."""

from __future__ import annotations

import threading
from typing import Protocol

from workbench.listener import Listener


class Progress(Protocol):
    """Whoever watches a probe or a plan."""

    cancel: threading.Event

    def at(self, done: float, note: str = "") -> None:
        """`done`: share of the work, 0 … 1."""

    def text(self, sample: int, piece: str) -> None:
        """New text of one sample, as it is generated."""


class Silent:
    """A progress that nobody watches."""

    def __init__(self) -> None:
        self.cancel = threading.Event()

    def at(self, done: float, note: str = "") -> None:
        pass

    def text(self, sample: int, piece: str) -> None:
        pass


class Overheard(Silent):
    """A progress of which somebody hears how far it is, and nothing else."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener

    def at(self, done: float, note: str = "") -> None:
        self._listener(done, note)
