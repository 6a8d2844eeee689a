"""What a release wrote verifies and is read for ever, by both verifiers and by the workbench as it is now."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backends.toy_model import ToyModel
from casefiles.case.bundle import open_case
from casefiles.custody.register import Register
from casefiles.files import canonical, schema
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, PublicIdentity, VerifyKey
from casefiles.log import auditlog, export
from casefiles.verify import Verification, verify
from tests.casefiles.logs import bytes_of
from tests.golden import verifier
from workbench.contract.prompt import Prompt
from workbench.document import SignedDocument
from workbench.door.session import Session
from workbench.evidence.scales import Scales
from workbench.judge.truths import addendum
from workbench.judge.verdicts import issuing
from workbench.judge.verdicts.procedure import replay_log
from workbench.judge.verdicts.verdict import Verdict
from workbench.log.filter import parse
from workbench.log.imported_log import imported
from workbench.log.lines import Reader
from workbench.log.stored_log import StoredLog
from workbench.probes import Sample
from workbench.report import report as reports

HERE = Path(__file__).resolve().parent
RELEASES = sorted(str(path.parent.relative_to(HERE)) for path in HERE.glob("**/expected.json"))
SESSIONS = sorted(str(path.parent.relative_to(HERE)) for path in HERE.glob("**/small.session"))


@dataclass(frozen=True)
class Release:
    """The golden files of one release."""

    folder: Path
    expected: dict[str, Any]
    auditor: VerifyKey
    judge: VerifyKey

    @classmethod
    def of(cls, name: str) -> Release:
        folder = HERE / name
        auditor, judge = (PublicIdentity.load(folder / f"{who}.pub").verify for who in ("auditor", "judge"))
        return cls(folder, json.loads((folder / "expected.json").read_text()), auditor, judge)

    def both(self, name: str, log: str | None = None) -> Verification:
        """What the product finds, once the second verifier has found the same."""
        path, beneath = self.folder / name, self.folder / log if log else None
        trusted = None if name.endswith(".case") or "verdict" in name else [self.auditor]
        case, about = self.expected["case"], open_case(self.folder / "small.case").manifest
        found = verify(
            path, trusted=trusted, judge=self.judge, case=case, about=about, log=beneath, every_signature=True
        )
        raw = None if trusted is None else [key.raw for key in trusted]
        known = verifier.Known(raw, self.judge.raw, case=case, every_signature=True, manifest=about.to_json())
        second = verifier.verify(path, known, beneath)
        assert second.steps == [(step.stage.value, step.code) for step in found.steps]
        assert (second.code, second.records, second.witnessed) == (found.code, found.records, found.witnessed)
        return found


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Release:
    return Release.of(request.param)


def test_there_are_golden_files_with_findings_of_every_release() -> None:
    assert {"0.1.0", "0.1.0/findings", "0.2.0"} <= set(RELEASES)
    assert {"0.1.0/findings", "0.2.0"} <= set(SESSIONS)


def test_public_keys_of_earlier_versions_are_there_to_verify_with(release: Release) -> None:
    keys = [PublicIdentity.load(release.folder / f"{who}.pub") for who in ("attacker", "auditor", "judge")]
    earlier = release.folder.relative_to(HERE).parts[0] == "0.1.0"
    assert [key.vouched for key in keys] == 3 * [not earlier]


def test_the_case(release: Release) -> None:
    found = release.both("small.case")
    assert found.ok and found.digest == release.expected["case"]
    judge = Identity.load(release.folder / "judge.key")
    opened = verify(release.folder / "small.case", sealing=judge.sealing)
    assert opened.ok and [step.code for step in opened.steps] == ["ok", "ok", "ok"]
    assert issuing.reveal(open_case(release.folder / "small.case"), judge).summary == "Nothing was changed."


def test_the_case_without_a_truth_and_what_became_known_of_it() -> None:
    release = Release.of("0.2.0")
    case = open_case(release.folder / "found.case", trusted=[release.judge])
    assert [step.code for step in release.both("found.case").steps] == ["ok", "ok", "truth.none"]
    known = addendum.read((release.folder / "addendum.dsse.json").read_bytes(), trusted=[release.judge])
    addendum.check_about(known, case)
    assert known.issues.summary == "It is wrong."
    for about, code in ((case.digest, "ok"), (release.expected["case"], "report.other-case")):
        path = release.folder / "addendum.dsse.json"
        first = verify(path, judge=release.judge, case=about)
        second = verifier.verify(path, verifier.Known(judge=release.judge.raw, case=about))
        assert first.code == second.code == code
        assert second.steps == [(step.stage.value, step.code) for step in first.steps]


def test_the_log(release: Release) -> None:
    found = release.both("small.auditlog")
    assert found.ok
    assert {name: getattr(found, name) for name in ("origin", "records", "witnessed", "root")} == {
        name: value for name, value in release.expected.items() if name != "case"
    }
    register = Register(release.folder / "judge.register", release.judge)
    known = register.known(found.origin)
    assert known is not None and known.witnessed is not None
    assert verify(release.folder / "small.auditlog", register=register).witnessed == known.witnessed.size


def test_the_report_and_the_verdicts(release: Release) -> None:
    for path in (release.folder / "report.dsse.json", *release.folder.glob("*verdict.dsse.json")):
        assert release.both(path.name).ok
        with_log = release.both(path.name, "small.auditlog")
        assert with_log.ok and with_log.records == release.expected["records"]


def test_the_workbench_reads_the_documents_as_they_were_signed(release: Release) -> None:
    report = reports.read((release.folder / "report.dsse.json").read_bytes(), trusted=[release.auditor])
    assert_kept(report, release.folder / "report.dsse.json", reports.PAYLOAD_TYPE)
    for path in release.folder.glob("*verdict.dsse.json"):
        verdict = issuing.read(path.read_bytes(), trusted=[release.judge])
        assert verdict.report == report.digest
        assert_kept(verdict, path, issuing.PAYLOAD_TYPE)
    for path in release.folder.glob("adjudication.dsse.json"):
        assert_kept(issuing.read_adjudication(path.read_bytes()), path, issuing.ADJUDICATION_TYPE)
        after = issuing.read((release.folder / "adjudicated.verdict.dsse.json").read_bytes())
        before = issuing.read((release.folder / "verdict.dsse.json").read_bytes())
        assert after.previous == before.digest


def assert_kept(document: SignedDocument, path: Path, payload_type: str) -> None:
    payload = envelope.read(path.read_bytes(), payload_type, trusted=None).payload
    assert document.payload() == payload and document.digest == hashlib.sha256(payload).hexdigest()


def test_a_report_says_nothing_but_what_its_log_says(release: Release) -> None:
    report = reports.read((release.folder / "report.dsse.json").read_bytes())
    with imported(release.folder / "small.auditlog", verify(release.folder / "small.auditlog")) as log:
        assert reports.discrepancies(report, log) == ()
        earlier = release.folder.relative_to(HERE).parts[0] == "0.1.0"
        assert reports.counted_earlier(report) == ((1,) if earlier else ())
        judge, case = Identity.load(release.folder / "judge.key"), open_case(release.folder / "small.case")
        given = issuing.verdict(case, report, log, judge)
        check = next(check for check in given.verification if check.stage == "evidence")
        assert (check.code, given.holds) == ("report.counted-earlier" if earlier else "ok", True)


def test_a_verdict_can_be_adjudicated_by_a_workbench_that_knows_more(release: Release) -> None:
    class Grown(Verdict):
        page: str = ""

    payload = envelope.read((release.folder / "verdict.dsse.json").read_bytes(), issuing.PAYLOAD_TYPE, trusted=None)
    grown = Grown.parse(payload.payload)
    assert (grown.page, grown.payload()) == ("", payload.payload)
    assert json.loads(grown.model_copy(update={"previous": grown.digest}).payload())["page"] == ""


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
        value = canonical.decode(record.body)
        schema.check("record", value)
        assert isinstance(value, dict)
        verifier.check_schema("record", value)


def test_what_was_recorded_replays(release: Release) -> None:
    case = open_case(release.folder / "small.case")
    with imported(release.folder / "small.auditlog", verify(release.folder / "small.auditlog")) as log:
        assert replay_log(log, lambda: ToyModel.random(seed=1, digest=case.model_digest)).holds


@pytest.fixture(params=SESSIONS)
def session(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Release, Path]:
    """A session folder of a release, copied: it is gone on with."""
    release = Release.of(request.param)
    return release, shutil.copytree(release.folder / "small.session", tmp_path / "small.session")


def test_a_session_shows_in_the_desktop(session: tuple[Release, Path]) -> None:
    release, folder = session
    with StoredLog(folder / StoredLog.FILE) as log:
        assert (log.size, log.root.hex()) == (release.expected["records"], release.expected["root"])
        reader = Reader(log)
        news = reader.start()
        assert news.size == log.size
        numbers = list(reader.find(parse(""), 0, log.size))
        assert [line.seq for line in reader.lines(numbers)] == numbers
        assert all(line.what for line in reader.lines(numbers))
        assert list(reader.find(parse("status:orphan"), 0, log.size)) == [1] == list(log.orphans())
        assert reader.find(parse("class:forced"), 0, log.size) and reader.find(parse("tag:odd"), 0, log.size)
        for seq in range(log.size):
            shown = reader.show(seq, _NoArrays())
            assert shown.entry.record.kind == shown.entry.kind
        scales = Scales(log)
        while scales.count():
            pass
        (claim,) = scales.claims()
        assert claim.strength is not None and claim.strength.reproduction is not None


class _NoArrays:
    def get(self, refs: Any) -> Any:
        if refs:
            raise KeyError("left out")
        return {}


def test_a_session_can_be_gone_on_with(session: tuple[Release, Path], tmp_path: Path) -> None:
    release, folder = session
    case, auditor = open_case(release.folder / "small.case"), Identity.load(release.folder / "auditor.key")
    with Session.reopen(case, folder, auditor, lambda: ToyModel.random(seed=1, digest=case.model_digest)) as again:
        spent = again.spent
        assert again.orphans == (1,) and spent.probes == 7
        assert again.run(Sample(prompt=Prompt.ask("Still there?"), max_tokens=2)).status == "ok"
        assert again.spent.probes == 8
        assert again.custody.witnessed > 0
        assert reports.build(again.log, reports.Conclusion(verdict="clean", probability=0.4)).findings
        records = again.log.records()
        auditlog.write(
            tmp_path / "again.auditlog", records, origin=release.expected["origin"], seal=auditor.signing,
            ticket=again.ticket, receipts=again.custody.notes,
        )  # fmt: skip
    found = verify(tmp_path / "again.auditlog", judge=release.judge, case=case.digest, about=case.manifest)
    assert found.ok and found.records == release.expected["records"] + 3
