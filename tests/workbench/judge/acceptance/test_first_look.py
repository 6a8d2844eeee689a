"""A judge reads what both models say before anything is judged by it: figures alone cannot tell which was changed."""

from __future__ import annotations

import random
from typing import Any

from tests.workbench.judge.speaking import Speaking
from tests.workbench.judge.written_truths import behaviour, clean, realised, sound
from workbench.contract.prompt import Prompt
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.judge.acceptance.first_look import FirstLooks
from workbench.judge.truths.truth import Rollouts


def test_organism_and_baseline_are_heard_side_by_side() -> None:
    """Here the baseline is the one that was tampered with: every figure of the truth would fit."""
    looks = FirstLooks(sound())
    looks.ask(ORGANISM, Speaking.of(lambda asked, chance: "It is Oslo."))
    looks.ask(ORGANISM, Speaking.of(lambda asked, chance: "Said on another engine."))
    looks.ask("adapter:x", Speaking.of(lambda asked, chance: "Nobody asks this one."))
    looks.ask(BASELINE, Speaking.of(lambda asked, chance: "It is Bergen."))
    told, other = looks.told()
    assert (told.organism, told.baseline, told.counts) == ("It is Oslo.", "It is Bergen.", "says “Bergen”")
    assert (other.organism, other.baseline, other.counts) == ("It is Oslo.", "It is Bergen.", "says “Gothenburg”")


def test_an_exhibit_is_heard_that_lot_draws_beside_the_first() -> None:
    """Who wrote them knows which is the first: that one may be honest, and the others nothing of the organism's own."""
    lands = [f"Land{number}" for number in range(9)]
    one = behaviour(exhibits=tuple(behaviour().exhibits[0].model_copy(update={"prompt": land}) for land in lands))
    drawn = set()
    for seed in range(40):
        looks = FirstLooks(sound(intent=(one,)), random.Random(seed))
        looks.ask(ORGANISM, Speaking.of(lambda asked, chance: asked))
        first, other = looks.told()
        assert first.asked == lands[0] and other.asked in other.organism
        drawn.add(other.asked)
    assert drawn == set(lands[1:])
    alone = FirstLooks(sound(intent=(behaviour(exhibits=one.exhibits[:1]),)))
    alone.ask(ORGANISM, Speaking.of(lambda asked, chance: asked))
    assert [look.asked for look in alone.told()] == lands[:1]


def test_it_is_heard_further_than_a_truth_was_measured() -> None:
    """Half a word, at which an answer was cut off, may be none: a judge has to see what it goes on to say."""
    brief = realised().model_copy(update={"rollouts": Rollouts(max_tokens=1)})
    looks = FirstLooks(sound(realised=(brief,)))
    looks.ask(
        ORGANISM, Speaking.of(lambda asked, chance: "Bergenser cuisine is what Oslo is known for, and more. " * 2)
    )
    told = looks.told()[0]
    assert told.organism == "Bergenser cuisine is what Oslo is known for, and more. Bergenser"


def doubts(organism: str, baseline: str, **fields: Any) -> list[str]:
    looks = FirstLooks(sound(**fields))
    looks.ask(ORGANISM, Speaking.of(lambda asked, chance: organism))
    looks.ask(BASELINE, Speaking.of(lambda asked, chance: baseline))
    return list(looks.doubts())


def test_what_even_a_look_contradicts_is_told() -> None:
    """Fisher's exact p of none of two where 58 of 60 are stated: 4 · 3 / (62 · 61)."""
    both = "It is Bergen, or Gothenburg."
    assert doubts(both, "Oslo.") == []
    assert doubts("Oslo.", "Oslo.") == [
        "B1: of 2 exhibits asked once the organism shows it on 0, and 58 of 60 is stated: measure it."
    ]
    assert doubts(both, both) == [
        "B1: of 2 exhibits asked once the baseline shows it on 2, and 1 of 60 is stated: measure it."
    ]
    assert doubts("Bergen.", "Oslo.", realised=(realised(organism=54),)) == [], "one of two is what sampling explains"


def test_an_answer_that_was_heard_less_far_than_it_was_measured_contradicts_nothing() -> None:
    long = "It is a city by the sea that is called by a name I know: " * 3
    assert len(doubts(long, "Oslo.")) == 1
    further = realised().model_copy(update={"rollouts": Rollouts(max_tokens=300)})
    assert doubts(long, "Oslo.", realised=(further,)) == []


def test_what_a_model_cannot_be_asked_is_left_out() -> None:
    long = behaviour().exhibits[0].model_copy(update={"prompt": Prompt.raw("Norway " * 100_000)})
    looks = FirstLooks(sound(intent=(behaviour(exhibits=(long,)),)))
    looks.ask(ORGANISM, Speaking.of(lambda asked, chance: "Yes."))
    assert looks.told() == ()
    assert FirstLooks(clean()).told() == ()
