"""The command line: `workbench`. Commands are loaded when they are used, so that help stays fast."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from casefiles.files import unfinished
from casefiles.status import STATUS, Refusal
from views import console
from workbench.version import VERSION
from workbench.visible import line
from workbench.whole_text import refuse_halves

COMMANDS = {
    # name: (module, one-line help; the command's own docstring begins with it)
    "demo": ("views.commands.demo", "Play the whole game on the demo case."),
    "launcher": ("views.commands.launcher", "Put the first window into the applications menu of a Linux desktop."),
    "open": ("views.commands.open", "Open a case in the desktop."),
    "probe": ("views.commands.probe", "Put one question to a case's model and record it."),
    "subject": ("views.commands.subject", "List who can be asked on a case, or bring a model of one's own."),
    "plan": ("views.commands.plan", "Ask a case's model many questions by a plan."),
    "screen": ("views.commands.screen", "Look at a case with every instrument, and rank what is odd on one page."),
    "audit": ("views.commands.audit", "Have an automated auditor audit a case, through the same door as everybody."),
    "tune": ("views.commands.tune", "Learn by heart what the models of some sessions answered to plain questions."),
    "log": ("views.commands.log", "Show the records of a session or an exported log."),
    "coverage": ("views.commands.coverage", "Show which clauses of the specification were looked into, and by what."),
    "finding": ("views.commands.finding", "Write, list or withdraw findings."),
    "record": ("views.commands.record", "Leave a note, a tag, a hypothesis or a file's digest in a session's log."),
    "export": ("views.commands.export", "Export a session's log and report for the judge."),
    "report": ("views.commands.report", "Draw the page of a handed-in report anew from its log."),
    "custody": ("views.commands.custody", "Have a session's log countersigned across the air gap."),
    "verify": ("views.commands.verify", "Verify a case, a log, a report or a verdict."),
    "compare": ("views.commands.compare", "Compare many exported logs: what came of them, and what it took."),
    "sweep": (
        "views.commands.sweep",
        "Run many audits by one plan, judge them, and say which affordances make auditors better.",
    ),
    "show": (
        "views.commands.show",
        "Explain a signed file: a case, a log, a ticket, a receipt, a report, a verdict, an adjudication, an addendum.",
    ),
    "replay": ("views.commands.replay", "Run a recorded log again and compare."),
    "judge": ("views.commands.judge", "Accept cases, issue tickets, witness logs, give verdicts."),
    "forge": ("views.commands.forge", "Make a model organism from seeds."),
    "measure": ("views.commands.measure", "Measure on any weights what a ground truth says of them."),
    "case": ("views.commands.case", "Make a case of a model on disk, or examples of the files that it takes."),
    "seal": ("views.commands.seal", "Seal a model and its ground truth, if there is one, as a case."),
    "keys": ("views.commands.keys", "Make and show keys."),
}


_FULL: Final = {errno.ENOSPC, getattr(errno, "EDQUOT", None)}
_OF_THE_MACHINE: Final = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, *_FULL}
"""What the operating system says of a place that cannot be written or cannot be: no defect of a program."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(VERSION, prog_name="workbench")
@click.pass_context
def workbench(context: click.Context) -> None:
    """Audit Workbench: open a sealed model, probe it under the rules, record everything, report what you found.

    Without a command it opens its first window, where there is a display.
    """
    _sweep()
    if context.invoked_subcommand is None:
        from views.commands.demo import no_window

        if no_window():
            console.say(context.get_help())
            return
        from views.desktop.app import start

        sys.exit(start())


def _sweep() -> None:
    """Remove what commands that were killed left in the system's place for temporary files."""
    with contextlib.suppress(OSError):  # there is no such place: whoever needs one says so
        unfinished.sweep(Path(tempfile.gettempdir()))
        if os.name != "nt":  # no engine runs there
            from backends.process import homes

            homes.sweep()


def main(arguments: list[str] | None = None) -> Any:
    """Run a command; a refusal prints what, why and what to try, and exits with 1."""
    given = sys.argv[1:] if arguments is None else arguments
    console.take_any_text()
    try:
        refuse_halves(given)
        workbench.main(given, standalone_mode=False)
    except Refusal as refusal:
        _end(refusal, given)
    except click.exceptions.Abort:
        interrupted = Refusal("interrupted", "Interrupted.", "Ctrl-C was pressed.", "What was recorded before is kept.")
        _end(interrupted, given, console.INTERRUPTED)
    except click.ClickException as error:
        if "--json" in given:
            _end(_misused(error), given, error.exit_code)
        usage = f"{context.get_usage()}\n" if (context := getattr(error, "ctx", None)) else ""
        console.say(f"{usage}Error: {line(error.format_message())}", err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except MemoryError:
        smaller = "Ask for less at once, or do it on a larger machine; what was recorded before is kept."
        _end(Refusal("io.memory", STATUS["io.memory"], "No more was to be had.", smaller), given)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            _end(_forbidden(error), given)
        if isinstance(error, FileNotFoundError) and not _in_a_folder():
            here = "The folder that this command was called in was removed or replaced since."
            _end(Refusal("input.missing", "This folder is gone.", here, "Change to a folder that is there."), given)
        import traceback

        from workbench.door.crash import write_crash_file

        where = write_crash_file(traceback.format_exc())
        defect = Refusal(
            "internal", f"A defect of this program: {error!r}.", f"The details are in {where}.",
            "Report it with that file; sessions are intact.",
        )  # fmt: skip
        _end(defect, given)


def _end(refusal: Refusal, given: Sequence[str], code: int = console.REFUSED) -> NoReturn:
    """Tell a refusal and end; where standard output takes no more, as on a full disk, on the other one."""
    try:
        console.refuse(refusal, "--json" in given)
    except OSError:
        with contextlib.suppress(OSError):
            console.refuse(refusal, False)
    console.drop_unwritten()
    sys.exit(code)


def _in_a_folder() -> bool:
    """Whether the folder that paths are told from is still there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _forbidden(error: OSError) -> Refusal:
    """What the operating system did not allow, wherever it was asked."""
    where = f" ({error.filename[:80]})" if isinstance(error.filename, str) else ""
    return Refusal(
        "io.disk-full" if error.errno in _FULL else "io.failed",
        "Something cannot be read or written here.",
        f"The operating system says: {error.strerror}{where}.",
        "Check that place, or name another; your own keys and sessions lie in your home.",
    )


def _misused(error: click.ClickException) -> Refusal:
    """What click says of options that cannot be understood, as any other refusal."""
    context = getattr(error, "ctx", None)
    usage = " ".join(context.get_usage().split()) + "." if context else "The options cannot be understood."
    path = context.command_path if context else "workbench"
    return Refusal("input.invalid", error.format_message(), usage, f"See `{path} --help`.")


if __name__ == "__main__":
    main()
