"""A model that somebody has: what can be trained, and what is refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from casefiles.status import Refusal
from tests.backends.tiny import CONTEXT, WIDTH, save_model, save_tokenizer
from workbench.forge.own import own_base


def test_it_is_read_frozen_and_in_f32(tmp_path: Path) -> None:
    save_tokenizer(save_model(tmp_path, "qwen3", dtype="bfloat16"))
    own = own_base.read(tmp_path)
    assert (own.width, own.context) == (WIDTH, CONTEXT)
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in own.model.parameters())
    assert {name.split("/")[0] for name in own.parts} == {"weights", "tokenizer"}
    assert own_base.stored_dtype(own.files.weights) == torch.bfloat16


def test_without_a_chat_template_it_is_refused(tmp_path: Path) -> None:
    save_tokenizer(save_model(tmp_path, "llama"), template=None)
    with pytest.raises(Refusal, match="no chat template"):
        own_base.read(tmp_path)


def test_a_gguf_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    with pytest.raises(Refusal, match="cannot be attacked"):
        own_base.read(model)


def test_an_adapter_beside_its_base_is_refused(tmp_path: Path) -> None:
    save_tokenizer(save_model(tmp_path, "llama"))
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}))
    with pytest.raises(Refusal):
        own_base.read(tmp_path)
