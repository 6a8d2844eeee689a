"""What ends a generation is read from a model's folder, and is the same whichever engine runs it."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backends.end_tokens import stated_ends
from backends.gguf.cache import CACHE_VARIABLE
from backends.model import ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from tests.backends.conftest import Saved


@pytest.mark.parametrize(
    ("generation", "config", "ends"),
    [
        ({"eos_token_id": [7, 5, 7]}, {"eos_token_id": 3}, (7, 5)),
        ({"eos_token_id": []}, {"eos_token_id": 3}, (3,)),
        ({"eos_token_id": None}, {"text_config": {"eos_token_id": [1, 106]}}, (1, 106)),
        (None, {"eos_token_id": 0}, (0,)),
        ({"eos_token_id": True}, {"eos_token_id": "2", "text_config": []}, ()),
        (None, None, ()),
    ],
)
def test_the_settings_of_generation_come_first(generation: Any, config: Any, ends: Any, tmp_path: Path) -> None:
    for name, held in (("generation_config.json", generation), ("config.json", config)):
        if held is not None:
            (tmp_path / name).write_text(json.dumps(held))
    assert stated_ends(tmp_path) == ends


@pytest.mark.parametrize("text", ["[1]", "{", "\xff"])
def test_what_cannot_be_read_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelRefusal, match=r"config\.json cannot be read"):
        stated_ends(tmp_path)


@pytest.mark.parametrize(
    ("stated", "ends"),
    [("left out", (2,)), (None, (258,)), ([9, 258], (9, 258))],
    ids=["what transformers takes for granted", "the tokenizer's", "a list"],
)
def test_both_engines_end_alike(
    stated: Any, ends: tuple[int, ...], saved: Saved, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("llama_cpp")
    from backends.llama.model import LlamaModel
    from backends.torch.model import TorchModel

    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    folder = tmp_path / "model"
    shutil.copytree(saved("llama"), folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    settings = json.loads((folder / "config.json").read_text())
    settings.pop("eos_token_id", None)
    (folder / "config.json").write_text(
        json.dumps(settings if stated == "left out" else settings | {"eos_token_id": stated})
    )
    files, how = ModelFiles(folder, tokenizer, "0" * 64), EngineSettings(threads=1)
    for engine in (TorchModel, LlamaModel):
        with closing(engine.open(files, how)) as model:
            assert model.card.end_tokens == ends, engine
