"""What a chat template may take while it runs: it is a program that came with the evidence, and need not end."""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from backends.model import ModelRefusal

SECONDS: Final = 5.0
"""A published template takes milliseconds."""
MEMORY: Final = 512 * 2**20
"""Bytes beyond what the process had."""


class _SpentError(BaseException):
    """Not an Exception, so that nothing on the way takes it for one of its own."""


@contextmanager
def allowance(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[None]:
    """Hold what runs in this block, on the main thread, to that much. Raises ModelRefusal once it is spent."""
    before = signal.signal(signal.SIGALRM, _spent)
    limits = _limit_memory(memory)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _SpentError:
        raise _endless(f"It had not come to an end after {seconds:g} seconds.") from None
    except MemoryError:
        raise _endless(f"It took more than {memory >> 20} MiB of memory.") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _spent(number: int, frame: Any) -> None:
    raise _SpentError


def _limit_memory(memory: int) -> tuple[int, int]:
    """Lower the limit of the address space to what is in use and so much more; returns what it was."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":  # elsewhere nobody tells how much is in use
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        known = [limit for limit in (soft, hard, used + memory) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(known), hard))
    return soft, hard


def _endless(why: str) -> ModelRefusal:
    return ModelRefusal(
        "model.input",
        "The model's chat template was stopped.",
        why,
        "Use raw text; a template that does this was made to, and the judge should hear of it.",
    )
