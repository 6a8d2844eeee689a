"""Damaged model files in a child process: they run, are refused in words, or end the child; never anything else."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("llama_cpp")

from tests.backends.llama_cases import checkpoint, gguf, tokenizer


def endings(file: Path, first: int, count: int) -> Counter[str]:
    """Runs them all, starting a new child after each that died."""
    found: Counter[str] = Counter()
    number = first
    while number < first + count:
        arguments = [file, tokenizer(), number, first + count - number]
        child = subprocess.run(
            [sys.executable, "-m", "tests.backends.fuzz_weights", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=550,
            check=False,
        )
        lines = [line.split() for line in child.stdout.splitlines()]
        found.update(ending for _, ending in lines)
        number += len(lines)
        if child.returncode == 0:
            break
        if child.returncode > 0:
            raise AssertionError(f"mutation {number}: {child.stderr[-2000:]}")
        found[signal.Signals(-child.returncode).name] += 1
        number += 1
    return found


@pytest.mark.slow
def test_damaged_ggufs_are_refused_or_run() -> None:
    count = 500
    found = endings(gguf("llama"), 0, count)
    assert sum(found.values()) == count
    assert found["ran"] > 0
    assert found["model.unreadable"] > count // 4
    # An abort inside llama.cpp is contained by the process that the engine is kept in; it should stay rare.
    assert set(found) <= {"ran", "model.unreadable", "model.unsupported", "model.input", "SIGABRT"}
    assert found["SIGABRT"] <= count // 50


@pytest.mark.slow
def test_damaged_safetensors_are_refused_or_run() -> None:
    count = 200
    found = endings(checkpoint("llama") / "model.safetensors", 0, count)
    assert sum(found.values()) == count
    assert found["ran"] > 0
    assert found["model.unreadable"] > count // 4
    assert set(found) <= {"ran", "model.unreadable", "model.unsupported", "model.input"}
