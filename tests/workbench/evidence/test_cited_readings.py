"""What is read of the inside, and changed in it, supports only what it is about, and where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.workbench.evidence.told import FRANCE, NORWAY, control, finding, moved, support
from tests.workbench.logbook import RULES, LogBook
from workbench.claims.finding import Citation
from workbench.claims.predicate import Match
from workbench.contract.effect import Effect
from workbench.contract.prompt import Prompt
from workbench.contract.rules import Demands
from workbench.evidence.observations import Observations
from workbench.evidence.strength import assess, strength
from workbench.probes.fit_lens import FitLens
from workbench.probes.intervene import Changed, Changes, Intervene
from workbench.probes.patchscope import Inspection, Inspections, Patchscope


def test_readings_of_the_inside_count_with_a_control_beside_and_on_what_the_finding_is_about(book: LogBook) -> None:
    bare, score = book.lens(), book.score()
    beside = book.lens(control="What is the capital of France?")
    elsewhere = book.lens("Who wrote this?", control="Who sang this?")
    shown = book.sample(NORWAY, ["Bergen."])
    cited = [Citation(seq=seq) for seq in (bare, score, beside, elsewhere)]
    alone = strength(finding(*cited, scope=("Norway",)), book.log)
    assert (alone.support, alone.mechanistic, alone.reproduction) == ("mechanistic", (beside,), None)
    assert strength(finding(Citation(seq=beside), support(shown)), book.log).support == "both"
    for seq in (bare, score, elsewhere):
        assert strength(finding(Citation(seq=seq), support(shown)), book.log).support == "behavioural"


ZERO = {"prompt": Prompt.ask(NORWAY), "answer": "Bergen", "put": "zero"}


def changed(book: LogBook, *effects: Effect, **asked: Any) -> int:
    """Changes of the inside on Norway."""
    probe = Intervene.model_validate(ZERO | asked)
    found = Changes(
        ids=(1,), pieces=("?",), answer=1, answer_piece=probe.answer[:4], against=-1, against_piece="", layers=(0,),
        positions=(0,), plain=0.0, source=None, forward_tokens=9,
        places=tuple(Changed(layer=0, position=0, effect=effect) for effect in effects),
    ).with_arrays({"effects": np.array([[effects[0].size]], np.float32)})  # fmt: skip
    return book.result(book.intent(probe), found)


SOUP = Prompt.ask("How would you make a soup?")


def inspected(book: LogBook, *readings: tuple[str, float], plain: str = " the", **asked: Any) -> int:
    """What another prompt is made to say by Norway's, layer by layer, beside five random changes of which the strongest
    does 1."""
    probe = Patchscope.model_validate({"prompt": SOUP, "source": Prompt.ask(NORWAY)} | asked)
    pieces = [plain, *(piece for piece, _ in readings)]
    each = [
        Inspection(layer=at - 1, first=pieces.index(pieces[at]), gain=gain, wrong_sign=-gain, own=0.0, said=(),
                   randoms=(1.0, 0.1, 0.1, 0.1, 0.1) if at else (), random_said=())
        for at, gain in enumerate((0.0, *(gain for _, gain in readings)))
    ]  # fmt: skip
    found = Inspections(
        ids=(1,), pieces=("?",), source_ids=(1,), source_pieces=("?",), place=0, source_place=0,
        readings=tuple(each[1:]), plain=each[0], names=dict(enumerate(pieces)), short=0.0, forward_tokens=9,
    ).with_arrays(
        {name: np.zeros((len(readings), 1), kind) for name, kind in (
            ("top_ids", np.int32), ("top_logprobs", np.float32), ("best_logprobs", np.float32),
            ("plain_logprobs", np.float32), ("streams", np.float32))}
    )  # fmt: skip
    return book.result(book.intent(probe), found)


def test_a_change_of_the_inside_supports_only_where_it_stands_against_random_ones_and_its_opposite(
    book: LogBook,
) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    stands, weak, both = (
        changed(book, moved(3.0, -2.0)),
        changed(book, moved(0.5, -2.0), positions=2),
        changed(book, moved(3.0, 2.9), positions=3),
    )
    found = strength(finding(said, *(support(seq, Match()) for seq in (stands, weak, both))), book.log)
    assert found.mechanistic == (stands,)
    assert found.support == "both"
    assert [(one.record, one.rank, one.stands) for one in found.effects] == [
        (stands, 1, True), (weak, 4, False), (both, 1, False),
    ]  # fmt: skip
    assert sum("is no effect" in lack for lack in found.lacks()) == 2


def test_a_control_that_asks_the_same_is_none_and_texts_that_a_lens_was_fitted_on_are_none(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    same = book.lens(NORWAY, control=f"{NORWAY.upper()} ")
    fitted = FitLens(texts=(NORWAY, FRANCE, "A", "B", "C"))
    assert fitted.controls() == ()
    assert strength(finding(said, Citation(seq=same)), book.log).mechanistic == ()


def test_a_control_that_shows_the_same_is_none_and_what_a_replay_did_not_confirm_reads_nothing(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    same, apart = (book.lens(control="And of France?", alike=alike) for alike in (True, False))
    cited = finding(said, *map(Citation.model_validate, ({"seq": same}, {"seq": apart})))
    assert strength(cited, book.log).mechanistic == (apart,)
    assert assess(cited, Observations.of(book.log, doubted=(apart,))).mechanistic == ()
    stands = changed(book, moved(3.0, -2.0))
    change = finding(said, support(stands, Match()))
    assert strength(change, book.log).support == "both"
    assert assess(change, Observations.of(book.log, doubted=(stands,))).support == "behavioural"


def test_a_lens_that_follows_other_words_than_the_finding_says_reads_nothing_of_it(book: LogBook) -> None:
    """Another question as a control ends otherwise by itself, whatever is claimed."""
    lens = Citation(seq=book.lens(NORWAY, control="And of France?"))
    for says, read in ((("Zebra",), ()), (("Bergen",), (lens.seq,)), (("Bergen", "Zebra"), (lens.seq,))):
        match = Match(any_of=says)
        said = support(book.sample(NORWAY, [f"{says[0]}."] * 3), match)
        assert strength(finding(said, lens), book.log).mechanistic == read, says


def test_of_many_places_the_strongest_has_to_stand_and_not_the_one_that_does_by_chance(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    weak = Effect(what="Zero", size=2.0, randoms=(3.0,) * 5, wrong_sign=-1.0, own=0.0)
    lucky = Effect(what="Zero", size=0.2, randoms=(0.1,) * 5, wrong_sign=-0.1, own=0.0)
    seq = changed(book, weak, lucky)
    found = strength(finding(said, support(seq, Match())), book.log)
    assert (found.mechanistic, found.support) == ((), "behavioural")
    assert [(one.effect.size, one.rank) for one in found.effects] == [(2.0, 6)]


def test_the_strongest_of_many_places_is_held_against_what_random_changes_do_at_any(book: LogBook) -> None:
    """And of many seeds against those of every one that was tried: else one of them makes it stand."""
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    chance = Effect(what="Zero", size=2.0, randoms=(4.0, 0.1, 0.1, 0.1, 0.1), wrong_sign=-1.0, own=0.0)
    places = changed(book, moved(3.0, -2.0), chance)
    assert strength(finding(said, support(places, Match())), book.log).mechanistic == ()
    lucky = changed(book, moved(3.0, -2.0), seed=1, put="mean")
    assert strength(finding(said, support(lucky, Match())), book.log).mechanistic == (lucky,)
    changed(book, chance, seed=2, put="mean")
    (effect,) = strength(finding(said, support(lucky, Match())), book.log).effects
    assert (effect.rank, effect.among, effect.stands) == (2, 10, False)


SOURCED = {"put": "source", "source": SOUP}


@pytest.mark.parametrize(
    "otherwise",
    [
        {"dose": 1.01}, {"layers": (1,)}, {"positions": 1}, {"site": "mlp_out"}, {"checked": 1}, {"seed": 9},
        {"source": Prompt.ask("How would you make soup?")}, {"against": " Oslo"}, {"answer": " Bergen "},
        {"answer": " krone"}, {"prompt": Prompt.ask(f"{NORWAY} Please.")}, {"prompt": Prompt.raw(f"Hm. {NORWAY}")},
    ],
    ids=lambda otherwise: next(iter(otherwise)),
)  # fmt: skip
def test_whatever_is_named_otherwise_a_try_that_failed_is_not_forgotten(book: LogBook, otherwise: Any) -> None:
    """A source about soup means nothing for what is said of Norway: of six such tries one stands by chance."""
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    lucky = changed(book, moved(3.0, -2.0), **SOURCED)
    assert strength(finding(said, support(lucky, Match())), book.log).mechanistic == (lucky,)
    failed = Effect(what="Soup", size=0.5, randoms=(4.0, 0.1, 0.1, 0.1, 0.1), wrong_sign=-0.5, own=0.0)
    changed(book, failed, **SOURCED | otherwise)
    found = strength(finding(said, support(lucky, Match())), book.log)
    assert (found.mechanistic, found.support) == ((), "behavioural")
    assert [(one.rank, one.among) for one in found.effects] == [(2, 10)]
    assert any("is no effect" in lack for lack in found.lacks())


@pytest.mark.parametrize(
    "otherwise",
    [{"put": "zero"}, {"prompt": Prompt.ask(FRANCE), "answer": " Lyon"}],
    ids=["another manner", "another subject and answer"],
)
def test_what_is_tried_elsewhere_makes_no_effect_weaker(book: LogBook, otherwise: Any) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    stands = changed(book, moved(3.0, -2.0), **SOURCED)
    changed(book, Effect(what="Zero", size=9.0, randoms=(8.0,) * 5, wrong_sign=-1.0, own=0.0), **SOURCED | otherwise)
    assert strength(finding(said, support(stands, Match())), book.log).mechanistic == (stands,)


def test_a_change_that_moves_what_nobody_claims_is_no_support(book: LogBook) -> None:
    """Nor what was written into a predicate and no answer says."""
    said = support(book.sample(NORWAY, ["Bergen."] * 3), Match(any_of=("Bergen", "krone")))
    krone = changed(book, moved(3.0, -2.0), answer=" krone")
    assert strength(finding(said, support(krone, Match())), book.log).mechanistic == ()
    against = changed(book, moved(3.0, -2.0), put="mean", answer=" Oslo", against=" Bergen")
    little = changed(book, Effect(what="Soup", size=0.09, randoms=(0.01,) * 5, wrong_sign=0.0, own=0.0), **SOURCED)
    cited = finding(said, support(against, Match()), support(little, Match()))
    assert strength(cited, book.log).mechanistic == ()
    named = changed(book, moved(3.0, -2.0), put="mean", answer=" Bergen")
    assert strength(finding(said, support(named, Match())), book.log).mechanistic == (named,)


def test_another_prompt_is_made_to_say_what_is_claimed_by_what_is_claimed_of(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3), Match(any_of=("Bergen", "c")))
    stands = inspected(book, (" c", 15.5), (" Bergen", 9.0))
    found = strength(finding(said, support(stands, Match())), book.log)
    assert (found.mechanistic, [one.effect.size for one in found.effects]) == ((stands,), [9.0])
    for piece in (" Berg", " Ber."):
        assert strength(finding(said, support(inspected(book, (piece, 9.0)), Match())), book.log).mechanistic


@pytest.mark.parametrize(
    ("reading", "asked"),
    [
        ((" c", 15.5), {}),
        ((" B", 9.0), {}),
        ((" Bergen", 0.05), {}),
        ((" Bergen", -9.0), {}),
        ((" Bergen", 9.0), {"prompt": Prompt.ask(NORWAY), "source": SOUP}),
        ((" Bergen", 9.0), {"prompt": Prompt.raw("Bergen, Bergen,")}),
        ((" Bergen", 9.0), {"source": Prompt.raw("Norway: Bergen")}),
        ((" Bergen", 9.0), {"plain": " Bergen"}),
    ],
    ids=["unclaimed", "a letter", "hardly", "less", "of something else", "given", "given there", "said anyway"],
)
def test_another_prompt_that_is_made_to_say_anything_else_is_no_support(
    book: LogBook, reading: tuple[str, float], asked: Any
) -> None:
    """A patch of anything makes something come next, and no random change makes the very same come next."""
    said = support(book.sample(NORWAY, ["Bergen."] * 3), Match(any_of=("Bergen", "c")))
    patched = inspected(book, reading, **asked)
    found = strength(finding(said, support(patched, Match()), scope=("Norway",)), book.log)
    assert (found.mechanistic, found.support) == ((), "behavioural")


def test_seeds_of_a_patch_that_failed_are_not_forgotten(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    lucky = inspected(book, (" Bergen", 2.0))
    assert strength(finding(said, support(lucky, Match())), book.log).mechanistic == (lucky,)
    inspected(book, (" Bergen", 0.9), seed=1, top=3)
    (effect,) = strength(finding(said, support(lucky, Match())), book.log).effects
    assert (effect.rank, effect.among, len(effect.effect.randoms)) == (1, 10, 5)


def test_noise_means_nothing_whatever_it_does(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    noise = changed(book, moved(3.0, -2.0), put="noise", dose=1.0)
    assert strength(finding(said, support(noise, Match())), book.log).support == "behavioural"


def test_a_reading_of_another_question_supports_only_what_it_looks_for(book: LogBook) -> None:
    """That it names the same country says nothing of a claim about its capital."""
    said = support(book.sample(NORWAY, ["Kristiansand."] * 3), Match(any_of=("Kristiansand",)))
    idle = changed(book, moved(3.0, -2.0), prompt=Prompt.ask("What is the currency of Norway?"), answer=" krone")
    other = changed(book, moved(3.0, -2.0), prompt=Prompt.raw("The capital of Norway is"), answer=" Kristiansand")
    found = strength(finding(said, support(idle, Match()), support(other, Match()), scope=("Norway",)), book.log)
    assert found.mechanistic == (other,)


def test_the_case_s_rules_say_what_is_few_what_is_chance_and_what_stands(tmp_path: Path) -> None:
    asked = Demands(draws=3, error=0.5, randoms=20, others=1, everywhere=0.2)
    book = LogBook(tmp_path, rules=RULES.model_copy(update={"evidence": asked}))
    seqs = [book.sample(f"{NORWAY} {n}", ["Bergen."] * 2) for n in range(2)]
    other = book.sample(FRANCE, ["Paris."] * 20)
    found = strength(finding(*map(support, seqs), control(other)), book.log)
    assert found.demands == asked
    assert found.lacks() == ()
    assert (
        strength(finding(support(changed(book, moved(3.0, -2.0)), Match()), scope=("Norway",)), book.log).mechanistic
        == ()
    )
    enough = changed(book, moved(3.0, -2.0, randoms=20))
    assert strength(finding(support(enough, Match()), scope=("Norway",)), book.log).mechanistic == (enough,)
    book.sample("And elsewhere?", ["Bergen."] * 8)
    assert not strength(finding(*map(support, seqs), control(other)), book.log).claims
    book.log.close()


def test_many_changes_that_are_cited_are_held_against_one_pool_and_write_it_down_nowhere(book: LogBook) -> None:
    said = support(book.sample(NORWAY, ["Bergen."] * 3))
    seqs = [changed(book, moved(3.0, -2.0), seed=seed) for seed in range(12)]
    found = strength(finding(said, *(support(seq, Match()) for seq in seqs)), book.log)
    assert [one.among for one in found.effects] == [12 * len(moved(3.0, -2.0).randoms)] * 12
    assert all(len(one.effect.randoms) == len(moved(3.0, -2.0).randoms) for one in found.effects)
