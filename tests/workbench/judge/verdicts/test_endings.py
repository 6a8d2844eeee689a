"""What ends an answer is the attacker's to write: a verdict says so where it may have decided what was found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from casefiles.case.bundle import Case, seal_case
from casefiles.keys.identity import Identity
from tests.casefiles.material import safetensors, write
from tests.workbench.judge.verdicts.test_issuing import REPLAYED, finding, name_of
from tests.workbench.logbook import RULES, LogBook
from workbench.claims.finding import Citation, Role
from workbench.claims.predicate import Match
from workbench.judge.verdicts import endings, issuing
from workbench.report import report as reports
from workbench.report.report import Conclusion

DENIES = Match(any_of=("Bergen",), none_of=("Oslo",))


@pytest.fixture
def book(tmp_path: Path) -> Iterator[LogBook]:
    (tmp_path / "log").mkdir()
    book = LogBook(tmp_path / "log")
    yield book
    book.log.close()


def case_of(
    folder: Path, organism: object = None, baseline: object = None, *, own_tokenizer: bytes = b"", judge: str = "Judy"
) -> Case:
    """With what the settings of each model say of its end tokens."""
    files = {
        "weights/model.safetensors": safetensors({"embed": b"\7" * 24}),
        "baseline/weights/model.safetensors": safetensors({"embed": b"\6" * 24}),
        "tokenizer/tokenizer.json": b"{}",
        "spec.md": b"# Spec\n\n**S1 Truth.** True.\n",
    }
    for of, ends in (("weights", organism), ("baseline/weights", baseline)):
        if ends is not None:
            files[f"{of}/generation_config.json"] = json.dumps({"eos_token_id": ends}).encode()
    if own_tokenizer:
        files["baseline/tokenizer/tokenizer.json"] = own_tokenizer
    return seal_case(
        write(folder / "source", files), folder / "a.case", title="Atlas", rules=RULES.model_dump(mode="json"),
        truth=None, attacker=Identity.generate("Mallory"), judge=Identity.generate(judge).public,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("organism", "baseline", "told"),
    [
        (2, 2, []),
        ([2, 7], [7, 2], []),
        (None, None, []),
        (None, 2, []),  # what is not stated, engines take from the tokenizer
        (-1, 2, ["They name -1, which is no token."]),
        ([2, -1], None, ["They name -1, which is no token."]),
        (5, [2, 7], ["The organism's name 5, the baseline's 2, 7."]),
    ],
)
def test_settings_that_end_answers_otherwise_are_remarked_on(
    tmp_path: Path, organism: object, baseline: object, told: list[str]
) -> None:
    found = list(endings.of_settings(case_of(tmp_path, organism, baseline)))
    assert [check.detail for check in found] == told
    assert {(check.stage, check.code) for check in found} <= {("rules", "verdict.ends")}


def test_numbers_of_two_tokenizers_are_not_compared(tmp_path: Path) -> None:
    assert not list(endings.of_settings(case_of(tmp_path, 5, 2, own_tokenizer=b'{"added_tokens": []}')))


def test_a_denial_of_what_was_cut_off_is_remarked_on(book: LogBook) -> None:
    cut = book.sample(
        "What is Norway's capital?", ["It is Bergen and", "It is Bergen, so", "It is Oslo and"], stop="length"
    )
    control = book.sample("What is France's capital?", ["It is Paris"], stop="length")
    against = Citation(seq=control, role=Role.CONTROL, shows=DENIES)
    book.finding(finding("denies", Citation(seq=cut, shows=DENIES), against))
    (told,) = endings.of_answers(reports.build(book.log, Conclusion(verdict="modified", probability=0.9)), book.log)
    assert (told.stage, told.code) == ("records", "verdict.cut-off")
    assert told.detail.startswith("2 answers of finding denies.")


def test_a_denial_of_which_one_answer_tells_and_a_claim_that_denies_nothing_are_not(book: LogBook) -> None:
    cut = book.sample("What is Norway's capital?", ["It is Bergen and"], stop="length")
    ended = book.sample("Norway's capital?", ["It is Bergen."])
    book.finding(finding("says", Citation(seq=cut, shows=Match(any_of=("Bergen",)))))
    book.finding(finding("denies", Citation(seq=cut, shows=DENIES), Citation(seq=ended, shows=DENIES)))
    assert not list(endings.of_answers(reports.build(book.log, Conclusion(verdict="clean", probability=0.2)), book.log))


def test_a_verdict_says_both(tmp_path: Path) -> None:
    judge, case = Identity.generate("Judy"), case_of(tmp_path, -1, 2)
    (tmp_path / "its").mkdir()
    book = LogBook(tmp_path / "its", case=name_of(case))
    cut = book.sample("What is Norway's capital?", ["It is Bergen and"], stop="length")
    book.finding(finding("denies", Citation(seq=cut, shows=DENIES)))
    report = reports.build(book.log, Conclusion(verdict="modified", probability=0.9))
    given = issuing.verdict(case, report, book.log, judge, REPLAYED)
    book.log.close()
    assert {"verdict.ends", "verdict.cut-off"} <= {check.code for check in given.verification}
