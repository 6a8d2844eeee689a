"""Tensors that older checkpoints keep and a model computes itself: engines pass over them, whatever they hold."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from casefiles.case.safetensors_header import SafetensorsHeader
from casefiles.files import disk

NAME: Final = re.compile(r"(?:^|\.)(?:rotary_emb\.inv_freq|(?:attn|attention)\.(?:masked_)?bias)$")
"""What their names end with: `c_attn.bias` is learnt."""
_KINDS: Final = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "U8": "u1", "I8": "i1", "BOOL": "u1"}
_HALF: Final = "BF16"
_PRECISION: Final = {"F64": 2**-52, "F32": 2**-23, "F16": 2**-10, "BF16": 2**-7}
"""From one number to the next, as a part of it."""
_ROUNDED: Final = {"F64": 8, "F32": 8, "F16": 1, "BF16": 1}
"""So many of these steps lie between what machines make of the same power."""
_BASES: Final = (1e4, 1e5, 5e5, 1e6, 5e6, 1e7)
"""What frequencies fall from, in models that keep them: any other would have room for letters."""
_SMALLEST: Final = {"F16": 2**-24}
"""What is smaller than usual has fewer digits."""
_MOST: Final = 1 << 28
"""Bytes of the largest: of a mask for sixteen thousand positions."""
_TURNED: Final = 1024
"""Frequencies of one head."""
_NEVER: Final = (-1e9, -1e4, -math.inf, -65504.0, -3.4028234663852886e38, -3.3895313892515355e38)
"""What stands for attention that is not paid: round numbers, and the least that there are of a kind."""


def untrue(path: Path, header: SafetensorsHeader) -> Iterator[str]:
    """The names of those that hold something else than a model computes there."""
    for name, tensor in header.tensors.items():
        if NAME.search(name) and not _is_true(name, _numbers(path, header, tensor), tensor["dtype"]):
            yield name


def _numbers(path: Path, header: SafetensorsHeader, tensor: dict[str, Any]) -> Any:
    """None: it has none that such a tensor could have."""
    import numpy as np

    start, end = tensor["data_offsets"]
    kind = _KINDS.get(tensor["dtype"], "<u2" if tensor["dtype"] == _HALF else "")
    if not kind or end - start > _MOST or math.prod(tensor["shape"]) * np.dtype(kind).itemsize != end - start:
        return None
    with disk.open_plain(path) as file:
        file.seek(header.data_start + start)
        data = bytearray()
        while len(data) < end - start and (piece := file.read(end - start - len(data))):
            data += piece
    numbers = np.frombuffer(bytes(data), kind)
    if tensor["dtype"] == _HALF:
        numbers = (numbers.astype("<u4") << 16).view("<f4")
    return numbers.reshape(tensor["shape"])


def _is_true(name: str, numbers: Any, kind: str) -> bool:
    import numpy as np

    if numbers is None:
        return False
    if name.endswith("inv_freq"):
        return kind in _PRECISION and 0 < numbers.size <= _TURNED and numbers.ndim == 1 and _are_powers(numbers, kind)
    if name.endswith("masked_bias"):
        near = _PRECISION.get(kind, 0)
        return numbers.size == 1 and any(math.isclose(numbers.reshape(()), one, rel_tol=near) for one in _NEVER)
    shape: tuple[int, ...] = (1, 1, *numbers.shape)
    *others, rows, columns = shape
    if rows != columns or math.prod(others) != 1 or not rows:
        return False
    mask = numbers.reshape(rows, columns)
    seen = int(np.count_nonzero(mask[-1]))  # all positions before one, or the nearest of them
    ones = np.ones_like(mask)
    true = np.tril(ones) - np.tril(ones, -max(seen, 1))
    return bool((mask == true).all()) and not np.signbit(mask.astype(float)).any()


def _are_powers(numbers: Any, kind: str) -> bool:
    """Whether they are frequencies: from one turn a position on ever slower, each by the same part."""
    import numpy as np

    turns, least = numbers.astype(float), _SMALLEST.get(kind, 0)
    powers = (base ** -(np.arange(turns.size) / turns.size) for base in _BASES)
    kind = "F32" if kind == "F64" and (turns == turns.astype("<f4")).all() else kind  # as it was computed
    near = _ROUNDED[kind] * _PRECISION[kind]
    return any(bool((np.abs(turns - each) <= near * each + least).all()) for each in powers)
