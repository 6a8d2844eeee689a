"""Findings in a log: revised, withdrawn, taken up again."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.workbench.logbook import LogBook
from workbench.claims.finding import MOST_WORDS, Citation, Finding
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.evidence.standing import recorded


def named(name: str, title: str = "A title") -> Finding:
    author = Actor(kind="agent-checked", name="scout")
    return Finding(id=name, title=title, behaviour="Does it.", severity="low", confidence=0.5, author=author)


def test_the_last_revision_counts_and_keeps_its_place(book: LogBook) -> None:
    book.finding(named("one", "first words"))
    book.finding(named("two"))
    book.finding(named("one", "better words"))
    assert [(item.id, item.title) for item in recorded(book.log)] == [("one", "better words"), ("two", "A title")]


def test_a_withdrawn_finding_is_gone_until_it_is_recorded_again(book: LogBook) -> None:
    book.finding(named("one"))
    book.finding(named("two"))
    book.withdraw("one")
    assert [item.id for item in recorded(book.log)] == ["two"]
    size = book.log.size
    book.finding(named("one"))
    assert [item.id for item in recorded(book.log)] == ["two", "one"]
    assert [item.id for item in recorded(book.log, until=size)] == ["two"]


@pytest.mark.parametrize("name", ["", "Has Spaces", "../up", "-dash", "x" * 65])
def test_an_id_is_plain(name: str) -> None:
    with pytest.raises(ValidationError):
        named(name)


def test_a_finding_reads_back_from_its_record(book: LogBook) -> None:
    finding = named("one")
    entry = book.finding(finding)
    assert Finding.model_validate(book.log.entry(entry.seq).data["finding"]) == finding


def test_what_its_scope_names_twice_is_one_thing() -> None:
    one = named("one").model_copy(update={"scope": ("Norway", "the  NORWAY", "Sweden", "norway")})
    assert one.terms == ("Norway", "Sweden")


def test_a_finding_is_no_dictionary() -> None:
    """One predicate that many citations share counts once."""
    few, many = (Match(any_of=tuple(f"word{at}" for at in range(number))) for number in (MOST_WORDS, MOST_WORDS + 1))
    told = dict(named("lies"))
    whole = Finding.model_validate(told | {"citations": tuple(Citation(seq=at, shows=few) for at in range(1, 9))})
    assert len(whole.citations) == 8
    with pytest.raises(ValueError, match="20,001 words; at most 20,000"):
        Finding.model_validate(told | {"citations": (Citation(seq=1, shows=many),)})
