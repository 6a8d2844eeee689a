"""Devices that are not there: their tensors are the processor's, and refuse each other as those of cards do.

Every function of torch that Python calls is seen. A tensor carries the name of the device it was moved to or made on,
what is computed from tensors of one device lies there too, and tensors of two are refused, but for what moves them.
Like cards, a device lets an index, or a single number, lie on the processor, and gives numpy nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

KIND: Final = "lazy"
"""One of torch's own names for a kind of device, which nothing here runs on."""
DEVICES: Final = (torch.device(KIND, 0), torch.device(KIND, 1))

_DEVICE: Final = torch.Tensor.device.__get__  # type: ignore[attr-defined]
_DATA_SET: Final = torch.Tensor.data.__set__  # type: ignore[attr-defined]
_INDEXED: Final = (torch.Tensor.__getitem__, torch.Tensor.__setitem__)
_MOVED: Final = (torch.Tensor.to, torch.Tensor.cpu)
_PART: Final = (torch.autograd.grad, torch._has_compatible_shallow_copy_type)
"""Its arguments may lie apart, and what comes of each lies with it."""


@contextmanager
def two_devices() -> Iterator[None]:
    """Within it there are two."""
    usual = torch.nn.Parameter.__new__

    def made(kind: Any, data: Any = None, requires_grad: bool = True) -> torch.Tensor:
        return _lies(usual(kind, data, requires_grad), _place(data))  # which torch does unseen

    with _Watched(), mock.patch.object(torch.nn.Parameter, "__new__", staticmethod(made)):
        yield


class _Watched(TorchFunctionMode):
    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function == _DEVICE:
            return _place(args[0]) or function(*args)
        tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
        if function in _MOVED:
            return _moved(function, args[0], args[1:], kwargs)
        if function == _DATA_SET:
            _lies(args[0], _place(args[1]))
        if function in _PART:
            found = function(*args, **kwargs)
            return tuple(map(_lies, found, map(_place, tree_leaves(args[1])))) if isinstance(found, tuple) else found
        where = _where(function, args, kwargs, tensors)
        if function is torch.Tensor.numpy and where is not None:
            raise TypeError(f"numpy reads nothing that lies on {where}")
        if function is torch.histc and where is not None:
            function = _counted
        found = function(*args, **(kwargs | ({"device": "cpu"} if _named(kwargs.get("device")) else {})))
        for each in tree_leaves(found):
            if isinstance(each, torch.Tensor):
                _lies(each, where)
        return found


def _counted(numbers: torch.Tensor, *settings: Any, **others: Any) -> torch.Tensor:
    """Cards count whole numbers too."""
    return torch.histc(numbers.float(), *settings, **others).to(numbers.dtype)


def _where(function: Any, args: Any, kwargs: Any, tensors: list[torch.Tensor]) -> torch.device | None:
    """Where the result lies: on one of the devices, or None, on the processor. RuntimeError if it can be on no one."""
    if kwargs.get("device") is not None:
        return _named(kwargs["device"])
    if function is torch.Tensor.copy_:
        return _place(args[0])
    checked = [args[0], *tree_leaves(args[2:])] if function in _INDEXED else tensors
    places = {_place(each) for each in checked if isinstance(each, torch.Tensor) and (each.ndim or _place(each))}
    indexes = {_place(each) for each in tensors} - {None} if function in _INDEXED else set()
    if len(places | indexes) > 1:
        raise RuntimeError(f"{function.__name__} of tensors on {', '.join(sorted(map(str, places | indexes)))}")
    return places.pop() if places else None


def _moved(function: Any, tensor: torch.Tensor, args: Any, kwargs: Any) -> torch.Tensor:
    """By `to` with a device, a tensor that lies somewhere or a format, or by `cpu`; in any of their spellings."""
    said = [*args, *kwargs.values()]
    devices = [each for each in said if isinstance(each, str | torch.device)]
    others = [each for each in said if isinstance(each, torch.Tensor)]
    where = _place(tensor)
    if function is torch.Tensor.cpu or devices or others:
        where = _named(devices[0]) if devices else _place(others[0]) if others else None
    plain = ["cpu" if each in devices and _named(each) else each for each in args]
    found = function(tensor, *plain, **{name: "cpu" if _named(each) else each for name, each in kwargs.items()})
    if found is tensor and where != _place(tensor):
        found = tensor.clone()
    return _lies(found, where)


def _named(device: Any) -> torch.device | None:
    """One of the two, by what somebody calls it."""
    if not isinstance(device, str | torch.device) or torch.device(device).type != KIND:
        return None
    return torch.device(KIND, torch.device(device).index or 0)


def _place(tensor: torch.Tensor) -> torch.device | None:
    return getattr(tensor, "_place", None)


def _lies(tensor: torch.Tensor, where: torch.device | None) -> torch.Tensor:
    tensor._place = where  # type: ignore[attr-defined]
    return tensor
