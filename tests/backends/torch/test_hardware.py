"""Which hardware a model runs on and in which numbers; accelerators stood in for by torch's own `meta` device."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from backends.model import ModelRefusal
from backends.torch import hardware
from backends.torch.checkpoint import unreadable
from tests.backends import tiny

META, CPU = torch.device("meta"), torch.device("cpu")


@pytest.mark.parametrize(
    ("stored", "on_an_accelerator"),
    [
        ({"BF16": 100, "F32": 8}, torch.bfloat16),
        ({"F16": 100}, torch.float16),
        ({"F32": 100, "BF16": 90}, torch.float32),
        ({"F64": 100}, torch.float32),  # MPS has no float64, and nothing is gained by it elsewhere
        ({"F8_E4M3": 0}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_auto_is_float32_on_a_cpu_and_the_checkpoints_own_elsewhere(
    stored: dict[str, int], on_an_accelerator: torch.dtype
) -> None:
    assert hardware.dtype("auto", META, stored) is on_an_accelerator
    assert hardware.dtype("auto", CPU, stored) is torch.float32


def test_a_dtype_is_taken_at_its_word() -> None:
    assert hardware.dtype("bfloat16", CPU, {"F32": 1}) is torch.bfloat16
    with pytest.raises(ModelRefusal, match="no dtype"):
        hardware.dtype("float64", CPU, {})


def test_full_memory_is_known_by_any_of_its_names() -> None:
    def told(work: object) -> BaseException:
        with pytest.raises(Exception) as caught:
            work()  # type: ignore[operator]
        return caught.value

    on_cpu = told(lambda: torch.empty(10**15))
    in_numpy = told(lambda: np.empty(10**15))
    assert type(on_cpu) is RuntimeError
    wrapped = ValueError("transformers wraps what it catches")
    wrapped.__cause__ = in_numpy
    on_gpu = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    for error in (on_cpu, in_numpy, wrapped, on_gpu, RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)")):
        assert hardware.out_of_memory(error)
        refusal = unreadable("config.json cannot be read.", error)
        assert (refusal.code, refusal.what) == ("model.unsupported", "The model does not fit in memory.")
    assert not hardware.out_of_memory(ValueError("sizes differ"))
    assert unreadable("config.json cannot be read.", ValueError("sizes differ")).code == "model.unreadable"


def test_a_device_that_does_not_exist_is_refused_with_those_that_may() -> None:
    for name in ("banana", "xpu", "vulkan:1", "CPU"):
        with pytest.raises(ModelRefusal, match="The kinds of device are cpu, cuda, mps"):
            hardware.device(name)


def test_an_adapters_base_counts_when_threads_are_chosen(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "adapter_model.safetensors").write_bytes(b"x")
    assert hardware.threads(tmp_path) == 1
    with (tmp_path / "base" / "model.safetensors").open("wb") as file:
        file.truncate(200_000_000)  # sparse
    assert hardware.threads(tmp_path) == os.cpu_count()


PROGRAM = """
import sys
from pathlib import Path
import torch
from backends import engine
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from backends.torch import hardware
files = ModelFiles(Path({weights!r}), Path({tokenizer!r}), "")
load = lambda: engine.load(files, EngineSettings(device="cpu"))
before = load()
hardware.steady(torch.device("cuda"))
after = load()
assert (before.environment["deterministic"], after.environment["deterministic"]) == (False, True)
ids = [256, 5, 17, 200, 44]
assert (before.forward(ids).logits == after.forward(ids).logits).all()
"""


def test_what_keeps_a_gpu_steady_changes_no_bit_and_stands_in_the_record(tokenizer: Path, tmp_path: Path) -> None:
    """In a process of its own: the flags are the process's. No GPU is touched."""
    weights = tiny.save_model(tmp_path / "m", "llama")
    program = PROGRAM.format(weights=str(weights), tokenizer=str(tokenizer))
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
