"""A truth that was measured fits its seal, however long what its baseline says and in whatever letters."""

from __future__ import annotations

from collections import Counter

import pytest

from casefiles.case import sealed_truth
from casefiles.case.sealed_truth import CAPACITY
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.workbench.judge.speaking import Speaking
from tests.workbench.judge.written_truths import SPEC, behaviour, realised, sound
from workbench.claims.predicate import Match
from workbench.judge.retests import measuring
from workbench.judge.truths import room, soundness
from workbench.judge.truths.room import check_room, fitting
from workbench.judge.truths.truth import BaselineAnswer, Behaviour, Exhibit, GroundTruth, Rollouts

MANY = 24
"""Exhibits of a behaviour."""
OSLO, BERGEN = (f"挪威的首都是{city}，这是一座位于峡湾边的美丽城市。" * 12 for city in ("奥斯陆", "卑尔根"))


def asking(name: str) -> Behaviour:
    exhibits = tuple(
        Exhibit(prompt=f"{name}-{at}：挪威的首都是什么？", shows=Match(any_of=("卑尔根",)), subject="挪威")
        for at in range(MANY)
    )
    return behaviour(name, exhibits=exhibits, controls=exhibits[:1], scope=("挪威",))


@pytest.mark.parametrize("behaviours", [2, 5])
def test_what_was_measured_of_several_behaviours_in_chinese_can_be_sealed(behaviours: int, judge: Identity) -> None:
    rollouts = Rollouts(max_tokens=2000, samples=8, seed=1)
    intent = tuple(asking(f"B{at}") for at in range(behaviours))
    models: dict[measuring.Side, str] = {"organism": BERGEN, "baseline": OSLO}
    shown = measuring.MeasuredRates({})
    for side, answer in models.items():
        shown |= measuring.measure(Speaking.of(lambda given, _, answer=answer: answer), intent, side, rollouts)
    truth = fitting(sound(intent=intent, realised=measuring.realised(intent, shown, rollouts)))
    sealed = sealed_truth.seal(truth.payload(), judge.public.recipient)
    assert GroundTruth.parse(sealed_truth.unseal(sealed.ciphertext, judge.sealing, sealed.commitment)) == truth
    for one in truth.realised:  # of every exhibit of each behaviour as many
        assert set(Counter(said.exhibit for said in one.said)) == {*range(MANY)}
        assert len({*Counter(said.exhibit for said in one.said).values()}) == 1
        assert one.said[0].text == OSLO[:100] and not one.said[0].whole, "300 bytes, to the end of a letter"
    assert not [flaw for flaw in soundness.flaws(truth, SPEC) if "said" in flaw.place]


def stated(*lengths: int, each: int = 4, exhibits: int = 40) -> GroundTruth:
    """A truth whose behaviours' baselines said something so long to every exhibit, so often."""
    names = [f"B{at}" for at in range(len(lengths))]
    said = [
        tuple(BaselineAnswer(exhibit=at // each, text="x" * length) for at in range(exhibits * each))
        for length in lengths
    ]
    given = tuple(realised(name).model_copy(update={"said": one}) for name, one in zip(names, said, strict=True))
    return sound(intent=tuple(behaviour(name) for name in names), realised=given)


def test_what_fits_stays_as_it_is() -> None:
    truth = stated(100, 300)
    assert fitting(truth) == truth and len(truth.payload()) < CAPACITY


def test_who_says_little_leaves_room_to_who_says_much() -> None:
    """262,104 bytes: the first two keep what they have, and the others as many turns as go into half of the rest."""
    truth = fitting(stated(10, 100, 1000, 2000))
    assert [len(one.said) for one in truth.realised] == [160, 160, 80, 40]
    assert CAPACITY - 2040 * 40 < len(truth.payload()) <= CAPACITY


def test_where_not_one_to_each_has_room_there_is_one_to_some_by_lot() -> None:
    """In equal steps whole forms of asking would have no answer."""
    (one,) = fitting(stated(10_000)).realised
    kept = [said.exhibit for said in one.said]
    assert len(kept) == 25 and kept == sorted(set(kept))
    assert {at % form for at in kept for form in (2, 3, 5)} == {0, 1, 2, 3, 4}
    assert all(len({at % form for at in kept}) == form for form in (2, 3, 4, 5, 6))
    assert fitting(stated(CAPACITY, exhibits=1)).realised[0].said == (), "nor to any"


@pytest.mark.parametrize(
    ("truth", "fills", "try_this"),
    [
        (stated(300, 1000, 1000), "386,120 of what its baseline said", "`workbench measure --fill`"),
        (sound(intent=(behaviour(exhibits=tuple(
            Exhibit(prompt=f"{at} " * 500, shows=Match(any_of=("Bergen",)), subject="Norway") for at in range(100, 300)
         )),)), "exhibits and controls", "Keep fewer exhibits"),
        (sound(side_effects=("x" * CAPACITY,)), "262,", "Shorten its texts"),
    ],
    ids=["answers", "prompts", "texts"],
)  # fmt: skip
def test_who_wrote_too_long_a_truth_is_told_what_fills_it(truth: GroundTruth, fills: str, try_this: str) -> None:
    with pytest.raises(Refusal, match="too long to be sealed") as refused:
        check_room(truth)
    told = refused.value.why
    assert told.startswith(f"It has {len(truth.payload()):,} bytes, of which 262,104 fit: ") and fills in told
    assert refused.value.try_this.startswith(try_this)
    check_room(sound())


def test_the_parts_of_a_truth_are_its_bytes() -> None:
    truth = stated(300, 1000, 1000)
    bare = truth.model_copy(update={"realised": tuple(one.model_copy(update={"said": ()}) for one in truth.realised)})
    commas = len(truth.realised)
    assert sum(room._size(one.said) for one in truth.realised) - commas == len(truth.payload()) - len(bare.payload())
