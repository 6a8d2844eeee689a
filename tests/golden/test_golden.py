"""What a release wrote verifies for ever, with both verifiers, and can be written again byte for byte."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from casefiles.custody.register import Register
from casefiles.files import canonical, schema
from casefiles.keys.identity import Identity, PublicIdentity, VerifyKey
from casefiles.log import auditlog, export
from casefiles.verify import Verification, verify
from tests.casefiles.logs import bytes_of
from tests.golden import verifier

HERE = Path(__file__).resolve().parent
RELEASES = sorted(path.parent.name for path in HERE.glob("*/expected.json"))


@dataclass(frozen=True)
class Release:
    """The golden files of one release."""

    folder: Path
    expected: dict[str, Any]
    auditor: VerifyKey
    judge: VerifyKey

    def both(self, name: str, log: str | None = None) -> Verification:
        """What the product finds, once the second verifier has found the same."""
        path, beneath = self.folder / name, self.folder / log if log else None
        trusted = None if name.endswith(".case") or name.startswith("verdict") else [self.auditor]
        case = self.expected["case"]
        found = verify(path, trusted=trusted, judge=self.judge, case=case, log=beneath, every_signature=True)
        raw = None if trusted is None else [key.raw for key in trusted]
        known = verifier.Known(raw, self.judge.raw, case=case, every_signature=True)
        second = verifier.verify(path, known, beneath)
        assert second.steps == [(step.stage.value, step.code) for step in found.steps]
        assert (second.code, second.records, second.witnessed) == (found.code, found.records, found.witnessed)
        return found


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Release:
    folder = HERE / request.param
    auditor, judge = (PublicIdentity.load(folder / f"{name}.pub").verify for name in ("auditor", "judge"))
    return Release(folder, json.loads((folder / "expected.json").read_text()), auditor, judge)


def test_there_are_golden_files() -> None:
    assert RELEASES


def test_the_case(release: Release) -> None:
    found = release.both("small.case")
    assert found.ok and found.digest == release.expected["case"]
    judge = Identity.load(release.folder / "judge.key")
    opened = verify(release.folder / "small.case", sealing=judge.sealing)
    assert opened.ok and [step.code for step in opened.steps] == ["ok", "ok", "ok"]


def test_the_log(release: Release) -> None:
    found = release.both("small.auditlog")
    assert found.ok
    assert {name: getattr(found, name) for name in ("origin", "records", "witnessed", "root")} == {
        name: value for name, value in release.expected.items() if name != "case"
    }
    register = Register(release.folder / "judge.register", release.judge)
    assert verify(release.folder / "small.auditlog", register=register).witnessed == found.witnessed


def test_the_report_and_the_verdict(release: Release) -> None:
    for name in ("report.dsse.json", "verdict.dsse.json"):
        assert release.both(name).ok
        with_log = release.both(name, "small.auditlog")
        assert with_log.ok and with_log.records == release.expected["records"]


def test_the_log_can_be_written_again_byte_for_byte(release: Release, tmp_path: Path) -> None:
    files = auditlog.read(release.folder / "small.auditlog")
    auditlog.write(
        tmp_path / "again.auditlog",
        files.records(),
        origin=files.export.checkpoint.origin,
        seal=files.envelope,
        ticket=files.optional(export.TICKET),
        receipts=files.receipts(),
        blobs=[(digest, files.blob(digest)) for digest in files.export.blobs],
        report=files.optional(export.REPORT),
    )
    assert bytes_of(tmp_path / "again.auditlog") == bytes_of(release.folder / "small.auditlog")


def test_every_record_fits_the_published_schema(release: Release) -> None:
    for record in auditlog.read(release.folder / "small.auditlog").records():
        schema.check("record", canonical.decode(record.body))
