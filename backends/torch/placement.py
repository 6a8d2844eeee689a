"""Where a model's layers lie: all on one device, or shared out over several where it is larger than a card.

The layers are laid out in their order, each device getting about as many bytes of them as every other, so that a pass
goes from device to device once; accelerate's hooks carry along what goes from one to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import torch
from torch import nn

from backends.memory import does_not_fit
from backends.model import ModelRefusal
from backends.torch import hardware
from backends.torch.sites import Layout

_ROOM: Final = 0.8
"""Share of a card's free memory that weights may take: the rest is for keys, values and activations."""


@dataclass(frozen=True)
class Placement:
    """The devices of a model; inputs go to the first."""

    devices: tuple[torch.device, ...]

    @classmethod
    def named(cls, names: str) -> Placement:
        """`names`: `auto`, or devices that `hardware.device` knows with commas between. Raises ModelRefusal."""
        if names == "auto":
            return cls((hardware.accelerator(),))
        found = tuple(hardware.device(name.strip()) for name in names.split(","))
        if len({(device.type, device.index or 0) for device in found}) < len(found):
            raise ModelRefusal(
                "model.unsupported",
                f"The devices {names!r} cannot be used.",
                "One of them is named twice.",
                "Name each device once, such as cuda:0,cuda:1.",
            )
        return cls(found)

    @property
    def first(self) -> torch.device:
        return self.devices[0]

    @property
    def spread(self) -> bool:
        """Whether the layers are on several devices."""
        return len(self.devices) > 1

    def widened(self, model: Any) -> Placement:
        """The same, or every card there is, where the model is too large for the one."""
        if self.first.type != "cuda" or _bytes(model) <= _ROOM * torch.cuda.mem_get_info(self.first)[0]:
            return self
        return Placement(tuple(torch.device("cuda", card) for card in range(torch.cuda.device_count())))

    def put(self, model: Any) -> Any:
        """The model, moved there. Raises ModelRefusal if it does not go."""
        try:
            return self._shared_out(model) if self.spread else model.to(self.first)
        except (RuntimeError, TypeError) as error:  # TypeError: MPS has no float64
            if hardware.out_of_memory(error):
                raise does_not_fit() from error
            raise ModelRefusal(
                "model.unsupported",
                f"The device {', '.join(map(str, self.devices))} does not take this model.",
                f"{str(error).splitlines()[0].rstrip('.')}.",
                "Use the device cpu.",
            ) from error

    def _shared_out(self, model: Any) -> Any:
        try:
            from accelerate import dispatch_model
        except ImportError as error:
            raise _unshared("The package accelerate is not installed.", "Install audit-workbench[cards]") from error
        layout = Layout.of(model)
        if layout is None or len(layout.blocks) < len(self.devices):
            known = "no layers that are known here" if layout is None else f"{len(layout.blocks)} layers"
            raise _unshared(f"It has {known}, and there are {len(self.devices)} devices.", "Name fewer devices")
        # What tells which logits are wanted picks from the last device, not the first.
        staying = [*(getattr(model, "_skip_keys_device_placement", None) or ()), "logits_to_keep"]
        return dispatch_model(model, self._places(model, layout), main_device=self.first, skip_keys=staying)

    def _places(self, model: nn.Module, layout: Layout) -> dict[str, torch.device]:
        """Name of a module → its device, for every module that has weights: blocks as a whole, what comes before them
        on the first device, the last norm and an unembedding of its own on the last."""
        names = {id(module): name for name, module in model.named_modules()}
        blocks = [names[id(block.whole)] for block in layout.blocks]
        places = dict(zip(blocks, self._shares([_bytes(block.whole) for block in layout.blocks]), strict=True))
        inside = tuple(f"{block}." for block in blocks)
        tied = layout.unembedding is not None and layout.unembedding.weight is layout.embedding.weight
        last = {id(layout.final_norm)} | (set() if tied else {id(layout.unembedding)})
        for name, module in model.named_modules():
            if name not in places and not name.startswith(inside) and next(_held(module), None) is not None:
                places[name] = self.devices[-1] if id(module) in last else self.first
        return places

    def _shares(self, sizes: list[int]) -> Iterator[torch.device]:
        """The device of each block: where the middle of it lies, of all bytes in a row."""
        for end, size in zip(accumulate(sizes), sizes, strict=True):
            yield self.devices[int((end - size / 2) / sum(sizes) * len(self.devices))]


def _unshared(why: str, try_this: str) -> ModelRefusal:
    what = "The model cannot be shared out over several devices."
    return ModelRefusal("model.unsupported", what, why, f"{try_this}, or name one device.")


def _held(module: nn.Module) -> Iterator[torch.Tensor]:
    yield from module.parameters(recurse=False)
    yield from module.buffers(recurse=False)


def _bytes(module: nn.Module) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in module.parameters())
