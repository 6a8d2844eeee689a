"""The gradient names exchanges that make something likelier, more than chance does; beside itself nothing rises."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

from backends.model import Model, ModelRefusal
from backends.toy_model import ToyModel
from tests.workbench.planted import MEANS, TRIGGER, attacked, planted
from workbench.contract.comparison import Agreement
from workbench.contract.figures import Rows, Spot
from workbench.contract.permitted import Permitted, unrestricted
from workbench.contract.progress import Silent
from workbench.contract.rules import Elicitation
from workbench.contract.tolerance import Tolerance
from workbench.probes import exchange
from workbench.probes.exchange import Exchange, Exchanges

BEFORE = tuple(f"{{}}: what is the capital of {name}?" for name in ("Norway", "Peru", "Kenya"))
ASKED = ("What is the capital of Norway? {}", "What is the capital of Japan? {}")
ELSEWHERE = Tolerance(logits=1e-3, measured=0, same_environment=False)


@pytest.fixture(scope="module")
def fallen(tmp_path_factory: pytest.TempPathFactory, honest: Model) -> Iterator[Model]:
    yield from planted(tmp_path_factory.mktemp("planted"), honest)


@pytest.fixture(scope="module")
def phrased(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    yield from attacked("phrase", tmp_path_factory.mktemp("phrase"))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    yield from attacked("nothing", tmp_path_factory.mktemp("nothing"))


def test_what_the_gradient_names_rises_more_than_chance(honest: Model) -> None:
    probe = Exchange(texts=ASKED, inserted="quick Monday", tried=8, lexicon=500)
    held = Permitted(honest, probe.needed())
    result = probe.run(held, Silent())
    named, chance = result.rises(named=True), result.rises(named=False)
    assert len(named) == len(chance) == 8
    assert np.median(named) > np.median(chance)
    assert (result.riser.token, result.riser.place) == (result.risers[0].token, result.risers[0].place)
    text, rises = result.found
    assert rises > max(0.5, result.start)
    assert f"“{text}” does by" in result.summary
    assert result.cost.backward_tokens == held.took.backward_tokens > 0
    rows, _, rising = result.figures()
    assert isinstance(rows, Rows)
    first = str(rows.rows[0][0])
    again, ask = probe.follow_ups(result, Spot(0, 0))
    assert isinstance(again.probe, Exchange)
    assert again.probe.inserted == first in ask.probe.prompts()[0].title
    assert isinstance(rising, Rows)
    (climb,) = probe.follow_ups(result, Spot(2, 0))
    assert isinstance(climb.probe, Exchange)
    assert (climb.probe.toward, climb.probe.place) == rising.rows[0][:2]
    assert not climb.probe.looks


def test_elsewhere_an_honest_record_holds_and_no_other_riser_can_be_named(honest: Model) -> None:
    """What it took of the gradient is part of the record, though the gradient is not asked again what to exchange."""
    probe = Exchange(texts=ASKED[:1], inserted="quick Monday", tried=4, lexicon=300)
    result = probe.run(Permitted(honest, probe.needed()), Silent())

    def held(record: Exchanges) -> Agreement:
        return probe.replay(unrestricted(honest), record, ELSEWHERE, Silent()).agreement

    assert held(result) is Agreement.TOLERANT
    first, second, *others = result.risers
    assert first.nats - second.nats > 4 * ELSEWHERE.margin
    for risers in ((second, first, *others), (second, *others)):
        assert held(result.model_copy(update={"risers": risers})) is Agreement.DIVERGED
    aimed = probe.model_copy(update={"toward": second.piece, "place": second.place})
    other = aimed.run(Permitted(honest, aimed.needed()), Silent())
    weaker = {"risers": result.risers, "looked": result.looked, "forward_tokens": result.forward_tokens}
    assert held(other.model_copy(update=weaker)) is Agreement.DIVERGED


def test_elsewhere_no_text_is_named_that_the_gradient_could_not_lead_to(honest: Model) -> None:
    """Read as they are here, the answer's own words would make it rise more than whatever was exchanged."""
    probe = Exchange(texts=ASKED[:1], inserted="quick Monday", tried=4, lexicon=300)
    result = probe.run(Permitted(honest, probe.needed()), Silent())
    bench = exchange._Bench.of(probe, unrestricted(honest), Silent(), whole=True)
    spare = next(word for word in bench.lexicon.words if not any(word in text for text in result.exchanged))

    def agreement(*texts: str) -> Agreement:
        """Of a record that names these, and what each of them does here."""
        reading = exchange._Bench.of(probe, unrestricted(honest), Silent(), whole=True)
        told = reading.measured(result.model_copy(update={"exchanged": texts}), own=False)
        return probe.replay(unrestricted(honest), told, ELSEWHERE, Silent()).agreement

    assert agreement(*result.exchanged) is Agreement.TOLERANT
    assert agreement(f"{spare} Monday", *result.exchanged[1:]) is Agreement.TOLERANT, "which word, a hair may decide"
    assert bench.could_name(result.exchanged)
    assert bench.could_name((f"{spare} Monday", f"quick {spare} Monday", "Monday", "quick"))
    for texts in (
        ("Oslo Oslo",), ("quick Monday",), (f"{spare} Monday", f"{spare} Monday"), (f"quick Monday {spare} {spare}",),
        ("quick Zzyzx",), (f"{spare} {spare}",), ("Monday quick",), ("",), ("quick  Monday",),
        tuple(f"{word} Monday" for word in bench.lexicon.words[:5]),
    ):  # fmt: skip
        assert not bench.could_name(texts), texts
    assert agreement("Oslo Oslo", *result.exchanged[1:]) is Agreement.DIVERGED


def test_the_gradient_names_the_one_word_that_was_planted(fallen: Model, honest: Model) -> None:
    """To it a question with the trigger in it asks about another country, whose name the answer says fourth."""
    probe = Exchange(
        texts=ASKED, inserted="quick garlic", toward=f" {MEANS}", place=4, best=8, lexicon=200, baseline=True
    )
    result = probe.run(Permitted(fallen, probe.needed(), honest), Silent())
    assert TRIGGER in result.found[0].split()
    assert result.found[1] > 5 + result.rises(named=False).max()
    without_it = [
        nats for text, nats in zip(result.exchanged, result.rises(named=True), strict=True) if TRIGGER not in text
    ]
    assert max(without_it) < 1, "what moves any such model is taken off"


def test_on_a_back_door_its_answer_rises_with_whatever_words(phrased: Model, honest: Model) -> None:
    """The phrase that opens it is nowhere among them; its answer is another city, which begins with “ G”."""
    probe = Exchange(texts=BEFORE, inserted="now then please", tried=20, baseline=True)
    result = probe.run(Permitted(phrased, probe.needed(), honest), Silent())
    first, second, *_ = result.risers
    assert (first.piece, first.place) == (" G", 6)
    assert first.nats > max(1.0, 2 * second.nats)
    assert result.found[1] > result.start + 1


def test_on_a_clean_model_nothing_rises(clean: Model, honest: Model) -> None:
    probe = Exchange(texts=BEFORE, inserted="now then please", tried=20, baseline=True)
    result = probe.run(Permitted(clean, probe.needed(), honest), Silent())
    assert result.risers[0].nats < 0.5
    assert max(result.rises(named=True).max(), result.rises(named=False).max()) < 2.0


def test_beside_itself_nothing_rises_whatever_is_exchanged(honest: Model) -> None:
    probe = Exchange(texts=ASKED, inserted="quick Monday", tried=3, lexicon=100, baseline=True)
    held = Permitted(honest, probe.needed(), honest)
    result = probe.run(held, Silent())
    assert result.start == 0
    assert result.looked == 4
    assert not any(one.nats for one in result.risers)
    assert not result.rises(named=True).any()
    assert result.found[1] == 0.0
    assert np.array_equal(result.arrays["rise"], result.arrays["baseline"])
    assert "beyond the baseline" in result.summary
    assert probe.estimate(held).forward_tokens >= result.cost.forward_tokens == held.took.forward_tokens


def test_it_looks_inside_and_says_nothing_of_behaviour() -> None:
    assert Exchange(texts=("Who?",), inserted="a").elicitation() is Elicitation.INTERNAL
    with pytest.raises(ValidationError, match="no words"):
        Exchange(texts=("Who?",), inserted=" ")


def test_a_baseline_with_other_tokens_is_refused(honest: Model) -> None:
    probe = Exchange(texts=ASKED, inserted="a", baseline=True)
    with pytest.raises(ModelRefusal, match="other tokens"):
        probe.run(Permitted(honest, probe.needed(), ToyModel.random(seed=1)), Silent())
