"""The command line: every command documented, every refusal told in the same words, JSON everywhere."""

from __future__ import annotations

import importlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from casefiles.case.bundle import Case
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.status import Refusal
from tests.backends.tiny import save_model, save_tokenizer
from tests.conftest import MakeCase
from tests.quick import QUICK_OPTIONS
from views import cli, console
from workbench.auditors import AUDITORS
from workbench.contract.rules import Affordance, Rules
from workbench.door.session import Session
from workbench.instruments import table
from workbench.plans import PLANS

ROOT = Path(__file__).parent.parent.parent


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield (*path, name), command
            if isinstance(command, click.Group):
                yield from commands(command, (*path, name))


ALL = dict(commands(cli.workbench))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_says_what_it_does_and_can_speak_json(path: tuple[str, ...]) -> None:
    command = ALL[path]
    assert command.help
    if not isinstance(command, click.Group):
        assert "--json" in [flag for parameter in command.params for flag in parameter.opts]


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_list_of_commands_tells_what_the_command_itself_tells(name: str) -> None:
    module, told = cli.COMMANDS[name]
    help_ = importlib.import_module(module).command.help
    assert help_.splitlines()[0] == told


def test_the_readme_names_every_command_probe_plan_and_auditor() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, (_, told) in cli.COMMANDS.items():
        assert f"| `workbench {name}` | {told} |" in readme
    assert f"\n{table()}\n" in readme, "python -m workbench.instruments prints it"
    for kind in (*PLANS, *AUDITORS):
        assert f"| `{kind.kind}` | {(kind.__doc__ or '').splitlines()[0]} |" in readme


class Shell:
    """Runs commands as a person would, with a folder of keys of its own."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr("workbench.places.keys", lambda: home / "keys")
        monkeypatch.setattr("workbench.places.crashes", lambda: home / "crashes")
        self._capsys = capsys

    def __call__(self, *arguments: object, code: int = 0) -> str:
        return "".join(self._run(*arguments, code=code))

    def json(self, *arguments: object, code: int = 0) -> Any:
        """What it answers as JSON; remarks for people are told beside it."""
        return json.loads(self._run(*arguments, "--json", code=code)[0])

    def _run(self, *arguments: object, code: int) -> tuple[str, str]:
        self._capsys.readouterr()
        try:
            cli.main([str(argument) for argument in arguments])
            ended = 0
        except SystemExit as exit_:
            ended = int(exit_.code or 0)
        out, err = self._capsys.readouterr()
        assert ended == code, out + err
        return out, err

    def refused(self, *arguments: object) -> str:
        """The code of the refusal, which must be told in full."""
        told = self.json(*arguments, code=1)["refusal"]
        assert all(told[part] for part in ("what", "why", "try_this"))
        return str(told["code"])


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


def test_keys_are_encrypted_unless_one_says_otherwise(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.refused("keys", "new", "ada") == "key.passphrase"
    monkeypatch.setenv("WORKBENCH_PASSPHRASE", "correct horse")
    made = json.loads(shell("keys", "new", "ada", "--json"))
    assert (tmp_path / "keys" / "ada.key").read_bytes().startswith(b"age-encryption.org")
    assert f"{made['fingerprint']}  “ada”  {made['public']}" in shell("keys", "list"), "with the file to give to others"
    shell("keys", "new", "eve", "--no-passphrase")
    assert Identity.load(tmp_path / "keys" / "eve.key").name == "eve"


def test_what_a_killed_command_left_is_swept_up_by_the_next_one(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    others = {"somebody-elses", "workbench-engine-notes", ".novel.unfinished"}
    for name in ("audit-workbench-engine-dead", ".audit-workbench-log.dead.audit-workbench-unfinished", *others):
        (place / name).mkdir(parents=True)
        (place / name / "words").touch()
        os.utime(place / name, (0, 0))
    monkeypatch.setattr("tempfile.tempdir", str(place))
    shell("keys", "list")
    assert {path.name for path in place.iterdir()} == others
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "there-is-none"))
    shell("keys", "list")


def test_a_key_is_never_overwritten(shell: Shell, tmp_path: Path) -> None:
    shell("keys", "new", "ada", "--no-passphrase")
    before = (tmp_path / "keys" / "ada.key").read_bytes()
    assert shell.refused("keys", "new", "ada", "--no-passphrase") == "input.invalid"
    assert (tmp_path / "keys" / "ada.key").read_bytes() == before


def test_of_two_keys_of_one_name_at_once_the_one_that_is_refused_leaves_nothing(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sealed to a public key is for whoever has the private one beside it."""
    asked, durable, refused = ("keys", "new", "ada", "--no-passphrase"), os.fsync, []

    def second_comes(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", durable)
        refused.append(shell.refused(*asked))
        durable(handle)

    monkeypatch.setattr(os, "fsync", second_comes)
    told = shell.json(*asked)["fingerprint"]
    private, public = (tmp_path / "keys" / f"ada.{part}" for part in ("key", "pub"))
    assert refused == ["input.invalid"]
    assert told == Identity.load(private).public.fingerprint == PublicIdentity.load(public).fingerprint
    assert sorted(path.name for path in private.parent.iterdir()) == ["ada.key", "ada.pub"]


def test_a_key_whose_maker_was_killed_before_its_public_part_was_written_gets_that(
    shell: Shell, tmp_path: Path
) -> None:
    said = json.loads(shell("keys", "new", "ada", "--no-passphrase", "--folder", tmp_path, "--json"))
    public = Path(said["public"])
    kept = public.read_bytes()
    public.unlink()
    shell("keys", "new", "ada", "--no-passphrase", "--folder", tmp_path)
    assert public.read_bytes() == kept
    Path(said["private"]).unlink()  # the public part alone may be all that others know somebody by
    assert shell.refused("keys", "new", "ada", "--no-passphrase", "--folder", tmp_path) == "input.invalid"
    assert [path.name for path in tmp_path.glob("ada*")] == ["ada.pub"]


def test_a_public_key_is_written_anew_by_its_owner(shell: Shell, tmp_path: Path) -> None:
    for name in ("ada", "eve"):
        shell("keys", "new", name, "--no-passphrase")
    ada, eve = tmp_path / "keys" / "ada.pub", tmp_path / "keys" / "eve.pub"
    whole, said = ada.read_bytes(), json.loads(ada.read_bytes())
    del said["signature"]
    ada.write_text(json.dumps(said))
    assert not shell.json("keys", "show", ada)["signed"] and "not signed" in shell("keys", "show", ada)
    assert shell("keys", "list").count("not signed") == 1
    assert shell.json("keys", "public", "ada") == {
        "name": "ada", "fingerprint": Identity.load(ada.with_suffix(".key")).public.fingerprint, "key": said["verify"],
        "signed": True, "public": str(ada),
    }  # fmt: skip
    assert ada.read_bytes() == whole and "not signed" not in shell("keys", "list")
    shell("keys", "public", ada.with_suffix(".key"), "--out", tmp_path / "again.pub")
    assert (tmp_path / "again.pub").read_bytes() == whole
    assert shell.refused("keys", "public", "ada", "--out", eve) == "input.invalid"
    said["recipient"] = json.loads(eve.read_bytes())["recipient"]
    ada.write_text(json.dumps(said | {"signature": json.loads(whole)["signature"]}))
    assert shell.refused("keys", "show", ada) == "key.altered"


def test_a_public_key_that_is_not_signed_verifies_and_is_not_sealed_to(
    shell: Shell, case: Case, judge: Identity, tmp_path: Path
) -> None:
    shell("keys", "new", "ada", "--no-passphrase")
    replace(judge.public, signature=None).save(tmp_path / "judy.pub")
    assert shell.json("verify", case.root, "--trust", tmp_path / "judy.pub", "--judge", tmp_path / "judy.pub")["ok"]
    for part in ("weights", "tokenizer"):
        shutil.copytree(case.root / part, tmp_path / "source" / part)
    shutil.copyfile(case.root / "spec.md", tmp_path / "source" / "spec.md")
    (tmp_path / "rules.json").write_text(json.dumps(case.manifest.rules))
    asked = ("seal", tmp_path / "source", tmp_path / "a.case", "--title", "A", "--rules", tmp_path / "rules.json")
    assert shell.refused(*asked, "--no-truth", "--judge", tmp_path / "judy.pub") == "key.unsigned"
    assert not (tmp_path / "a.case").exists()


def test_bad_input_is_refused_with_its_code(shell: Shell, case: Case, tmp_path: Path) -> None:
    shell("keys", "new", "ada", "--no-passphrase")
    assert shell.refused("open", tmp_path / "nothing.case") == "case.not-a-case"
    assert shell.refused("probe", case.root, "telepathy") == "input.unknown-probe"
    assert shell.refused("probe", case.root, "sample", "--prompt", "", "--session", tmp_path / "s") == "input.invalid"
    asked = ("probe", case.root, "sample", "--prompt", "Hi", "--session", tmp_path / "s")
    assert shell.refused(*asked, "--temperature", "-1") == "input.invalid"
    assert shell.refused(*asked, "--key", "nobody") == "input.missing"
    assert shell.refused("log", tmp_path) == "session.not-a-session"
    (case.root / "spec.md").write_text("# Anything goes\n")
    assert shell.refused("open", case.root) == "case.file-changed"
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    "limit",
    [("--memory-limit", "1KB"), ("--memory-limit", "99999999TB"), ("--hang-limit", "nan"), ("--threads", "100000")],
    ids=" ".join,
)
def test_a_limit_out_of_range_is_refused_before_anything_is_started(
    shell: Shell, case: Case, tmp_path: Path, limit: tuple[str, str]
) -> None:
    shell("keys", "new", "ada", "--no-passphrase")
    asked = ("probe", case.root, "sample", "--prompt", "Hi", "--session", tmp_path / "s", *limit)
    refused = json.loads(shell(*asked, "--json", code=2))["refusal"]
    assert refused["code"] == "input.invalid" and limit[0] in refused["what"] and "--help" in refused["try_this"]
    assert not (tmp_path / "s").exists()


def test_help_on_a_probe_is_found_wherever_it_is_looked_for(shell: Shell, case: Case) -> None:
    assert "logit-lens" in shell("probe", case.root, "--help")
    for asked in (("probe", case.root, "sample", "--help"), ("probe", "sample", "--help"), ("probe", "sample", "-h")):
        assert "--temperature" in shell(*asked)
    assert "NAME.case sample" in shell("probe", "sample", "--prompt", "Hi", code=1)


def test_the_schemas_of_what_a_case_allows_are_printed_wherever_they_are_asked_for(
    shell: Shell, make_case: MakeCase
) -> None:
    narrow = make_case("narrow", Rules(affordances=frozenset({Affordance.SAMPLE})))
    for asked in (("probe", narrow.root, "--schema"), ("probe", "--schema", narrow.root)):
        (tool,) = json.loads(shell(*asked))
        assert tool["name"] == "sample"
        assert tool["parameters"]["properties"]["samples"]["maximum"] == 512
    assert [tool["name"] for tool in json.loads(shell("plan", narrow.root, "--schema"))] == [p.kind for p in PLANS]


def test_a_session_that_was_not_exported_is_not_blamed_on_its_auditor(shell: Shell, session: Session) -> None:
    session.close()
    assert "workbench export" in shell("replay", session.folder, session.case.root, code=1)


def test_a_model_that_cannot_be_loaded_is_refused_and_the_refusal_is_in_the_log(
    shell: Shell, case: Case, tmp_path: Path
) -> None:
    shell("keys", "new", "ada", "--no-passphrase")
    folder = tmp_path / "s"
    code = shell.refused("probe", case.root, "sample", "--prompt", "Hi", "--session", folder, *QUICK_OPTIONS)
    assert code == "model.unreadable"
    kinds = [entry["kind"] for entry in json.loads(shell("log", folder, "--json"))]
    assert kinds == ["genesis", "refusal"]
    asked = ("probe", case.root, "sample", "--prompt", "Hi", "--session", folder, *QUICK_OPTIONS)
    assert "#3  refused" in shell(*asked, code=1)
    assert json.loads(shell(*asked, "--json", code=1))["record"] == 5


def test_a_defect_leaves_a_crash_file_and_a_plain_word(
    shell: Shell, tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casefiles.case.bundle.open_case", lambda *_, **__: 1 // 0)
    assert shell.refused("open", case.root) == "internal"
    (crash,) = (tmp_path / "crashes").iterdir()
    assert "ZeroDivisionError" in crash.read_text()


def test_a_folder_that_is_gone_is_no_defect(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is called in it is refused for that, one that needs no folder is not, and a defect stays one."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    shell("keys", "new", "judy", "--no-passphrase")
    (tmp_path / "gone").rmdir()
    told = shell.json("judge", "list", "--key", "judy", code=1)["refusal"]
    assert (told["code"], told["what"]) == ("input.missing", "This folder is gone.")
    shell("keys", "list")
    assert not (tmp_path / "crashes").exists()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("casefiles.case.bundle.open_case", lambda *_, **__: (tmp_path / "nowhere").stat())
    assert shell.refused("open", tmp_path) == "internal"


def test_a_corpus_that_holds_no_text_is_refused(shell: Shell, case: Case, tmp_path: Path) -> None:
    shell("keys", "new", "ada", "--no-passphrase")
    screen = ("screen", case.root, "--session", tmp_path / "s", "--corpus")
    (tmp_path / "empty").touch()
    (tmp_path / "{x}.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "none").mkdir()
    for name in ("empty", "{x}.txt", "none", "nowhere"):
        assert shell.refused(*screen, tmp_path / name) == "input.invalid"
    assert not (tmp_path / "s").exists() and not (tmp_path / "crashes").exists()


def test_names_that_no_file_can_have_are_refused(shell: Shell, case: Case, tmp_path: Path) -> None:
    long, deep = "k" * 100_000, "k/" * 5_000 + "k"
    assert shell.refused("screen", case.root, "--key", long) == "input.invalid"
    assert shell.refused("keys", "new", long, "--no-passphrase") == "input.invalid"
    assert shell.refused("screen", case.root, "--key", deep) == "io.failed"
    assert shell.refused("show", deep) == "io.failed"
    assert not (tmp_path / "crashes").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
@pytest.mark.parametrize(("asked", "code"), [("--version", "io.disk-full"), ("show /nowhere --json", "input.missing")])
def test_what_standard_output_does_not_take_is_told_on_the_other_one(asked: str, code: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "views.cli", *asked.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == console.REFUSED
    assert done.stderr.endswith(f"[{code}]\n") and len(done.stderr.splitlines()) == 3


def test_memory_that_runs_out_is_no_defect(
    shell: Shell, tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("casefiles.case.bundle.open_case", greedy)
    assert shell.refused("open", case.root) == "io.memory"
    assert not (tmp_path / "crashes").exists()


def test_what_a_terminal_has_no_letters_for_is_escaped_and_ends_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*arguments: str) -> tuple[str, str]:
        written = [io.BytesIO(), io.BytesIO()]
        for name, to in zip(("stdout", "stderr"), written, strict=True):
            monkeypatch.setattr(f"sys.{name}", io.TextIOWrapper(to, encoding="latin-1", write_through=True))
        with pytest.raises(SystemExit) as ended:
            cli.main(["show", "/nowhere/é 世 🙂", *arguments])
        assert ended.value.code == console.REFUSED
        return written[0].getvalue().decode("latin-1"), written[1].getvalue().decode("latin-1")

    assert "é \\u4e16 \\ud83d\\ude42 could not be read" in told()[1]
    assert "é 世 🙂 could not be read." in json.loads(told("--json")[0])["refusal"]["what"]


def test_without_a_command_and_a_display_it_says_what_there_is() -> None:
    result = CliRunner().invoke(cli.workbench, [])
    assert result.exit_code == 0 and "Commands:" in result.output


def test_help_is_readable_in_a_narrow_terminal() -> None:
    result = CliRunner().invoke(cli.workbench, ["--help"], terminal_width=80)
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80


def test_an_organism_is_forged_from_a_seed_that_nobody_can_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can forge it again knows its bytes and those of a clean one; training is not what is looked at here."""
    seeds: list[int] = []

    def forge(out: Path, *, seed: int, **more: object) -> None:
        seeds.append(seed)
        raise Refusal("input.invalid", "Nothing is forged.", "Only the seed is looked at.", "")

    monkeypatch.setattr("workbench.forge.build.forge", forge)
    for name, given in (("one", []), ("two", []), ("three", ["--seed", "7"])):
        assert CliRunner().invoke(cli.workbench, ["forge", str(tmp_path / name), *given]).exit_code != 0
    assert seeds[2] == 7
    assert seeds[0] != seeds[1]
    assert min(seeds[:2]) > 2**32


def test_a_model_that_cannot_be_attacked_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    model = save_tokenizer(save_model(tmp_path / "model", "llama"), template=None)
    result = CliRunner().invoke(cli.workbench, ["forge", str(tmp_path / "out"), "--base", str(model)])
    assert isinstance(result.exception, Refusal)
    assert "no chat template" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_long_work_tells_a_log_that_is_no_terminal_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while nothing is heard of it, as when a large model loads."""
    told = threading.Event()

    def say(text: str, *, err: bool) -> None:
        assert err
        if text == "Measuring · loading the organism  25% after 0 s":
            told.set()

    monkeypatch.setattr(console, "say", say)
    monkeypatch.setattr(console, "monotonic", lambda: 0.0)
    monkeypatch.setattr(console, "FIRST_LINE_S", 0.0)
    with console.bar("Measuring") as at:
        at(0.25, "loading the organism")
        assert told.wait(60)


def test_a_log_fills_the_more_slowly_the_longer_something_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(console, "monotonic", lambda: now[0])
    plain = console.PlainProgress("Measuring")
    assert plain.pause() == 10
    now[0] += 3600
    assert plain.pause() == 360
    plain.at(0.5, "x\x1b]0;y\x07")
    assert plain.line() == "Measuring · x⟨U+001B⟩]0;y⟨U+0007⟩  50% after 3,600 s"
