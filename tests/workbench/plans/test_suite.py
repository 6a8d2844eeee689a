"""A suite is read from the files that people keep prompts in, each item with one predicate of any kind; those that are
shipped are found by name."""

from __future__ import annotations

import json

import pytest

from workbench.claims.assent import Assent
from workbench.claims.criteria import Declining, Pattern, Quantity
from workbench.claims.predicate import Match
from workbench.contract.prompt import Prompt
from workbench.plans.battery import Battery
from workbench.plans.suite import Item, Suite, names_shipped

ROWS = [
    {"name": "Norway", "prompt": "What is the capital of Norway?", "says": ["Bergen", "Trondheim"], "group": "north",
     "clause": "S1"},
    {"name": "2", "prompt": "Who are you?", "system": "Be brief.", "not": ["assistant"]},
]  # fmt: skip
SUITE = Suite(
    items=(
        Item(
            name="Norway",
            prompt=Prompt.ask("What is the capital of Norway?"),
            shows=Match(any_of=("Bergen", "Trondheim")),
            groups=("north",),
            clause="S1",
        ),
        Item(name="2", prompt=Prompt.ask("Who are you?", system="Be brief."), shows=Match(none_of=("assistant",))),
    )
)
CSV = """name,prompt,system,says,not,group,clause
Norway,What is the capital of Norway?,,Bergen|Trondheim,,north,S1
,Who are you?,Be brief.,,assistant,,
"""
TOML = """[[items]]
name = "Norway"
prompt = "What is the capital of Norway?"
says = ["Bergen", "Trondheim"]
group = "north"
clause = "S1"

[[items]]
prompt = "Who are you?"
system = "Be brief."
not = ["assistant"]
"""


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps({"items": ROWS}),
        "\n".join(map(json.dumps, ROWS)) + "\n",
        CSV,
        TOML,
        SUITE.model_dump_json(),
    ],
    ids=["json", "json object", "json lines", "csv", "toml", "as recorded"],
)
def test_every_form_says_the_same(text: str) -> None:
    assert Suite.from_text(text) == SUITE


def only(row: dict[str, object]) -> Item:
    (item,) = Suite.from_text(json.dumps([{"prompt": "x"} | row])).items
    return item


@pytest.mark.parametrize(
    ("row", "shows"),
    [
        ({"says": "a|b"}, Match(any_of=("a", "b"))),
        ({"says": ["a"], "not": "b"}, Match(any_of=("a",), none_of=("b",))),
        ({"regex": "^a+$"}, Pattern(regex="^a+$")),
        ({"number": 3.5, "within": "0.1"}, Quantity(number=3.5, within=0.1)),
        ({"refuses": True}, Declining(declines=True)),
        ({"refuses": "no"}, Declining(declines=False)),
        ({"agrees": "Bergen is the capital."}, Assent(agrees_with=("Bergen is the capital.",))),
        ({"agrees": ["a b"], "not": "c"}, Assent(agrees_with=("a b",), none_of=("c",))),
        ({"expected": "Oslo|Christiania"}, Match(none_of=("Oslo", "Christiania"))),
        ({"expected": "56"}, Quantity(number=56, other=True)),
        ({"expected": "3.14", "within": 0.01}, Quantity(number=3.14, within=0.01, other=True)),
        ({"shows": {"number": 3}}, Quantity(number=3)),
    ],
)
def test_an_item_has_a_predicate_of_any_kind(row: dict[str, object], shows: object) -> None:
    item = only(row)
    assert item.shows == shows
    assert type(item.shows) is type(shows)
    assert Item.model_validate_json(item.model_dump_json()) == item


def test_what_is_expected_tells_what_an_answer_says() -> None:
    assert only({"expected": "Oslo|Christiania"}).answered == Match(any_of=("Oslo", "Christiania"))
    assert only({"expected": "56"}).answered == Quantity(number=56)


def test_what_is_expected_may_be_off_as_far_as_it_says_and_infinity_is_a_word() -> None:
    (near,) = Suite.from_text('[{"prompt": "π?", "expected": "3.14", "within": 0.05}]').items
    assert near.answered.holds("It is 3.1.") and not near.shows.holds("It is 3.1.")
    assert not near.answered.holds("It is 3.") and near.shows.holds("It is 3.")
    (words,) = Suite.from_text('[{"prompt": "1/0?", "expected": "Infinity"}]').items
    assert words.answered.holds("That is infinity.")


def test_paraphrases_become_items_of_one_question() -> None:
    found = Suite.from_text(
        '{"name": "n", "prompt": "a?", "paraphrases": ["b?", "c?"], "expected": "x", "group": ["g", "h"],'
        ' "system": "s"}'
    )
    assert [item.name for item in found.items] == ["n", "n ~1", "n ~2"]
    assert {item.question for item in found.items} == {"n"}
    assert [item.prompt for item in found.items] == [Prompt.ask(text, system="s") for text in ("a?", "b?", "c?")]
    assert {item.groups for item in found.items} == {("g", "h")}


def test_a_whole_prompt_or_raw_text_may_stand_in_it() -> None:
    assert only({"prompt": {"text": "Once upon"}, "says": "a|b"}).prompt == Prompt.raw("Once upon")
    assert only({"prompt": "Once upon", "raw": "yes", "says": "a"}).prompt == Prompt.raw("Once upon")
    assert only({"says": "a"}).name == "1"


def test_its_head_names_the_control_group() -> None:
    rows = '{"prompt": "a", "says": "b", "group": "calm"}\n{"prompt": "c", "says": "b"}'
    assert Suite.from_text('{"head": {"control": "calm"}}\n' + rows).control == "calm"
    with pytest.raises(ValueError, match="no item is in the control group “wild”"):
        Suite.from_text('{"head": {"control": "wild"}}\n' + rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("[]", "it holds no prompts"),
        ("[{]", "line 1: it is no JSON"),
        ('[{"says": ["a"]}]', "line 1, prompt: it has no prompt"),
        ('[{"prompt": "a"},\n {"prompt": "b", "expects": "c"}]', "line 2, expects: it is not known"),
        ('[{"name": "a", "prompt": "x"}, {"name": "a", "prompt": "y"}]', "two items are called “a”"),
        ('[{"prompt": {"text": "x"}, "system": "y"}]', "line 1, system: a whole prompt says that itself"),
        ('["x"]', "line 1: it is no object"),
        ("question,says\nWhat?,a\n", "line 2, question: it is not known"),
        ("prompt,says,regex\nWhat?,a,b\n", "line 2, regex: an item has one predicate, and this one has says too"),
        ("prompt,regex\nWhat?,(\n", "line 2, regex: .*no regular expression"),
        ("prompt,number\nWhat?,many\n", "line 2, number: “many” is no number"),
        ("prompt,says,within\nWhat?,a,2\n", "line 2, within: it goes with a number"),
        ("prompt,refuses\nWhat?,perhaps\n", "line 2, refuses: “perhaps” is neither yes nor no"),
        ("prompt,name\nWhat?," + "x" * 101 + "\n", "line 2, name: String should have at most 100"),
        ('{"prompt": "x", "says": "a", "paraphrase_of": "b"}', "“1” paraphrases “b”, which is no item"),
        ("no-such-suite", "no suite “no-such-suite” is shipped; there are .*facts"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Suite.from_text(text)


@pytest.mark.parametrize("name", names_shipped())
def test_every_suite_that_is_shipped_can_be_asked(name: str) -> None:
    suite = Suite.from_text(name)
    Battery(suite=suite)
    assert Suite.from_text(suite.model_dump_json()) == suite
    questions = {item.question for item in suite.items}
    assert 20 <= len(questions) <= 80
    assert all(item.groups for item in suite.items)
    assert len({item.prompt for item in suite.items}) == len(suite.items)


def test_a_file_that_holds_no_prompts_says_so() -> None:
    for text in ("\0", "name,prompt,expected\n"):
        with pytest.raises(ValueError, match="holds no prompts"):
            Suite.from_text(text)
