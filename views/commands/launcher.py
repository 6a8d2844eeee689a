"""`workbench launcher`: the first window, in the applications menu."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from casefiles.status import Refusal
from views import console
from workbench import places
from workbench.visible import line

NAME = "audit-workbench"
_WITHOUT = {"darwin": "macOS", "win32": "Windows"}
"""Systems that have no such menus."""


@click.command(name="launcher")
@click.option("--remove", is_flag=True, help="Take it out of the menu again.")
@console.json_option
def command(remove: bool, as_json: bool) -> None:
    """Put the first window into the applications menu of a Linux desktop.

    A click there does what `workbench` alone does, with the Python that runs this command. Run it again after the
    workbench was moved.
    """
    if (system := _WITHOUT.get(sys.platform)) is not None:
        raise Refusal(
            "input.invalid", f"{system} has no such menu.", "The launcher is a file as the desktops of Linux read it.",
            f"Link to {line(sys.executable)} with the arguments -m views.cli: that opens the first window.",
        )  # fmt: skip
    entry = places.menus() / "applications" / f"{NAME}.desktop"
    icon = places.menus() / "icons" / "hicolor" / "scalable" / "apps" / f"{NAME}.svg"
    told = _removed(entry, icon) if remove else _written(entry, icon)
    console.emit({"launcher": str(entry), "icon": str(icon), "there": entry.exists()}, told, as_json)


def _written(entry: Path, icon: Path) -> str:
    import assets
    from casefiles.files.disk import guarded, write_atomic

    text = _entry(Path(sys.executable), icon)
    with guarded(f"{entry.parent} could not be made."):
        for path in (entry, icon):
            path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(icon, assets.path("icons", "workbench.svg").read_bytes())
    write_atomic(entry, text.encode())
    return (
        f"“Audit Workbench” is in the applications menu of this desktop, and opens the first window.\n"
        f"  launcher  {line(str(entry))}\n  icon      {line(str(icon))}\n"
        f"It runs {line(sys.executable)}. `workbench launcher --remove` takes it away."
    )


def _removed(entry: Path, icon: Path) -> str:
    from casefiles.files.disk import guarded

    there = [path for path in (entry, icon) if path.exists()]
    with guarded(f"{entry.name} could not be removed."):
        for path in there:
            path.unlink()
    if not there:
        return f"There is no launcher to remove: {line(str(entry))} is not there."
    return "Removed:\n" + "\n".join(f"  {line(str(path))}" for path in there)


def _entry(python: Path, icon: Path) -> str:
    """A desktop entry as freedesktop.org's specification has it. Raises Refusal where a path cannot stand in one."""
    for path in (python, icon):
        if re.search(r"[\x00-\x1f\x7f]", str(path)):
            raise Refusal(
                "input.invalid", f"{line(str(path))} cannot be started from a menu.",
                "Its name holds letters that nobody sees.", "Install the workbench in another folder.",
            )  # fmt: skip
    # -P: a folder of the same name where it happens to be started is not taken for the program.
    arguments = " ".join((_quoted(str(python)), "-P", "-m", "views.cli"))
    return "\n".join(
        (
            "[Desktop Entry]",
            "Type=Application",
            "Version=1.5",
            "Name=Audit Workbench",
            "GenericName=Auditing game on language models",
            "Comment=Audit a sealed model under the rules, judge an audit, or compare many",
            f"Exec={_value(arguments)}",
            f"TryExec={_value(str(python))}",
            f"Icon={_value(str(icon))}",
            "Terminal=false",
            "Categories=Science;Education;",
            "Keywords=audit;interpretability;language model;",
            f"StartupWMClass={NAME}",
            "",
        )
    )


def _quoted(argument: str) -> str:
    """As one argument of `Exec`, whatever it holds."""
    return '"' + re.sub(r'(["`$\\])', r"\\\1", argument).replace("%", "%%") + '"'


def _value(text: str) -> str:
    """As the value of a key."""
    return text.replace("\\", "\\\\")
