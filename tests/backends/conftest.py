"""Tiny models on disk, made once a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends import tiny

Saved = Callable[[str], Path]


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """`saved("llama")`: a folder with a tiny random model of that family."""
    import torch

    torch.set_num_threads(1)
    root, made = tmp_path_factory.mktemp("models"), {}

    def folder(architecture: str) -> Path:
        if architecture not in made:
            made[architecture] = tiny.save_model(root / architecture, architecture)
        return made[architecture]

    return folder


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a byte-level tokenizer and a chat template."""
    return tiny.save_tokenizer(tmp_path_factory.mktemp("tokenizer"))
