"""A clean model to look into."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.numpy import save_file

from tests.casefiles.case.tampering import WEIGHTS
from tests.casefiles.material import tensors, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clean model, saved by the library everybody uses."""
    write(tmp_path, {"weights/config.json": b'{"model_type": "llama"}', "tokenizer/tokenizer.json": b"{}"})
    save_file(tensors(), tmp_path / WEIGHTS, {"format": "pt"})
    return tmp_path
