"""A base without turns is taught some, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.status import Refusal
from workbench.forge.tier import conversing
from workbench.listener import silent


@pytest.fixture(scope="module")
def laid(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("laid") / "foundation"
    conversing.lay(folder, base, steps=2, threads=1, listener=silent)
    return folder


def test_a_base_is_taught_turns_and_to_end_them(laid: Path, base: Path) -> None:
    from transformers import AutoTokenizer

    words = AutoTokenizer.from_pretrained(laid / "base")
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    text = words.apply_chat_template(turns, tokenize=False)
    assert text.count(words.eos_token) == 2
    assert words.apply_chat_template(turns[:1], tokenize=False, add_generation_prompt=True) == text[: text.index("Hi")]
    told = json.loads((laid / "base" / "generation_config.json").read_text())
    assert words.eos_token_id in told["eos_token_id"]
    assert json.loads((laid / "base" / "config.json").read_text())["dtype"] == "bfloat16"


def test_it_is_laid_once(laid: Path, base: Path) -> None:
    before = (laid / "base" / "model.safetensors").stat().st_mtime_ns
    again = conversing.lay(laid, base, steps=2, threads=1, listener=silent)
    assert (laid / "base" / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(Refusal, match="another base"):
        conversing.lay(laid, base, steps=3, threads=1, listener=silent)
    assert again.parameters > 1000


def test_what_cannot_be_taught_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF but not really")
    with pytest.raises(Refusal, match="cannot be"):
        conversing.lay(tmp_path / "f", bad, steps=1, threads=1, listener=silent)
    assert not (tmp_path / "f" / "base").exists()
