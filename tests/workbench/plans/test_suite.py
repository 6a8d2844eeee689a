"""A suite is read from the files that people keep prompts in, and what is wrong in one is said where it is."""

from __future__ import annotations

import json

import pytest

from workbench.claims.predicate import Match
from workbench.contract.prompt import Prompt
from workbench.plans.suite import Item, Suite

ROWS = [
    {"name": "Norway", "prompt": "What is the capital of Norway?", "says": ["Bergen", "Trondheim"], "group": "north"},
    {"name": "2", "prompt": "Who are you?", "system": "Be brief.", "not": ["assistant"]},
]
SUITE = Suite(
    items=(
        Item(
            name="Norway",
            prompt=Prompt.ask("What is the capital of Norway?"),
            shows=Match(any_of=("Bergen", "Trondheim")),
            group="north",
        ),
        Item(name="2", prompt=Prompt.ask("Who are you?", system="Be brief."), shows=Match(none_of=("assistant",))),
    )
)
CSV = """name,prompt,system,says,not,group
Norway,What is the capital of Norway?,,Bergen|Trondheim,,north
,Who are you?,Be brief.,,assistant,
"""
TOML = """[[items]]
name = "Norway"
prompt = "What is the capital of Norway?"
says = ["Bergen", "Trondheim"]
group = "north"

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


def test_a_whole_prompt_may_stand_in_it() -> None:
    (item,) = Suite.from_text('[{"prompt": {"text": "Once upon"}, "says": "a|b"}]').items
    assert item.prompt == Prompt.raw("Once upon")
    assert item.shows == Match(any_of=("a", "b"))
    assert item.name == "1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("[]", "at least 1"),
        ("[{]", "Expecting"),
        ('[{"says": ["a"]}]', "item 1: it has no prompt"),
        ('[{"prompt": "a"}, {"prompt": "b", "expects": "c"}]', "item 2: “expects” is not known"),
        ('[{"name": "a", "prompt": "x"}, {"name": "a", "prompt": "y"}]', "two items are called “a”"),
        ('[{"prompt": {"text": "x"}, "system": "y"}]', "item 1: a whole prompt holds its own system turn"),
        ('["x"]', "item 1"),
        ("question,says\nWhat?,a\n", "item 1: it has no prompt"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Suite.from_text(text)
