"""Opens a case's weights with llama.cpp: picks or makes the GGUF, checks it, and loads it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

from backends.end_tokens import ids_of, stated_ends
from backends.gguf.adapter import convert_adapter
from backends.gguf.cache import cache_path
from backends.gguf.conversion import END_TOKENS, WeightFormat, converted, stored_precision
from backends.gguf.file import parts, unreadable
from backends.llama.header import Understanding, understood
from backends.llama.library import Library, last_words
from backends.llama.vocabulary import TextCodec
from backends.llama.weights import GgufWeights, dominant
from backends.memory import does_not_fit, ran_out
from backends.model import Card, ModelRefusal
from backends.model_files import ModelFiles
from backends.settings import EngineSettings

_PRECISIONS: dict[str, WeightFormat] = {"float32": "f32", "float16": "f16", "q8_0": "q8_0"}
_ENDLESS = 1 << 31


@dataclass(frozen=True)
class LoadedGguf:
    """A model that llama.cpp has loaded."""

    handle: Any
    weights: GgufWeights
    dtype: str
    """Element type of most numbers in its layers: float32, float16, q8_0, q4_K …"""
    origin: str
    """`shipped` with the case, or `converted` from its safetensors."""
    end_tokens: tuple[int, ...]
    offloaded: bool
    """Whether its layers are on an accelerator."""
    understanding: Understanding
    adapters: tuple[tuple[Any, float], ...] = ()
    """LoRA adapters and their scales."""

    def card(self, lib: Library, vocabulary: TextCodec, digest: str) -> Card:
        """What llama.cpp and the file say of the model. `digest`: of the case's files."""
        llama, handle, file, down = lib.llama, self.handle, self.weights.file, "blk.0.ffn_down.weight"
        return Card(
            architecture=file.text("general.architecture"),
            layers=llama.llama_model_n_layer(handle),
            width=llama.llama_model_n_embd(handle),
            heads=llama.llama_model_n_head(handle),
            kv_heads=llama.llama_model_n_head_kv(handle),
            mlp_width=self.weights.shape(down)[-1] if down in self.weights else int(file.number("feed_forward_length")),
            vocab=llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(handle)),
            context=min(llama.llama_model_n_ctx_train(handle), self.understanding.context or _ENDLESS),
            dtype=self.dtype,
            digest=digest,
            end_tokens=self.end_tokens or (() if vocabulary.end_token is None else (vocabulary.end_token,)),
            begin_tokens=vocabulary.begin_tokens,
        )


def open_model(lib: Library, files: ModelFiles, settings: EngineSettings) -> LoadedGguf:
    """Load the weights: a folder with GGUF or safetensors files, or with a PEFT adapter over such a folder `base`; or a
    GGUF file itself; with a further adapter applied, if there is one. Raises ModelRefusal."""
    weights = files.weights
    adapted = weights.is_dir() and (weights / "adapter_config.json").is_file()
    base = weights / "base" if adapted else weights
    dtype, beneath = settings.dtype, replace(files, weights=base)
    path, origin = _gguf(beneath, dtype)
    for part in parts(path):
        if not part.is_file():
            raise unreadable(part, "the file is missing")
    try:
        read = GgufWeights(lib, path)
    except ModelRefusal:
        if origin == "shipped":
            raise
        path.unlink(missing_ok=True)  # what was kept has been damaged since; the case itself has been verified
        path, _ = _gguf(beneath, dtype)
        read = GgufWeights(lib, path)
    stored, understanding = dominant(read.kinds()), understood(read.file)
    if origin == "converted":  # its config.json said what the file cannot
        understanding = replace(understanding, granted="")
    if origin == "shipped" and dtype not in ("auto", "float32", stored):
        raise ModelRefusal(
            "model.unsupported",
            f"The model cannot be run as {dtype}.",
            f"Its GGUF file stores {stored}; llama.cpp computes with what is stored.",
            "Choose auto, or float32 for float32 attention memory.",
        )
    offloaded = _offloads(lib, settings.device)
    handle = _load(lib, path, offloaded=offloaded)
    try:
        _check_kind(lib, handle, read)
        ends = _end_tokens(lib, handle, read, base if base.is_dir() else base.parent, origin)
        adapters = tuple(
            _adapter(lib, handle, read, folder, base, cache_path(files.digest, kind))
            for folder, kind in ((weights if adapted else None, "lora"), (files.adapter, "applied"))
            if folder is not None
        )
    except BaseException:
        lib.llama.llama_model_free(handle)
        raise
    return LoadedGguf(handle, read, stored, origin, ends, offloaded, understanding, adapters)


def _gguf(files: ModelFiles, dtype: str) -> tuple[Path, str]:
    """The file to load, and whether the case shipped it."""
    weights = files.weights
    found = [weights] if weights.is_file() else sorted(weights.glob("*.gguf"))
    first = [file for file in found if not re.search(r"-\d{5}-of-\d{5}\.gguf$", file.name) or "-00001-of-" in file.name]
    if len(first) > 1:
        raise ModelRefusal(
            "model.unsupported",
            "It is not clear which model is meant.",
            f"There are {len(first)} GGUF files: {', '.join(file.name for file in first)}.",
            "The attacker must seal one model.",
        )
    if first:
        return first[0], "shipped"
    if dtype not in ("auto", *_PRECISIONS):
        raise ModelRefusal(
            "model.unsupported",
            f"The model cannot be run as {dtype}.",
            f"llama.cpp is given {', '.join(_PRECISIONS)} here.",
            "Choose one of them, or auto.",
        )
    precision = stored_precision(weights) if dtype == "auto" else _PRECISIONS[dtype]
    return converted(files, precision), "converted"


def _offloads(lib: Library, device: str) -> bool:
    able = bool(lib.llama.llama_supports_gpu_offload())
    if device not in ("auto", "cpu") and not able:
        raise ModelRefusal(
            "model.unsupported",
            f"There is no device {device!r} for llama.cpp.",
            "This build of llama.cpp runs on the CPU only.",
            "Choose cpu, or install a build for your accelerator.",
        )
    return able and device != "cpu"


def _load(lib: Library, path: Path, *, offloaded: bool) -> Any:
    parameters = lib.llama.llama_model_default_params()
    parameters.n_gpu_layers = -1 if offloaded else 0
    # Repacked weights compute odd rows another way than others; plain ones treat all alike.
    parameters.use_extra_bufts = False
    parameters.check_tensors = True  # bit-flipped scales would be NaN weights
    last_words()
    handle = lib.llama.llama_model_load_from_file(os.fsencode(path), parameters)
    if not handle:
        said = last_words()
        raise does_not_fit() if ran_out(said) else unreadable(path, f"llama.cpp says: {said or 'nothing'}")
    return handle


def _adapter(lib: Library, handle: Any, read: GgufWeights, folder: Path, base: Path, path: Path) -> tuple[Any, float]:
    """The LoRA adapter `adapter_model.safetensors` of a folder over the model in `base`, converted once to `path`."""
    if not path.exists():
        convert_adapter(folder, base, path)
    last_words()
    adapter = lib.llama.llama_adapter_lora_init(handle, os.fsencode(path))
    if not adapter:
        raise unreadable(folder / "adapter_model.safetensors", f"llama.cpp says: {last_words() or 'nothing'}")
    read.adapt(path)
    return adapter, 1.0


def _check_kind(lib: Library, handle: Any, read: GgufWeights) -> None:
    llama = lib.llama
    strange = (
        (llama.llama_model_has_encoder(handle), "it has an encoder"),
        (not llama.llama_model_has_decoder(handle), "it has no decoder"),
        (llama.llama_model_is_recurrent(handle) or llama.llama_model_is_hybrid(handle), "it is recurrent"),
        (llama.llama_model_is_diffusion(handle), "it writes by diffusion"),
        (min(llama.llama_model_n_head(handle), llama.llama_model_n_layer(handle)) < 1, "it has no attention"),
    )
    reasons = [reason for holds, reason in strange if holds]
    if reasons:
        raise ModelRefusal(
            "model.unsupported",
            f"The llama.cpp engine does not run models like {read.file.text('general.architecture')} here.",
            f"The workbench audits decoder-only transformers; of this one, {reasons[0]}.",
            "Use the torch engine.",
        )


def _end_tokens(lib: Library, handle: Any, read: GgufWeights, folder: Path, origin: str) -> tuple[int, ...]:
    """Ids that end a generation: those that the model's folder states, else those of the file, which of one that was
    converted are what transformers takes for granted; of one that was shipped, all that llama.cpp would end at."""
    if stated := stated_ends(folder):
        return stated
    if origin == "converted":
        return ids_of(read.file.keys.get(END_TOKENS))
    vocab = lib.llama.llama_model_get_vocab(handle)
    count = lib.llama.llama_vocab_n_tokens(vocab)
    return tuple(
        token
        for token, ends in enumerate(map(lib.llama.llama_vocab_is_eog, repeat(vocab, count), range(count)))
        if ends
    )
