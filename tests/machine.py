"""What a machine must have before anything is downloaded: what is missing, in one line with the command that brings it.

Run by the Makefile with the system's own Python, before there is a `.venv`: standard library only, and nothing in it
that a Python too old for the workbench cannot read, because that Python has to be told so.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 14)
PYTHONS = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]

# What llama.cpp is compiled with; pip brings a cmake and a ninja of its own where the machine has none.
COMPILERS = {
    "a C compiler": ("CC", ["cc", "gcc", "clang"], {"apt": "g++", "dnf": "gcc-c++"}),
    "a C++ compiler": ("CXX", ["c++", "g++", "clang++"], {"apt": "g++", "dnf": "gcc-c++"}),
}
# What Qt's wheels link to on Linux and do not bring, less what comes with another of them: to draw a window unseen.
DRAWING = {
    "libEGL.so.1": {"apt": "libegl1", "dnf": "libglvnd-egl"},
    "libGL.so.1": {"apt": "libgl1", "dnf": "libglvnd-glx"},
    "libdbus-1.so.3": {"apt": "libdbus-1-3", "dnf": "dbus-libs"},
    "libfontconfig.so.1": {"apt": "libfontconfig1", "dnf": "fontconfig"},
    "libglib-2.0.so.0": {"apt": "libglib2.0-0", "dnf": "glib2"},
    "libxkbcommon.so.0": {"apt": "libxkbcommon-x11-0", "dnf": "libxkbcommon-x11"},
}
# And to put it on an X display.
SHOWING = {
    "libxcb-cursor.so.0": {"apt": "libxcb-cursor0", "dnf": "xcb-util-cursor"},
    "libxcb-icccm.so.4": {"apt": "libxcb-icccm4", "dnf": "xcb-util-wm"},
    "libxcb-keysyms.so.1": {"apt": "libxcb-keysyms1", "dnf": "xcb-util-keysyms"},
    "libxcb-shape.so.0": {"apt": "libxcb-shape0", "dnf": "libxcb"},
    "libxkbcommon-x11.so.0": {"apt": "libxkbcommon-x11-0", "dnf": "libxkbcommon-x11"},
}


def look(target: str, python: tuple = sys.version_info[:2]) -> int:
    """Say what `make TARGET` lacks on this machine; 1 if it cannot do without."""
    if not OLDEST <= python <= NEWEST:
        return tell(f"make {target}: {wrong_python(target, python)}", 1)
    missing = {} if can_import("ensurepip") else {"Python's ensurepip": venv_package(python)}
    if target != "demo":
        missing.update(compilers())
    if target == "test":
        missing.update(without(DRAWING))
    if missing:
        return tell(f"make {target}: missing {', '.join(missing)}. {remedy(missing)}", 1)
    if target == "demo":
        display = os.environ.get("DISPLAY")
        missing = without({**DRAWING, **SHOWING} if display else DRAWING)
        if missing:
            unseen = "window" if display else "picture of the window"
            return tell(f"make demo: plays, but with no {unseen}: missing {', '.join(missing)}. {remedy(missing)}", 0)
    return 0


def tell(line: str, status: int) -> int:
    """Say one line where it does not mix with what a command prints."""
    print(line, file=sys.stderr)
    return status


def can_import(module: str) -> bool:
    """Whether this Python has a module; Debian keeps ensurepip, which makes a venv, in a package of its own."""
    return importlib.util.find_spec(module) is not None


def compilers() -> dict:
    """The compilers that CMake would look for in vain."""
    missing = {}
    for thing, (variable, programs, packages) in COMPILERS.items():
        chosen = os.environ.get(variable, "").split()[:1]
        if not any(map(shutil.which, chosen or programs)):
            missing[thing] = packages
    return missing


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


def wrong_python(target: str, python: tuple) -> str:
    """What to do when this Python is not one of those that the workbench runs on."""
    needed = f"Python 3.{OLDEST[1]} to 3.{NEWEST[1]} is needed, this is {python[0]}.{python[1]}."
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


def venv_package(python: tuple) -> dict:
    """The package in which Debian keeps ensurepip; the plain name where this is Debian's own python3."""
    exact = f"python3.{python[1]}"
    own = Path("/usr/bin/python3").resolve().name == exact
    return {"apt": "python3-venv" if own else exact + "-venv"}


def remedy(missing: dict) -> str:
    """The command that brings all that is missing at once."""
    tool = installer()
    packages = sorted({packages[tool] for packages in missing.values() if tool in packages})
    return f"Run: {install(tool, packages)}" if packages else "This system's package manager has them."


def installer() -> str:
    """The package manager of this machine, if it is one whose names of packages are known here."""
    return next(filter(shutil.which, ["brew"] if sys.platform == "darwin" else ["apt", "dnf"]), "")


def install(tool: str, packages: list) -> str:
    """The command that installs packages; root in a bare container has no sudo and needs none."""
    sudo = "" if tool == "brew" or os.geteuid() == 0 else "sudo "
    return f"{sudo}{tool} install {' '.join(packages)}"


if __name__ == "__main__":
    sys.exit(look(sys.argv[1]))
