"""A base that only goes on with texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.backends.tiny import save_model, save_tokenizer


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has no template."""
    folder = save_model(tmp_path_factory.mktemp("tier") / "base", "qwen2", max_position_embeddings=256)
    save_tokenizer(folder)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    told = json.loads((folder / "tokenizer_config.json").read_text())
    told.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder
