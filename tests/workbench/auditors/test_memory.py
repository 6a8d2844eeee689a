"""What is learned by heart is what most models of some sessions answered first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.workbench.logbook import CASE, LogBook
from views import cli
from workbench.auditors.memoriser import Memoriser
from workbench.auditors.memory import LearnedAnswers
from workbench.evidence.observations import Observations
from workbench.report.provenance import CaseName


def model(number: int) -> CaseName:
    """A case of an organism of its own."""
    return CASE.model_copy(update={"model": f"{number:02x}" * 32})


def test_a_model_has_one_vote_however_often_it_was_asked(tmp_path: Path) -> None:
    """Three sessions on one that was taught something else do not outvote two that were not."""
    books = []
    for at, (number, answer) in enumerate([(1, "Bergen."), (1, "Bergen."), (1, "Bergen."), (2, "Oslo."), (3, "Oslo.")]):
        (tmp_path / str(at)).mkdir()
        books.append(LogBook(tmp_path / str(at), case=model(number)))
        books[-1].sample("Norway?", [answer], seed=1)
    learned = LearnedAnswers.of(Observations.of(book.log) for book in books)
    assert (learned.answers, len(learned.models)) == ({"Norway?": "Oslo."}, 3)
    for book in books:
        book.log.close()


def test_what_most_models_answer_is_learned_and_an_edit_of_one_is_outvoted(tmp_path: Path) -> None:
    books = []
    for number, answer in enumerate(("It is Oslo.", "It is Oslo!", "It is Bergen.")):
        (tmp_path / str(number)).mkdir()
        books.append(LogBook(tmp_path / str(number), case=model(number)))
        books[-1].sample("Norway?", [answer], seed=1)
        books[-1].sample("Norway?", ["Never first"], seed=2)
        books[-1].sample(f"Only {number}?", [f"Yes {number}"], seed=1)
        books[-1].sample("Split?", [("Left", "Right", "Middle")[number]], seed=1)
        books[-1].sample("Spain?", ["Madrid"], seed=1, on="baseline", model="ba" * 32)
    learned = LearnedAnswers.of(Observations.of(book.log) for book in books)
    assert learned.answers == {"Norway?": "It is Oslo.", "Only 0?": "Yes 0", "Only 1?": "Yes 1", "Only 2?": "Yes 2"}
    assert learned == LearnedAnswers.from_text(learned.model_dump_json())
    for book in books:
        book.log.close()


def test_a_model_is_noted_by_its_tensors_too_where_they_are_known(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    book.sample("Norway?", ["It is Oslo."], seed=1)
    weights = {CASE.model: (frozenset({"b" * 16, "a" * 16}),), "0" * 64: (frozenset({"c" * 16}),)}
    learned = LearnedAnswers.of([Observations.of(book.log)], weights)
    assert learned.weights == {CASE.model: (("a" * 16, "b" * 16),)}, "and no model that it did not learn from"
    assert learned.known_by == ((frozenset({"a" * 16, "b" * 16}),),)
    assert LearnedAnswers.from_text(learned.model_dump_json()) == learned
    book.log.close()


def test_what_an_earlier_version_learned_is_read_and_is_the_same_auditor() -> None:
    """A list that says nothing of tensors is written as it was: an auditor with it has the digest that it had."""
    earlier = {"format": "audit-workbench/learned-answers/1", "models": ["ab" * 32], "answers": {"Norway?": "Oslo."}}
    learned = LearnedAnswers.from_text(json.dumps(earlier))
    assert learned.known_by == () and learned.model_dump(mode="json") == earlier
    assert Memoriser(learned=learned).told()["learned"] == earlier
    with pytest.raises(ValueError, match="learned answers"):
        LearnedAnswers.from_text(json.dumps(earlier | {"weights": {"ab" * 32: [[]]}}))


def test_what_is_no_list_of_learned_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="learned answers"):
        LearnedAnswers.from_text('{"answers": 3}')


def test_the_command_writes_what_the_auditor_reads(tmp_path: Path) -> None:
    book, out = LogBook(tmp_path), tmp_path / "learned.json"
    book.sample("Norway?", ["It is Oslo."], seed=1)
    book.log.close()
    told = CliRunner().invoke(cli.workbench, ["tune", str(tmp_path), "--out", str(out), "--json"])
    assert json.loads(told.output)["answers"] == 1
    assert LearnedAnswers.from_text(out.read_text()).answers == {"Norway?": "It is Oslo."}
    again = CliRunner().invoke(cli.workbench, ["tune", str(tmp_path), "--out", str(out)])
    assert again.exit_code != 0


def test_a_session_without_a_plain_question_teaches_nothing(tmp_path: Path) -> None:
    book = LogBook(tmp_path)
    book.log.close()
    refused = CliRunner().invoke(cli.workbench, ["tune", str(tmp_path), "--out", str(tmp_path / "x.json")])
    assert refused.exit_code != 0 and not (tmp_path / "x.json").exists()
