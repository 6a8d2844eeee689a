"""Tensors that older checkpoints keep and a model computes itself: engines pass over them, whatever they hold."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from casefiles.case.safetensors_header import SafetensorsHeader
from casefiles.files import disk

NAME: Final = re.compile(r"(?:rotary_emb\.inv_freq|(?:attn|attention)\.(?:masked_)?bias)$")
"""What their names end with."""
_KINDS: Final = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "U8": "u1", "I8": "i1", "BOOL": "u1"}
_HALF: Final = "BF16"
_MOST: Final = 1 << 28
"""Bytes of the largest: of a mask for sixteen thousand positions."""
_TURNED: Final = 1024
"""Frequencies of one head."""
_NEVER: Final = -1e3
"""From here on down, what stands for attention that is not paid."""


def untrue(path: Path, header: SafetensorsHeader) -> Iterator[str]:
    """The names of those that hold something else than a model computes there."""
    for name, tensor in header.tensors.items():
        if (found := NAME.search(name)) and not _is_true(found[0], _numbers(path, header, tensor)):
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


def _is_true(name: str, numbers: Any) -> bool:
    import numpy as np

    if numbers is None:
        return False
    if name.endswith("inv_freq"):  # from one turn a position on ever slower
        small = 0 < numbers.size <= _TURNED and numbers.ndim == 1
        return bool(small and (numbers > 0).all() and numbers[0] <= 1 and (np.diff(numbers.astype(float)) <= 0).all())
    if name.endswith("masked_bias"):
        return bool(numbers.size == 1 and numbers.reshape(()) <= _NEVER)
    shape: tuple[int, ...] = (1, 1, *numbers.shape)
    *others, rows, columns = shape
    if rows != columns or math.prod(others) != 1 or not rows:
        return False
    mask = numbers.reshape(rows, columns)
    seen = int(np.count_nonzero(mask[-1]))  # all positions before one, or the nearest of them
    ones = np.ones_like(mask)
    return bool((mask == np.tril(ones) - np.tril(ones, -max(seen, 1))).all())
