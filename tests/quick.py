"""The engine for tests that are about something else: llama.cpp is there at once, PyTorch takes seconds to import."""

from __future__ import annotations

from importlib.util import find_spec

from backends.settings import EngineSettings

QUICK = (
    EngineSettings(backend="llama", device="cpu", dtype="float32", threads=1)
    if find_spec("llama_cpp")
    else EngineSettings(device="cpu", threads=1)
)
QUICK_OPTIONS = ("--backend", QUICK.backend, "--device", "cpu", "--dtype", QUICK.dtype, "--threads", "1")
"""The same on the command line."""
