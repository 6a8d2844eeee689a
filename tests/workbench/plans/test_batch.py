"""A list of questions is read line by line, and each becomes a record of its own."""

from __future__ import annotations

import json

import pytest

from casefiles.status import Refusal
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.seeds import derived
from workbench.plans.batch import Many, Questions, Replies
from workbench.plans.conduct import conduct
from workbench.plans.question import Question
from workbench.probes import Sample, Score

LINES = [
    {"kind": "sample", "arguments": {"prompt": "What is it?", "samples": "2", "max_tokens": 3}, "id": "mine"},
    {"kind": "score", "arguments": {"prompt": {"text": "Once"}, "answers": [" upon"]}},
]
TEXT = "\n".join(map(json.dumps, LINES)) + "\n\n"


def test_a_line_is_a_probe_with_its_arguments_as_in_a_record_or_as_text() -> None:
    one, two = Questions.from_text(TEXT).lines
    assert one.probe == Sample(prompt=Prompt.ask("What is it?"), samples=2, max_tokens=3)
    assert two.probe == Score(prompt=Prompt.raw("Once"), answers=(" upon",))
    assert Questions.from_text(Questions.from_text(TEXT).model_dump_json()) == Questions.from_text(TEXT)
    assert Question.of_line("\ufeff" + TEXT.split("\n")[0]) == one, "as an editor may begin a file"


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("what", "input.invalid", "Expecting value"),
        ("[1]", "input.invalid", "A line is a JSON object"),
        ('{"kind": "telepathy"}', "input.unknown-probe", "There are: sample"),
        ('{"kind": "sample"}', "input.invalid", "Prompt is missing."),
        ('{"kind": "sample", "arguments": {"prompt": "x", "samples": "many"}}', "input.invalid", "Arguments.samples"),
        ('{"kind": "sample", "arguments": {"prompt": "x", "seeds": 1}}', "input.invalid", "known. Did you mean seed?"),
        ('{"kind": "sample", "arguments": {"prompt": {"raw": true}}}', "input.invalid", "Prompt.raw is not known."),
        ('{"kind": "sample", "argument": {}}', "input.invalid", "argument"),
        ('{"kind": "sample", "arguments": {"prompt": "x"}, "on": "moon"}', "input.invalid", "On"),
        ("[" * 100_000, "input.invalid", "deep"),
        ('{"kind": "sample", "kind": "score", "arguments": {"prompt": "x"}}', "input.invalid", "twice"),
        ('{"kind": "sample", "arguments": {"prompt": "\\ud800"}}', "input.invalid", "surrogate"),
        (
            '{"kind": "prior", "arguments": {"prompt": "x", "candidates": ["a", "a"]}}',
            "input.invalid",
            "Arguments: the",
        ),
    ],
)
def test_a_line_that_cannot_be_asked_is_refused_with_the_reason(line: str, code: str, why: str) -> None:
    with pytest.raises(Refusal) as refusal:
        Question.of_line(line).probe  # noqa: B018
    assert refusal.value.code == code
    assert why in refusal.value.why
    with pytest.raises(ValueError, match="line 2: "):
        Questions.from_text('{"kind": "sample", "arguments": {"prompt": "x"}}\n' + line)


def test_every_line_becomes_a_record_and_stands_in_its_order(session: Session) -> None:
    done = conduct(Many(questions=Questions.from_text(TEXT)), session)
    found = done.summary
    assert isinstance(found, Replies)
    assert found.summary == "2 of 2 questions are answered"
    assert [(reply.line, reply.id, reply.kind, reply.seq) for reply in found.replies] == [
        (1, "mine", "sample", 2), (2, "", "score", 4),
    ]  # fmt: skip
    assert found.replies[0].said == session.log.entry(2).data["summary"]
    (rows,) = found.figures()
    assert [row[4] for row in rows.table().rows] == ["#2", "#4"]


def test_a_line_says_which_clause_it_looks_into_and_a_list_that_does_not_is_the_plan_that_it_was(
    session: Session,
) -> None:
    plain, about = (Many(questions=Questions.from_text(json.dumps(LINES[0] | more))) for more in ({}, {"clause": "S1"}))
    conduct(about, session)
    (intent,) = session.log.entries(("intent",))
    assert intent.data["plan"]["clause"] == "S1"
    assert set(plain.told()["questions"]["lines"][0]) == {"kind", "arguments", "on", "beside", "id"}
    assert plain.digest != about.digest


def test_a_line_without_a_seed_gets_one_that_nobody_picks_and_is_not_asked_again(session: Session) -> None:
    line = LINES[0]["arguments"]
    given = [{"kind": "sample", "arguments": line | {"seed": seed}} for seed in ("fresh", 3)]
    plan = Many(questions=Questions.from_text("\n".join(map(json.dumps, [LINES[0], *given]))))
    told = conduct(plan, session)
    intents = list(session.log.entries(("intent",)))
    assert [derived(session.log, intent.seq) for intent in intents] == [True, True, False]
    assert intents[2].data["arguments"]["seed"] == 3
    before = session.log.size
    again = conduct(plan, session)
    assert again.finished and again.answered == told.answered and session.log.size == before
