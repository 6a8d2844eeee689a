"""The filter line of the log: what it finds, and what it says when it is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.filter import FilterError, parse
from workbench.log.lines import Reader
from workbench.log.records import Intent
from workbench.probes.logit_lens import LogitLens
from workbench.probes.sample import Sample
from workbench.probes.score import Score

Find = Callable[[str], list[int]]


@pytest.fixture
def find(session: Session) -> Find:
    """A session with one record of every sort, and a search in it."""
    session.run(Sample(prompt=Prompt.ask("Norway?", system='Say "hi"'), max_tokens=2))  # 1, 2
    session.run(Score(prompt=Prompt.ask("Sweden?"), answers=("yes",)))  # 3, 4
    session.run(LogitLens(prompt=Prompt.raw("Norway and\nSweden")))  # 5, 6
    session.run(Sample(prompt=Prompt.ask("x"), samples=500, max_tokens=500))  # 7, refused: beyond the budget
    session.note("Norway again")  # 8
    session.tag(4, "Odd")  # 9
    session.log.append(session.log.entry(1).as_(Intent))  # 10, never answered
    session.run(Score(prompt=Prompt.ask("Peru?")), on="baseline")  # 11, refused: the rules allow no baseline
    reader = Reader(session.log)
    reader.start()

    def search(text: str) -> list[int]:
        return list(reader.find(parse(text), 0, session.log.size))

    return search


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [11, 10, 9, 8, 7, 6, 4, 2, 0]),
        ("kind:sample", [10, 7, 2]),
        ("kind:note", [8]),
        ("KIND:Note", [8]),
        ("kind:sample kind:refusal", [7]),
        ("on:baseline", [11]),
        ("on:organism kind:sample", [10, 7, 2]),
        ("not on:organism kind:note", [8]),
        ("on:brought", []),
        ("status:ok", [6, 4, 2]),
        ("status:orphan", [10]),
        ("status:refused", [11, 7]),
        ("class:assisted", [10, 2]),
        ("class:internal", [6]),
        ("seq:4", [4]),
        ("seq:3-6", [6, 4]),
        ("seq:8-", [11, 10, 9, 8]),
        ("norway", [10, 8, 6, 2]),
        ('text:"Norway again"', [8]),
        ('text:"norway" kind:sample', [10, 2]),
        ("kind:sample and not status:refused", [10, 2]),
        ("kind:score or kind:note", [11, 8, 4]),
        ("not (kind:score or kind:note) seq:0-8", [7, 6, 2, 0]),
        ("tag:odd", [4]),
        ("text:nothing-of-the-sort", []),
        ("text:max_tokens", []),  # a key of the JSON, not words that anybody wrote
        ("text:temperature", []),
    ],
)
def test_finds(find: Find, text: str, found: list[int]) -> None:
    assert find(text) == found


def test_finds_text_across_a_line_break_as_it_is_written(find: Find) -> None:
    assert find('text:"and\\nSweden"') == [], "a filter has no escapes: a backslash is a backslash"


@pytest.mark.parametrize(
    ("text", "sentence", "at"),
    [
        ("colour:red", "There is no field “colour”; there are kind, status, class, seq, text, on, tag.", 0),
        ("kind:sampel", "No kind is called “sampel”; did you mean kind:sample?", 5),
        ("status:good", "No status is called “good”; there are ok, failed, cancelled, refused, orphan.", 7),
        ("seq:ten", "“ten” is no number or range: write seq:12, seq:10-20 or seq:10-.", 4),
        ("seq:9-3", "The range 9-3 runs backwards.", 4),
        ('text:"Norway', 'The quotation is not closed: add a “"” at its end.', 5),
        ("(kind:note", "A parenthesis is not closed.", 0),
        ("kind:note)", "A closing parenthesis has no opening one.", 9),
        ("kind:note and", "Something is missing at the end.", 13),
        ("or kind:note", "“or” stands where a condition should.", 0),
        ("(" * 5000, "A filter has at most 400 words.", 400),
        ("not " * 5000, "A filter has at most 400 words.", 1599),
        ("kind:", "“kind:” needs a value, as in kind:sample.", 5),
    ],
)
def test_says_what_is_wrong_and_where(text: str, sentence: str, at: int) -> None:
    with pytest.raises(FilterError) as error:
        parse(text)
    assert (str(error.value), error.value.at) == (sentence, at)


def test_as_many_words_as_a_filter_may_have_are_read(find: Find) -> None:
    for text in ("not " * 399 + "a", "(" * 199 + "kind:note" + ")" * 199, " ".join(["seq:0-"] * 200)):
        find(text)


def test_a_filter_cannot_reach_out_of_its_query(find: Find) -> None:
    assert find('text:"\'); DROP TABLE record; --"') == []
    assert len(find("")) == 9
