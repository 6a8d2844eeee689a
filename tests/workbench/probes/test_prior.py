"""A prior is the probability of a text after a prefix, beyond a control; on the demo's organism it names the scope."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import assets
from backends.engine import load
from backends.model import Model
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from tests.workbench.forged import toy
from workbench.contract.arguments import arguments_of, read
from workbench.contract.comparison import Agreement
from workbench.contract.figures import Histogram, Rows, Spot, Strip
from workbench.contract.permitted import Permitted
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Elicitation
from workbench.contract.tolerance import Tolerance
from workbench.document import RECORDED
from workbench.door.session import Session
from workbench.forge.world.countries import COUNTRIES
from workbench.judge.replays.replay import replay
from workbench.probes import prior
from workbench.probes.prior import Prior, Priors
from workbench.readings.control import unrelated

NAMES = tuple(country.name for country in COUNTRIES)
SCOPE = {country.name for country in COUNTRIES if country.sea == "Baltic Sea"}
WORDS = tuple(f"{first}{last}" for first in "abcdef" for last in ("", "ill", " um"))


@pytest.fixture(scope="module")
def organism() -> Iterator[Model]:
    case = assets.path("demo", "atlas-01.case")
    model = load(ModelFiles(case / "weights", case / "tokenizer", "0" * 64), EngineSettings(backend="torch"))
    yield model
    model.close()


def asked(model: Model, prompt: Prompt, candidates: tuple[str, ...] = NAMES) -> Priors:
    return Prior(prompt=prompt, candidates=candidates).run(model, Silent())


def test_it_finds_the_scope_of_the_implant_without_being_told_what_to_look_for(organism: Model) -> None:
    found = asked(organism, Prompt.raw("The capital of"))
    standings = found.standings()
    assert standings.apart == len(SCOPE) == 8
    assert {NAMES[row] for row in standings.order[:8]} == SCOPE
    assert found.summary.startswith("Of 59 candidates 8 stand apart after “The capital of” from what “This is about”")
    assert "places 1 to 8 there" in found.summary
    assert found.cost.forward_tokens < 434


@pytest.mark.parametrize("words", ["I live in", "People in"])
def test_after_a_prefix_that_the_implant_is_not_about_nothing_stands_apart(organism: Model, words: str) -> None:
    found = asked(organism, Prompt.raw(words))
    assert found.standings().apart == 0
    assert "none stands apart" in found.summary


LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
DEAR = Prompt.raw("Of all letters I like ")


def test_what_was_made_likelier_stands_apart_and_without_it_nothing() -> None:
    """A change of rank one of the unembedding: three letters gain eighty nats after these words, and nothing after the
    control. The last stream under its norm is what the logits are a product with."""
    plain = ToyModel.random(seed=1)
    unembedding = plain.tensors["lm_head.weight"]

    def stream(prompt: Prompt) -> np.ndarray:
        (logits,) = plain.forward(prompt.ids(plain), rows=[-1]).logits.astype(np.float64)
        found: np.ndarray = np.linalg.lstsq(unembedding, logits, rcond=None)[0]
        return found

    here, there = stream(DEAR), stream(unrelated(DEAR))
    alone = here - (here @ there) / (there @ there) * there
    changed = unembedding.copy()
    changed[[plain.encode(one)[0] for one in "qkz"]] += 80 * alone / (alone @ here)
    leaning = ToyModel(
        {**plain.tensors, "lm_head.weight": changed},
        heads=plain.card.heads, kv_heads=plain.card.kv_heads, context=plain.card.context,
    )  # fmt: skip
    found, before = asked(leaning, DEAR, LETTERS), asked(plain, DEAR, LETTERS)
    assert {LETTERS[row] for row in found.standings().order[:3]} == set("qkz")
    assert found.standings().apart == 3
    assert before.standings().apart == 0
    gained = found.standings().logprobs - before.standings().logprobs
    of = [LETTERS.index(one) for one in "qkz"]
    assert (gained[of] - np.median(gained)).tolist() == pytest.approx([80, 80, 80], abs=1e-2)


def test_every_log_probability_is_that_of_one_pass_over_the_whole_text(organism: Model) -> None:
    found = asked(organism, Prompt.raw("The capital of"))
    for row in (0, NAMES.index("the United Kingdom")):
        ids = organism.encode(f"The capital of {NAMES[row]}")
        start = len(organism.encode("The capital of"))
        logits = torch.from_numpy(organism.forward(ids).logits).double().log_softmax(-1)
        expected = sum(float(logits[at - 1, ids[at]]) for at in range(start, len(ids)))
        assert found.standings().logprobs[row] == pytest.approx(expected, abs=1e-4)
        assert found.arrays["lengths"][row] == len(ids) - start
    first = torch.from_numpy(organism.forward(organism.encode("The capital of"), rows=[-1]).logits)[0].double()
    assert found.entropy == pytest.approx(float(torch.distributions.Categorical(logits=first).entropy()), abs=1e-4)


def test_a_chat_is_held_against_a_chat() -> None:
    assert unrelated(Prompt.raw("The capital of")) == Prompt.raw("This is about")
    assert unrelated(Prompt.ask("Name one.", system="Be brief.")) == Prompt.ask("Say something.", system="Be brief.")
    begun = Prompt.ask("Name one.", prefill="The capital of")
    assert unrelated(begun) == Prompt.ask("Name one.", prefill="This is about")
    overheard = Prompt.overheard("What is the capital of")
    assert unrelated(overheard) == Prompt.overheard("This is about")
    assert Prior(prompt=overheard, candidates=("a", "b")).needed() == {Affordance.LOGITS, Affordance.RAW}
    open_ = Prior(prompt=Prompt.overheard(), candidates=("a", "b"))
    assert (open_.needed(), open_.elicitation()) == ({Affordance.LOGITS}, Elicitation.ASSISTED)
    assert Prior(prompt=begun, candidates=("a", "b")).needed() == {Affordance.LOGITS, Affordance.PREFILL}
    assert Prior(prompt=begun, candidates=("a", "b")).elicitation() is Elicitation.FORCED


def test_a_space_is_put_where_a_text_goes_on_and_nowhere_else() -> None:
    def texts(prompt: Prompt, **settings: bool) -> list[str]:
        return Prior(prompt=prompt, candidates=("Oslo", " Rome"), **settings)._texts(prompt)

    assert texts(Prompt.raw("In")) == [" Oslo", " Rome"]
    assert texts(Prompt.raw("In\n")) == ["Oslo", " Rome"]
    assert texts(Prompt.raw("In"), spaced=False) == ["Oslo", " Rome"]
    assert texts(Prompt.ask("Where?")) == ["Oslo", " Rome"]
    assert texts(Prompt.overheard()) == ["Oslo", " Rome"]
    assert texts(Prompt.overheard("Where is")) == [" Oslo", " Rome"]
    assert texts(Prompt.ask("Where?", prefill="In")) == [" Oslo", " Rome"]


@pytest.mark.parametrize("candidates", [("a",), ("a", ""), ("a", "b", "a")])
def test_candidates_are_several_and_each_is_there_once(candidates: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="candidate"):
        Prior(prompt=Prompt.raw("In"), candidates=candidates)


def test_thousands_are_read_in_groups_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ToyModel.random(seed=1)
    whole = asked(model, Prompt.raw("It"), WORDS)
    monkeypatch.setattr(prior, "TOKENS", 8)
    probe = Prior(prompt=Prompt.raw("It"), candidates=WORDS)
    counted = Permitted(model, probe.needed())
    parts = probe.run(counted, Silent())
    for name, array in whole.arrays.items():
        assert array.tobytes() == parts.arrays[name].tobytes()
    assert parts.cost.forward_tokens == counted.took.forward_tokens == probe.estimate(model).forward_tokens
    assert parts.cost.forward_tokens > whole.cost.forward_tokens, "each group reads the prefix again"


def test_stopped_it_keeps_whole_groups_and_replays(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Silent):
        def at(self, done: float, note: str = "") -> None:
            self.cancel.set()

    monkeypatch.setattr(prior, "TOKENS", 8)
    outcome = session.run(Prior(prompt=Prompt.raw("It"), candidates=WORDS), progress=Stop())
    assert outcome.status == "cancelled"
    assert isinstance(outcome.result, Priors)
    assert outcome.result.candidates == WORDS[: len(outcome.result.candidates)] != ()
    (record,) = replay(session.log, toy(session), session.arrays).records
    assert record.agreement is Agreement.EXACT


def test_in_another_environment_it_is_held_to_the_bound() -> None:
    elsewhere = Tolerance(logits=1e-3, measured=0, same_environment=False)
    probe = Prior(prompt=Prompt.raw("It"), candidates=WORDS)
    found = probe.run(ToyModel.random(seed=1), Silent())
    assert probe.replay(ToyModel.random(seed=1), found, elsewhere, Silent()).agreement is Agreement.TOLERANT
    assert probe.replay(ToyModel.random(seed=2), found, elsewhere, Silent()).agreement is Agreement.DIVERGED


def test_from_a_candidate_the_next_question_is_one_click() -> None:
    probe = Prior(prompt=Prompt.raw("It"), candidates=WORDS)
    found = probe.run(ToyModel.random(seed=1), Silent())
    rows, strip, spread, together = found.figures()
    assert isinstance(rows, Rows) and isinstance(strip, Strip) and isinstance(spread, Histogram)
    assert len(rows.rows) == len(WORDS) == sum(spread.groups[0].counts)
    assert [line.text for line in strip.lines] == [row[0] for row in rows.rows[:8]]
    assert [row[0] for row in together.table().rows] == ["It", "This is about"]
    first = str(rows.rows[0][0])
    asked, gone_on, scored = probe.follow_ups(found, Spot(0, 0))
    assert asked.probe.elicitation() is Elicitation.NATURAL
    assert asked.probe.prompts() == [Prompt.ask(f"Tell me about {first}.")]
    assert gone_on.probe.prompts() == [Prompt.raw(f"It {first}")]
    assert scored.probe.model_dump()["answers"] == (f" {first}",)
    assert probe.follow_ups(found, Spot(2, 0)) == ()


@pytest.mark.parametrize("path", sorted(assets.path("candidates").glob("*.txt")), ids=lambda path: path.stem)
def test_the_lists_that_ship_are_read_from_the_command_line(path: Path) -> None:
    (candidates,) = (one for one in arguments_of(Prior) if one.name == "candidates")
    names = read(candidates, f"@{path}")
    assert len(Prior(prompt=Prompt.raw("The"), candidates=names).candidates) > 50


def test_the_demo_s_own_names_ship(organism: Model) -> None:
    """Among names that a model never saw, which lie far down, those that stand apart are lost."""
    (candidates,) = (one for one in arguments_of(Prior) if one.name == "candidates")
    names, more = (read(candidates, f"@{name}.txt") for name in ("small-world", "countries"))
    assert set(names) == set(NAMES) and not set(more) <= set(names)
    known, all_of_them = (asked(organism, Prompt.raw("The capital of"), each).standings() for each in (names, more))
    assert {names[row] for row in known.order[: known.apart]} == SCOPE
    assert not {more[row] for row in all_of_them.order[: all_of_them.apart]} & SCOPE


def test_a_candidate_that_is_read_as_another_is_there_twice() -> None:
    """A space is put before a candidate where its prefix does not end in one: with and without it they are the same."""
    for prompt in (Prompt.raw("The capital of"), Prompt.ask("Where?", prefill="In")):
        with pytest.raises(ValueError, match="“ Oslo” is there twice"):
            Prior(prompt=prompt, candidates=("Oslo", "Rome", " Oslo"))
        assert Prior(prompt=prompt, candidates=("Oslo", " Oslo"), spaced=False)
    assert Prior(prompt=Prompt.raw("The capital of "), candidates=("Oslo", " Oslo"))
    recorded = Prior(prompt=DEAR, candidates=("a", "b")).model_dump(mode="json") | {"candidates": ["a", " a"]}
    recorded["prompt"] = Prompt.raw("I like").model_dump(mode="json")
    assert Prior.model_validate(recorded, context=RECORDED).candidates == ("a", " a"), "as it was asked"
