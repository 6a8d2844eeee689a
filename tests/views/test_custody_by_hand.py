"""Tickets, codes, registers and handing in on the command line, with everything a person does wrong on the way."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from casefiles.case.bundle import Case, accept, seal_case
from casefiles.custody import ticket as tickets
from casefiles.custody.register import Register
from casefiles.files import canonical
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.conftest import RULES, MakeCase
from tests.quick import QUICK_OPTIONS
from tests.views.test_cli import Shell, shell
from workbench.door.session import Session
from workbench.judge.truths.truth import GroundTruth
from workbench.log.custody import Custody

__all__ = ["shell"]


@pytest.fixture
def folder(session: Session, judge: Identity, tmp_path: Path) -> Path:
    """A session of Ada's without a ticket, with her key and Judy's at hand."""
    for name, identity in (("ada", session.auditor), ("judy", judge)):
        identity.save(tmp_path / f"{name}.key", None)
        identity.public.save(tmp_path / f"{name}.pub")
    session.note("A remark.")
    session.close()
    return session.folder


def exported(shell: Shell, folder: Path, out: Path) -> Path:
    said = ("--verdict", "clean", "--probability", 0.2, "--key", folder.parent / "ada.key")
    shell("export", folder, out, *said)
    return out


# -- codes


def test_a_request_may_be_words_a_file_or_standard_input(
    shell: Shell, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging = ("--key", tmp_path / "judy.key", "--auditor", tmp_path / "ada.pub", "--json")
    code = json.loads(shell("custody", "request", folder, "--json"))["request"]
    (tmp_path / "request.txt").write_text(f"\n{code}\n")
    asked = ("judge", "witness")
    first = json.loads(shell(*asked, code, *judging))
    assert first["size"] == 2
    for words in (code.split("\n"), code.split(), [tmp_path / "request.txt"]):
        assert json.loads(shell(*asked, *words, *judging))["size"] == 2
    monkeypatch.setattr("sys.stdin", io.StringIO(code))
    assert json.loads(shell(*asked, "-", *judging))["size"] == 2
    (tmp_path / "receipt.txt").write_text(first["receipt"])
    assert "witnessed to 2 of 2" in shell("custody", "receive", folder, tmp_path / "receipt.txt")


def test_bytes_that_are_no_text_are_no_code(
    shell: Shell, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"AWQ1\xff\xfe\n"), encoding="utf-8"))
    judging = ("--key", tmp_path / "judy.key", "--auditor", tmp_path / "ada.pub")
    assert shell.refused("judge", "witness", "-", *judging) == "receipt.mistyped"


def test_what_a_command_printed_may_be_the_file_that_holds_its_code(shell: Shell, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "asked.txt").write_text(shell("custody", "request", folder))
    judging = ("--key", tmp_path / "judy.key", "--auditor", tmp_path / "ada.pub")
    (tmp_path / "given.txt").write_text(shell("judge", "witness", tmp_path / "asked.txt", *judging))
    assert "witnessed to 2 of 2" in shell("custody", "receive", folder, tmp_path / "given.txt")
    printed = (tmp_path / "asked.txt").read_text().split("\n")
    wrong = printed.index("AWQ1") + 2
    printed[wrong] = printed[wrong][:-2] + printed[wrong][-1]
    (tmp_path / "asked.txt").write_text("\n".join(printed))
    told = shell("judge", "witness", tmp_path / "asked.txt", *judging, code=1)
    assert f"Line 2 of the code ({printed[wrong]}" in told


def test_a_code_with_a_typo_names_its_line(shell: Shell, folder: Path, tmp_path: Path) -> None:
    judging = ("--key", tmp_path / "judy.key", "--auditor", tmp_path / "ada.pub")
    lines = json.loads(shell("custody", "request", folder, "--json"))["request"].split("\n")
    lines[3] = lines[3][:-2] + lines[3][-1]
    told = shell("judge", "witness", *lines, *judging, code=1)
    assert f"Line 3 of the code ({lines[3]}" in told and "[receipt.mistyped]" in told


def test_a_request_and_its_receipt_may_be_pictures(shell: Shell, folder: Path, tmp_path: Path) -> None:
    import segno

    judging = ("--key", tmp_path / "judy.key", "--auditor", tmp_path / "ada.pub")
    shell("custody", "request", folder, "--qr", tmp_path / "code.png")
    receipt = json.loads(shell("judge", "witness", tmp_path / "code.png", *judging, "--json"))["receipt"]
    segno.make_qr(receipt).save(str(tmp_path / "receipt.png"), scale=3)
    assert "witnessed to 2 of 2" in shell("custody", "receive", folder, tmp_path / "receipt.png")


@pytest.mark.parametrize("by", ["since", "receipt"])
def test_a_log_whose_receipt_was_lost_is_witnessed_on(shell: Shell, folder: Path, tmp_path: Path, by: str) -> None:
    judging, ask = ("--key", tmp_path / "judy.key", "--auditor", tmp_path / "ada.pub"), ("custody", "request", folder)
    shell("judge", "witness", shell.json(*ask)["request"], *judging)
    shell("record", "note", folder, "more", "--key", tmp_path / "ada.key")
    refusal = shell.json("judge", "witness", shell.json(*ask)["request"], *judging, code=1)["refusal"]
    assert refusal["code"] == "receipt.inconsistent" and "--since 2" in refusal["try_this"]
    if by == "receipt":
        words = refusal["try_this"].partition("custody receive DIR ")[2].rstrip("`.").split()
        assert "witnessed to 2 of 4" in shell("custody", "receive", folder, *words)
    asked = shell.json(*ask, *(("--since", 2) if by == "since" else ()))["request"]
    receipt = shell.json("judge", "witness", asked, *judging)["receipt"]
    assert "witnessed to 4 of 4" in shell("custody", "receive", folder, receipt)
    assert shell.refused(*ask, "--since", 5) == "input.invalid"


def test_a_log_that_brings_no_receipt_is_not_said_to_be_witnessed_by_nobody(
    shell: Shell, folder: Path, tmp_path: Path
) -> None:
    """It was exported before its receipt came back: the register knows more than the files."""
    judging = ("--key", tmp_path / "judy.key")
    out = exported(shell, folder, tmp_path / "a.auditlog")
    code = json.loads(shell("custody", "request", folder, "--json"))["request"]
    size = json.loads(shell("judge", "witness", code, *judging, "--auditor", tmp_path / "ada.pub", "--json"))["size"]
    told = shell("verify", out, "--judge", tmp_path / "judy.pub")
    assert "brings no receipt" in told and f"No receipt here covers records 0 to {size - 1}." in told
    assert f"witnessed to 0 of {size} records, by the receipts that it brings" in told
    assert f"witnessed here to {size}, not handed in" in shell("judge", "list", tmp_path, *judging)


# -- registers and tickets


def test_a_mistyped_register_is_refused_and_none_is_made(
    shell: Shell, folder: Path, case: Case, tmp_path: Path
) -> None:
    judging = ("--key", tmp_path / "judy.key", "--register", tmp_path / "judge.registr")
    out = exported(shell, folder, tmp_path / "a.auditlog")
    for asked in (
        ("judge", "ticket", case.root, tmp_path / "t.json", "--auditor", tmp_path / "ada.pub"),
        ("judge", "witness", "AWQ1"),
        ("judge", "verdict", out, case.root, tmp_path / "v.json", "--no-replay"),
    ):
        code = "receipt.mistyped" if "witness" in asked else "input.missing"
        assert shell.refused(*asked, *judging) == code
    assert not [path for path in tmp_path.iterdir() if path.name in ("judge.registr", "t.json", "v.json")]


def test_a_register_is_begun_by_name(shell: Shell, folder: Path, case: Case, tmp_path: Path) -> None:
    book = tmp_path / "judge.register"
    shell("judge", "register", book)
    assert shell.refused("judge", "register", book) == "input.invalid"
    asked = ("--auditor", tmp_path / "ada.pub", "--key", tmp_path / "judy.key", "--register", book)
    shell("judge", "ticket", case.root, tmp_path / "t.json", *asked)
    assert book.stat().st_size > 0 and book.stat().st_mode & 0o777 == 0o600


def test_of_two_tickets_for_one_place_at_once_only_the_one_that_is_there_is_registered(
    shell: Shell, folder: Path, case: Case, judge: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that nobody has would be held against its auditor: they were allowed a session that was never handed in."""
    book, out, issued = tmp_path / "judge.register", tmp_path / "t.json", Register.issued
    shell("judge", "register", book)
    asked = ("judge", "ticket", case.root, out, "--auditor", tmp_path / "ada.pub", "--key", tmp_path / "judy.key")
    refused = []

    def second_comes(*given: Any) -> None:
        monkeypatch.setattr(Register, "issued", issued)
        refused.append(shell.refused(*asked, "--register", book))
        issued(*given)

    monkeypatch.setattr(Register, "issued", second_comes)
    shell(*asked, "--register", book)
    assert refused == ["input.invalid"] == [shell.refused(*asked, "--register", book)]
    known = [one.ticket_id for one in Register(book, judge.signing.public).every()]
    assert known == [tickets.read(out.read_bytes(), judge.public.verify).ticket_id]


def test_no_ticket_is_issued_before_the_case_is_accepted(
    shell: Shell, folder: Path, case: Case, judge: Identity, attacker: Identity, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    for part in ("weights", "tokenizer"):
        shutil.copytree(case.path(part), source / part)
    shutil.copyfile(case.path("spec.md"), source / "spec.md")
    truth = GroundTruth(modified=False, summary="Nothing was changed.", intent=(), realised=())
    sealed = seal_case(
        source, tmp_path / "new.case", title="New", rules=RULES.model_dump(mode="json"),
        truth=canonical.encode(truth.model_dump(mode="json")), attacker=attacker, judge=judge.public,
    )  # fmt: skip
    asked = ("judge", "ticket", sealed.root, tmp_path / "t.json", "--auditor", tmp_path / "ada.pub")
    judging = ("--key", tmp_path / "judy.key")
    assert shell.refused(*asked, *judging) == "case.not-accepted"
    assert not (tmp_path / "t.json").exists()
    accept(sealed.root, judge)
    shell(*asked, *judging)


def test_rules_that_are_none_are_refused_by_whoever_opens_their_case(
    shell: Shell, folder: Path, case: Case, judge: Identity, attacker: Identity, tmp_path: Path
) -> None:
    """An attacker signs what they like, and a newer workbench may know more rules."""
    source = tmp_path / "source"
    for part in ("weights", "tokenizer"):
        shutil.copytree(case.path(part), source / part)
    shutil.copyfile(case.path("spec.md"), source / "spec.md")
    rules = {**RULES.model_dump(mode="json"), "inputs": "whatever"}
    sealed = seal_case(
        source, tmp_path / "odd.case", title="Odd", rules=rules, truth=None, attacker=attacker, judge=judge.public
    )
    key, session = tmp_path / "ada.key", tmp_path / "s"
    for command in (
        ("open", sealed.root), ("show", sealed.root), ("probe", sealed.root, "--schema"),
        ("probe", sealed.root, "sample", "--prompt", "Hi", "--session", session, "--key", key, *QUICK_OPTIONS),
        ("judge", "accept", sealed.root, "--key", tmp_path / "judy.key"),
    ):  # fmt: skip
        assert shell.refused(*command) == "case.manifest", command
    assert not session.exists()
    with pytest.raises(Refusal, match="rules of engagement cannot be read"):
        Session.create(sealed, session, Identity.generate("Ada"), lambda: pytest.fail("nothing is opened"))


def test_a_session_without_a_ticket_says_so_when_it_begins(
    shell: Shell, folder: Path, case: Case, tmp_path: Path
) -> None:
    asked = (
        "probe", case.root, "sample", "--prompt", "Hi", "--session", tmp_path / "s", "--key", tmp_path / "ada.key",
        *QUICK_OPTIONS,
    )  # fmt: skip
    assert "[ticket.none]" in shell(*asked, code=1)  # the placeholder weights do not load
    assert "[ticket.none]" not in shell(*asked, code=1), "said once, when it begins"


def test_a_ticket_for_a_session_that_exists_must_be_its_own(
    shell: Shell, folder: Path, case: Case, make_case: MakeCase, judge: Identity, auditor: Identity, tmp_path: Path
) -> None:
    def issued(name: str, of: Case) -> Path:
        (tmp_path / name).write_bytes(tickets.issue(of.digest, auditor.public.verify, judge.signing))
        return tmp_path / name

    mine, second, other = issued("mine", case), issued("second", case), issued("other", make_case("two"))
    asked = (
        "probe", case.root, "sample", "--prompt", "Hi", "--key", tmp_path / "ada.key", *QUICK_OPTIONS, "--session",
    )  # fmt: skip
    assert shell.refused(*asked, folder, "--ticket", mine) == "ticket.mismatch"
    assert shell.refused(*asked, folder, "--ticket", other) == "ticket.other-case"
    assert shell.refused(*asked, tmp_path / "new", "--ticket", other) == "ticket.other-case"
    assert shell.refused(*asked, tmp_path / "s", "--ticket", mine) == "model.unreadable"
    assert shell.refused(*asked, tmp_path / "s", "--ticket", mine) == "model.unreadable", "its own, again"
    assert shell.refused(*asked, tmp_path / "s", "--ticket", second) == "ticket.mismatch"
    assert not (tmp_path / "new").exists()


# -- places


def test_a_moved_case_is_said_to_be_moved_and_named_once(
    shell: Shell, folder: Path, case: Case, tmp_path: Path
) -> None:
    key = ("--key", tmp_path / "ada.key")
    moved = tmp_path / "elsewhere.case"
    case.root.rename(moved)
    told = shell("record", "note", folder, "x", *key, code=1)
    assert "no longer where it was" in told and str(case.root) in told and "--case" in told
    shell("record", "note", folder, "x", *key, "--case", moved)
    shell("record", "note", folder, "again", *key)
    for said in (b"\xff\xfe/x.case", b"a\0b"):  # what is not UTF-8 may be where it lies
        (folder / Session.CASE).write_bytes(said)
        assert shell.refused("record", "note", folder, "x", *key) == "input.missing"
        shell("coverage", folder)  # of what is asked without the case too
    (folder / Session.CASE).unlink()
    os.mkfifo(folder / Session.CASE)
    assert shell.refused("record", "note", folder, "x", *key) == "io.failed"
    shell("record", "note", folder, "x", *key, "--case", moved)
    assert (folder / Session.CASE).read_text() == str(moved)
    assert shell.refused("record", "note", tmp_path / "nothing", "x", *key) == "session.not-a-session"


def test_a_case_may_lie_in_a_folder_whose_name_is_no_text(
    shell: Shell, folder: Path, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not typed then, but one may be in there."""
    key, odd = ("--key", tmp_path / "ada.key"), tmp_path / os.fsdecode(b"\xff\xfe")
    odd.mkdir()
    case.root.rename(odd / "x.case")
    monkeypatch.chdir(odd)
    shell("record", "note", folder, "x", *key, "--case", "x.case")
    shell("record", "note", folder, "again", *key)
    assert shell.json("coverage", folder)["missing"], "the clauses of its case are found"
    asked = ("--session", tmp_path / "s", *key, *QUICK_OPTIONS)
    assert shell.refused("probe", "x.case", "sample", "--prompt", "Hi", *asked) == "model.unreadable", "as anywhere"
    assert (tmp_path / "s" / Session.CASE).read_bytes() == os.fsencode(odd.resolve() / "x.case")
    (odd / "x.case").rename(tmp_path / "y.case")
    told = shell("record", "note", folder, "x", *key, code=1)
    assert "/⟨U+DCFF⟩⟨U+DCFE⟩/x.case." in told and "[input.missing]" in told


def test_a_place_that_may_not_be_written_is_no_defect(
    shell: Shell, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("workbench.places.keys", lambda: tmp_path / "file" / "keys")
    assert shell.refused("keys", "new", "ada", "--no-passphrase") in ("io.failed", "input.missing")

    def forbidden() -> Path:
        raise PermissionError(13, "Permission denied", "/home/ada")

    monkeypatch.setattr("workbench.places.keys", forbidden)
    assert shell.refused("keys", "list") == "io.failed"
    assert not (tmp_path / "crashes").exists()


# -- handing in


def test_the_page_is_drawn_anew_from_the_log(shell: Shell, folder: Path, case: Case, tmp_path: Path) -> None:
    out = exported(shell, folder, tmp_path / "a.auditlog")
    page = tmp_path / "a.report.html"
    drawn = page.read_bytes()
    assert shell.refused("report", out, case.root) == "input.invalid"
    page.unlink()  # as after an export that was killed
    assert "workbench report" in shell(
        "export", folder, out, "--verdict", "clean", "--probability", 0.2, "--key", tmp_path / "ada.key", code=1
    )
    shell("report", out, case.root)
    assert page.read_bytes() == drawn
    shell("report", out, case.root, "--out", tmp_path / "mine.html")
    assert (tmp_path / "mine.html").read_bytes() == drawn


def test_a_report_goes_on_paper_when_it_is_handed_in_or_later(
    shell: Shell, folder: Path, case: Case, tmp_path: Path
) -> None:
    said = ("--verdict", "clean", "--probability", 0.2, "--key", tmp_path / "ada.key", "--pdf")
    (tmp_path / "a.report.pdf").write_bytes(b"mine")
    assert shell.refused("export", folder, tmp_path / "a.auditlog", *said) == "input.invalid"
    assert not (tmp_path / "a.auditlog").exists(), "what cannot be taken back comes after what can be refused"
    (tmp_path / "a.report.pdf").unlink()
    assert "for paper" in shell("export", folder, tmp_path / "a.auditlog", *said)
    handed = (tmp_path / "a.report.pdf").read_bytes()
    assert handed.startswith(b"%PDF-")
    shell("report", tmp_path / "a.auditlog", case.root, "--out", tmp_path / "mine.pdf")
    assert (tmp_path / "mine.pdf").read_bytes() == handed
    assert shell.refused("report", tmp_path / "a.auditlog", case.root, "--pdf") == "input.invalid"


def test_who_countersigned_a_page_is_told_by_the_receipts_and_not_by_its_author(
    shell: Shell, folder: Path, case: Case, judge: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Custody, "witnessed", property(lambda custody: 2))  # as a workbench that was made to lie
    monkeypatch.setattr(Custody, "by", property(lambda custody: ("Judy", "The Queen")))
    out = exported(shell, folder, tmp_path / "a.auditlog")
    monkeypatch.undo()
    assert "by Judy, The Queen" in (tmp_path / "a.report.html").read_text("utf-8")
    told = shell("report", out, case.root, "--out", tmp_path / "mine.html")
    assert "witnessed to 0 of" in told
    assert "The Queen" not in (tmp_path / "mine.html").read_text("utf-8")


def test_a_page_tells_a_witness_by_the_key_and_not_by_the_name(
    shell: Shell, folder: Path, case: Case, judge: Identity, tmp_path: Path
) -> None:
    """Anybody can call a key as the judge is called."""
    own = Identity.generate(judge.name)
    own.public.save(tmp_path / "own.pub")
    own.save(tmp_path / "own.key", None)
    asked = shell.json("custody", "request", folder)["request"]
    by = ("--key", tmp_path / "own.key", "--register", tmp_path / "own.register", "--auditor", tmp_path / "ada.pub")
    shell("judge", "register", tmp_path / "own.register")
    receipt = shell.json("judge", "witness", asked, *by)["receipt"]
    shell("custody", "receive", folder, receipt, "--witness", tmp_path / "own.pub")
    out = exported(shell, folder, tmp_path / "a.auditlog")
    whose = f"“{judge.name}” ({own.public.fingerprint})"
    told = f"records</b> by a key that the auditor named, {whose}."
    assert told in unbroken(tmp_path / "a.report.html")
    assert f"witnessed to 2 by a key that the auditor named, {whose}" in shell("show", out / "report.dsse.json")
    shell("report", out, case.root, "--out", tmp_path / "mine.html", "--witness", tmp_path / "own.pub")
    assert f"by a key that the reader named, {whose}." in unbroken(tmp_path / "mine.html")


def unbroken(page: Path) -> str:
    """A page without the places at which its long words may break."""
    return re.sub(r'<wbr>|<span class="long">|</span>', "", page.read_text("utf-8"))


def test_a_page_is_drawn_from_no_other_log(
    shell: Shell, folder: Path, case: Case, make_case: MakeCase, tmp_path: Path
) -> None:
    out = exported(shell, folder, tmp_path / "a.auditlog")
    assert shell.refused("report", out, make_case("two").root, "--out", tmp_path / "x.html") == "log.genesis"
    assert shell.refused("report", folder, case.root, "--out", tmp_path / "x.html") == "log.not-a-log"
    with (out / "records-00000.ndjson.zst").open("ab") as file:
        file.write(b"x")
    assert shell.refused("report", out, case.root, "--out", tmp_path / "x.html") == "log.file-changed"
    assert not (tmp_path / "x.html").exists()


def test_what_lies_beside_the_signed_files_is_called_what_it_is(shell: Shell, folder: Path, tmp_path: Path) -> None:
    exported(shell, folder, tmp_path / "a.auditlog")
    for name, told in (("a.report.html", "a page to read"), ("a.report.json", "an unsigned copy")):
        for command in ("verify", "show"):
            said = shell(command, tmp_path / name, code=1)
            assert told in said and "NAME.auditlog" in said and "[envelope.malformed]" in said
    said = shell("show", folder, code=1)
    assert "workbench export" in said and "An audit log" not in said and "[log.not-a-log]" in said


def test_a_log_beside_another_case_is_not_exported_again(
    shell: Shell, folder: Path, make_case: MakeCase, tmp_path: Path
) -> None:
    out, judging = exported(shell, folder, tmp_path / "a.auditlog"), ("--key", tmp_path / "judy.key", "--no-replay")
    told = shell("judge", "verdict", out, make_case("two").root, tmp_path / "v.json", *judging, code=1)
    assert "Name the case that the log is about" in told and "export the log again" not in told


def test_judged_once(shell: Shell, folder: Path, case: Case, tmp_path: Path) -> None:
    """The second verdict on one log says what the first did; one on a longer log says that it was judged before."""
    judging = ("--key", tmp_path / "judy.key", "--no-replay", "--json")
    out = exported(shell, folder, tmp_path / "a.auditlog")

    def verdict(log: Path, name: str) -> dict[str, object]:
        told = json.loads(shell("judge", "verdict", log, case.root, tmp_path / name, *judging))
        codes = {check["code"] for check in told["verification"]}
        return {"witnessed": told["log"]["witnessed"], "judged": "ticket.judged" in codes, "codes": codes}

    first, again = verdict(out, "1.json"), verdict(out, "2.json")
    assert first == again and not first["judged"]
    shutil.rmtree(out)
    later = exported(shell, folder, tmp_path / "b.auditlog")
    assert verdict(later, "3.json")["judged"]


def test_what_a_killed_command_left_is_swept_up(shell: Shell, folder: Path, tmp_path: Path) -> None:
    left = tmp_path / ".a.auditlog.abcdefgh.audit-workbench-unfinished"
    left.mkdir()
    (left / "records").write_text("half")
    os.utime(left, (time.time() - 60,) * 2)
    exported(shell, folder, tmp_path / "a.auditlog")
    assert not left.exists()
