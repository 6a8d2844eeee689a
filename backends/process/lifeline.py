"""A process that ends with the one that started it, however that one ends."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from typing import Final

_F_SETSIG: Final = 10
"""Of fcntl(2); Python has no name for it."""


def end_with(lifeline: int) -> None:
    """Have the kernel kill this process when the other end of a pipe closes, of which nothing is left to read: a thread
    that is stuck in C, or a process that is stopped, would not see it go. Elsewhere than on Linux a thread waits."""
    if sys.platform != "linux":
        threading.Thread(target=_end_after, args=(lifeline,), daemon=True).start()
        return
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, _F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    try:
        os.read(lifeline, 1)
    except BlockingIOError:
        return
    os._exit(0)  # it was gone already


def _end_after(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(0)
