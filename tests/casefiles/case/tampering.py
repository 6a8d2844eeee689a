"""What a test of a case does to it: look at all of it, flip bits, sign another manifest."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from casefiles.case.manifest import ENVELOPE, PAYLOAD_TYPE
from casefiles.keys import envelope
from casefiles.keys.identity import Identity
from casefiles.status import Refusal

WEIGHTS = "weights/model.safetensors"
_EVERY, _SOME = 8192, 1024
"""Bytes of a file that is flipped throughout, and those that are flipped of a longer one."""
Change = Callable[[dict[str, Any]], object]


def code_of(attempt: Callable[[], object]) -> str:
    """`ok`, or the code of the refusal."""
    try:
        attempt()
    except Refusal as refusal:
        assert refusal.what and refusal.why and refusal.try_this
        return refusal.code
    return "ok"


def snapshot(folder: Path) -> dict[str, tuple[str, bytes | None]]:
    """Everything below a folder, with its bytes and type."""
    found: dict[str, tuple[str, bytes | None]] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = (f"link to {path.readlink()}", None)
        elif path.is_file() and path.stat().st_size < 1 << 20:
            found[name] = ("file", path.read_bytes())
        else:
            found[name] = (f"{path.lstat().st_mode} {path.lstat().st_size if path.is_file() else 0}", None)
    return found


def flip(path: Path, position: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


def resign(root: Path, attacker: Identity, payload: bytes) -> None:
    (root / ENVELOPE).write_bytes(envelope.sign(PAYLOAD_TYPE, payload, [attacker.signing]))


def edited(root: Path, change: Change) -> bytes:
    value = json.loads(envelope.read((root / ENVELOPE).read_bytes(), PAYLOAD_TYPE, trusted=None).payload)
    change(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def flips(path: Path, seed: int) -> Iterator[int]:
    """One bit of each byte of a file, of a long one of some, another bit each time; the file is whole afterwards."""
    draw = random.Random(seed)
    data = path.read_bytes()
    picked = set(range(len(data))) if len(data) <= _EVERY else set(draw.sample(range(len(data)), _SOME))
    with path.open("r+b", buffering=0) as file:
        for position in sorted(picked):
            byte = data[position]
            for written in (byte ^ 1 << draw.randrange(8), byte):
                file.seek(position)
                file.write(bytes([written]))
                if written != byte:
                    yield position
