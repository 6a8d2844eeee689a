"""What a machine must have before anything is downloaded: what is missing, in one line with the command that brings it.

Run by the Makefile with the system's own Python, before there is a `.venv`: standard library only, and nothing in it
that a Python too old for the workbench cannot read, because that Python has to be told so.
"""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)
PYTHONS = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]

# What llama.cpp is compiled with; pip brings a cmake and a ninja of its own where the machine has none.
COMPILERS = {
    "a C compiler": (["cc", "gcc", "clang"], {"apt": "gcc", "dnf": "gcc"}),
    "a C++ compiler": (["c++", "g++", "clang++"], {"apt": "g++", "dnf": "gcc-c++"}),
}
# What Qt's wheels link to on Linux and do not bring, to draw a window that nobody sees; libX11 and the like come with it.
DRAWING = {
    "libEGL.so.1": {"apt": "libegl1", "dnf": "libglvnd-egl"},
    "libGL.so.1": {"apt": "libgl1", "dnf": "libglvnd-glx"},
    "libdbus-1.so.3": {"apt": "libdbus-1-3", "dnf": "dbus-libs"},
    "libfontconfig.so.1": {"apt": "libfontconfig1", "dnf": "fontconfig"},
    "libglib-2.0.so.0": {"apt": "libglib2.0-0", "dnf": "glib2"},
    "libxkbcommon.so.0": {"apt": "libxkbcommon0", "dnf": "libxkbcommon"},
}
# And to put it on an X display.
SHOWING = {
    "libX11-xcb.so.1": {"apt": "libx11-xcb1", "dnf": "libX11-xcb"},
    "libxcb-cursor.so.0": {"apt": "libxcb-cursor0", "dnf": "xcb-util-cursor"},
    "libxcb-icccm.so.4": {"apt": "libxcb-icccm4", "dnf": "xcb-util-wm"},
    "libxcb-image.so.0": {"apt": "libxcb-image0", "dnf": "xcb-util-image"},
    "libxcb-keysyms.so.1": {"apt": "libxcb-keysyms1", "dnf": "xcb-util-keysyms"},
    "libxcb-randr.so.0": {"apt": "libxcb-randr0", "dnf": "libxcb"},
    "libxcb-render-util.so.0": {"apt": "libxcb-render-util0", "dnf": "xcb-util-renderutil"},
    "libxcb-shape.so.0": {"apt": "libxcb-shape0", "dnf": "libxcb"},
    "libxcb-sync.so.1": {"apt": "libxcb-sync1", "dnf": "libxcb"},
    "libxcb-xfixes.so.0": {"apt": "libxcb-xfixes0", "dnf": "libxcb"},
    "libxcb-xkb.so.1": {"apt": "libxcb-xkb1", "dnf": "libxcb"},
    "libxkbcommon-x11.so.0": {"apt": "libxkbcommon-x11-0", "dnf": "libxkbcommon-x11"},
}


def look(target: str) -> int:
    """Say what `make TARGET` lacks on this machine; 1 if it cannot do without."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return tell(f"make {target}: {wrong_python(target)}", 1)
    missing = {} if importlib.util.find_spec("ensurepip") else {"Python's ensurepip": venv_package()}
    if target != "demo":
        for thing, (programs, packages) in COMPILERS.items():
            chosen = os.environ.get("CC" if thing == "a C compiler" else "CXX", "").split()[:1]
            if not any(map(shutil.which, chosen or programs)):
                missing[thing] = packages
    if target == "test":
        missing.update(without(DRAWING))
    if missing:
        return tell(f"make {target}: missing {', '.join(missing)}. {remedy(missing)}", 1)
    if target == "demo":
        unseen = without({**DRAWING, **SHOWING} if os.environ.get("DISPLAY") else DRAWING)
        if unseen:
            which = "window" if os.environ.get("DISPLAY") else "picture of the window"
            return tell(f"make demo: plays, but with no {which}: missing {', '.join(unseen)}. {remedy(unseen)}", 0)
    return 0


def tell(line: str, status: int) -> int:
    """Say one line where it does not mix with what a command prints."""
    print(line, file=sys.stderr)
    return status


def without(libraries: dict) -> dict:
    """Those of the shared libraries that this machine cannot load; elsewhere than on Linux Qt needs none."""
    if not sys.platform.startswith("linux"):
        return {}
    return {name: packages for name, packages in libraries.items() if not can_load(name)}


def can_load(library: str) -> bool:
    """Whether the dynamic linker finds a library: what Qt itself will ask."""
    try:
        import ctypes  # which Debian's python3-minimal has not

        ctypes.CDLL(library)
    except (ImportError, OSError):
        return False
    return True


def wrong_python(target: str) -> str:
    """What to do when this Python is not one of those that the workbench runs on."""
    needed = "Python 3.{} to 3.{} is needed, {} is {}.{}.".format(
        OLDEST[1], NEWEST[1], shlex.quote(sys.executable or "this"), *sys.version_info[:2]
    )
    for name in PYTHONS:
        if shutil.which(name):
            return f"{needed} Run: make {target} PYTHON={name}"
    tool = installer()
    for name in PYTHONS:
        if tool == "apt" and offered(name):
            return f"{needed} Run: {install(tool, [name, name + '-venv'])} && make {target} PYTHON={name}"
    if tool in ("dnf", "brew"):
        name = "python3.13" if tool == "dnf" else "python@3.13"
        return f"{needed} Run: {install(tool, [name])} && make {target} PYTHON=python3.13"
    return f"{needed} Install one, then run: make {target} PYTHON=/path/to/python"


def offered(package: str) -> bool:
    """Whether this Debian or Ubuntu has a package of that name."""
    return subprocess.run(["apt-cache", "show", package], capture_output=True, check=False).returncode == 0


def venv_package() -> dict:
    """The package in which Debian keeps what makes a venv; the plain name where this is Debian's own python3."""
    exact = f"python3.{sys.version_info[1]}"
    own = Path("/usr/bin/python3").resolve().name == exact
    return {"apt": "python3-venv" if own else exact + "-venv", "dnf": "python3-pip"}


def remedy(missing: dict) -> str:
    """The command that brings all that is missing at once."""
    tool = installer()
    packages = sorted({packages[tool] for packages in missing.values() if tool in packages})
    return f"Run: {install(tool, packages)}" if packages else "This system's package manager has them."


def installer() -> str:
    """The package manager of this machine, if it is one whose names of packages are known here."""
    tools = ["brew"] if sys.platform == "darwin" else ["apt", "dnf"]
    return next(filter(shutil.which, tools), "")


def install(tool: str, packages: list) -> str:
    """The command that installs packages; a bare container is root and has no sudo."""
    sudo = "" if tool == "brew" or os.geteuid() == 0 else "sudo "
    return f"{sudo}{tool} install {' '.join(packages)}"


if __name__ == "__main__":
    sys.exit(look(sys.argv[1]))
