"""The packages that GGUF files and llama.cpp need, which are installed by whoever wants them."""

from __future__ import annotations

from typing import Final

INSTALL: Final = (
    "Install it with `pip install llama-cpp-python==0.3.36 gguf==0.19.0` (needs a C++ compiler and cmake), or choose"
    " the torch engine."
)
"""What to do where one of them is missing."""
