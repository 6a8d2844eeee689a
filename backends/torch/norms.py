"""What a norm of a transformers model does, found out by asking it: some add 1 to their weight, some centre."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
import torch

from backends.norm import Norm

_TOLERANCE: Final = {torch.float32: 1e-4, torch.float16: 1e-2}


def norm_of(module: Any, width: int, like: torch.Tensor) -> Norm | None:
    """The norm that gives what the module gives for a probe of its `width`; None if there is none such. `like`: of the
    dtype and on the device that it works in."""
    epsilon = next(
        (getattr(module, name) for name in ("eps", "variance_epsilon", "epsilon") if hasattr(module, name)), 0
    )
    weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    gains = [np.ones(width, np.float32)] if weight is None else [_numbers(weight), 1 + _numbers(weight)]
    probe = torch.linspace(-1.5, 2.5, width)[None]
    with torch.inference_mode():
        given = _numbers(module(probe.to(like)))
    allowed = _TOLERANCE.get(like.dtype, 5e-2) * float(np.abs(given).max())
    for gain, centred in product(gains, (False, True)):
        norm = Norm(gain, None if bias is None else _numbers(bias), centred, float(epsilon or 0))
        if gain.shape == (width,) and np.abs(norm(probe.numpy()) - given).max() <= allowed:
            return norm
    return None


def _numbers(tensor: torch.Tensor) -> Any:
    return tensor.detach().float().cpu().numpy()
