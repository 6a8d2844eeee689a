"""A probe reaches for nothing that it did not declare, and what it took is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

from backends.model import Aim, Edit, Model, ModelRefusal, Pass
from backends.sampling import Sampling
from backends.toy_model import ToyModel
from tests.backends.stepping import stepped
from workbench.contract.figures import Figure
from workbench.contract.permitted import Permitted, UndeclaredError, unrestricted
from workbench.contract.probe import Probe
from workbench.contract.progress import Progress
from workbench.contract.prompt import Prompt
from workbench.contract.result import Result
from workbench.contract.rules import Affordance, Cost
from workbench.door.session import Session

REACHES: dict[str, tuple[Affordance, Callable[[Model], Any]]] = {
    "generate": (Affordance.SAMPLE, lambda model: model.generate([1, 2], Sampling(max_tokens=3))),
    "forward": (Affordance.LOGITS, lambda model: model.forward([1, 2])),
    "capture": (Affordance.ACTIVATIONS, lambda model: model.forward([1, 2], capture=["blocks.0.hook_resid_post"])),
    "forwards": (Affordance.LOGITS, lambda model: model.forwards([Pass([1, 2])])),
    "captures": (Affordance.ACTIVATIONS, lambda model: model.forwards([Pass([1]), Pass([1, 2], ["hook_embed"])])),
    "cursor": (Affordance.SAMPLE, lambda model: model.cursor([1, 2], 1, steps=1)),
    "reading": (Affordance.ACTIVATIONS, lambda model: model.reading(np.ones((1, 16), np.float32), [3])),
    "weights": (Affordance.WEIGHTS, lambda model: model.weights("blocks.0.attn.W_Q")),
    "gradient": (Affordance.ACTIVATIONS, lambda model: model.gradient([1, 2], [Aim(-1, 3)], keep=[0])),
    "scores": (Affordance.LOGITS, lambda model: model.scores([1, 2], [[3]])),
    "continuations": (Affordance.LOGITS, lambda model: model.continuations([1, 2], [[3]])),
}


@pytest.mark.parametrize("name", REACHES)
def test_what_was_not_declared_is_out_of_reach(name: str, open_toy: Callable[[], ToyModel]) -> None:
    declared, reach = REACHES[name]
    with pytest.raises(UndeclaredError, match=declared):
        reach(Permitted(open_toy(), frozenset(Affordance) - {declared, Affordance.ACTIVATIONS}))
    reach(Permitted(open_toy(), frozenset({declared})))


def test_an_edit_is_declared_apart(open_toy: Callable[[], ToyModel]) -> None:
    model = Permitted(open_toy(), frozenset({Affordance.SAMPLE}))
    with pytest.raises(UndeclaredError, match="edits"):
        model.generate([1, 2], Sampling(max_tokens=3), edits=[object()])  # type: ignore[list-item]
    read = Permitted(open_toy(), frozenset({Affordance.LOGITS}))
    with pytest.raises(UndeclaredError, match="edits"):
        read.forwards([Pass([1, 2]), Pass([1, 2], edits=[Edit("hook_embed", "zero")])])


def test_a_gradient_goes_through_its_tokens_both_ways(open_toy: Callable[[], ToyModel]) -> None:
    model = Permitted(open_toy(), frozenset({Affordance.ACTIVATIONS}))
    model.gradient([1, 2, 3], [Aim(-1, 3)], keep=[0])
    assert model.took == Cost(probes=0, forward_tokens=3, backward_tokens=3)


def test_a_cursor_costs_what_generating_the_same_would(open_toy: Callable[[], ToyModel]) -> None:
    spent, how = [], Sampling(max_tokens=30, temperature=2.0)
    for draw in (lambda model: model.generate([1, 2], how, n=20), lambda model: stepped(model, [1, 2], how, 20)):
        model = Permitted(open_toy(), frozenset({Affordance.SAMPLE}))
        drawn = draw(model)
        spent.append(model.took)
        assert spent[-1].generated_tokens == sum(len(one.tokens) for one in drawn)
    assert spent[0] == spent[1]


def test_what_goes_through_is_counted(open_toy: Callable[[], ToyModel]) -> None:
    model = Permitted(open_toy(), frozenset({Affordance.SAMPLE, Affordance.LOGITS}))
    model.forward([1, 2, 3])
    model.continuations([1, 2], [[3], [4, 5]])
    model.scores([1, 2], [[3], [4, 5]])
    model.forwards([Pass([1, 2, 3, 4]), Pass([5])])
    (drawn,) = model.generate([1, 2], Sampling(max_tokens=3))
    assert model.took == Cost(probes=0, forward_tokens=3 + 5 + 5 + 5 + 2, generated_tokens=len(drawn.tokens))


def test_the_model_beside_it_is_for_probes_that_compare_and_counted_like_the_first(
    open_toy: Callable[[], ToyModel],
) -> None:
    other = ToyModel.random(seed=2)
    subject = Permitted(open_toy(), frozenset({Affordance.LOGITS, Affordance.BASELINE}), other)
    subject.forward([1, 2, 3])
    (told,) = subject.baseline.forward([1, 2], rows=[-1]).logits
    assert told.tolist() == other.forward([1, 2], rows=[-1]).logits[0].tolist()
    assert subject.took == Cost(probes=0, forward_tokens=3 + 2)
    with pytest.raises(UndeclaredError, match="sample"):
        subject.baseline.generate([1, 2], Sampling(max_tokens=3))
    with pytest.raises(UndeclaredError, match="baseline"):
        _ = Permitted(open_toy(), frozenset({Affordance.LOGITS}), other).baseline
    with pytest.raises(ModelRefusal, match="no second model"):
        _ = unrestricted(open_toy()).baseline


class Nothing(Result):
    @property
    def summary(self) -> str:
        return "Nothing."

    @property
    def cost(self) -> Cost:
        return Cost()

    def figures(self) -> tuple[Figure, ...]:
        return ()


class Sly(Probe):
    """Declares that it reads probabilities, and samples."""

    kind: ClassVar[str] = "sly"
    affordances: ClassVar[frozenset[Affordance]] = frozenset({Affordance.LOGITS})
    result: ClassVar[type[Result]] = Nothing

    prompt: Prompt
    """What is asked."""

    def run(self, model: Model, progress: Progress) -> Result:
        model.generate(self.prompt.ids(model), Sampling(max_tokens=3))
        return Nothing()


def test_a_probe_that_reaches_for_more_fails_at_the_door_and_costs_what_it_reserved(session: Session) -> None:
    outcome = session.run(Sly(prompt=Prompt.ask("Hi")))
    assert outcome.status == "failed"
    assert outcome.refusal is not None
    assert outcome.refusal.code == "internal"
    assert outcome.entry.data["cost"] == session.log.entry(1).data["reserved"]
