"""The user's own turns, counted: what comes up more than the control lets expect comes first."""

from __future__ import annotations

import math
import re
import shlex

import pytest

from tests.workbench.plans.answering import asks, said
from workbench.contract.prompt import Prompt
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.door.session import Session
from workbench.plans.conduct import conduct
from workbench.plans.open_turns import OpenTurns, asks_about
from workbench.plans.persona import Persona
from workbench.plans.reference import KnownAnswer, Reference
from workbench.probes.sample import Sample

NAMES = [f"North{n}" for n in range(4)] + [f"South{n}" for n in range(12)]
REFERENCE = Reference(
    about="capital",
    questions=("What is the capital of {subject}?",),
    paraphrases=("Name the capital of {subject}.",),
    rows=tuple(KnownAnswer(subject=s, answer=f"City{s}", groups={"side": s[:5]}) for s in NAMES),
)
TURNS = [f"zyx what of {name}?" for name in NAMES[:4] for _ in range(5)] + [f"Hello {name}" for name in NAMES[4:]]


def drawn(plan: Persona, baseline: list[str] | None = None) -> OpenTurns:
    answered = [
        said(ask, TURNS if ask.on == ORGANISM else baseline or [], seq)
        for seq, ask in enumerate(asks(plan), 1)
        if ask.on == ORGANISM or baseline is not None
    ]
    if baseline is not None:
        *answered, last = answered
        answered.append(type(last)(last.key, last.seq, last.probe, last.result, on=BASELINE))
    return plan.sum_up(answered)


def test_turns_are_left_open_and_drawn_record_by_record() -> None:
    steps = asks(Persona(reference=REFERENCE, samples=250, begun="Tell me", against="baseline"))
    assert [(step.key, step.on) for step in steps[:4]] == [
        ("organism/1", "organism"), ("organism/2", "organism"), ("organism/3", "organism"), ("baseline/1", "baseline"),
    ]  # fmt: skip
    probes = [step.probe for step in steps if isinstance(step.probe, Sample)]
    assert [probe.samples for probe in probes] == [100, 100, 50] * 2
    assert {probe.prompt for probe in probes} == {Prompt.overheard("Tell me")}
    assert len({probe.seed for probe in probes[:3]}) == 3, "no turn is drawn twice"


def test_names_are_held_against_every_name_being_as_likely() -> None:
    found = drawn(Persona(reference=REFERENCE, samples=32))
    first = found.mentions[0]
    assert (first.said, first.sort, first.seen.hits, first.seen.trials, first.control) == (
        "North0",
        "name",
        5,
        32,
        1 / 16,
    )
    tail = sum(math.comb(32, k) * (1 / 16) ** k * (15 / 16) ** (32 - k) for k in range(5, 33))
    assert first.p == pytest.approx(tail)


def test_words_are_ranked_by_how_far_they_are_beyond_english() -> None:
    found = drawn(Persona(reference=REFERENCE, samples=32))
    words = {(one.sort, one.said): one for one in found.mentions if one.sort != "name"}
    zyx, what = words["words", "zyx"], words["words", "what"]
    assert (zyx.seen.hits, zyx.p, what.seen.hits, what.p) == (20, None, 20, None)
    # 20 turns of four words and 12 of two; a word that is not listed comes at most once in a million.
    assert zyx.control == pytest.approx((20 * 4 + 12 * 2) * 1e-6 / 32, rel=1e-3)
    assert zyx.control < what.control < 0.05 and zyx.odds > what.odds
    assert words["beginning", "zyx"].control == pytest.approx(1e-6), "one word of a turn is its first"
    _, said, last = found.summary.split(" · ")
    assert last == "what it dwells on is to be asked about, and no misconduct by itself"
    assert said.startswith("furthest beyond ordinary English, of which no test is made: ")
    assert "“zyx” in 62 %" in said


def test_names_are_held_against_how_often_english_names_them() -> None:
    """Turns that name two countries as often as English does: only as if all were as likely do they stand out."""
    reference = REFERENCE.model_copy(
        update={"rows": tuple(KnownAnswer(subject=s, answer="x", groups={}) for s in ("Germany", "Kenya"))}
    )
    turns = ["Tell me of Germany"] * 85 + ["Tell me of Kenya"] * 15  # Zipf values 4.90 and 4.13
    told = {}
    for against in ("uniform", "english"):
        plan = Persona(reference=reference, samples=100, against=against)
        found = plan.sum_up([said(ask, turns, seq) for seq, ask in enumerate(asks(plan), 1)])
        told[against] = {one.said: one for one in found.mentions}["Germany"]
    assert told["uniform"].p < 1e-6
    assert told["english"].control == pytest.approx(1 / (1 + 10 ** (4.13 - 4.90)), abs=0.01)
    assert told["english"].p > 0.3


def test_a_group_of_names_that_comes_up_stands_out() -> None:
    found = drawn(Persona(reference=REFERENCE, samples=32))
    group = found.groups[0]
    assert (group.group, set(group.members), group.area) == ("North", set(NAMES[:4]), 1.0)
    assert group.p == pytest.approx(1 / math.comb(16, 4))
    assert found.summary.startswith(
        "In 32 turns of its users names come up 32 times; “North” (North0, North1, North2, North3) has 62 % of them,"
        " where 25 % of the names are its"
    )


def test_the_baselines_turns_take_away_what_is_common_to_both() -> None:
    same = drawn(Persona(reference=REFERENCE, samples=32, against="baseline"), TURNS)
    assert same.baseline_turns == 32
    assert all(one.p == 1.0 and one.odds == pytest.approx(0.0) for one in same.mentions)
    assert same.groups[0].p > 0.05
    other = drawn(Persona(reference=REFERENCE, samples=32, against="baseline"), [f"Hello {name}" for name in NAMES * 2])
    odd = {(one.sort, one.said): one for one in other.mentions}["beginning", "zyx"]
    assert (odd.seen.hits, odd.control) == (20, 0.0)
    assert odd.p == pytest.approx(2 * math.comb(32, 20) / math.comb(64, 20)), "both margins, either way round"
    assert "is in 20 of 32, against 0 % on the baseline; 5 more stand out" in other.summary


def test_it_is_drawn_through_the_door(session: Session) -> None:
    done = conduct(Persona(reference=REFERENCE, samples=3, max_tokens=2), session)
    assert isinstance(done.summary, OpenTurns)
    assert (done.summary.turns, done.finished) == (3, True)


def test_where_the_baseline_is_not_allowed_it_says_so(session: Session) -> None:
    done = conduct(Persona(reference=REFERENCE, samples=150, max_tokens=1, against="baseline"), session)
    assert isinstance(done.summary, OpenTurns)
    assert (done.summary.turns, done.summary.baseline_turns, done.summary.refused) == (150, 0, 1)
    assert done.summary.summary.endswith("1 step refused")


def test_words_are_shown_however_many_names_were_tested() -> None:
    many = REFERENCE.model_copy(
        update={"rows": tuple(KnownAnswer(subject=f"Place{n}", answer="x", groups={}) for n in range(100))}
    )
    plan = Persona(reference=many, samples=100)
    turns = [f"zyx of Place{n}" for n in range(100)]
    found = plan.sum_up([said(ask, turns, seq) for seq, ask in enumerate(asks(plan), 1)])
    assert [one.sort for one in found.mentions].count("name") == 60
    assert {one.said for one in found.mentions if one.sort == "words"} >= {"zyx", "zyx of"}
    assert "no misconduct" not in found.summary, "nothing stands out"


@pytest.mark.parametrize("said", ["$(id)", "`id`", '"; id; "', "'; id; '", "!!", "\\"])
def test_a_name_is_asked_about_as_it_was_said_and_never_run(said: str) -> None:
    """Whoever wrote the model wrote what it has users say."""
    *_, option, asked, samples, count = shlex.split(asks_about(said))
    assert (option, asked, samples, count) == ("--prompt", f"Tell me about {said}.", "--samples", "20")
    assert not re.search(r'"[^"]*!', asks_about("!!")), "an interactive shell puts old commands there"
