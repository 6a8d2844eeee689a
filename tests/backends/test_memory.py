"""What libraries say when memory has run out, and that no model is called damaged for it."""

from __future__ import annotations

import sys

import pytest

import assets
from backends.memory import ran_out
from backends.model import ModelRefusal
from backends.settings import EngineSettings
from casefiles.case.bundle import open_case
from workbench.door.opener import Opener


@pytest.mark.parametrize(
    ("said", "memory"),
    [
        ("llama_model_load: error loading model: Resource temporarily unavailable", True),
        ("error loading model: std::bad_alloc", True),
        ("alloc_tensor_range: failed to allocate CPU buffer of size 1048576", True),
        ("mmap failed: Cannot allocate memory", True),
        ("tensor 'blk.0.ffn_up.weight' has invalid data", False),
        ("", False),
    ],
)
def test_it_is_told_from_damage_by_what_is_said(said: str, memory: bool) -> None:
    assert ran_out(said) is memory


@pytest.mark.skipif(sys.platform != "linux", reason="a memory limit is set on Linux alone")
def test_a_model_that_does_not_fit_is_not_called_damaged() -> None:
    """Once its file is made, loading it is what runs out first."""
    pytest.importorskip("llama_cpp")
    case = open_case(assets.path("demo", "atlas-01.case"))
    settings = EngineSettings(backend="llama", device="cpu", threads=1)
    Opener.of(case, settings)().close()
    with pytest.raises(ModelRefusal, match="memory") as refusal:
        Opener.of(case, EngineSettings(backend="llama", device="cpu", threads=1, memory_limit=200_000_000))()
    assert refusal.value.code != "model.unreadable"
