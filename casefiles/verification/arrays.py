"""Whether a file of arrays holds what the records that name it say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from casefiles.case import safetensors_header
from casefiles.log.auditlog import refused

_DTYPES: Final = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16", "uint32": "U32", "int32": "I32",
    "uint64": "U64", "int64": "I64", "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
}  # fmt: skip


def check_arrays(path: Path, digest: str, expected: list[tuple[str, Any]]) -> None:
    """That a file of arrays holds what the records say it does."""
    try:
        tensors = safetensors_header.read(path).tensors
    except (ValueError, OSError) as error:
        raise refused("blob.malformed", f"{digest}: {error}.") from None
    for name, array in expected:
        tensor = tensors.get(name)
        if tensor is None or tensor["dtype"] != _DTYPES.get(str(array.get("dtype"))):
            raise refused("blob.malformed", f"{digest} does not hold {name!r} as its record says.")
        if tensor["shape"] != array.get("shape"):
            raise refused("blob.malformed", f"{digest} holds {name!r} in another shape than its record says.")
