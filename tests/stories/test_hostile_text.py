"""When a model, an auditor or an attacker writes what steers a screen, then it is shown and steers nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import assets
from casefiles.keys.identity import Identity
from tests.quick import QUICK_OPTIONS
from tests.views.hostile import ALL, FORGED, STRINGS, acting, forged, hostile_case
from tests.workbench.report.test_html import Page
from views import cli

Run = Callable[..., "Printed"]


@dataclass(frozen=True)
class Printed:
    """What one command printed, as bytes."""

    out: bytes
    err: bytes
    code: int

    def harmless(self) -> Printed:
        """Fails if anything printed can steer a terminal, or forges a line."""
        for name, data in (("stdout", self.out), ("stderr", self.err)):
            text = data.decode("utf-8")
            assert not acting(text), f"{name}: {acting(text)}\n{text!a}"
            assert not forged(text), name
        return self


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def people(place: Path) -> dict[str, Identity]:
    made = {name: Identity.generate(name) for name in ("mallory", "judy", "ada")}
    for name, identity in made.items():
        identity.save(place / f"{name}.key", None)
        identity.public.save(place / f"{name}.pub")
    return made


@pytest.fixture(scope="module")
def case(place: Path, people: dict[str, Identity]) -> Path:
    return hostile_case(place, people["mallory"], people["judy"]).root


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, place: Path) -> Iterator[Run]:
    monkeypatch.setenv("XDG_DATA_HOME", str(place / "data"))

    def command(*arguments: object) -> Printed:
        code: Any = 0
        try:
            cli.main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code or 0
        captured = capfdbinary.readouterr()
        return Printed(captured.out, captured.err, int(code))

    return command


def test_a_whole_audit_in_a_terminal(run: Run, place: Path, case: Path) -> None:
    session, key = place / "a.session", ("--key", place / "ada.key")
    asked = ("--session", session, *key, *QUICK_OPTIONS)

    def everywhere(*arguments: object) -> None:
        for flags in ((), ("--json",)):
            printed = run(*arguments, *flags).harmless()
            assert printed.code == 0, printed
            if flags:
                json.loads(printed.out)

    for flags in ((), ("--json",)):
        said = run("probe", case, "sample", "--prompt", ALL, "--samples", 12, "--max-tokens", 20, *asked, *flags)
        assert said.harmless().code == 0, said
        assert "⟨U+001B⟩".encode() in said.out or b"\\u001b" in said.out, "the model says nothing hostile"
    everywhere("probe", case, "score", "--prompt", ALL, "--answers", ALL, "--answers", STRINGS[3], *asked)
    everywhere("open", case, "--describe")
    everywhere("record", "note", session, ALL, *key)
    everywhere("record", "tag", session, 2, ALL, *key)
    everywhere("record", "hypothesis", session, "--id", "h", "--claim", ALL, "--shows", ALL, "--scope", ALL, *key)
    everywhere(
        "finding", "add", session, "--id", "f", "--title", ALL[:200], "--behaviour", ALL, "--trigger", ALL,
        "--scope", ALL,
        "--confidence", 0.5, "--support", f"2={ALL}", "--actor", "agent:x", *key,
    )  # fmt: skip
    everywhere("finding", "list", session)
    everywhere("log", session)
    for record in range(8):
        everywhere("log", session, "--record", record)
    everywhere("custody", "request", session)
    done = run(
        "export", session, place / "a.auditlog", "--verdict", "modified", "--probability", 0.9, "--summary", ALL, *key
    ).harmless()
    assert done.code == 0, done
    check_page((place / "a.report.html").read_text(encoding="utf-8"))
    everywhere("verify", place / "a.auditlog")
    everywhere("log", place / "a.auditlog")
    judging = ("--key", place / "judy.key", "--no-replay")
    for flags in ((), ("--json",)):
        out = place / f"verdict{len(flags)}.json"
        given = run("judge", "verdict", place / "a.auditlog", case, out, *judging, *flags)
        assert given.harmless().code == 0, given
    for page in place.glob("verdict*.html"):
        check_page(page.read_text(encoding="utf-8"))
    signed = (place / "a.auditlog" / "report.dsse.json", place / "verdict0.json", place / "a.auditlog", case)
    for document in signed:
        everywhere("show", document)
    everywhere("judge", "list", place, "--key", place / "judy.key")


def check_page(page: str) -> None:
    """That the report quotes all this and follows none of it."""
    seen = Page(page)
    assert not acting(page)
    assert "⟨U+001B⟩" in seen.text and "<script>alert(1)</script>" in seen.text
    assert not {tag for tag, _ in seen.tags} & {"script", "img", "iframe", "object", "embed", "form", "link", "base"}
    assert [tag for tag, _ in seen.tags].count("style") == 1
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]
    assert not seen.all("src") and all(link.startswith("#") for link in seen.all("href"))


@pytest.mark.parametrize("text", STRINGS)
def test_a_refusal_that_quotes_it(run: Run, place: Path, case: Path, text: str) -> None:
    session = place / "refusals.session"
    key = ("--key", place / "ada.key")
    safe = text.replace("/", "∕").replace("\0", "")
    for arguments in (
        ("verify", place / safe),
        ("probe", case, text, *key),
        ("probe", case, "sample", f"--{text}"),
        ("log", place / safe, "--filter", text),
        ("log", session, "--kind", text),
        ("open", place / f"{safe}.case", "--describe"),
        ("keys", "new", f".{text}"),
        ("judge", "witness", text, "--key", place / "judy.key"),
        ("finding", "withdraw", session, text, *key),
        ("record", "note", place / safe, text, "--key", text),
    ):
        for flags in ((), ("--json",)):
            assert run(*arguments, *flags).harmless().code != 0


def test_a_folder_whose_name_holds_a_line_break(
    run: Run, tmp_path: Path, people: dict[str, Identity], place: Path
) -> None:
    """Every command that says what it was given says it on one line."""
    named = tmp_path / f"y\n{FORGED}.case"
    shutil.copytree(assets.path("demo", "atlas-01.case"), named)
    judge = ("--key", assets.path("demo", "judge.key"))
    register, ticket = tmp_path / f"r\n{FORGED}", tmp_path / f"t\n{FORGED}.json"
    for arguments in (
        ("judge", "accept", named, *judge, *QUICK_OPTIONS),
        ("judge", "register", register),
        ("judge", "ticket", named, ticket, "--auditor", place / "ada.pub", "--register", register, *judge),
        ("open", named, "--describe"),
        ("verify", named),
        ("show", named),
        ("show", ticket),
        ("judge", "list", tmp_path, "--register", register, *judge),
    ):
        printed = run(*arguments).harmless()
        assert printed.code == 0, printed
