"""Options made from a declaration: each has its help, and what is given comes out as the declaration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from casefiles.status import Refusal
from tests.workbench.examples import example_of
from views.arguments import build, options_of
from workbench.auditors import AUDITORS
from workbench.contract.arguments import Edits, PromptArgument, Texts, arguments_of
from workbench.contract.prompt import Prompt
from workbench.document import Document
from workbench.plans import PLANS
from workbench.probes import PROBES, LogitLens, Sample

PROMPT: dict[str, Any] = {"prompt": "Hi", "prompt__system": "", "prompt__prefill": "", "prompt__raw": False}
CONTROL: dict[str, Any] = {
    "control": None, "control__system": "", "control__prefill": "", "control__raw": False
}  # fmt: skip


@pytest.mark.parametrize("kind", (*PROBES, *PLANS, *AUDITORS), ids=lambda kind: kind.kind)
def test_every_argument_is_an_option_with_help(kind: type[Document]) -> None:
    command = click.command()(options_of(kind)(lambda: None))
    options = {parameter.name: parameter for parameter in command.params}
    for argument in arguments_of(kind):
        told = getattr(options[argument.name], "help", "")
        assert argument.hint.rstrip(".") in told
        assert argument.allowed in told or isinstance(getattr(options[argument.name], "type", None), click.Choice)


@pytest.mark.parametrize("kind", PROBES, ids=lambda kind: kind.kind)
def test_a_probe_typed_as_options_is_the_probe(kind: type[Document]) -> None:
    probe, typed = example_of(kind), []  # type: Document, list[str]
    for argument in arguments_of(kind):
        value = getattr(probe, argument.name)
        if isinstance(argument, PromptArgument):
            typed += [argument.flag, value.title] if value is not None else []
        elif isinstance(argument, Texts | Edits):
            typed += [part for one in value for part in (argument.flag, str(one))]
        elif value is not None:
            typed += [argument.flag, argument.print(value)]
    built: list[Document] = []
    command = click.command()(options_of(kind)(lambda **given: built.append(build(kind, given, "x"))))
    done = CliRunner().invoke(command, typed)
    assert done.exit_code == 0, done.output
    assert built == [probe]


def test_options_become_the_probe_they_describe() -> None:
    given = PROMPT | {"prompt__system": "Be brief.", "prompt__prefill": "Well", "samples": "3", "temperature": "0.5"}
    assert build(Sample, given, "sample") == Sample(
        prompt=Prompt.ask("Hi", system="Be brief.", prefill="Well"), samples=3, temperature=0.5
    )


def test_how_raw_text_begins_and_what_the_template_is_told_are_options() -> None:
    raw = PROMPT | {"prompt__raw": True}
    assert build(Sample, raw, "sample").prompt == Prompt.raw("Hi")
    assert build(Sample, raw | {"prompt__begin": "no"}, "sample").prompt == Prompt.raw("Hi", begin=False)
    told = build(Sample, PROMPT | {"prompt__switch": ("enable_thinking=no", "effort=low")}, "sample").prompt
    assert [(one.name, one.value) for one in told.switches] == [("enable_thinking", False), ("effort", "low")]
    argument = next(one for one in arguments_of(Sample) if one.name == "prompt")
    for prompt in (told, Prompt.raw("Hi"), Prompt.raw("Hi", begin=False)):
        assert argument.parse(argument.print(prompt)) == prompt


def test_what_is_no_number_or_out_of_bounds_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(Refusal) as refusal:
        build(Sample, PROMPT | {"samples": "many"}, "sample")
    assert refusal.value.what == "--samples cannot be read."
    assert "1 to 512" in refusal.value.try_this
    with pytest.raises(Refusal, match="--samples"):
        build(Sample, PROMPT | {"samples": "513"}, "sample")


def test_a_chat_can_be_given_as_a_file(tmp_path: Path) -> None:
    chat = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "?"},
    ]
    (tmp_path / "chat.json").write_text(json.dumps(chat))
    built = build(LogitLens, PROMPT | CONTROL | {"prompt": f"@{tmp_path / 'chat.json'}", "track": ("A",)}, "lens")
    assert [turn.content for turn in built.prompts()[0].chat] == ["Hi", "Hello", "?"]


def test_texts_may_stand_in_a_file_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(" Oslo\n Bergen\n", encoding="utf-8")
    built = build(LogitLens, PROMPT | CONTROL | {"track": (f"@{tmp_path / 'words.txt'}", " Paris")}, "lens")
    assert built.track == (" Oslo", " Bergen", " Paris")


@pytest.mark.parametrize("begun", [None, "", "The cap"])
def test_the_user_s_turn_may_be_left_open_with_or_without_words(begun: str | None) -> None:
    given = PROMPT | {"prompt": begun, "prompt__speaker": "user", "prompt__system": "Be brief."}
    assert build(Sample, given, "sample").prompt == Prompt.overheard(begun or "", system="Be brief.")


def test_changes_inside_are_given_one_by_one_or_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "changes").write_text("zero at hook_embed\nscale 2 at blocks.0.hook_mlp_out\n")
    given = PROMPT | {"edits": ("add 4 #12/direction.3 at blocks.3.hook_resid_post", f"@{tmp_path / 'changes'}")}
    built = build(Sample, given, "sample")
    assert [str(change) for change in built.edits] == [
        "add 4 #12/direction.3 at blocks.3.hook_resid_post", "zero at hook_embed", "scale 2 at blocks.0.hook_mlp_out",
    ]  # fmt: skip
    with pytest.raises(Refusal, match="--edits cannot be read"):
        build(Sample, PROMPT | {"edits": ("turn at hook_embed",)}, "sample")


@pytest.mark.parametrize(
    ("beside", "why"),
    [
        ({"prompt__raw": True, "prompt__system": "Be brief."}, "--system"),
        ({"prompt__raw": True, "prompt__prefill": "Well"}, "--prefill"),
        ({"prompt": "@chat.json", "prompt__system": "Be brief."}, "--system"),
        ({"prompt": "@chat.json", "prompt__speaker": "user"}, "--speaker"),
        ({"prompt__speaker": "user", "prompt__prefill": "Well"}, "--prefill cannot go with --speaker user"),
        ({"prompt__speaker": "user", "prompt__raw": True}, "--raw cannot go with --speaker user"),
        ({"prompt__begin": "no"}, "--begin goes with raw text only"),
        ({"prompt__raw": True, "prompt__switch": ("a=no",)}, "--switch goes with a chat only"),
        ({"prompt__switch": ("a",)}, "--switch cannot be read"),
        ({"control__system": "Be brief."}, "--control-system"),
        ({"control": "Hi", "control__raw": True, "control__prefill": "x"}, "--control-prefill"),
    ],
)
def test_no_part_of_a_prompt_is_passed_over_in_silence(beside: dict[str, object], why: str) -> None:
    with pytest.raises(Refusal, match=why):
        build(LogitLens, PROMPT | CONTROL | beside, "lens")
