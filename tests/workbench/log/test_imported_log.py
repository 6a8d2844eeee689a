"""A log from somebody else: what it states of itself is not believed where it can be computed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casefiles.log import auditlog
from casefiles.log.checkpoint import origin_of
from casefiles.status import Refusal
from casefiles.verification.steps import Stage, State, Step, Verification
from casefiles.verify import verify
from tests.workbench.logbook import LogBook
from workbench.contract.prompt import Prompt
from workbench.log.filter import parse
from workbench.log.imported_log import ImportedLog, imported, open_records
from workbench.log.lines import Reader
from workbench.probes import Sample, asked

NATURAL, FORCED = Sample(prompt=Prompt.ask("Hi")), Sample(prompt=Prompt.ask("Hi", prefill="Sure, "))


def exported(book: LogBook, out: Path) -> Path:
    auditlog.write(out, book.log.records(), origin=origin_of(book.log.session), seal=book.auditor.signing)
    book.log.close()
    return out


@pytest.fixture
def forged(tmp_path: Path) -> Iterator[ImportedLog]:
    book = LogBook(tmp_path)
    book.result(book.intent(NATURAL), None, "failed")  # 1, 2
    book.result(book.intent(FORCED, elicitation="natural"), None, "failed")  # 3, 4
    book.intent(FORCED, elicitation="assisted")  # 5
    path = exported(book, tmp_path / "forged.auditlog")
    with imported(path, verify(path)) as log:
        yield log


@pytest.mark.parametrize(
    ("code", "told"),
    [("ticket.reused", "`workbench judge list`"), ("log.file-changed", "Ask the auditor to export the log again.")],
)
def test_what_is_advised_of_a_log_that_failed_can_help(tmp_path: Path, code: str, told: str) -> None:
    failed = Verification("log", (Step(Stage.TICKET, code, "It failed.", "", State.FAILED),))
    with pytest.raises(Refusal) as refused, imported(tmp_path / "a.auditlog", failed):
        pass
    assert refused.value.code == code and told in refused.value.try_this


def test_a_filter_goes_by_what_the_arguments_show(forged: ImportedLog) -> None:
    reader = Reader(forged)
    reader.start()

    def found(text: str) -> list[int]:
        return list(reader.find(parse(text), 0, forged.size))

    assert (found("class:natural"), found("class:forced"), found("class:assisted")) == ([2], [5, 4], [])
    assert [line.elicitation for line in reader.lines([2, 4, 5])] == ["natural", "forced", "forced"]
    assert forged.query("SELECT seq, elicitation FROM intent ORDER BY seq") == [
        (1, "natural"), (3, "forced"), (5, "forced"),
    ]  # fmt: skip


def test_a_log_that_states_another_class_is_remarked_upon(forged: ImportedLog, tmp_path: Path) -> None:
    assert forged.misstated == (3, 5)
    (remark,) = forged.remarks
    assert (remark.stage, remark.code, remark.state) == ("records", "log.class-stated", "remark")
    assert remark.detail == "2 times, first at record 3."
    (tmp_path / "honest").mkdir()
    honest = LogBook(tmp_path / "honest")
    honest.intent(FORCED)
    with open_records(exported(honest, tmp_path / "honest.auditlog")) as log:
        assert isinstance(log, ImportedLog) and log.remarks == ()


def test_a_class_that_a_probe_s_own_version_gave_it_is_no_misstatement(tmp_path: Path) -> None:
    """Before, a user's turn that was begun counted as one that was left open."""
    book, begun = LogBook(tmp_path), Sample(prompt=Prompt.overheard("The capital of Denmark is"))
    before = asked("sample", 3, begun.model_dump(mode="json"))
    assert before is not None
    for probe, stated in ((before, "assisted"), (before, "forced"), (before, "natural"), (begun, "assisted")):
        book.intent(probe, elicitation=stated)
    with open_records(exported(book, tmp_path / "before.auditlog")) as log:
        assert isinstance(log, ImportedLog) and log.misstated == (3, 4)
        assert log.query("SELECT DISTINCT elicitation FROM intent") == [("forced",)]


def test_a_probe_that_is_not_known_here_keeps_what_it_states(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    known = book.intent(NATURAL)
    book.log.append(known.record.model_copy(update={"version": 99}))
    with open_records(exported(book, tmp_path / "new.auditlog")) as log:
        assert isinstance(log, ImportedLog) and log.misstated == ()
        assert log.query("SELECT elicitation FROM intent WHERE seq = 2") == [("natural",)]
