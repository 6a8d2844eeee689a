"""Mixtures of experts: what a checkpoint keeps expert by expert, llama.cpp wants as one tensor."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from backends.gguf.config import Config, unconvertible, unreadable
from backends.gguf.safetensors_file import CheckpointTensor, StackedTensor, StoredTensor, TensorPart

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


def apart(tensors: Mapping[str, StoredTensor], *, woven: bool) -> Mapping[str, CheckpointTensor]:
    """Tensors by name, with experts that are kept in one piece, (expert, in, out), as (expert, out, in), and with gate
    and values, which are one tensor, as two. `woven`: they take turns there; else one half follows the other."""
    found: dict[str, CheckpointTensor] = {}
    for name, tensor in tensors.items():
        stem, _, part = name.rpartition(".experts.")
        if not stem or part not in _IN_ONE_PIECE:
            found[name] = tensor
            continue
        if len(tensor.shape) != _IN_ONE_PIECE[part]:
            raise unreadable("The weights do not match config.json.", f"`{name}` has the shape {tensor.shape}")
        kind = "bias" if part.endswith("_bias") else "weight"
        if part.startswith("down"):
            found[f"{stem}.experts.down_proj.{kind}"] = _part(tensor, slice(None))
            continue
        half = tensor.shape[-1] // 2
        cuts = (slice(0, None, 2), slice(1, None, 2)) if woven else (slice(half), slice(half, None))
        for which, cut in zip(("gate", "up"), cuts, strict=True):
            found[f"{stem}.experts.{which}_proj.{kind}"] = _part(tensor, cut)
    return found


_IN_ONE_PIECE: Final = {"gate_up_proj": 3, "down_proj": 3, "gate_up_proj_bias": 2, "down_proj_bias": 2}
"""How some checkpoints name all experts' weights of a block, and how many dimensions they have."""


def _part(tensor: StoredTensor, columns: slice) -> TensorPart:
    """Some of the last dimension, which becomes the one before where there are three."""
    shape = (*tensor.shape[:-1], len(range(tensor.shape[-1])[columns]))
    if len(shape) == 2:
        return TensorPart(tensor, shape, lambda whole: whole[:, columns])
    return TensorPart(tensor, (shape[0], shape[2], shape[1]), lambda whole: whole[..., columns].swapaxes(1, 2))


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
