"""How commands speak: one line or JSON on standard output, progress and refusals on standard error."""

from __future__ import annotations

import codecs
import io
import json
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import click

from casefiles.status import Refusal
from workbench.visible import json_text, line, visible

Command = TypeVar("Command", bound=Callable[..., Any])

REFUSED = 1
INTERRUPTED = 130
FIRST_LINE_S = 10.0
"""Seconds of long work until a line says how far it is, where no terminal draws a bar."""


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Letters that a terminal does not have, as `\uXXXX`: JSON with them still says the same."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("audit-workbench", _escaped)


def take_any_text() -> None:
    """Have no encoding of a terminal or of what is piped in end a command: what cannot be written is escaped, and what
    cannot be read comes as halves of characters, which are refused wherever they would be recorded."""
    for stream, errors in (
        (sys.stdin, "surrogateescape"), (sys.stdout, "audit-workbench"), (sys.stderr, "audit-workbench"),
    ):  # fmt: skip
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def drop_unwritten() -> None:
    """Have what standard output did not take be written nowhere: else Python tries again at its end, and tells of
    that."""
    try:
        sys.stdout.flush()
    except OSError:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def json_option(command: Command) -> Command:
    """The `--json` that every command has."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


def say(text: str, *, err: bool = False) -> None:
    """Print a text. Everything a command prints passes here: whatever is quoted in it steers no terminal."""
    click.echo(visible(text), err=err)


def emit(value: Any, text: str, as_json: bool) -> None:
    """Print one answer, as JSON or as text for people."""
    if as_json:
        click.echo(json_text(value))
    else:
        say(text)


def typed(path: Path | str) -> str:
    """A path as it is typed on the command line, whatever spaces are in it."""
    return line(shlex.quote(str(path)))


def remark(sentence: str, code: str) -> None:
    """Say beside the answer what somebody should know who did not ask."""
    say(f"{line(sentence)}  [{code}]", err=True)


def refuse(refusal: Refusal, as_json: bool, title: str = "", *, record: int | None = None) -> None:
    """Print a refusal: what, why, what to try, and the code; under a title, and with the record it left, if it did."""
    told = {"code": refusal.code, "what": refusal.what, "why": refusal.why, "try_this": refusal.try_this}
    if as_json:
        value = {"refusal": told} | ({} if record is None else {"record": record})
        click.echo(json_text(value))
    else:
        what = f"{title}  {refusal.what}" if title else refusal.what
        say(f"{line(what)}\n  {line(refusal.why)}\n  {line(refusal.try_this)}  [{refusal.code}]", err=True)


class PlainProgress:
    """How far it is in a line now and then: soon at first, and the longer it takes the more seldom."""

    def __init__(self, title: str) -> None:
        self._title, self._done, self._note = title, 0.0, ""
        self._began = monotonic()
        self._ended = threading.Event()

    def at(self, done: float, note: str = "") -> None:
        self._done, self._note = done, note

    def line(self) -> str:
        """How it stands now."""
        what = f"{self._title} · {self._note}" if self._note else self._title
        return line(f"{what}  {self._done:.0%} after {monotonic() - self._began:,.0f} s")

    def pause(self) -> float:
        """Seconds until the next line."""
        return max(FIRST_LINE_S, (monotonic() - self._began) / 10)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say it until this ends, also while nobody says how far it is: a model takes long to load."""
        teller = threading.Thread(target=self._tell, name="progress", daemon=True)
        teller.start()
        try:
            yield
        finally:
            self._ended.set()
            teller.join()

    def _tell(self) -> None:
        while not self._ended.wait(self.pause()):
            say(self.line(), err=True)


@contextmanager
def bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on a terminal; elsewhere a plain line every some seconds, which a log can hold."""
    if not sys.stderr.isatty():
        plain = PlainProgress(title)
        with plain.told():
            yield plain.at
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=1.0)

        def at(done: float, note: str = "") -> None:
            progress.update(task, completed=done, description=line(f"{title} · {note}" if note else title))

        yield at


class ConsoleProgress:
    """The progress of a probe on the console; the first Ctrl-C stops it and keeps what there is."""

    def __init__(self, at: Callable[[float, str], None]) -> None:
        self.cancel = threading.Event()
        self._at = at

    def at(self, done: float, note: str = "") -> None:
        self._at(done, note)

    def text(self, sample: int, piece: str) -> None:
        """Streams belong to the desktop; the console prints the answer when it is recorded."""


@contextmanager
def stoppable(title: str, also: Callable[[], None]) -> Iterator[ConsoleProgress]:
    """Run a probe so that Ctrl-C becomes its Stop, and does what is asked for `also`; a second Ctrl-C ends the
    command."""
    with bar(title) as at:
        progress = ConsoleProgress(at)
        before = signal.getsignal(signal.SIGINT)

        def stop(number: int, frame: Any) -> None:
            progress.cancel.set()
            signal.signal(signal.SIGINT, before)
            also()

        signal.signal(signal.SIGINT, stop)
        try:
            yield progress
        finally:
            signal.signal(signal.SIGINT, before)
