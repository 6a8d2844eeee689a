"""A page on paper: the same HTML, divided into sheets of PDF by a renderer in a process that can reach nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import assets
from casefiles.files.disk import check_new, guarded, write_new
from casefiles.files.unfinished import scratch
from casefiles.status import STATUS, Refusal
from workbench.listener import Listener, silent
from workbench.visible import line

PACKAGE: Final = "plutoprint"
SECONDS: Final = 300
"""The longest that laying out may take."""
_HEARS_EVERY: Final = 0.1
"""Seconds after which whoever waits for it is asked anew whether to go on."""
_START: Final = "import sys; sys.path.insert(0, sys.argv.pop(1)); from workbench.report.press import main; main()"
_SYSTEM_FONTS: Final = (
    "/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", "WINDOWSFONTDIR",
)  # fmt: skip
"""Where else letters may be found that the workbench's own fonts lack."""


def on_paper(page: str, *, title: str, made_us: int, listener: Listener = silent) -> bytes:
    """The PDF of a page that the workbench drew. The same page gives the same bytes on one machine.

    `title` stands at the foot of each sheet; `made_us`: when the document was made, µs since the epoch. The renderer
    does not tell how far it is: the `listener` hears again and again that it is at it, and one that raises ends it.
    Raises Refusal if the renderer is not installed, or gives up.
    """
    _refuse_without_renderer()
    made = datetime.fromtimestamp(made_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with guarded("The PDF could not be made."), scratch("paper") as folder:
        (folder / "fonts.conf").write_text(_fonts(folder), encoding="utf-8")
        order = {"folder": str(folder), "fonts": str(assets.path("fonts")), "title": line(title), "made": made}
        told = folder / "told"
        told.write_bytes(json.dumps(order).encode() + b"\n" + _with_foot(page, title).encode())
        return _printed(told, listener)


def ready(path: Path) -> None:
    """Raises Refusal if no PDF can be made here, or nothing can be put in its place: for whoever does something before
    that takes long or cannot be taken back."""
    _refuse_without_renderer()
    check_new(path)


def _refuse_without_renderer() -> None:
    if find_spec(PACKAGE) is None:
        raise Refusal(
            "paper.missing", "No PDF can be made here.", STATUS["paper.missing"],
            "Install it with `pip install 'audit-workbench[pdf]'`, or print the page from a browser.",
        )  # fmt: skip


def is_paper(path: Path) -> bool:
    """Whether a page of that name is to be a PDF."""
    return path.suffix.lower() == ".pdf"


def write_page(path: Path, page: str, *, title: str, made_us: int, listener: Listener = silent) -> None:
    """Write a page where nothing stands yet: as it is, or as PDF if its name says so."""
    on = on_paper(page, title=title, made_us=made_us, listener=listener) if is_paper(path) else page.encode()
    write_new(path, on)


def _printed(told: Path, listener: Listener) -> bytes:
    """`told`: an order and a page, in a file: who looks up from filling a pipe would not go on with it."""
    root, pipe = str(Path(__file__).resolve().parents[2]), subprocess.PIPE
    order = [sys.executable, "-I", "-c", _START, root]
    with told.open("rb") as read, subprocess.Popen(order, stdin=read, stdout=pipe, stderr=pipe) as renderer:
        try:
            pdf, said = _awaited(renderer, listener)
        except BaseException:
            renderer.kill()  # nobody waits for it any more
            raise
    if renderer.returncode or not pdf.startswith(b"%PDF-"):
        words = said.decode(errors="replace").strip().splitlines()
        raise _gave_up(line(words[-1])[:200] if words else f"It ended with {renderer.returncode}")
    return pdf


def _awaited(renderer: subprocess.Popen[bytes], listener: Listener) -> tuple[bytes, bytes]:
    """What it gave and what it complained of, once it has ended."""
    until = time.monotonic() + SECONDS
    while True:
        listener(0.0, "laying out the sheets")
        try:
            return renderer.communicate(timeout=_HEARS_EVERY)
        except subprocess.TimeoutExpired:
            if time.monotonic() > until:
                raise _gave_up(f"It took longer than {SECONDS} seconds") from None


def _gave_up(why: str) -> Refusal:
    return Refusal("paper.failed", "The PDF could not be made.", f"{why}.", "Print the page from a browser instead.")


def _with_foot(page: str, title: str) -> str:
    """The page with its title at the foot of every sheet."""
    # Whatever it holds, none of it is more than a letter of a CSS string.
    text = "".join(letter if letter.isalnum() and letter.isascii() else f"\\{ord(letter):x} " for letter in line(title))
    foot = f'font: 7.5pt "DejaVu Sans", sans-serif; color: #55606e; content: "{text}"'
    return page.replace("</head>", f"<style>@page {{ @bottom-left {{ {foot} }} }}</style></head>", 1)


def _fonts(folder: Path) -> str:
    """What fontconfig looks through: the workbench's own fonts first."""
    folders = "".join(f"<dir>{name}</dir>" for name in (assets.path("fonts"), *_SYSTEM_FONTS))
    return f"<?xml version='1.0'?><fontconfig>{folders}<cachedir>{folder / 'cache'}</cachedir></fontconfig>"
