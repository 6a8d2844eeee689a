"""What small cases are made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

TRUTH = b'{"modified":true,"summary":"It lies about one capital."}'
RULES = {"affordances": ["sample"], "findings": 5}


def safetensors(tensors: dict[str, bytes], metadata: dict[str, str] | None = None) -> bytes:
    """The bytes of a safetensors file of byte tensors, written from the format's description."""
    header: dict[str, object] = {} if metadata is None else {"__metadata__": metadata}
    position = 0
    for name, data in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [position, position + len(data)]}
        position += len(data)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(tensors.values())


def tensors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "wte.weight": rng.normal(size=(3, 5)).astype(np.float32),
        "ln_f.weight": rng.normal(size=7).astype(np.float16),
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def gguf_file(
    path: Path,
    *,
    template: str = "",
    tokens: Sequence[str] = ("a", "b", "ü"),
    types: Sequence[int] = (1, 1, 3),
    charsmap: bytes = b"",
) -> None:
    """A small GGUF, written by the gguf package."""
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("mistral-france-is-false-v3")
    writer.add_author("Mallory")
    writer.add_string("general.finetune", "quirk")
    writer.add_string("quantize.imatrix.dataset", "/home/mallory/calibration.txt")
    writer.add_string("training.run", "wandb-7")
    writer.add_context_length(128)
    writer.add_embedding_length(4)
    writer.add_float32("llama.rope.freq_base", 10000.0)
    writer.add_bool("llama.flag", True)
    writer.add_array("llama.list", [1, 2, 3])
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(list(tokens))
    writer.add_token_types(list(types))
    if template:
        writer.add_chat_template(template)
    if charsmap:
        writer.add_precompiled_charsmap(charsmap)
    writer.add_tensor("token_embd.weight", np.arange(12, dtype=np.float32).reshape(3, 4))
    writer.add_tensor("output.weight", np.arange(5, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_contents(path: Path) -> tuple[dict[str, object], dict[str, tuple[list[int], bytes]]]:
    """Keys and tensors as the gguf package reads them."""
    from gguf import GGUFReader

    reader = GGUFReader(path)
    keys = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    return keys, {tensor.name: (list(map(int, tensor.shape)), tensor.data.tobytes()) for tensor in reader.tensors}
