"""`workbench demo`: the whole game on the shipped case."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from views import console, options


@click.command(name="demo")
@click.option("--headless", is_flag=True, help="Play without a window, even if there is a display.")
@click.option("--out", type=options.FILE, help="Folder for what the game leaves behind. Default: audit-demo here.")
@options.engine_options
@console.json_option
def command(headless: bool, out: Path | None, as_json: bool, **given: Any) -> None:
    """Play the whole game on the demo case.

    With a display the auditor's window opens on the case; without one, or with --headless, a scripted auditor plays
    every step, the judge gives a verdict, and the command says what to look at.
    """
    from casefiles.files.disk import free_name
    from workbench import demo

    laid = demo.lay_table(out or free_name(Path.cwd() / "audit-demo"))
    settings = options.engine_settings(given)
    hidden = "" if headless else no_window()
    if not headless and not hidden:
        from views.desktop.app import run

        with laid.session(settings) as session:
            sys.exit(run(session))
    if hidden:
        console.say(f"Playing without a window: {hidden}", err=True)
    play(laid, settings, as_json)


def no_window() -> str:
    """Why no window can be opened here, in a sentence; empty if one can.

    Tried in a process of its own, because Qt ends the process where a library of the display is missing.
    """
    if not has_display():
        return "there is no display."
    tried = subprocess.run(
        [sys.executable, "-c", "from PySide6.QtWidgets import QApplication; QApplication([])"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if tried.returncode == 0:
        return ""
    said = [line for line in tried.stderr.splitlines() if line.strip()]
    return said[0] if said else f"Qt ended with status {tried.returncode}."


def has_display() -> bool:
    """Whether a window would be seen by anybody."""
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def play(laid: Any, settings: Any, as_json: bool) -> None:
    """Audit, picture, judge; then say what happened and where it lies."""
    from workbench import demo

    picture = laid.out / "desktop.png"
    with laid.session(settings) as session:
        with console.bar("Auditing") as at:
            handed_in = demo.audit(laid, session, at)
        no_picture = _picture(session, picture, handed_in.report.conclusion)
        folder = session.folder
    with console.bar("Judging") as at:
        played = demo.judge(laid, handed_in, settings, at)
    paths = {
        "case": laid.case.root, "session": folder, "auditlog": handed_in.auditlog, "report_html": handed_in.html,
        "report_json": handed_in.json, "verdict_html": played.verdict_html, "verdict_json": played.verdict_json,
        "desktop_png": picture,
    }  # fmt: skip
    value = {
        "paths": {name: str(path) for name, path in paths.items() if path.exists()},
        "report": handed_in.report.model_dump(mode="json"),
        "verdict": played.verdict.model_dump(mode="json"),
    }
    console.emit(value, _story(played, paths, no_picture), as_json)


def _picture(session: Any, path: Path, conclusion: Any) -> str:
    """Draw the desktop on this very session; the reason if it cannot be drawn on this machine."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from views.desktop.app import picture
    except ImportError as error:  # a server without the graphics libraries that Qt needs
        return f"no picture of the desktop: {error}"
    picture(session, path, conclusion=conclusion)
    return ""


def _story(played: Any, paths: dict[str, Path], no_picture: str) -> str:
    from views.judgements import text
    from workbench.visible import line

    report = played.handed_in.report
    lines = []
    for item in report.findings:
        found = item.finding
        lines += [f"Finding {item.rank}: {line(found.title)}", f"  {line(found.behaviour)}"]
        for name, rate in item.strength.rates:
            if rate is not None:
                lines.append(f"  {name:<10}  {rate.hits} of {rate.trials} answers ({rate.low:.0%}–{rate.high:.0%})")
    if not lines:
        lines = [f"No finding. {line(report.conclusion.summary)}"]
    state = report.log
    lines += ["", "The judge opened the sealed truth:", *(f"  {line}" for line in text(played.verdict).splitlines())]
    lines += ["", f"{state.size} records, witnessed to {state.witnessed}. Look at:"]
    about = {
        "report_html": "the report, in a browser", "desktop_png": "the auditor's window on this session",
        "verdict_html": "the judge's verdict, in a browser", "verdict_json": "the same as data",
        "report_json": "the report as data",
        "session": "the session with its DuckDB log: workbench log PATH",
        "auditlog": "what the judge got: workbench verify PATH", "case": "the sealed case: workbench open PATH",
    }  # fmt: skip
    lines += [f"  {paths[name]}  {told}" for name, told in about.items() if paths[name].exists()]
    return "\n".join([*lines, no_picture] if no_picture else lines)
