"""The hardware a torch model runs on: device, dtype, threads and flags, and what is said when its memory gives out."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import torch

from backends.memory import ran_out
from backends.model import ModelRefusal

_KINDS: Final = ("cpu", "cuda", "mps")
DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_STORED: Final = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
_SHARED_FROM: Final = 100_000_000
"""Bytes of weights from which a pass is worth sharing among threads."""


def accelerator() -> torch.device:
    """The one that is taken where nobody chose; the processor if there is none."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def device(name: str) -> torch.device:
    """cpu, cuda, cuda:N or mps. Raises ModelRefusal if it cannot be used."""
    try:
        if name.partition(":")[0] not in _KINDS:  # torch would list a dozen kinds that nobody here can use
            raise RuntimeError(f"The kinds of device are {', '.join(_KINDS)}")
        found = torch.device(name)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError) as error:
        raise ModelRefusal(
            "model.unsupported",
            f"The device {name!r} cannot be used.",
            f"{str(error).splitlines()[0].rstrip('.')}.",
            "Use auto or cpu.",
        ) from error
    return found


def dtype(name: str, where: torch.device, stored: Mapping[str, int]) -> torch.dtype:
    """The dtype to run in. `stored`: bytes of weights by their type in the files, as safetensors spells it.

    `auto` is float32 on a CPU; on an accelerator that of most weights, or float32 where it is one that few devices
    compute in (no MPS device knows float64, not every GPU bfloat16). Raises ModelRefusal.
    """
    if name == "auto":
        most = max(stored, key=lambda kind: stored[kind], default="F32")
        wanted = torch.float32 if where.type == "cpu" else _STORED.get(most, torch.float32)
        return wanted if _computes(where, wanted) else torch.float32
    if name not in DTYPES:
        raise ModelRefusal(
            "model.unsupported",
            f"There is no dtype {name!r} here.",
            "A model runs in float32, bfloat16 or float16.",
            "Use auto.",
        )
    if not _computes(where, DTYPES[name]):
        raise ModelRefusal(
            "model.unsupported",
            f"The dtype {name!r} cannot be used.",
            f"The device {where} does not compute in it.",
            "Use auto or float32.",
        )
    return DTYPES[name]


def _computes(where: torch.device, wanted: torch.dtype) -> bool:
    if where.type == "cuda" and wanted is torch.bfloat16:  # older ones emulate it, slower than float32
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    try:
        square = torch.ones(2, 2, device=where, dtype=wanted)
        square @ square
    except (RuntimeError, TypeError):
        return False
    return True


def threads(weights: Path) -> int:
    """One for a small model, whose steps are shorter than it takes to share them out; else every core."""
    size = sum(file.stat().st_size for file in weights.rglob("*.safetensors"))
    return 1 if size < _SHARED_FROM else os.cpu_count() or 1


def steady(where: torch.device) -> None:
    """On a CUDA device, choose what gives the same bits each time and rounds as float32 does. CPUs and MPS have no such
    choice. Before the device is first used, because cuBLAS reads its part when it starts."""
    if where.type != "cuda":
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # only shows mistakes
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def give_back(where: torch.device) -> None:
    """Return what torch keeps for later to the device."""
    if where.type == "cuda":
        torch.cuda.empty_cache()
    elif where.type == "mps":
        torch.mps.empty_cache()


def out_of_memory(error: BaseException | None) -> bool:
    """Whether an error is one of the many that full memory is told by, or was caused by one."""
    for _ in range(10):
        if error is None:
            return False
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or ran_out(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def full(where: str) -> ModelRefusal:
    """The refusal of a call that fits no more. `where`: what is full."""
    return ModelRefusal(
        "model.input",
        f"{where} is full.",
        "The model, the input and the samples do not fit together.",
        "Ask for fewer samples or a shorter input.",
    )


def facts(devices: Sequence[torch.device]) -> dict[str, str | int | bool]:
    """What the environment record says about the hardware and how it computes. `devices`: those of the model, the first
    one first."""
    where, shared = devices[0], {"devices": ",".join(map(str, devices))} if len(devices) > 1 else {}
    return shared | {
        "device": where.type,
        "device_name": ", ".join(dict.fromkeys(map(_name, devices))),
        "driver": str(torch.version.cuda) if where.type == "cuda" else "none",
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "tf32": torch.backends.cuda.matmul.allow_tf32,
    }


def _name(where: torch.device) -> str:
    if where.type == "cuda":
        return torch.cuda.get_device_name(where)
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(errors="replace").splitlines() if cpu.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
