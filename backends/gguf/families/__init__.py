"""The model families that can be turned into GGUF, one file each."""

from __future__ import annotations

from collections.abc import Mapping

from backends.gguf.config import Config, unconvertible
from backends.gguf.families import (
    cohere2,
    deepseek,
    exaone4,
    gemma,
    gemma4,
    glm4,
    gpt2,
    gpt_oss,
    llama,
    llama4,
    olmo,
    phi3,
    qwen,
    stablelm,
    starcoder2,
)
from backends.gguf.families.family import GgufFamily

FAMILIES: Mapping[str, GgufFamily] = {
    name: family
    for room in (
        *(llama, llama4, qwen, gemma, gemma4, gpt2, gpt_oss, olmo, phi3),
        *(cohere2, deepseek, exaone4, glm4, stablelm, starcoder2),
    )
    for name, family in room.FAMILIES.items()
}
"""What config.json names in `architectures` → how it is written."""


def family(config: Config) -> GgufFamily:
    """The family of a configuration. Raises ModelRefusal if it is not one of those known here."""
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and names else names
    if not isinstance(name, str) or name not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise unconvertible(f"its architecture {name} is not one of those known here ({known})")
    if config.get("model_type") != FAMILIES[name].model_type:
        raise unconvertible(f"its config.json calls it both {name} and {config.get('model_type')}")
    if config.get("quantization_config"):
        raise unconvertible("its weights are stored in a quantised form of another library")
    return FAMILIES[name]
