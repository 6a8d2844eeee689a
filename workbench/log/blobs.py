"""The side-car of a log: arrays as safetensors files named by their SHA-256, durable before a record names them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from casefiles.files.disk import guarded, open_plain, write_atomic
from workbench.contract.comparison import Array
from workbench.document import Document, Sha256


class ArrayRef(Document):
    """Where a record's array lies: the file's digest, and what to expect in it."""

    sha256: Sha256
    dtype: str
    shape: tuple[int, ...]


class Blobs:
    """A folder of safetensors files; content-addressed, so nothing in it is ever changed."""

    SUFFIX = ".safetensors"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, arrays: Mapping[str, Array]) -> dict[str, ArrayRef]:
        """Store the arrays of one result in one file, and return once it is durable."""
        if not arrays:
            return {}
        data = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        digest = hashlib.sha256(data).hexdigest()
        if not self.path(digest).exists():
            with guarded(f"{self.folder.name} could not be made."):
                self.folder.mkdir(exist_ok=True)
            write_atomic(self.path(digest), data)
        return {
            name: ArrayRef(sha256=digest, dtype=str(array.dtype), shape=array.shape) for name, array in arrays.items()
        }

    def get(self, refs: Mapping[str, ArrayRef]) -> dict[str, Array]:
        """The arrays a record names, by name. Raises KeyError if a file or an array in it is missing."""
        arrays: dict[str, Array] = {}
        for name, ref in refs.items():
            try:
                open_plain(self.path(ref.sha256)).close()  # a pipe would have it wait
                with safe_open(self.path(ref.sha256), "numpy") as file:
                    arrays[name] = file.get_tensor(name)
            except (OSError, SafetensorError) as error:
                raise KeyError(name) from error
        return arrays

    def path(self, digest: str) -> Path:
        return self.folder / (digest + self.SUFFIX)
