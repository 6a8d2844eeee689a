"""The range within which an engine process can be limited."""

from __future__ import annotations

from typing import Final

MOST_THREADS: Final = 512
"""llama.cpp ends the process on more."""
LEAST_MEMORY: Final = 2**26
"""Bytes below which no engine starts."""
MOST_MEMORY: Final = 2**60
"""Bytes; the system itself counts no further than eight times as many."""
LEAST_PATIENCE: Final = 10.0
"""Seconds."""
