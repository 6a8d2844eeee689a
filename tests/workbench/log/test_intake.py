"""What is taken into a session is named by its digest, and only if it is what it says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from casefiles.status import Refusal
from casefiles.verify import verify
from tests.casefiles.logs import full_log
from tests.workbench.logbook import ADA
from workbench.door.session import Session
from workbench.log.records import Imported

GOLDEN = Path(__file__).parents[2] / "golden" / "0.1.0"


def test_a_file(session: Session, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_bytes(b"Where?\n")
    said = session.take_in(tmp_path / "prompts.txt", "the battery's prompts", ADA).as_(Imported)
    assert (said.what, said.name, said.size, said.origin) == ("file", "prompts.txt", 7, "")
    assert said.sha256 == hashlib.sha256(b"Where?\n").hexdigest()
    assert (said.note, said.actor) == ("the battery's prompts", ADA)


def test_a_log_and_a_verdict_are_named_by_what_was_signed(session: Session) -> None:
    for path, what in ((GOLDEN / "small.auditlog", "log"), (GOLDEN / "verdict.dsse.json", "verdict")):
        said = session.take_in(path).as_(Imported)
        found = verify(path)
        assert (said.what, said.name, said.sha256, said.origin) == (what, path.name, found.digest, found.origin)
        assert said.size > 1000 and said.actor == session.actor


def test_what_does_not_verify_is_not_taken_in(session: Session, tmp_path: Path) -> None:
    folder = full_log().write(tmp_path / "one.auditlog")
    (folder / "checkpoints.note").write_bytes(b"")
    with pytest.raises(Refusal, match="not taken in") as refused:
        session.take_in(folder)
    assert refused.value.code == "log.file-changed"
    with pytest.raises(Refusal) as refused:
        session.take_in(tmp_path / "nothing")
    assert refused.value.code == "input.missing"
    assert session.log.size == 1
