"""A Hugging Face `config.json` as transformers reads it, for an engine that computes without transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backends.model import ModelRefusal

_GREATEST = 2**31 - 1


class Config(dict[str, Any]):
    """The settings of a model; asking for what isn't in them refuses in words."""

    @classmethod
    def read(cls, folder: Path) -> Config:
        """Every setting with the value that transformers gives it. What a file leaves out means something else in each
        family and version, so transformers itself is asked; its classes need no code from the case."""
        try:
            json.loads((folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise unreadable(
                "The model's config.json cannot be read.", f"It is missing or not JSON: {error}"
            ) from error
        import transformers

        transformers.logging.set_verbosity_error()
        try:
            read = transformers.AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
            settings = read.to_dict()
        except Exception as error:  # whatever transformers makes of hostile JSON
            why = " ".join(str(error).split())[:300]
            raise unreadable("The model's config.json is not a configuration.", f"transformers says: {why}") from error
        return cls(settings)

    def __missing__(self, key: str) -> Any:
        raise unreadable("The model's config.json is incomplete.", f"It lacks `{key}`")

    def whole(self, key: str) -> int:
        """A setting that counts something: 1, 2, 3 …"""
        value = self[key]
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _GREATEST:
            raise unreadable("The model's config.json is no configuration.", f"Its `{key}` is {value!r}")
        return value

    def number(self, key: str) -> float:
        """A setting that measures something: positive and finite."""
        value = self[key]
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= _GREATEST:
            raise unreadable("The model's config.json is no configuration.", f"Its `{key}` is {value!r}")
        return float(value)

    def must(self, key: str, *allowed: object) -> None:
        """Refuse a setting that llama.cpp would silently compute as another; absent is allowed."""
        if key in self and self[key] not in allowed:
            raise unconvertible(f"its `{key}` is {self[key]!r}, which llama.cpp does not compute")

    @property
    def layers(self) -> int:
        return self.whole("num_hidden_layers" if "num_hidden_layers" in self else "n_layer")

    @property
    def head_width(self) -> int:
        if self.get("head_dim") is not None:
            return self.whole("head_dim")
        return max(1, self.whole("hidden_size") // self.whole("num_attention_heads"))

    @property
    def kv_heads(self) -> int:
        return self.whole("num_attention_heads" if self.get("num_key_value_heads") is None else "num_key_value_heads")

    def rope(self, layers: str = "") -> Config:
        """The settings of the rotary positions; `layers`: of that kind of layers, in a model that has two."""
        found = self.get("rope_parameters") or {}
        found = found.get(layers) if layers and isinstance(found, Mapping) else found
        if not isinstance(found, Mapping):
            raise unreadable("The model's config.json is no configuration.", f"Its rotary positions are {found!r}")
        return Config(found)


def unreadable(what: str, why: str) -> ModelRefusal:
    """The refusal for a configuration that makes no sense."""
    return ModelRefusal(
        "model.unreadable",
        what,
        f"{why.rstrip('.')}.",
        "Verify the case again; if it verifies, ask the judge for a repaired one.",
    )


def unconvertible(why: str) -> ModelRefusal:
    """The refusal for a model that cannot be turned into GGUF."""
    return ModelRefusal(
        "model.unsupported",
        "This model cannot be run by llama.cpp.",
        f"It ships safetensors only, and {why}.",
        "Use the torch engine, or seal the case with a GGUF file.",
    )
