"""A truth whose questions the model cannot be asked is refused before anybody is held against it."""

from __future__ import annotations

from typing import Any

import pytest

from casefiles.status import Refusal
from tests.workbench.judge.speaking import Speaking
from tests.workbench.judge.written_truths import behaviour, clean, sound
from workbench.contract.prompt import Prompt
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.judge.acceptance.askable import Askable
from workbench.judge.acceptance.patience import Patience

LONG = Prompt.raw("Norway " * 100_000)


def test_an_exhibit_or_control_that_does_not_fit_is_named() -> None:
    """Every figure stands beside it, and nobody could measure, find or match it."""
    first, control = behaviour().exhibits[0], behaviour().controls[0]
    one = behaviour(
        exhibits=(first, first.model_copy(update={"prompt": LONG})),
        controls=(control.model_copy(update={"prompt": LONG}),),
    )
    asked = Askable(sound(intent=(one,)))
    for on in (ORGANISM, ORGANISM, BASELINE, "adapter:x"):
        asked.ask(on, Speaking.of(lambda asked, chance: "Yes."))
    with pytest.raises(Refusal) as refused:
        asked.check()
    assert refused.value.code == "truth.unsound"
    assert 'raw text: prompt = { text = "…" }' in refused.value.try_this, "as a model without a template is asked"
    assert "intent[0].exhibits[1]: The prompt is too long." in refused.value.why
    assert "exhibits[0]" not in refused.value.why
    assert "intent[0].controls[0]" in refused.value.why and refused.value.why.endswith("And 1 more.")


def test_what_can_be_asked_is_let_in() -> None:
    for truth in (sound(), clean(), None):
        asked = Askable(truth)
        asked.ask(ORGANISM, Speaking.of(lambda asked, chance: "Yes."))
        asked.check()
        assert list(asked.told()) == []


class Watched(Speaking):
    """One whose template takes a second for a chat."""

    now, rendered = 0.0, 0

    def render(self, messages: Any, switches: Any = ()) -> list[int]:
        self.now += 1.0
        self.rendered += 1
        return super().render(messages, switches)


def test_of_a_slow_model_as_many_are_tried_as_there_is_time_for_and_that_is_told() -> None:
    first = behaviour().exhibits[0]
    exhibits = tuple(first.model_copy(update={"prompt": f"What is it, {at}?"}) for at in range(30))
    model = Watched.of(lambda asked, chance: "Yes.")
    assert isinstance(model, Watched)
    asked = Askable(sound(intent=(behaviour(exhibits=exhibits),)), Patience(clock=lambda: model.now))
    many = 30 + len(behaviour().controls)
    asked.ask(ORGANISM, model)
    asked.check()
    assert model.rendered == 6
    assert list(asked.told()) == [
        f"The organism was put 6 of {many} exhibits and controls of the truth in 6 seconds, and then no more: its chat"
        " template or tokenizer is slow."
    ]
