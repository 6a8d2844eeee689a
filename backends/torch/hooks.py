"""Taps on the modules of a torch model: forward hooks that change nothing unless the tap does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

TensorTap = Callable[[torch.Tensor], torch.Tensor]
"""What passes by goes in; the same tensor, or an edited one, comes out."""


def scaled(tap: TensorTap, scale: float) -> TensorTap:
    """The tap sees the value times `scale`; what it leaves alone keeps its bits."""

    def rescaled(value: torch.Tensor) -> torch.Tensor:
        shown = value * scale
        edited = tap(shown)
        return value if edited is shown else edited / scale

    return rescaled


def one_of(tap: TensorTap, stream: int) -> TensorTap:
    """The tap sees one of several streams that pass side by side, and the others go on as they are."""

    def shown(value: torch.Tensor) -> torch.Tensor:
        seen = value[stream]
        edited = tap(seen)
        if edited is seen:
            return value
        return torch.stack([edited if at == stream else other for at, other in enumerate(value)])

    return shown


def before_hook(module: nn.Module, tap: TensorTap) -> Any:
    """Tap a module's first input. Nothing is replaced unless the tap returns another tensor."""

    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if args:
            value = tap(args[0])
            return None if value is args[0] else ((value, *args[1:]), kwargs)
        value = tap(kwargs["hidden_states"])
        return None if value is kwargs["hidden_states"] else (args, kwargs | {"hidden_states": value})

    return module.register_forward_pre_hook(hook, with_kwargs=True)


def after_hook(module: nn.Module, tap: TensorTap) -> Any:
    """Tap a module's (first) output. Nothing is replaced unless the tap returns another tensor."""

    def hook(_: nn.Module, __: tuple[Any, ...], output: Any) -> Any:
        first = output[0] if isinstance(output, tuple) else output
        value = tap(first)
        if value is first:
            return None
        return (value, *output[1:]) if isinstance(output, tuple) else value

    return module.register_forward_hook(hook)
