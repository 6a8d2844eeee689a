"""The probe that CONTRIBUTING.md shows is run as it stands there, and keeps all that a listed probe must keep."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from click.testing import CliRunner

import workbench.probes
from tests.workbench.examples import example_of
from tests.workbench.forged import toy
from tests.workbench.probes import test_conformance as conformance
from views.commands import probe as command
from views.commands.declared import Family
from workbench.contract.arguments import tool
from workbench.contract.probe import Probe
from workbench.contract.prompt import Prompt
from workbench.door.running import Outcome
from workbench.door.session import Session

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Probe]:
    """The class of the text's one block of Python, in a file of its own and listed with the others."""
    (source,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    (tmp_path / "next_token.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "next_token", raising=False)
    probe: type[Probe] = importlib.import_module("next_token").NextToken
    listed = (*workbench.probes.PROBES, probe)
    monkeypatch.setattr(workbench.probes, "PROBES", listed)
    monkeypatch.setattr(workbench.probes, "BY_KIND", MappingProxyType({one.kind: one for one in listed}))
    return probe


@pytest.mark.parametrize(
    "promise",
    [
        conformance.test_its_own_record_replays_exactly,
        conformance.test_no_leaf_of_its_record_can_be_changed,
        conformance.test_nothing_can_be_taken_out_of_its_record_or_put_into_it,
        conformance.test_no_array_of_its_record_can_be_changed,
        conformance.test_stopped_it_keeps_what_it_had_and_replays,
        conformance.test_what_was_recorded_is_read_back,
        conformance.test_it_is_drawn_and_every_place_in_a_drawing_can_be_asked_about,
    ],
    ids=lambda promise: promise.__name__.removeprefix("test_"),
)
def test_it_keeps_what_every_probe_keeps(promise: Callable[..., None], kind: type[Probe], session: Session) -> None:
    def once(kind: type[Probe]) -> tuple[Session, Outcome]:
        return session, session.run(example_of(kind))

    given = {"kind": kind, "session": session, "asked_once": once}
    promise(**{name: given[name] for name in signature(promise).parameters})


def test_it_has_a_command_a_schema_and_help(kind: type[Probe]) -> None:
    conformance.test_command_line_and_texts_round_trip(kind)
    conformance.test_its_schema_is_emitted_and_its_arguments_are_all_explained(kind)
    family = Family("probe", {kind.kind: kind}, command._run, lambda *_: True)
    told = CliRunner().invoke(family.command(kind), ["--help"])
    assert told.exit_code == 0
    words = " ".join(told.output.split())
    assert "Tokens shown. [1 to 50]" in words
    assert tool(kind, kind.kind, kind.about())["parameters"]["required"] == ["prompt"]


def test_what_it_says_is_what_the_model_computes(kind: type[Probe], session: Session) -> None:
    found = session.run(kind(prompt=Prompt.ask("Hi"), top=3)).result  # type: ignore[call-arg]
    assert found is not None
    model = toy(session)
    logits = model.forward(Prompt.ask("Hi").ids(model), rows=[-1]).logits[0].astype(np.float64)
    expected = np.argsort(-logits)[:3]
    assert list(found.ids) == expected.tolist()  # type: ignore[attr-defined]
    shares = np.exp(logits) / np.exp(logits).sum()
    assert np.allclose(np.exp(found.logprobs), shares[expected], rtol=1e-5)  # type: ignore[attr-defined]


def test_the_files_and_commands_it_names_are_there() -> None:
    for name in set(re.findall(r"`((?:tests|views|workbench|backends|casefiles|assets)/[\w./]+)`", TEXT)):
        assert (ROOT / name).exists(), name
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make (\w+)`", TEXT)):
        assert f"\n{target}:" in makefile, target
