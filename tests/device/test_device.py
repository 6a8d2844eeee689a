"""Without an accelerator the command says so in a line and runs nothing; what it would run can be rehearsed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from backends.llama.library import library
from backends.model import ModelRefusal
from backends.torch import hardware
from tests.backends.torch.two_devices import two_devices
from tests.device import agreement

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an accelerator here")
def test_without_cuda_it_says_so_in_one_line() -> None:
    asked = [sys.executable, "-m", "tests.device"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert len(told.stderr.splitlines()) == 1 and told.stderr.startswith("No CUDA device here")


def test_every_bound_holds_of_the_processor_beside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "FAMILIES", ("llama",))
    rows = list(agreement.rows(tmp_path, "cpu"))
    assert len(rows) == 6 * len(agreement.BOUNDS)
    assert all([row.shown() for row in rows])  # noqa: C419 - each is shown


def test_they_hold_of_llama_cpp_beside_itself_and_a_build_without_a_card_says_so(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    rows = list(agreement.offloaded(tmp_path / "cpu", "cpu"))
    assert len(rows) == 6 and all([row.shown() for row in rows])  # noqa: C419 - each is shown
    if not library().llama.llama_supports_gpu_offload():
        with pytest.raises(ModelRefusal, match="runs on the CPU only"):
            next(agreement.offloaded(tmp_path / "cuda", "cuda"))


def test_they_hold_of_two_cards_that_are_made_believe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("accelerate", reason="several devices need the extra `cards`")
    monkeypatch.setattr(agreement, "FAMILIES", ("llama",))
    monkeypatch.setattr(agreement, "BOUNDS", {"float32": 1e-5})
    monkeypatch.setattr(hardware, "_KINDS", ("cpu", "lazy"))
    with two_devices():
        assert all([row.shown() for row in agreement.rows(tmp_path, "lazy:0,lazy:1")])  # noqa: C419 - each is shown
