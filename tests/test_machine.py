"""A machine that lacks something is told so in one line with the command that brings it, before anything is made."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import machine

ROOT = Path(__file__).parent.parent
Machine = Callable[..., None]


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A Linux machine with just these programs, libraries and modules; its user is not root."""

    def lay(programs: str = "", libraries: str = "", modules: str = "", offered: str = "") -> None:
        for name in ("CC", "CXX", "DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(machine.shutil, "which", lambda name: name if name in programs.split() else None)
        monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
        monkeypatch.setattr(machine, "can_load", lambda name: name in libraries.split())
        monkeypatch.setattr(machine, "can_import", lambda name: name in modules.split())
        monkeypatch.setattr(machine, "offered", lambda name: name in offered.split())

    return lay


ALL = {"programs": "apt cc c++", "libraries": " ".join([*machine.DRAWING, *machine.SHOWING]), "modules": "ensurepip"}


@pytest.mark.parametrize("target", ["demo", "test", "bench", "lint"])
def test_where_all_is_there_nothing_is_said(pretend: Machine, target: str, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(**ALL)
    assert machine.look(target) == 0
    assert capsys.readouterr() == ("", "")


def test_a_bare_debian_is_told_all_at_once(pretend: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    pretend(programs="apt")
    assert machine.look("test") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("make test: missing Python's ensurepip, a C compiler, a C++ compiler, libEGL.so.1, ")
    packages = said.partition("Run: sudo apt install ")[2].split()
    assert {"g++", "libegl1", "libgl1", "libglib2.0-0", "libdbus-1-3", "libfontconfig1"} < set(packages)
    assert re.search(r"python3(\.\d+)?-venv", said)


@pytest.mark.parametrize(
    ("lost", "named", "package"),
    [
        ("c++", "a C++ compiler", "g++"),
        ("cc", "a C compiler", "g++"),
        ("libEGL.so.1", "libEGL.so.1", "libegl1"),
        ("libglib-2.0.so.0", "libglib-2.0.so.0", "libglib2.0-0"),
    ],
)
def test_the_one_thing_that_is_missing_is_named(
    pretend: Machine, capsys: pytest.CaptureFixture[str], lost: str, named: str, package: str
) -> None:
    pretend(**{kind: " ".join(name for name in names.split() if name != lost) for kind, names in ALL.items()})
    assert machine.look("test") == 1
    assert capsys.readouterr().err == f"make test: missing {named}. Run: sudo apt install {package}\n"


def test_fedora_is_told_its_own_names_and_a_stranger_only_what_is_missing(
    pretend: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(programs="dnf", libraries=ALL["libraries"], modules="ensurepip")
    assert machine.look("lint") == 1
    assert capsys.readouterr().err.endswith("Run: sudo dnf install gcc-c++\n")
    pretend(libraries=ALL["libraries"], modules="ensurepip")
    assert machine.look("lint") == 1
    assert "a C++ compiler. This system's package manager" in capsys.readouterr().err


def test_the_compiler_that_the_environment_names_is_the_one_looked_for(
    pretend: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(**{**ALL, "programs": "apt cc c++ mycc"})
    monkeypatch.setenv("CXX", "mycc -O1")
    assert machine.look("test") == 0
    monkeypatch.setenv("CXX", "gone")
    assert machine.look("test") == 1


def test_the_demo_needs_no_compiler_and_plays_without_the_libraries_of_a_window(
    pretend: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(programs="apt", libraries=" ".join(machine.DRAWING), modules="ensurepip")
    assert machine.look("demo") == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("DISPLAY", ":0")
    assert machine.look("demo") == 0
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("make demo: plays, but with no window: missing libxcb-cursor.so.0, ")
    assert "libegl1" not in said

    pretend(programs="apt", modules="ensurepip")
    assert machine.look("demo") == 0
    assert "no picture of the window: missing libEGL.so.1, " in capsys.readouterr().err

    pretend(**{**ALL, "modules": ""})
    assert machine.look("demo") == 1
    assert re.fullmatch(
        r"make demo: missing Python's ensurepip\. Run: sudo apt install python3(\.\d+)?-venv\n", capsys.readouterr().err
    )


@pytest.mark.parametrize("python", [(3, 9), (3, 10), (3, 15)])
def test_another_python_is_refused_with_the_way_to_a_right_one(
    pretend: Machine, capsys: pytest.CaptureFixture[str], python: tuple[int, int]
) -> None:
    refusal = f"make demo: Python 3.11 to 3.14 is needed, this is 3.{python[1]}. "
    pretend(**{**ALL, "programs": "apt python3.12 python3.9"})
    assert machine.look("demo", python) == 1
    assert capsys.readouterr().err == f"{refusal}Run: make demo PYTHON=python3.12\n"
    pretend(**ALL, offered="python3.11")
    assert machine.look("demo", python) == 1
    install = "sudo apt install python3.11 python3.11-venv"
    assert capsys.readouterr().err == f"{refusal}Run: {install} && make demo PYTHON=python3.11\n"
    pretend(**ALL)
    assert machine.look("demo", python) == 1
    assert capsys.readouterr().err == f"{refusal}Install one, then run: make demo PYTHON=/path/to/python\n"


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_each_python_that_the_project_declares_is_taken(pretend: Machine, minor: int) -> None:
    pretend(**ALL)
    assert machine.look("test", (3, minor)) == 0


def test_the_range_of_pythons_is_the_declared_one() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    assert declared == f">=3.{machine.OLDEST[1]},<3.{machine.NEWEST[1] + 1}"


def test_the_readme_starts_with_a_command_that_brings_all_that_is_looked_for() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first = readme.partition("```sh\n")[2].partition("```")[0].replace("\\\n", " ")
    told = re.match(r"sudo apt install (.+)", first)
    assert told is not None
    named = {"python3-venv", *(packages["apt"] for _, _, packages in machine.COMPILERS.values())}
    named |= {packages["apt"] for packages in {**machine.DRAWING, **machine.SHOWING}.values()}
    assert set(told[1].split()) == named | {"git", "make"}


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
@pytest.mark.parametrize(
    ("python", "line"),
    [
        (sys.executable, r"make test: missing .*a C compiler, a C\+\+ compiler.*\."),
        ("python3", r"make test: no python3 here\. .* apt install python3-venv"),
    ],
)
def test_make_ends_in_one_line_and_makes_nothing(tmp_path: Path, python: str, line: str) -> None:
    clone = tmp_path / "clone"
    (clone / "tests").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "tests/machine.py"):
        shutil.copy(ROOT / name, clone / name)
    (tmp_path / "bin").mkdir()
    before = sorted(clone.rglob("*"))
    done = subprocess.run(
        [str(shutil.which("make")), "test", f"PYTHON={python}"],
        capture_output=True, text=True, cwd=clone, env={"PATH": str(tmp_path / "bin")}, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stdout == ""
    said, makes_own = done.stderr.splitlines()
    assert re.fullmatch(line, said), said
    assert makes_own.startswith("make: ***")
    assert sorted(clone.rglob("*")) == before
