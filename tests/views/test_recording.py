"""What a person or an agent leaves in the log from the command line, and under which rules a session is begun."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.case.bundle import Case
from casefiles.status import Refusal
from tests.conftest import RULES
from tests.quick import QUICK_OPTIONS
from tests.views.test_cli import Shell, shell
from views.arguments import build
from views.commands import plan
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Budget, Rules
from workbench.door.session import Session
from workbench.evidence.standing import hypotheses
from workbench.log.records import Genesis, Imported, Note
from workbench.log.stored_log import StoredLog
from workbench.plans.fact_sweep import FactSweep
from workbench.plans.minimal_trigger import MinimalTrigger
from workbench.probes.sample import Sample

__all__ = ["shell"]


@pytest.fixture
def folder(session: Session, tmp_path: Path) -> Path:
    """A session of Ada's, whose key is at hand."""
    session.auditor.save(tmp_path / "ada.key", None)
    session.close()
    return session.folder


def test_notes_tags_hypotheses_and_files(shell: Shell, folder: Path, tmp_path: Path) -> None:
    key = ("--key", tmp_path / "ada.key")
    assert "A remark." in shell("record", "note", folder, "A remark.", *key, "--actor", "agent:norn")
    told = json.loads(shell("record", "tag", folder, 0, "odd", *key, "--json"))
    assert (told["kind"], told["record"], told["label"], told["actor"]["name"]) == ("tag", 0, "odd", "Ada")
    claim = ("--id", "h", "--claim", "It says Bergen.", "--shows", "Bergen|!Oslo", "--scope", "Norway")
    assert "h: It says Bergen." in shell("record", "hypothesis", folder, *claim, *key)
    (tmp_path / "prompts.txt").write_text("Where?\n")
    shell("record", "import", folder, tmp_path / "prompts.txt", "--note", "the prompts", *key)
    with StoredLog(folder / StoredLog.FILE) as log:
        notes = [entry.as_(Note) for entry in log.entries(("note",))]
        assert [(note.text, str(note.actor)) for note in notes] == [("A remark.", "agent:norn")]
        (locked,) = hypotheses(log)
        assert (locked.hypothesis.predicate.any_of, locked.hypothesis.predicate.none_of) == (("Bergen",), ("Oslo",))
        (taken,) = [entry.as_(Imported) for entry in log.entries(("imported",))]
        assert (taken.what, taken.name, taken.note) == ("file", "prompts.txt", "the prompts")
    assert "odd" in shell("log", folder, "--filter", "kind:tag")
    assert shell("log", folder, "--filter", "tag:odd").startswith("    0")
    assert shell.refused("log", folder, "--filter", "kind:tga") == "input.invalid"


def test_a_finding_names_its_hypothesis_and_its_paraphrases(shell: Shell, session: Session, tmp_path: Path) -> None:
    session.auditor.save(tmp_path / "ada.key", None)
    one, two = (session.run(Sample(prompt=Prompt.ask(text), max_tokens=4)) for text in ("What lies north?", "North?"))
    session.close()
    key, first, second = ("--key", tmp_path / "ada.key"), one.entry.seq, two.entry.seq
    add = (
        "finding", "add", session.folder, "--id", "f", "--title", "T", "--behaviour", "B", "--confidence", 0.5,
        "--support", f"{first}=it", "--support", f"{second}=it", "--hypothesis", "h",
    )  # fmt: skip
    told = json.loads(shell(*add, "--paraphrase", f"{second}={first}", *key, "--json"))
    assert [one["paraphrase_of"] for one in told["finding"]["citations"]] == [None, first]
    said = "lacking: It names no clause of the specification: say which one it breaks."
    assert said in shell(*add, *key) and said not in shell(*add, "--clause", "S1", *key)
    assert shell.refused(*add, "--clause", "S7", *key) == "input.invalid", "the specification states S1"
    assert (told["finding"]["hypothesis"], told["strength"]["unlocked"]) == ("h", "h")
    assert told["strength"]["retention"]["wordings"]["trials"] == 2
    shell(*add, "--paraphrase", f"{second}={first}", *key)
    listed = shell("finding", "list", session.folder)
    assert "Other wordings: 0/2" in listed
    assert "lacking: No control: nothing says that it does not show everywhere." in listed
    for wrong in ("x", f"{second}=", f"99={first}", f"{second}=99"):
        assert shell.refused(*add, "--paraphrase", wrong, *key) == "input.invalid"


def test_a_plan_begins_with_a_recorded_prompt(session: Session) -> None:
    asked = session.run(Sample(prompt=Prompt.ask("What lies north?", system="Be brief."), max_tokens=4))
    carried = plan.carried(MinimalTrigger, session, asked.entry.seq)
    assert carried == {"prompt": Prompt.ask("What lies north?", system="Be brief.")}
    made = build(MinimalTrigger, {"says": ("Bergen",)}, "minimal-trigger", carried)
    assert made.words == ("What ", "lies ", "north?")
    with pytest.raises(Refusal) as refused:
        plan.carried(FactSweep, session, asked.entry.seq)
    assert refused.value.code == "input.invalid"


def test_bad_input_leaves_the_log_as_it_was(shell: Shell, folder: Path, tmp_path: Path) -> None:
    key = ("--key", tmp_path / "ada.key")
    size = (folder / StoredLog.FILE).stat().st_size
    assert shell.refused("record", "note", folder, "x", *key, "--actor", "agent:") == "input.invalid"
    assert (folder / StoredLog.FILE).stat().st_size == size
    assert shell.refused("record", "tag", folder, 99, "odd", *key) == "input.missing"
    assert shell.refused("record", "import", folder, tmp_path / "nothing", *key) == "input.missing"
    claim = ("--id", "No Good", "--claim", "x", "--shows", "y")
    assert shell.refused("record", "hypothesis", folder, *claim, *key) == "input.invalid"
    with StoredLog(folder / StoredLog.FILE) as log:
        assert {entry.kind for entry in log.entries()} <= {"genesis", "resumed"}


def test_a_session_can_be_begun_under_narrower_rules(shell: Shell, case: Case, tmp_path: Path) -> None:
    shell("keys", "new", "ada", "--no-passphrase")
    asked = ("probe", case.root, "sample", "--prompt", "Hi", "--session", tmp_path / "s", *QUICK_OPTIONS)
    rules = tmp_path / "narrow.json"
    narrow = RULES.model_copy(update={"budget": Budget(probes=1, generated_tokens=10, forward_tokens=10)})
    rules.write_text(json.dumps(narrow.model_dump(mode="json")))
    wide = tmp_path / "wide.json"
    wide.write_text(json.dumps(RULES.model_copy(update={"findings": 9}).model_dump(mode="json")))
    assert shell.refused(*asked, "--restrict", wide) == "rules.widened"
    wide.write_text('{"affordances": "all"}')
    assert shell.refused(*asked, "--restrict", wide) == "input.invalid"
    assert shell.refused(*asked, "--restrict", tmp_path / "nothing.json") == "input.missing"
    assert not (tmp_path / "s").exists()
    shell.refused(*asked, "--restrict", rules)  # the placeholder weights do not load: the session is begun all the same
    with StoredLog(tmp_path / "s" / StoredLog.FILE) as log:
        assert log.entry(0).as_(Genesis).in_force == Rules.model_validate(narrow)
        size = log.size
    wide.write_text(json.dumps(RULES.model_dump(mode="json")))
    assert shell.refused(*asked, "--restrict", wide) == "input.invalid"
    with StoredLog(tmp_path / "s" / StoredLog.FILE) as log:
        assert log.size == size
