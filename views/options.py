"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import click
from click.core import ParameterSource

from backends.settings import EngineSettings, Setting, declared
from casefiles.status import STATUS, Refusal
from views import console
from views.console import Command
from views.scanning import code_in
from views.sizes import MemorySize, Seconds
from workbench import places
from workbench.visible import line, quoted

Stated = TypeVar("Stated")

PASSPHRASE = "WORKBENCH_PASSPHRASE"

LONGEST: Final = 255
"""Bytes that the name of a file may have."""


class FilePath(click.Path):
    """A place that somebody names: one that has a name, so that files can be put beside it."""

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=Path, allow_dash=allow_dash)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = nameable(Path(os.fsdecode(super().convert(value, param, ctx))))
        path = path if path.name not in ("", "..") else path.absolute().resolve()
        if not path.name:
            raise _no_file(path, "It is a disk and no file.")
        return path


def nameable(path: Path) -> Path:
    """A path. Raises Refusal where a part of it is longer than the name of a file can be."""
    if any(len(os.fsencode(part)) > LONGEST for part in path.parts):
        raise _no_file(path, f"The name of a file has at most {LONGEST} bytes.")
    return path


def _no_file(path: Path, why: str) -> Refusal:
    return Refusal("input.invalid", f"{line(str(path)[:80])} cannot be a file's name.", why, "Check the path.")


FILE = FilePath()


def key_option(role: str) -> Callable[[Command], Command]:
    """`--key`: a key file, or the name of a key made with `keys new`; by default the only one there is."""
    help_ = f"The {role}'s key: a file, or the name it was made under. Default: the only one."
    return click.option("--key", "key", help=help_)


RECORDED = ("backend", "dtype")
"""Settings that a record names: where nothing is chosen, it is replayed as it was made."""


def engine_options(command: Command) -> Command:
    """An option for each setting of an engine: `--backend`, `--device`, `--dtype`, …"""
    defaults = EngineSettings()
    for name, setting in reversed(declared().items()):
        command = _engine_option(name, setting, getattr(defaults, name), setting.unset)(command)
    return command


def replay_options(command: Command) -> Command:
    """The same, for engines that replay what was recorded on one, and the models that an auditor brought."""
    help_ = "A model that the auditor brought: a folder with weights/ and tokenizer/. Repeatable."
    command = click.option("--subject", "subjects", type=FILE, multiple=True, help=help_)(command)
    defaults = EngineSettings()
    for name, setting in reversed(declared().items()):
        recorded = name in RECORDED
        default, unset = (None, "as recorded") if recorded else (getattr(defaults, name), setting.unset)
        command = _engine_option(name, setting, default, unset)(command)
    return command


def _engine_option(name: str, setting: Setting, default: Any, unset: str) -> Callable[[Command], Command]:
    unset = f"  [default: {unset}]" if default is None else ""
    return click.option(
        f"--{name.replace('_', '-')}",
        type=_engine_type(setting),
        default=default,
        show_default=default is not None,
        help=f"{setting.help}{unset}",
    )


def _engine_type(setting: Setting) -> click.ParamType[Any]:
    most = None if setting.most == math.inf else int(setting.most)
    if setting.choices:
        return click.STRING if setting.others else click.Choice(setting.every_choice)
    match setting.unit:
        case "bytes":
            return MemorySize(int(setting.least), most)
        case "seconds":
            return Seconds(setting.least, most)
        case "":
            return click.IntRange(int(setting.least), most)


def engine_settings(given: dict[str, Any]) -> EngineSettings:
    """Take the options of `engine_options` out of a command's."""
    return EngineSettings(**{name: given.pop(name) for name in declared()})


def suited(settings: EngineSettings, *weights: Path) -> EngineSettings:
    """The settings on an engine that reads the weights, where nobody chose one."""
    from workbench.door.opener import read_by

    return settings if engine_chosen() else read_by(settings, *weights)


def engine_chosen() -> bool:
    """Whether somebody named the engine."""
    context = click.get_current_context(silent=True)
    source = context.get_parameter_source("backend") if context is not None else None
    return source not in (None, ParameterSource.DEFAULT)


def recorded_engines(given: dict[str, Any], case: Any) -> Any:
    """Take the options of `replay_options` out of a command's: engines that open the case as its records say."""
    from workbench.contract.subject import brought
    from workbench.door.brought import folder_of
    from workbench.door.opener import Opener
    from workbench.door.subjects import files_of
    from workbench.judge.replays.engines import RecordedEngines

    told = {name: given.pop(name) for name in declared()}
    chosen = [name for name in RECORDED if told[name] is not None]
    settings = EngineSettings(**{name: value for name, value in told.items() if name not in RECORDED or name in chosen})
    settings = suited(settings, case.path("weights"))
    handed = {brought(files.digest): files for path in given.pop("subjects") for files in (folder_of(path),)}
    return RecordedEngines(Opener.of(case, settings), chosen, lambda on: handed.get(on) or files_of(case, on))


def judging_options(command: Command) -> Command:
    """The same with `--baseline`: all it takes to put a handed-in log to the model."""
    help_ = "A model without the implant, a folder or a .gguf, to hold findings against. Default: the case's own."
    return click.option("--baseline", type=FILE, help=help_)(replay_options(command))


def judging_engines(given: dict[str, Any], case: Any, baseline: Path | None) -> tuple[Any, Any]:
    """Take the options of `replay_options` out of a command's: engines that open the case as its records say, and what
    opens its baseline, if there is one."""
    from workbench.contract.subject import BASELINE
    from workbench.door.brought import files_at
    from workbench.door.subjects import files_of

    engines, own = recorded_engines(given, case), files_of(case, BASELINE)
    check_baseline(own, baseline)
    base = files_at(baseline) if baseline is not None else own
    return engines, engines.beside(base) if base is not None else None


def check_baseline(own: Any, given: Path | None) -> None:
    """Raises Refusal if a case brings a baseline and another is named: every judge holds findings against that one."""
    if own is not None and given is not None:
        raise Refusal(
            "input.invalid", "The case brings a baseline of its own.",
            "What findings are held against would be another model for every judge.", "Leave --baseline out.",
        )  # fmt: skip


def session_options(command: Command) -> Command:
    """`--session`, `--ticket`, `--key` and the engine: all it takes to start or reopen a session."""
    for option in (
        click.option("--restrict", type=FILE, help="Rules narrower than the case's, as JSON, for a new session."),
        click.option("--ticket", type=FILE, help="The judge's session ticket, for a new session."),
        click.option("--session", "folder", type=FILE, help="Session folder; made if it does not exist."),
        key_option("auditor"),
    ):
        command = option(command)
    return engine_options(command)


def rollout_options(command: Command) -> Command:
    """`--samples`, `--temperature`, `--max-tokens` and `--seed`: how answers are drawn to measure a behaviour."""
    for option in (
        click.option(
            "--seed",
            type=click.IntRange(0, 2**53 - 1),
            help="Draws the same answers again; none: one that nobody can know before.",
        ),
        click.option(
            "--max-tokens",
            type=click.IntRange(1, 4096),
            help="Longest answer. Default: as in the truth; in a chat 64 at least.",
        ),
        click.option("--temperature", type=click.FloatRange(0, 10), help="Default: as in the truth, or 0.8."),
        click.option(
            "--samples",
            type=click.IntRange(1, 512),
            default=1,
            show_default=True,
            help="Answers to each prompt; more where that makes fewer than 50 in all.",
        ),
    ):
        command = option(command)
    return command


def effort(given: dict[str, Any]) -> Any:
    """Take the options of `rollout_options` out of a command's."""
    from workbench.judge.retests.measuring import RolloutChoice

    return RolloutChoice(**{name: given.pop(name) for name in ("samples", "temperature", "max_tokens", "seed")})


def actor_option(command: Command) -> Command:
    """`--actor`: who does it, as an `Actor` or None for the person whose key it is."""
    help_ = "Who does it: NAME, agent:NAME or agent-checked:NAME. Default: the person whose key it is."
    return click.option("--actor", callback=_actor, help=help_)(command)


def _actor(context: click.Context, parameter: click.Parameter, text: str | None) -> Any:
    from workbench.contract.actor import Actor

    if text is None:
        return None
    try:
        return Actor.parse(text)
    except ValueError:
        raise Refusal(
            "input.invalid", f"{quoted(text)} names nobody.", "An actor has a name of 1 to 200 characters.",
            "Write --actor Ada, --actor agent:NAME or --actor agent-checked:NAME.",
        ) from None  # fmt: skip


Whose = Callable[[], Any]
"""Whose key a command needs, as a public identity: a session's auditor, a case's judge."""


def nobody() -> None:
    """Anybody's key will do."""


def auditor_of(folder: Path) -> Whose:
    """Whose a session is, if there is one."""
    from workbench.log.records import Genesis
    from workbench.log.snapshot import reading
    from workbench.log.stored_log import StoredLog

    def found() -> Any:
        if not folder.exists():
            return None
        with reading(folder / StoredLog.FILE) as log:
            return log.entry(0).read(Genesis).auditor.identity

    return found


def judge_of(case: Path) -> Whose:
    return lambda: open_case(case).manifest.judge


def load_key(key: str | None, whose: Whose = nobody) -> Any:
    """The identity a `--key` names, or of one's own keys the one that is needed; asks for its passphrase if it has
    one."""
    from casefiles.keys.identity import Identity

    path = key_path(key, whose)
    try:
        return Identity.load(path, os.environ.get(PASSPHRASE))
    except Refusal as refusal:
        if refusal.code != "key.passphrase" or PASSPHRASE in os.environ:
            raise
        if not os.isatty(0):
            raise Refusal(
                refusal.code, refusal.what, refusal.why, f"Set {PASSPHRASE}, or run this on a terminal."
            ) from refusal
    return Identity.load(path, click.prompt(f"Passphrase of {line(path.name)}", hide_input=True, err=True))


def key_path(key: str | None, whose: Whose = nobody) -> Path:
    """Where the private key that `--key` names lies, or of one's own keys the one that is needed."""
    if key is not None:
        path = nameable(Path(key))
        return path if path.exists() or path.suffix == ".key" else places.keys() / f"{key}.key"
    found = sorted(places.keys().glob("*.key"))
    if len(found) == 1:
        return found[0]
    fitting = [path for path in found if _is_of(path, wanted)] if found and (wanted := whose()) else []
    if len(fitting) == 1:
        return fitting[0]
    why = "There is none yet." if not found else f"There are {len(found)}: {', '.join(path.stem for path in found)}."
    raise Refusal(
        "key.unreadable", "It is not clear which key to use.", why,
        "Make one with `workbench keys new NAME`." if not found else "Name one with --key.",
    )  # fmt: skip


def _is_of(path: Path, wanted: Any) -> bool:
    """Whether a private key is somebody's, by the public one beside it."""
    from casefiles.keys.identity import PublicIdentity

    try:
        return bool(PublicIdentity.load(path.with_suffix(".pub")).verify == wanted.verify)
    except Refusal:
        return False


register_option = click.option("--register", type=FILE, help="The judge's memory of tickets and logs.")


def open_register(key: Any, path: Path | None) -> Any:
    """The judge's own register, which is begun when it is first needed; one that is named must be there."""
    from casefiles.custody.register import Register
    from views.registers import own_register

    if path is None:
        return own_register(key)
    if not path.is_file():
        raise Refusal(
            "input.missing", f"There is no register {path}.",
            "An empty one knows no ticket and no log, so nothing would be noticed.",
            "Check the name; a new register is begun with `workbench judge register PATH`.",
        )  # fmt: skip
    return Register(path, key.signing)


def declared_by(kind: type[Stated], **values: Any) -> Stated:
    """A document of what was given to a command. Raises Refusal if it does not allow that."""
    from pydantic import ValidationError

    try:
        return kind(**values)
    except ValidationError as error:
        raise unusable(kind.__name__.lower(), error, "Give it otherwise.") from None


def open_case(path: Path) -> Any:
    """Verify and open a case, with a progress bar."""
    from casefiles.case.bundle import open_case as open_bundle
    from views.console import bar

    with bar("Verifying the case") as at:
        return open_bundle(path, progress=lambda done, total: at(done / max(total, 1), ""))


def reopen(folder: Path, key: str | None, case: Path | None = None, actor: Any = None) -> Any:
    """A session that exists, on the case it was started on: where it lay then, unless another place is named."""
    from views.sessions import case_of, remember
    from workbench.door.opener import Opener
    from workbench.door.session import Session

    opened = open_case(case or case_of(folder))
    settings = suited(EngineSettings(), opened.path("weights"))
    session = Session.reopen(
        opened, folder, load_key(key, auditor_of(folder)), Opener.of(opened, settings), actor=actor
    )
    remember(folder, opened)
    return session


def unusable(what: str, error: Any, try_this: str) -> Refusal:
    """What is said of options that a document does not allow; `error` is pydantic's."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    which = f"{what}'s {where}" if where else what
    return Refusal("input.invalid", f"The {which} cannot be used.", f"{first['msg']}.", try_this)


@contextmanager
def session_log(folder: Path) -> Iterator[tuple[Any, Any]]:
    """A session's log and custody, read without its key or its case."""
    from workbench.log.custody import Custody
    from workbench.log.records import Genesis
    from workbench.log.snapshot import reading
    from workbench.log.stored_log import StoredLog

    with reading(folder / StoredLog.FILE) as log:
        judge = log.entry(0).read(Genesis).judge
        if judge is None:
            raise Refusal(
                "log.genesis", f"{folder.name} does not say who its judge is.", "Its first record names none.",
                "Ask for receipts in a session begun with this workbench.",
            )  # fmt: skip
        yield log, Custody(folder, log, judge.identity)


def code_of(words: Sequence[str]) -> str:
    """A code that was typed in one word or several, stands in a file as text or as a picture, or comes by standard
    input (`-`)."""
    if words == ("-",):
        return sys.stdin.read()
    if len(words) == 1 and len(words[0]) < 256 and Path(words[0]).is_file():
        return code_in(Path(words[0]))
    return "\n".join(words)


@dataclass(frozen=True)
class SessionOptions:
    """What `session_options` gave: which session to open, as whom, and on which engine."""

    folder: Path | None
    key: str | None
    ticket: Path | None
    restriction: Path | None
    """A file with narrower rules."""
    engine: EngineSettings

    @classmethod
    def take(cls, given: dict[str, Any]) -> Self:
        """Take these options out of a command's."""
        folder, key, ticket, restriction = (given.pop(name) for name in ("folder", "key", "ticket", "restrict"))
        return cls(folder, key, ticket, restriction, engine_settings(given))

    def session(self, case: Any) -> Any:
        """Start the session, or reopen it if the folder is there."""
        from casefiles.files.disk import read_small
        from views.sessions import begun
        from workbench.door.opener import Opener

        folder = self.folder or places.sessions() / f"{case.manifest.case_id}.session"
        identity, restriction = load_key(self.key, auditor_of(folder)), self._restriction()
        opener = Opener.of(case, suited(self.engine, case.path("weights")))
        ticket = read_small(self.ticket, 1 << 20) if self.ticket else None
        new = not folder.exists()
        session = begun(case, folder, identity, opener, ticket=ticket, restriction=restriction)
        if new and ticket is None:
            console.remark(STATUS["ticket.none"], "ticket.none")
        return session

    def _restriction(self) -> Any:
        from workbench.making import written

        return written.rules(self.restriction) if self.restriction is not None else None
