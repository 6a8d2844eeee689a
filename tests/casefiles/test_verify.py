"""One function for everything that crosses a trust boundary: what it takes for what, and what it says."""

from __future__ import annotations

from pathlib import Path

from casefiles.keys import envelope
from casefiles.verification.steps import Stage
from casefiles.verify import verify
from tests.casefiles.logs import JUDGE, full_log


def test_what_is_nothing_of_ours(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_bytes(b"Dear judge,")
    (tmp_path / "other").write_bytes(envelope.sign("text/plain", b"Dear judge,", [JUDGE]))
    (tmp_path / "link").symlink_to(tmp_path / "other")
    for name, code in (
        ("empty", "envelope.malformed"),
        ("text", "envelope.malformed"),
        ("other", "envelope.payload-type"),
        ("nowhere", "input.missing"),
        ("link", "io.failed"),
        ("", "log.not-a-log"),
    ):
        found = verify(tmp_path / name)
        assert not found.ok and found.code == code, name


def test_progress_is_told(tmp_path: Path) -> None:
    heard: list[tuple[Stage, int, int]] = []
    folder = full_log().write(tmp_path / "one.auditlog")
    assert verify(folder, progress=lambda *step: heard.append(step)).ok
    assert {stage for stage, _, _ in heard} == {Stage.FILES, Stage.RECORDS}
    assert heard[-1] == (Stage.RECORDS, 10, 10)
