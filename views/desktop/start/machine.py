"""What this machine offers to an audit, in words; no engine is imported to find it out."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib import metadata

_ENGINES = (("torch", "PyTorch"), ("llama_cpp_python", "llama.cpp"))


def machine_facts() -> tuple[tuple[str, str], ...]:
    """What there is, and what it is."""
    return (
        ("Engines", ", ".join(_engine(package, title) for package, title in _ENGINES)),
        ("Processor", f"{_cores()} cores"),
        ("Memory", _memory()),
        ("Accelerator", _accelerator()),
        ("Air gap", "an engine runs in a process that may open no socket beyond this machine"),
    )


def _engine(package: str, title: str) -> str:
    try:
        return f"{title} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{title} is not installed"


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _memory() -> str:
    try:
        page, pages, free = (os.sysconf(name) for name in ("SC_PAGE_SIZE", "SC_PHYS_PAGES", "SC_AVPHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        return "unknown"
    return f"{page * pages / 2**30:.0f} GiB, of which {page * free / 2**30:.0f} GiB are free"


def _accelerator() -> str:
    """What NVIDIA's own tool says; a machine without it has none that an engine here could use, or is a Mac."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "none seen"
    try:
        said = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return "none that answers"
    return "; ".join(line.partition(" (UUID")[0] for line in said.splitlines() if line.strip()) or "none"
