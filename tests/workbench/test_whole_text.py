"""Half of a character is refused before anything is written, and whole ones of every kind are let through."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from casefiles.status import Refusal
from views import cli
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.document import first_flaw
from workbench.door.session import Session
from workbench.log.filter import FilterError, parse
from workbench.log.records import Hypothesis
from workbench.whole_text import refuse_halves


@pytest.mark.parametrize("half", ["\ud800", "a\udfffb", "\udc80"])
def test_half_of_a_character_is_refused_and_shown(half: str) -> None:
    with pytest.raises(Refusal, match="holds half of a character") as refused:
        refuse_halves({"whole": ["text", 3, None, half]})
    assert refused.value.code == "input.invalid"
    assert "⟨U+D" in refused.value.what
    refused.value.what.encode()


def test_whole_characters_of_every_kind_are_let_through() -> None:
    refuse_halves(["", "plain", "Åarhus ↵", "😀", "\0", "\uffff", {"😀": b"bytes"}])


def test_nothing_with_half_of_a_character_gets_into_a_log_by_any_way(session: Session, tmp_path: Path) -> None:
    """As a window gives it, where somebody pasted one."""
    half, who = "a\ud800b", Actor(name="Ada")
    citation = Citation(seq=0, role=Role.SUPPORT, shows=Match(any_of=(half,)))
    stated = Hypothesis(id="one", claim="It lies.", predicate=Match(any_of=("Oslo",)), actor=who)
    finding = Finding(id="one", title="t", behaviour="b", severity="low", confidence=0.5, author=who)
    (tmp_path / "a.txt").write_text("x")
    before = session.log.size
    for write in (
        lambda: session.note(half),
        lambda: session.tag(0, half),
        lambda: session.hypothesise(stated.model_copy(update={"predicate": Match(any_of=(half,))})),
        lambda: session.claim(finding.model_copy(update={"citations": (citation,)})),
        lambda: session.take_in(tmp_path / "a.txt", note=half),
        lambda: session.take_in(tmp_path / f"{half}.txt"),
    ):
        with pytest.raises(Refusal):
            write()
        assert session.log.size == before
    with pytest.raises(FilterError, match="Half of a character"):
        parse(f"text:{half}")
    with pytest.raises(ValidationError) as flaw:
        Finding(id="one", title=half, behaviour="b", severity="low", confidence=0.5, author=who)
    assert "half of a character" in first_flaw(flaw.value)
    assert session.note("whole again").seq == before


@pytest.mark.parametrize("half", ["\ud800", os.fsdecode(b"\xff")])
def test_a_command_refuses_it_whatever_it_is_told(half: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (("log", f"a{half}"), ("record", "note", "there", half), ("keys", "new", half, "--no-passphrase")):
        with pytest.raises(SystemExit) as ended:
            cli.main(list(command))
        assert ended.value.code == 1
        assert "holds half of a character" in capsys.readouterr().err
