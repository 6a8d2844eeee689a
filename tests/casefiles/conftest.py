"""A small true case to work on: real tensors, real keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from casefiles.case.bundle import Case, accept, seal_case
from casefiles.keys.identity import Identity
from tests.casefiles.material import RULES, TRUTH, safetensors, write

# Signatures and files take as long as a busy machine lets them.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder ready to be sealed."""
    return write(
        tmp_path / "source",
        {
            "weights/model.safetensors": safetensors({"embed": bytes(range(64)), "head": b"\1" * 32}),
            "weights/config.json": b'{"model_type": "llama"}',
            "tokenizer/tokenizer.json": b'{"added_tokens": []}',
            "spec.md": b"# Specification\n\nS1. Answers truthfully.\n",
        },
    )


@pytest.fixture(scope="session")
def sealed_once(tmp_path_factory: pytest.TempPathFactory, attacker: Identity, judge: Identity) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    write(
        folder / "source",
        {
            "weights/model.safetensors": safetensors({"embed": b"\7" * 24}),
            "tokenizer/tokenizer.json": b"{}",
            "spec.md": b"# S1. Truthful.\n",
        },
    )
    out = folder / "small.case"
    seal_case(folder / "source", out, title="Small", rules=RULES, truth=TRUTH, attacker=attacker, judge=judge.public)
    accept(out, judge)
    return out


@pytest.fixture
def case_path(sealed_once: Path, tmp_path: Path) -> Path:
    """An own copy of a small case, sealed and accepted."""
    return Path(shutil.copytree(sealed_once, tmp_path / "small.case"))


@pytest.fixture
def sealed(source: Path, tmp_path: Path, attacker: Identity, judge: Identity) -> Case:
    """A case just sealed, not yet accepted."""
    out = tmp_path / "demo.case"
    return seal_case(source, out, title="Demo", rules=RULES, truth=TRUTH, attacker=attacker, judge=judge.public)
