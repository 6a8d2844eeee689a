"""The pictures that are kept, and how those of today are held against them.

Every view is drawn at each scale, at each with a window of another size, and light at one and dark at the other. The
same Qt, on the fonts that the workbench ships, draws the same pixels on every machine: see `environment`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

import numpy as np
from PySide6.QtGui import QImage

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = Path(__file__).with_name("kept")
QT: Final = "6.11.3"
"""The release that drew what is kept."""
SIZES: Final = {1: (1600, 1000), 2: (1280, 720)}
"""Scale → size of the windows, in points."""
SUFFIX: Final = ".webp"
"""Lossless, and a third of a PNG."""
State = Literal["same", "changed", "new"]

_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <cachedir>{cache}</cachedir>
  <match target="pattern">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>
"""
"""No fonts but those that the application brings, and how they are rastered."""


@dataclass(frozen=True)
class Shot:
    """One picture as it was drawn today."""

    name: str
    state: State

    @property
    def scale(self) -> str:
        return self.name.rpartition("-")[2]

    def drawn(self, folder: Path) -> Path:
        """Where it lies, unless it is the one that is kept."""
        return folder / self.scale / f"{self.name}{SUFFIX}"

    def difference(self, folder: Path) -> Path:
        """Where the pixels are shown that changed."""
        return folder / self.scale / f"{self.name}.difference.png"


def lacking() -> str:
    """Why this machine cannot draw what is kept; empty if it can."""
    here = (metadata.version("PySide6-Essentials"), sys.platform, platform.machine())
    if here == (QT, "linux", "x86_64"):
        return ""
    return (
        f"the pictures were drawn by Qt {QT} on Linux (x86-64) and are compared pixel by pixel; here Qt {here[0]} draws"
        f" on {here[1]} ({here[2]})"
    )


def draw(folder: Path, *names: str) -> tuple[Shot, ...]:
    """Draw all pictures, or those whose name begins so; those that differ lie in the folder, with the differences."""
    stages = []
    for scale in SIZES:  # side by side, for they wait for nothing of each other
        home = folder / f"{scale}x"
        home.mkdir(parents=True)
        command = [sys.executable, "-m", "tests.pictures.stage", str(home), *names]
        stages.append(
            subprocess.Popen(command, env=environment(home, scale), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )
    told = [stage.communicate()[0] for stage in stages]
    if any(stage.returncode for stage in stages):
        raise RuntimeError("the pictures could not be drawn; what went wrong stands above")
    return tuple(Shot(**json.loads(line)) for said in told for line in said.splitlines())


def environment(home: Path, scale: int) -> dict[str, str]:
    """A machine without fonts, settings, files or a time zone of its own.

    Which instructions the processor has beyond those that all have is kept from Qt, which rounds otherwise with some.
    """
    fonts, screen = home / "fonts.conf", home / "screen.json"
    fonts.write_text(_FONTS.format(cache=home / "fonts"))
    screen.write_text(
        json.dumps({"screens": [{"name": "one", "width": 1920 * scale, "height": 1200 * scale, "dpr": scale}]})
    )
    needed = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    homes = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    return needed | homes | {
        "HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        "FONTCONFIG_FILE": str(fonts), "QT_QPA_PLATFORM": f"offscreen:configfile={screen}",
        "QT_NO_CPU_FEATURE": "sse3 ssse3 sse4.1 sse4.2 avx avx2 f16c bmi bmi2 avx512f avx512bw avx512dq avx512vl",
    }  # fmt: skip


def kept(name: str) -> QImage:
    """The picture that is kept; a null image if there is none."""
    return QImage(str(KEPT / f"{name}{SUFFIX}")).convertToFormat(QImage.Format.Format_RGB32)


def is_kept(image: QImage, name: str) -> bool:
    """Whether a picture is the one that is kept, pixel by pixel."""
    before, drawn = kept(name), image.convertToFormat(QImage.Format.Format_RGB32)
    return drawn.size() == before.size() and bool((pixels(drawn) == pixels(before)).all())


def hold(image: QImage, name: str, folder: Path) -> Shot:
    """Compare a picture with the one that is kept; if it is another, leave it and what differs below the folder."""
    if is_kept(image, name):
        return Shot(name, "same")
    drawn, before = image.convertToFormat(QImage.Format.Format_RGB32), kept(name)
    state: State = "new" if before.isNull() else "changed"
    shot = Shot(name, state)
    shot.drawn(folder).parent.mkdir(parents=True, exist_ok=True)
    if not drawn.save(str(shot.drawn(folder)), quality=100):
        raise OSError(f"{shot.drawn(folder)} could not be written")
    if state == "changed":
        marked(before, drawn).save(str(shot.difference(folder)))
    return shot


def marked(before: QImage, after: QImage) -> QImage:
    """The new picture, faint, with the pixels in magenta that are others than before or were not there."""
    one, other = pixels(before), pixels(after)
    rows, columns = min(len(one), len(other)), min(one.shape[1], other.shape[1])
    changed = np.ones(other.shape, bool)
    changed[:rows, :columns] = one[:rows, :columns] != other[:rows, :columns]
    faint = ((other >> 2) & 0x3F3F3F) + 0xBFBFBF
    shown = np.where(changed, 0xFF00FF, faint).astype(np.uint32)
    return QImage(
        shown.tobytes(), shown.shape[1], shown.shape[0], 4 * shown.shape[1], QImage.Format.Format_RGB32
    ).copy()


def pixels(image: QImage) -> np.ndarray:
    """Rows × columns of 0xRRGGBB, of an image that has no other part."""
    words = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return words[:, : image.width()] & 0xFFFFFF
