"""Make the list of fields that model files may have, from the engines' own: `casefiles/case/known_fields.json`.

    python -m tests.casefiles.case.known_fields

Rerun it when the engines' versions change; don't edit the list.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from casefiles.case import known_fields

PATH = Path(known_fields.__file__).with_suffix(".json")
_TAKEN = re.compile(r'kwargs\.(?:pop|get|setdefault)\(\s*"(\w+)"|"(\w+)" in kwargs|kwargs\["(\w+)"\]')
"""How a configuration takes a field that it does not declare, of an older spelling for instance."""
_EVERY = (
    "architectures chunk_size_feed_forward dtype is_encoder_decoder model_type output_attentions output_hidden_states "
    "partial_rotary_factor per_layer_config quantization_config return_dict rope_parameters rope_scaling rope_theta "
    "torch_dtype transformers_version"
)
"""What any configuration may have. Left out of what transformers takes: where it came from, and tables of labels."""


_ANY_TEXT = {"id2label", "label2id", "stop_strings"}
"""Fields that hold whatever somebody wrote, and that no engine here reads."""
_OTHER_KEYS = {*known_fields.GGUF_GENERAL, "adapter.type", "adapter.lora.alpha"}


def configurations() -> dict[str, Any]:
    """model_type → configuration class, of every model that answers and of the parts it is made of."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    found: dict[str, Any] = {}
    waiting = [CONFIG_MAPPING[name] for name in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES]
    while waiting:
        kind = waiting.pop()
        if kind.model_type and kind.model_type not in found:
            found[kind.model_type] = kind
            waiting += [part for part in kind.sub_configs.values() if hasattr(part, "model_type")]
    return found


def fields_of(kind: Any) -> set[str]:
    """Every field that a configuration class takes."""
    from transformers import PretrainedConfig

    own = [part for part in kind.__mro__ if part.__module__.startswith("transformers.models.")]
    taken = {name for part in own for match in _TAKEN.findall(inspect.getsource(part)) for name in match if name}
    declared = {field.name for field in dataclasses.fields(kind)} - {
        field.name for field in dataclasses.fields(PretrainedConfig)
    }
    return (
        declared | taken | set(kind.attribute_map) | set(kind.attribute_map.values()) | set(kind.sub_configs)
    ) - _ANY_TEXT


def gguf_keys() -> Iterator[str]:
    """Every key that llama.cpp's own package names, with `{arch}` for the architecture."""
    from gguf.constants import Keys

    def below(group: Any) -> Iterator[str]:
        for name, value in vars(group).items():
            if isinstance(value, type):
                yield from below(value)
            elif isinstance(value, str) and not name.startswith("_"):
                yield value

    for key in below(Keys):
        if key.startswith(("{arch}.", "tokenizer.", "split.")) or key in _OTHER_KEYS:
            yield key


def document() -> dict[str, Any]:
    from transformers import GenerationConfig

    every = set(_EVERY.split())
    return {
        "config": sorted(every),
        "config_by_type": {
            name: sorted(fields_of(kind) - every) for name, kind in sorted(configurations().items())
        },
        "generation": sorted({*GenerationConfig().to_dict(), "transformers_version"} - _ANY_TEXT),
        "gguf": sorted(set(gguf_keys())),
    }  # fmt: skip


def written(value: dict[str, Any]) -> str:
    """As it lies in the file: one line a model type, so that a change can be read."""

    def listed(names: Iterable[str]) -> str:
        return json.dumps(list(names))

    types = ",\n".join(f"  {json.dumps(name)}: {listed(names)}" for name, names in value["config_by_type"].items())
    rest = ",\n".join(f" {json.dumps(name)}: {listed(value[name])}" for name in ("config", "generation", "gguf"))
    return f'{{\n{rest},\n "config_by_type": {{\n{types}\n }}\n}}\n'


if __name__ == "__main__":
    PATH.write_text(written(document()), encoding="utf-8")
