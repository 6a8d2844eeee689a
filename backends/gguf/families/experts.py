"""Mixtures of experts: what a checkpoint keeps expert by expert, llama.cpp wants as one tensor."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from backends.gguf.config import Config, unconvertible, unreadable
from backends.gguf.safetensors_file import CheckpointTensor, StackedTensor, StoredTensor

if TYPE_CHECKING:
    from gguf import GGUFWriter

_ONE_EXPERT: Final = re.compile(r"(.+\.experts)\.(0|[1-9][0-9]{0,4})(\..+)")


def together(tensors: Mapping[str, StoredTensor]) -> Mapping[str, CheckpointTensor]:
    """Tensors by name, with those of experts under one name that says no number."""
    found: dict[str, CheckpointTensor] = {}
    experts: dict[str, dict[int, StoredTensor]] = defaultdict(dict)
    for name, tensor in tensors.items():
        if one := _ONE_EXPERT.fullmatch(name):
            experts[one[1] + one[3]][int(one[2])] = tensor
        else:
            found[name] = tensor
    for name, parts in experts.items():
        if name in found:
            raise unreadable("The weights do not match config.json.", f"They hold `{name}` in one piece and in several")
        if sorted(parts) != list(range(len(parts))):
            raise unreadable("The weights do not match config.json.", f"Of `{name}` some experts are missing")
        ordered = tuple(parts[number] for number in range(len(parts)))
        if len({(part.shape, part.dtype) for part in ordered}) > 1:
            raise unreadable("The weights do not match config.json.", f"The experts of `{name}` are not alike")
        found[name] = StackedTensor(ordered)
    return found


def expert_keys(config: Config, writer: GGUFWriter, *, counted_as: str, inner: str = "moe_intermediate_size") -> int:
    """What llama.cpp must be told of a mixture; how many experts there are.

    `counted_as`: the setting that says how many. `inner`: the one that says how wide each is.
    """
    experts, used = config.whole(counted_as), config.whole("num_experts_per_tok")
    if used > experts:
        told = f"Each token takes {used} of {experts} experts"
        raise unreadable("The model's config.json is no configuration.", told)
    if config.get("mlp_only_layers") or config.get("decoder_sparse_step", 1) != 1:
        raise unconvertible("some of its blocks have one MLP and others a mixture")
    writer.add_expert_count(experts)
    writer.add_expert_used_count(used)
    writer.add_expert_feed_forward_length(config.whole(inner))
    return experts
