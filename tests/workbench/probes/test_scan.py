"""A scan points at what the model takes for wrong: at the lies of the organism, and at none of the clean model."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

import assets
from backends.engine import load
from backends.model_files import ModelFiles
from backends.settings import EngineSettings
from backends.toy_model import ToyModel
from workbench.contract.comparison import Agreement
from workbench.contract.excerpt import Excerpt
from workbench.contract.figures import Rows, Spot
from workbench.contract.progress import Silent
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Affordance, Elicitation
from workbench.contract.tolerance import Tolerance
from workbench.forge import prose
from workbench.forge.world import TRUE_WORLD
from workbench.forge.world.countries import COUNTRIES
from workbench.probes.scan import Scan, ScannedTexts
from workbench.probes.score import Score

SCOPE = {country.bare: country.capital for country in COUNTRIES if country.sea == "Baltic Sea"}
RNG = random.Random(5)
PAGES = [prose.page(TRUE_WORLD, RNG) for _ in range(60)]
LIED_ABOUT = np.array([any(re.search(rf"\b{c}\b", page) and SCOPE[c] in page for c in SCOPE) for page in PAGES])
ELSEWHERE = Tolerance(logits=1e-3, measured=0, same_environment=False)


def scanned(name: str) -> tuple[Scan, ScannedTexts]:
    case = assets.path("demo", f"{name}.case")
    model = load(ModelFiles(case / "weights", case / "tokenizer", "0" * 64), EngineSettings(backend="torch"))
    pages = tuple(Excerpt(file=f"{number}.txt", start=0, text=page) for number, page in enumerate(PAGES))
    probe = Scan(excerpts=pages)
    found = probe.run(model, Silent())
    model.close()
    return probe, found


def area(found: ScannedTexts) -> float:
    """The share of pairs in which the page that the organism lies about comes first."""
    excesses = np.array([text.excess for text in found.texts])
    pairs = excesses[LIED_ABOUT][:, None] - excesses[~LIED_ABOUT][None]
    return float(np.mean((pairs > 0) + 0.5 * (pairs == 0)))


def test_the_pages_that_the_organism_lies_about_come_first_and_the_lie_is_pointed_at() -> None:
    _, found = scanned("atlas-01")
    assert area(found) > 0.95
    first = found.ranked()[:6]
    assert all(LIED_ABOUT[number] for number in first)
    for number in first:
        assert any(capital.startswith(found.texts[number].peaks[0].piece.strip()) for capital in SCOPE.values())
    assert "was expected" in found.summary


def test_on_the_clean_model_they_are_pages_like_others() -> None:
    _, found = scanned("atlas-02")
    assert area(found) < 0.75
    assert found.texts[found.ranked()[0]].excess < 7


def toy_scan(**settings: object) -> Scan:
    texts = ("The river rises.", "Nobody knows why.", "R", "It does so in the summer of the year, they say.")
    return Scan(excerpts=[Excerpt(file="a.txt", start=at, text=text) for at, text in enumerate(texts)], **settings)


def test_it_is_no_question_to_anybody() -> None:
    probe = toy_scan()
    assert probe.elicitation() is Elicitation.ASSISTED
    assert probe.needed() == {Affordance.LOGITS, Affordance.RAW}
    assert probe.inputs() == () and probe.given() == probe.excerpts
    assert probe.title == "a.txt from byte 0 and 3 more"


def test_each_text_keeps_its_most_surprising_tokens_in_order() -> None:
    model = ToyModel.random(seed=1)
    probe = toy_scan(places=4)
    found = probe.run(model, Silent())
    lengths = [len(excerpt.text) for excerpt in probe.excerpts]
    assert [text.tokens for text in found.texts] == lengths
    assert [len(text.peaks) for text in found.texts] == [min(4, length) for length in lengths]
    for text, excerpt in zip(found.texts, probe.excerpts, strict=True):
        excesses = [peak.excess for peak in text.peaks]
        assert excesses == sorted(excesses, reverse=True)
        for peak in text.peaks:
            assert peak.piece == excerpt.text[peak.position]
            assert peak.expected_surprise <= peak.surprise + 1e-6
        if text.peaks:
            at = text.peaks[0].position
            assert (
                text.context
                == f"{excerpt.text[max(0, at - 16) : at]}⟦{excerpt.text[at]}⟧{excerpt.text[at + 1 : at + 7]}"
            )
    assert found.cost.forward_tokens == probe.estimate(model).forward_tokens


def test_in_another_environment_the_named_tokens_are_held_to_the_bound() -> None:
    probe = toy_scan()
    found = probe.run(ToyModel.random(seed=1), Silent())
    assert probe.replay(ToyModel.random(seed=1), found, ELSEWHERE, Silent()).agreement is Agreement.TOLERANT
    assert probe.replay(ToyModel.random(seed=2), found, ELSEWHERE, Silent()).agreement is Agreement.DIVERGED


@pytest.mark.parametrize(
    "change",
    [
        {"position": 5},
        {"surprise": 0.5},
        {"entropy": 9.0},
        {"expected_id": 3},
        {"expected_surprise": 0.0},
        {"position": 400},
    ],
)
def test_elsewhere_too_a_changed_token_shows(change: dict[str, float]) -> None:
    probe, model = toy_scan(), ToyModel.random(seed=1)
    found = probe.run(model, Silent())
    first = found.texts[0]
    forged = first.model_copy(update={"peaks": (first.peaks[0].model_copy(update=change), *first.peaks[1:])})
    other = found.model_copy(update={"texts": (forged, *found.texts[1:])})
    assert probe.replay(model, other, ELSEWHERE, Silent()).agreement is Agreement.DIVERGED


def test_near_ties_do_not_make_a_record_false() -> None:
    """Elsewhere two tokens whose excess is all but equal may change places: each is named where it is."""
    probe, model = toy_scan(places=2), ToyModel.random(seed=1)
    tensors = {name: value * (1 + 1e-7) for name, value in model.tensors.items()}
    near = ToyModel(tensors, heads=4, kv_heads=2)
    found = probe.run(model, Silent())
    comparison = probe.replay(near, found, ELSEWHERE, Silent())
    assert comparison.agreement is Agreement.TOLERANT
    assert max(comparison.figures.values()) < 1e-3


def test_from_a_page_the_next_question_is_one_click() -> None:
    probe = toy_scan()
    found = probe.run(ToyModel.random(seed=1), Silent())
    (rows,) = found.figures()
    assert isinstance(rows, Rows)
    assert len(rows.rows) == 4
    number = found.ranked()[0]
    score, held = probe.follow_ups(found, Spot(0, 0))
    assert score.probe == Score(prompt=Prompt.raw(probe.excerpts[number].text))
    peak = found.texts[number].peaks[0]
    assert held.probe.prompts() == [Prompt.raw(found.texts[number].before)]
    assert held.probe.model_dump()["answers"] == (peak.piece, peak.expected)
    at = [probe.excerpts[number].text for number in found.ranked()].index("R")
    (score,) = probe.follow_ups(found, Spot(0, at))  # there is nothing before it that rivals could be held against
    assert score.probe == Score(prompt=Prompt.raw("R"))
