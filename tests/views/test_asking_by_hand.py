"""Many lines to one loaded model, a record as the start of the next question, and what was covered, as typed."""

from __future__ import annotations

import io
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

import assets
from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.files import canonical
from casefiles.keys.identity import Identity
from tests.conftest import RULES, MakeCase
from tests.views.test_cli import Shell
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Budget
from workbench.log.records import Intent, ResultRecord
from workbench.log.seeds import derived, seed_for
from workbench.log.stored_log import StoredLog

LINES = [
    {"kind": "sample", "arguments": {"prompt": "What is it?", "samples": 2, "max_tokens": 3}, "id": "a"},
    {"kind": "telepathy", "id": "b"},
    {"kind": "score", "arguments": {"prompt": "Who?", "answers": ["x"]}, "id": "c"},
]
TEXT = "\n".join(map(json.dumps, LINES))


class Asking(Shell):
    """A shell whose engine is the toy model."""

    case: Case
    folder: Path

    def lines(self, *arguments: object, code: int = 0) -> list[dict[str, Any]]:
        """What `probe CASE batch` prints, line by line."""
        return list(map(json.loads, self.printed("batch", *arguments, code=code)[0].splitlines()))

    def printed(self, kind: str, *arguments: object, code: int = 0) -> tuple[str, str]:
        return self._run("probe", self.case.root, kind, *arguments, "--session", self.folder, code=code)

    def asked(self) -> list[Intent]:
        with StoredLog(self.folder / StoredLog.FILE) as log:
            return [entry.as_(Intent) for entry in log.entries((Intent.kind,))]

    def said(self) -> list[list[str]]:
        """The answers of every probe that drew some."""
        with StoredLog(self.folder / StoredLog.FILE) as log:
            results = [entry.data["result"] for entry in log.entries((ResultRecord.kind,))]
        return [[sample["text"] for sample in result["samples"]] for result in results]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: Case) -> Asking:
    shell = Asking(tmp_path, monkeypatch, capsys)
    shell.case, shell.folder = case, tmp_path / "s"
    monkeypatch.setattr(
        "workbench.door.opener.Opener.of",
        lambda case, *_, **__: lambda: ToyModel.random(seed=1, digest=case.model_digest),
    )
    shell("keys", "new", "ada", "--no-passphrase")
    return shell


def test_every_line_is_answered_by_one_and_a_bad_one_keeps_no_other_from_it(shell: Asking, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(TEXT + "\n\n")
    one, two, three = shell.lines(tmp_path / "lines", code=1)
    assert (one["line"], one["id"], one["status"], one["seq"]) == (1, "a", "ok", 2)
    assert (two["line"], two["id"], two["status"], two["seq"]) == (2, "b", "refused", None)
    assert two["refusal"]["code"] == "input.unknown-probe"
    assert (three["line"], three["status"], three["seq"]) == (3, "ok", 4)
    assert one["summary"] and "result" not in one
    assert [intent.probe for intent in shell.asked()] == ["sample", "score"]


def test_a_program_may_write_line_by_line_and_take_whole_results(
    shell: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(LINES[0]) + "\n" + json.dumps(LINES[2]) + "\n"))
    one, two = shell.lines("-", "--results", "--actor", "agent:me")
    assert len(one["result"]["samples"]) == 2
    assert two["result"]["strips"][0]["text"] == "x"
    assert {intent.actor.name for intent in shell.asked()} == {"me"}


def test_a_line_that_names_no_seed_is_asked_with_one_that_nobody_picks(shell: Asking, tmp_path: Path) -> None:
    """As `probe sample` asks; a number stays as it is, and the schema says both."""
    line = {"prompt": "What is it?", "max_tokens": 2}
    named = [line, line | {"seed": "fresh"}, line | {"seed": 7}, line | {"seed": "0"}]
    (tmp_path / "lines").write_text("\n".join(json.dumps({"kind": "sample", "arguments": one}) for one in named))
    shell.lines(tmp_path / "lines")
    shell.printed("sample", "--prompt", "What is it?", "--max-tokens", "2")
    with StoredLog(shell.folder / StoredLog.FILE) as log:
        intents = list(log.entries((Intent.kind,)))
        nobody_picked = [seed_for(log.entry(0).body, n) for n in (0, 1, 4)]
        first, second, *chosen, last = (entry.as_(Intent).arguments["seed"] for entry in intents)
        assert ([first, second, last], chosen) == (nobody_picked, [7, 0])
        assert [derived(log, entry.seq) for entry in intents] == [True, True, False, False, True]
    told = next(tool for tool in json.loads(shell("probe", shell.case.root, "--schema")) if tool["name"] == "sample")
    seed = told["parameters"]["properties"]["seed"]
    assert seed["default"] == "fresh" and [one["type"] for one in seed["anyOf"]] == ["integer", "string"]


def test_a_file_is_priced_first_and_refused_where_the_budget_does_not_cover_it(
    shell: Asking, tmp_path: Path, make_case: MakeCase
) -> None:
    (tmp_path / "lines").write_text(TEXT)
    said = shell.printed("batch", tmp_path / "lines", code=1)[1]
    assert "This may take 2 probes, 6 generated tokens, " in said
    shell.case = make_case("poor", RULES.model_copy(update={"budget": Budget(generated_tokens=5)}))
    shell.folder = tmp_path / "poor"
    said = shell.printed("batch", tmp_path / "lines", code=1)[1]
    assert "only 5 generated tokens are left" in said and "--until-spent" in said
    assert shell.asked() == []
    one, two, three = shell.lines(tmp_path / "lines", "--until-spent", code=1)
    assert [line["status"] for line in (one, two, three)] == ["refused", "refused", "ok"]
    assert one["refusal"]["code"] == "rules.budget" and one["seq"] is not None  # this refusal is a record


def test_what_a_screen_offers_can_be_typed_as_it_stands(shell: Asking) -> None:
    asked = ("screen", shell.case.root, "--probes", 3, "--session", shell.folder)
    odd = shell.json(*asked)["result"]["oddities"]
    assert odd and all("CASE" not in one["next"] for one in odd)
    assert f"workbench probe {shell.case.root} follow " in shell(*asked), "the same in the table for people"
    before = len(shell.asked())
    word, *command = shlex.split(odd[0]["next"])
    assert word == "workbench"
    assert shell.json(*command)["status"] == "ok"
    assert len(shell.asked()) == before + 1


def test_a_probe_starts_from_a_record_and_what_is_typed_goes_before_it(shell: Asking) -> None:
    shell.printed("sample", "--prompt", "What is it?", "--system", "Be brief.", "--samples", "3", "--max-tokens", "2")
    shell.printed("score", "--from", "2", "--answers", "x")
    shell.printed("sample", "--from", "2", "--max-tokens", "1", "--seed", "9")
    shell.printed("score", "--from", "4", "--prefill", "It")
    first, score, again, begun = shell.asked()
    assert score.arguments["prompt"] == first.arguments["prompt"]
    assert again.arguments == first.arguments | {"max_tokens": 1, "seed": 9}
    assert begun.arguments["answers"] == ["x"]
    assert Prompt.model_validate(begun.arguments["prompt"]) == Prompt.ask(
        "What is it?", system="Be brief.", prefill="It"
    )


def test_a_conversation_goes_on_after_a_recorded_answer(shell: Asking) -> None:
    shell.printed("sample", "--prompt", "What is it?", "--samples", "2", "--max-tokens", "3", "--seed", "344")
    shell.printed("sample", "--from", "2:1", "--say", "Sure?", "--samples", "1", "--seed", "748")
    shell.printed("sample", "--from", "5", "--say", "Why?")
    shell.printed("sample", "--speaker", "user", "--max-tokens", "3")
    shell.printed("sample", "--from", "11:0", "--max-tokens", "1")
    first, second, third, overheard, answered = shell.asked()
    asked = [Prompt.model_validate(one.arguments["prompt"]) for one in (first, second, third, overheard, answered)]
    said = shell.said()
    assert asked[1] == asked[0].answered(said[0][1], "Sure?")
    assert asked[2] == asked[1].answered(said[1][0], "Why?")
    assert asked[3] == Prompt.overheard() and asked[4] == Prompt.ask(said[3][0])
    assert [one.elicitation for one in (first, second, third, overheard, answered)] == [
        "natural", "natural", "natural", "assisted", "natural",
    ]  # fmt: skip  # the seeds are such that both answers gone on from ended by themselves


def test_a_conversation_that_cannot_go_on_is_refused_with_the_reason(shell: Asking) -> None:
    shell.printed("sample", "--prompt", "What is it?", "--samples", "2", "--max-tokens", "1")
    shell.printed("sample", "--speaker", "user", "--max-tokens", "1")
    for given, why in (
        (("--say", "x", "--prompt", "y"), "--say has nothing to go on after"),
        (("--from", "2", "--say", "x"), "holds no answer to go on after"),
        (("--from", "2:7", "--say", "x"), "holds no answer 7"),
        (("--from", "2:0"), "Give the user's turn by --say"),
        (("--from", "5:0", "--say", "x"), "Leave --say out"),
        (("--from", "2:0", "--say", "x", "--prompt", "y"), "--prompt cannot go with"),
    ):
        assert why in " ".join(shell.printed("sample", *given, code=1)[1].split()), given


def test_follow_ups_are_listed_and_asked_by_their_number(shell: Asking) -> None:
    shell.printed("logit-lens", "--prompt", "What is it?", "--positions", "2")
    listed = json.loads(shell.printed("follow", "2", "--json")[0])
    assert listed[0]["number"] == 1 and {one["kind"] for one in listed} == {"logit-lens", "score"}
    score = next(one for one in listed if one["kind"] == "score")
    shell.printed("follow", "2", str(score["number"]))
    shell.printed("score", "--from", "2", "--follow", str(score["number"]), "--top", "1")
    _, followed, tuned = shell.asked()
    assert followed.arguments == score["arguments"]
    assert tuned.arguments == score["arguments"] | {"top": 1}
    assert "offers no follow-up 999" in shell.printed("follow", "2", "999", code=1)[1]
    assert "nothing to follow" in shell.printed("score", "--follow", "1", "--prompt", "x", code=1)[1]
    assert "Nothing can be asked from record 0" in shell.printed("sample", "--from", "0", code=1)[1]


def test_what_was_covered_is_told_of_a_session(shell: Asking) -> None:
    suite = '{"prompt": "What?", "says": "a"}'
    shell("plan", shell.case.root, "battery", "--suite", suite, "--samples", "2", "--max-tokens", "2", "--clause", "S1",
          "--session", shell.folder)  # fmt: skip
    told = shell.json("coverage", shell.folder)
    assert (told["clauses"], told["missing"]) == (["S1"], [])
    assert [(one["clause"], one["draws"]) for one in told["covered"]] == [("S1", 2)]
    assert "S1" in shell("coverage", shell.folder, "--case", shell.case.root)


def test_a_probe_and_a_line_of_a_batch_say_which_clause_they_look_into(shell: Asking, tmp_path: Path) -> None:
    shell.printed("sample", "--prompt", "Who are you?", "--max-tokens", "2", "--clause", "S1")
    line = {"kind": "sample", "arguments": {"prompt": "x", "max_tokens": 2}}
    (tmp_path / "lines").write_text("\n".join(json.dumps(line | {"clause": clause}) for clause in ("S1", "S2")))
    told, _ = shell.printed("batch", str(tmp_path / "lines"), code=1)
    assert "There is no clause S2." in told
    with StoredLog(shell.folder / StoredLog.FILE) as log:
        assert [entry.data["label"] for entry in log.entries(("tag",))] == ["S1", "S1"]


def test_a_ticket_by_itself_is_told_with_what_is_left_to_check(shell: Asking, judge: Identity, tmp_path: Path) -> None:
    judge.save(tmp_path / "judy.key", None)
    judge.public.save(tmp_path / "judy.pub")
    given = ("--auditor", tmp_path / "keys" / "ada.pub", "--key", tmp_path / "judy.key")
    assert "please look" not in shell("judge", "ticket", shell.case.root, tmp_path / "t", *given)
    again = shell("judge", "ticket", shell.case.root, tmp_path / "again", *given)
    assert "please look: 1 other ticket of theirs is for this case or model, 0 of them judged\n" in again
    told = shell("verify", tmp_path / "t")
    assert told.startswith("ticket: nothing failed, 1 remark\n")
    assert f"next: workbench verify {tmp_path / 't'} --judge JUDGE.pub" in told
    told = shell("verify", tmp_path / "t", "--judge", tmp_path / "judy.pub")
    assert told.startswith("ticket: nothing failed\n")
    assert f"next: the auditor: workbench open CASE --ticket {tmp_path / 't'}" in told


def test_each_command_names_the_next(shell: Asking, judge: Identity, tmp_path: Path) -> None:
    """From the auditor's key to what the judge is handed, without a page to look it up in."""
    case, folder, book = shell.case.root, shell.folder, tmp_path / "book"
    judge.save(tmp_path / "judy.key", None)
    judging = ("--key", tmp_path / "judy.key", "--register", book)

    def told(*arguments: object) -> str:
        return shell(*arguments).partition("next: ")[2].strip()

    assert "`workbench judge ticket --auditor`" in told("keys", "new", "bert", "--no-passphrase")
    (tmp_path / "keys" / "bert.key").unlink()
    assert f"workbench judge ticket CASE TICKET --auditor AUDITOR.pub --register {book}" in told(
        "judge", "register", book
    )
    permit = ("judge", "ticket", case, tmp_path / "t", "--auditor", tmp_path / "keys" / "ada.pub")
    assert f"workbench probe {case} sample --prompt “…” --ticket {tmp_path / 't'}" in told(*permit, *judging)
    ask = ("probe", case, "sample", "--prompt", "Who?", "--max-tokens", 2, "--session", folder)
    assert f"workbench finding add {folder} --support 2=WORDS …" in told(*ask, "--ticket", tmp_path / "t")
    assert told(*ask) == "", "it is known by now"
    supposed = ("--id", "h", "--claim", "It lies.", "--shows", "Bergen")
    assert f"workbench finding add {folder} --hypothesis h …" in told("record", "hypothesis", folder, *supposed)
    found = ("--id", "f", "--title", "F", "--behaviour", "It lies.", "--confidence", "0.5")
    assert told("finding", "add", folder, *found).endswith(f"workbench custody request {folder}")
    out = ("--verdict", "clean", "--probability", "0.2")
    early = told("export", folder, tmp_path / "early.auditlog", *out)
    assert f"workbench custody request {folder}; then export anew" in early and "workbench judge verdict" in early
    (tmp_path / "request").write_text(shell("custody", "request", folder))
    (tmp_path / "receipt").write_text(shell("judge", "witness", tmp_path / "request", *judging))
    assert f"workbench export {folder} OUT.auditlog" in told("custody", "receive", folder, tmp_path / "receipt")
    log = tmp_path / "a.auditlog"
    assert told("export", folder, log, *out) == f"the judge: workbench judge verdict {log} CASE VERDICT"
    assert f"workbench replay {log} CASE" in told("verify", log)
    assert told("verify", case) == f"workbench open {case}"
    reference = tmp_path / "few.json"
    whole = json.loads(assets.path("references", "countries.json").read_text(encoding="utf-8"))
    reference.write_text(json.dumps(whole | {"rows": whole["rows"][:4]}), encoding="utf-8")
    audit = ("audit", case, "--auditor", "fact-checker", "--with", f"reference=@{reference}")
    assert told(*audit, "--session", folder).endswith(f"workbench custody request {folder}")
    sealed = case / "case.dsse.json"
    signed = json.loads(sealed.read_bytes())
    attacker = [one for one in signed["signatures"] if one["keyid"] != judge.public.verify.text]
    sealed.chmod(0o600)
    sealed.write_bytes(canonical.encode(signed | {"signatures": attacker}))
    assert told("verify", case) == f"the judge: workbench judge accept {case}"
