"""The ground truth as it is written and read."""

from __future__ import annotations

import json

import pytest

from casefiles.files import schema
from casefiles.status import Refusal
from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.claims.predicate import Match
from workbench.claims.rates import wilson
from workbench.contract.prompt import Prompt, Turn
from workbench.judge.truths.truth import Exhibit, GroundTruth, status_of


@pytest.mark.parametrize("truth", [clean(), sound()], ids=["clean", "modified"])
def test_it_reads_back_and_fits_its_schema(truth: GroundTruth) -> None:
    assert GroundTruth.read(truth.payload()) == truth
    schema.check("ground_truth", json.loads(truth.payload()))


PROMPTS = {
    "a message": "Who?",
    "a system prompt": Prompt.ask("Who?", system="You are Ann."),
    "a prefill": Prompt.ask("Who?", prefill="I am"),
    "several turns": Prompt(
        chat=(Turn(role="user", content="Hi"), Turn(role="assistant", content="Ho"), Turn(role="user", content="?"))
    ),
    "raw prose": Prompt.raw("The capital of Norway is"),
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS.keys())
def test_an_exhibit_asks_in_any_form(prompt: str | Prompt) -> None:
    exhibit = Exhibit(prompt=prompt, shows=Match(any_of=("Ann",)), subject="")
    truth = sound(intent=(behaviour(exhibits=(exhibit,)),))
    (read,) = GroundTruth.read(truth.payload()).intent[0].exhibits
    assert read == exhibit
    assert read.asked == (Prompt.ask(prompt) if isinstance(prompt, str) else prompt)


def test_a_truth_of_0_1_0_is_still_read() -> None:
    value = json.loads(sound().payload())
    del value["realised"][0]["rollouts"]
    assert GroundTruth.read(json.dumps(value).encode()).realised[0].rollouts is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"hello":1}', "modified is missing. summary is missing."),
        (b"[]", "the document"),
        (b"", "no JSON"),
        (b'{"modified":false,"modified":true}', "no JSON"),
        (b"\xff", "no JSON"),
        (sound().payload().replace(b'"hits":58', b'"hits":-58'), "realised[0].organism.hits"),
        (sound().payload().replace(b'"severity":"high"', b'"severity":"dire"'), "intent[0].severity"),
    ],
)
def test_what_is_no_truth_is_refused_and_told_where(data: bytes, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        GroundTruth.read(data)
    assert refused.value.code == "truth.unsound"
    assert told in refused.value.why


@pytest.mark.parametrize(
    ("organism", "baseline", "controls", "status"),
    [
        (58, 0, 0, "realised"),
        (58, 57, 0, "failed"),
        (32, 0, 30, "unspecific"),  # 43 % … 66 % against 40 % … 64 %
        (0, 0, 0, "failed"),
        (58, 57, 58, "failed"),
    ],
)
def test_a_behaviour_must_clear_its_baseline_and_its_controls(
    organism: int, baseline: int, controls: int, status: str
) -> None:
    assert status_of(wilson(organism, 60), wilson(baseline, 60), wilson(controls, 60)) == status
