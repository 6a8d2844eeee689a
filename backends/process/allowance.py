"""What a chat template or a tokenizer may take while it runs: both came with the evidence, and need not end."""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from backends.model import ModelRefusal

SECONDS: Final = 5.0
"""A published template takes milliseconds."""
TEXT_A_SECOND: Final = 100_000
"""Characters or ids that the slowest usual tokenizer turns in a second, on a machine that has other things to do."""
MEMORY: Final = 512 * 2**20
"""Bytes beyond what the process had."""


class _SpentError(BaseException):
    """Not an Exception, so that nothing on the way takes it for one of its own."""


@contextmanager
def allowance(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[None]:
    """Hold a template that runs in this block, on the main thread, to that much, and the tokenizer that reads what it
    writes. Raises ModelRefusal once it is spent."""
    limits = _limit_memory(memory)
    try:
        with _timed(seconds, _endless):
            yield
    except MemoryError:
        raise _endless(f"It took more than {memory >> 20} MiB of memory.") from None
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@contextmanager
def tokenising(length: int, seconds: float = SECONDS) -> Iterator[None]:
    """Hold a tokenizer that turns a text, or ids, of this length in this block to the time that this takes. What it
    does between two looks at the clock is done first: the session ends what does not come back at all. Its memory is
    the process': the library ends it where there is none, and long texts need much."""
    with _timed(seconds + length // TEXT_A_SECOND, _slow):
        yield


@contextmanager
def _timed(seconds: float, refusal: Callable[[str], ModelRefusal]) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _spent)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _SpentError:
        raise refusal(f"It had not come to an end after {seconds:g} seconds.") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


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
        "The model's chat template, or its tokenizer with what that wrote, was stopped.",
        why,
        "Use raw text; what does this was made to, and the judge should hear of it.",
    )


def _slow(why: str) -> ModelRefusal:
    return ModelRefusal(
        "model.input",
        "The model's tokenizer was stopped.",
        why,
        "Use another text, or a shorter one; a tokenizer that does this was made to, and the judge should hear of it.",
    )
