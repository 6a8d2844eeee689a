"""The options for an engine come from its declaration, and give it back whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from backends.settings import EngineSettings, declared
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from views import options
from workbench.door.session import Session


@click.command()
@options.engine_options
@click.pass_obj
def command(heard: list[EngineSettings], /, **given: Any) -> None:
    heard.append(options.engine_settings(given))
    assert given == {}


def settings(*arguments: str) -> EngineSettings:
    heard: list[EngineSettings] = []
    told = CliRunner().invoke(command, arguments, obj=heard)
    assert told.exit_code == 0, told.output
    return heard[0]


def test_without_options_the_settings_are_the_declared_ones() -> None:
    assert settings() == EngineSettings()


def test_every_setting_can_be_given() -> None:
    given = ("--backend", "llama", "--device", "cuda:1", "--dtype", "q8_0", "--threads", "512",
             "--memory-limit", "64MiB", "--hang-limit", "1.5")  # fmt: skip
    assert len(given) == 2 * len(declared())
    assert settings(*given) == EngineSettings(
        backend="llama", device="cuda:1", dtype="q8_0", threads=512, memory_limit=2**26, hang_limit=1.5
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [("--backend", "toy"), ("--dtype", "int8"), ("--threads", "0"), ("--threads", "513"), ("--memory-limit", "63MiB"),
     ("--hang-limit", "0.9"), ("--hang-limit", "inf")],
)  # fmt: skip
def test_what_lies_beyond_the_declared_bounds_is_refused(option: str, value: str) -> None:
    told = CliRunner().invoke(command, [option, value], obj=[])
    assert told.exit_code == 2 and option in told.output


def test_help_says_what_each_does_and_what_it_is_by_default() -> None:
    said = " ".join(CliRunner().invoke(command, ["--help"], terminal_width=200).output.split())
    for name, setting in declared().items():
        default = getattr(EngineSettings(), name)
        assert f"--{name.replace('_', '-')}" in said and setting.help in said
        assert f"[default: {setting.unset if default is None else default}" in said


@pytest.mark.parametrize("name", ["/", "x" * 256, "ä" * 128, f"{'y' * 300}/one", "../" * 60])
def test_a_place_that_can_have_no_file_beside_it_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as raised:
        options.FILE.convert(name, None, None)
    assert raised.value.code == "input.invalid"


def test_a_place_without_a_name_of_its_own_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert options.FILE.convert(".", None, None) == tmp_path.resolve()
    assert options.FILE.convert("..", None, None) == tmp_path.parent.resolve()
    for name in ("x" * 255, "-", "\x1b[31m\n.case"):
        assert options.FILE.convert(name, None, None) == Path(name)


def test_of_several_keys_the_one_that_is_needed_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.places.keys", lambda: tmp_path)
    monkeypatch.delenv("WORKBENCH_PASSPHRASE", raising=False)
    ada, eve, dan = (Identity.generate(name) for name in ("ada", "eve", "dan"))
    for identity in (ada, eve):
        identity.save(tmp_path / f"{identity.name}.key", None)
        identity.public.save(tmp_path / f"{identity.name}.pub")
    assert options.load_key(None, lambda: eve.public).public == eve.public
    assert options.load_key("ada", lambda: eve.public).public == ada.public, "what is named counts"
    for whose in (lambda: dan.public, options.nobody):
        with pytest.raises(Refusal, match="not clear which key"):
            options.load_key(None, whose)


def test_a_session_is_its_auditors_and_a_case_its_judges(
    session: Session, auditor: Identity, judge: Identity, tmp_path: Path
) -> None:
    session.close()
    assert options.auditor_of(session.folder)() == auditor.public
    assert options.judge_of(session.case.root)() == judge.public
    assert options.auditor_of(tmp_path / "none yet")() is None
