"""Make the list of fields that model files may have, from the engines' own: `casefiles/case/known_fields.json`.

    python -m tests.casefiles.case.known_fields

Rerun it when the engines' versions change; don't edit the list.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from casefiles.case import known_fields

PATH = Path(known_fields.__file__).with_suffix(".json")
_TAKEN = re.compile(r'kwargs\.(?:pop|get|setdefault)\(\s*"(\w+)"|"(\w+)" in kwargs|kwargs\["(\w+)"\]')
"""How a configuration takes a field that it does not declare, of an older spelling for instance."""
_ASKED = re.compile(r'(?:get|has)attr\(\s*(?:\w+\.)*\w*config,\s*"([a-z]\w*)"')
"""How a model asks for a field that its configuration may do without."""
_TURNED = re.compile(r'(?:rope|scaling)\w*(?:\[|\.(?:get|pop|setdefault)\()\s*"(\w+)"')
"""How it asks for a parameter of rotary positions."""
_SHARED = "cache_utils configuration_utils masking_utils modeling_layers modeling_rope_utils modeling_utils"
"""What every model computes with."""
_EVERY = (
    "architectures chunk_size_feed_forward dtype is_encoder_decoder model_type output_attentions output_hidden_states "
    "partial_rotary_factor per_layer_config quantization_config return_dict rope_parameters rope_scaling rope_theta "
    "torch_dtype transformers_version"
)
"""What any configuration may have. Left out of what transformers takes: where it came from, and tables of labels."""

_ANY_TEXT = {"id2label", "label2id", "label_names", "stop_strings", "transformers_weights"}
"""Fields that hold whatever somebody wrote, and that no engine here reads."""
_CHOSEN = """
    CAUSAL_LM LORA PreTrainedTokenizer PreTrainedTokenizerFast TokenizersBackend always bert bfloat16 bitsandbytes bpe
    contiguous default eager false first float16 float32 gpt2 isolated last left llama longest_first lora max_length
    merged_with_next merged_with_previous model never no_vocab only_first only_second pt removed right rwkv safetensors
    spm t5 true ugm wpm
"""
"""Words of settings that engines choose from in their sources alone: of tokenizers, adapters and GGUF."""
_OTHER_KEYS = {*known_fields.GGUF_GENERAL, "adapter.type", "adapter.lora.alpha"}


@cache
def configurations() -> dict[str, Any]:
    """model_type → configuration class, of every model that answers and of the parts it is made of."""
    from transformers import PretrainedConfig

    found: dict[str, Any] = {}
    waiting = answering()
    while waiting:
        kind = waiting.pop()
        if kind.model_type and kind.model_type not in found:
            found[kind.model_type] = kind
            made = _default(kind)
            held = vars(made).values() if made is not None else ()
            parts = (*kind.sub_configs.values(), *(type(part) for part in held if isinstance(part, PretrainedConfig)))
            waiting += [part for part in parts if hasattr(part, "model_type")]
    return found


def answering() -> list[Any]:
    """The configuration class of every model that answers."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return [CONFIG_MAPPING[name] for name in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES]


@cache
def _default(kind: Any) -> Any:
    """A configuration with nothing set; None of a class that has no such one."""
    try:
        return kind()
    except Exception:  # its own checks, of any kind
        return None


def default(kind: Any) -> dict[str, Any]:
    """What transformers writes of a configuration with nothing set; nothing of a class that has no such one."""
    made = _default(kind)
    value: dict[str, Any] = json.loads(made.to_json_string(use_diff=False)) if made is not None else {}
    return value


def _usual() -> set[str]:
    """What transformers writes of any configuration, be it one of labels."""
    from transformers import PretrainedConfig

    return set(PretrainedConfig().to_dict())


def fields_of(kind: Any) -> set[str]:
    """Every field that a configuration class takes or writes, or that its model asks for."""
    from transformers import PretrainedConfig

    own = [part for part in kind.__mro__ if part.__module__.startswith("transformers.models.")]
    taken = {name for part in own for match in _TAKEN.findall(inspect.getsource(part)) for name in match if name}
    models = Path(inspect.getfile(kind)).parent.glob("modeling_*.py")
    asked = {name for path in models for name in _ASKED.findall(path.read_text(encoding="utf-8"))}
    declared = {field.name for field in dataclasses.fields(kind)} - {
        field.name for field in dataclasses.fields(PretrainedConfig)
    }
    written = set(default(kind)) - _usual()
    named = set(kind.attribute_map) | set(kind.attribute_map.values()) | set(kind.sub_configs)
    return (declared | taken | asked | written | named) - _ANY_TEXT


def shared_fields() -> set[str]:
    """Fields that are asked of any configuration."""
    return {name for text in _sources(_SHARED.split()) for name in _ASKED.findall(text)} - _ANY_TEXT


def rope_parameters() -> set[str]:
    """What positions are turned by, in whatever model."""
    from transformers.modeling_rope_utils import RopeParameters

    sources = (*_sources(_SHARED.split()), *_sources(["models/*/configuration_*", "models/*/modeling_*"]))
    return {name for text in sources for name in _TURNED.findall(text)} | set(RopeParameters.__annotations__)


def _sources(names: Iterable[str]) -> Iterator[str]:
    import transformers

    for name in names:
        for path in sorted(Path(transformers.__file__).parent.glob(f"{name}.py")):
            yield path.read_text(encoding="utf-8")


def layer_kinds() -> set[str]:
    """What transformers calls kinds of layers, by older names too."""
    from transformers import configuration_utils

    return {*configuration_utils.ALLOWED_LAYER_TYPES, *configuration_utils._LEGACY_LAYER_TYPE_REMAP}


def nested_fields() -> dict[str, set[str]]:
    """Field that holds an object of no model type → what is known in it, declared or written by default."""
    found = defaultdict[str, set[str]](set)
    found["rope_parameters"] |= layer_kinds()
    found["rope_scaling"] |= layer_kinds()

    def take(value: Any, at: str) -> None:
        if isinstance(value, dict) and at not in _ANY_TEXT:
            if at and not value.get("model_type"):
                found[at].update(key for key in value if not key.isdecimal())
            for key, item in value.items():
                take(item, key)

    for kind in configurations().values():
        take(default(kind), "")
        for name, part in kind.sub_configs.items():
            if not getattr(part, "model_type", True):
                found[name] |= fields_of(part)
    return {at: names - _usual() - _ANY_TEXT for at, names in found.items()}


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


def adapter_fields() -> set[str]:
    """Every setting of a LoRA adapter."""
    from peft import LoraConfig

    return {field.name for field in dataclasses.fields(LoraConfig)} - {"base_model_name_or_path", "revision"}


def values() -> set[str]:
    """The words that settings have: those of every configuration with nothing set, and what engines choose from."""
    import tokenizers
    from transformers.activations import ACT2FN
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    from transformers.models.auto import modeling_auto, tokenization_auto
    from transformers.utils.quantization_config import QuantizationMethod

    found = {*ACT2FN, *ROPE_INIT_FUNCTIONS, *layer_kinds(), *QuantizationMethod, *_CHOSEN.split()}
    found.update(modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values())
    found.update(*(strings(pair) for pair in tokenization_auto.TOKENIZER_MAPPING_NAMES.values()))
    parts = ("models", "normalizers", "pre_tokenizers", "processors", "decoders")
    found.update(name for part in parts for name in dir(getattr(tokenizers, part)) if name[0].isupper())
    found.update(*(strings(default(kind)) for kind in configurations().values()))
    return {str(one) for one in found if re.search("[A-Za-z]", str(one)) and not str(one).startswith("LABEL_")}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for item in value.values() for text in strings(item))
    elif isinstance(value, list | tuple | set):
        yield from (text for item in value for text in strings(item))
    elif isinstance(value, str):
        yield value


def document() -> dict[str, Any]:
    from transformers import GenerationConfig

    every = {*_EVERY.split(), *shared_fields()}
    types = {name: fields_of(kind) - every for name, kind in configurations().items()}
    rope = rope_parameters()
    anywhere = every.union(rope, *types.values())
    below = {at: names - anywhere for at, names in sorted(nested_fields().items())}
    return {
        "config": sorted(every),
        "rope": sorted(rope),
        "generation": sorted({*GenerationConfig().to_dict(), "_from_model_config", "transformers_version"} - _ANY_TEXT),
        "adapter": sorted(adapter_fields()),
        "gguf": sorted(set(gguf_keys())),
        "config_below": {at: sorted(names) for at, names in below.items() if names},
        "config_by_type": {name: sorted(fields) for name, fields in sorted(types.items())},
        "values": sorted(values()),
    }  # fmt: skip


def written(value: dict[str, Any]) -> str:
    """As it lies in the file: one line a model type, so that a change can be read."""

    def listed(of: Any) -> str:
        if not isinstance(of, dict):
            return json.dumps(list(of))
        lines = ",\n".join(f"  {json.dumps(name)}: {listed(names)}" for name, names in of.items())
        return f"{{\n{lines}\n }}"

    return "{\n" + ",\n".join(f" {json.dumps(name)}: {listed(of)}" for name, of in value.items()) + "\n}\n"


if __name__ == "__main__":
    PATH.write_text(written(document()), encoding="utf-8")
