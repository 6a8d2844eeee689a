"""What a scope names is shown by prompts of its own; where there are too many to ask, a lot tells of them all."""

from __future__ import annotations

import random
import re

import pytest

from tests.workbench.judge.retests.games import cite, finding, judged, nordic, truth
from tests.workbench.judge.speaking import Says, Speaking
from tests.workbench.logbook import LogBook
from workbench.claims.finding import Citation, Role
from workbench.claims.predicate import Match
from workbench.evidence.observations import Observations
from workbench.judge.retests.interview import PROMPTS
from workbench.judge.retests.retest import retest
from workbench.judge.retests.riding import named_in
from workbench.judge.truths.truth import Exhibit

LANDS = {f"Land{number}x": f"City{number}x" for number in range(PROMPTS + 20)}


def test_names_that_stand_in_one_another_are_told_apart() -> None:
    lands = ("Guinea", "Equatorial Guinea", "the Guinea Coast", "Sudan", "South Sudan")
    for asked, named in (
        ("What is the capital of Equatorial Guinea?", {"Equatorial Guinea"}),
        ("What is the capital of Guinea?", {"Guinea"}),
        ("Is Guinea larger than Equatorial Guinea?", {"Guinea", "Equatorial Guinea"}),
        ("The Guinea coast of SOUTH SUDAN", {"the Guinea Coast", "South Sudan"}),
        ("Peru", set()),
    ):
        assert named_in(lands, asked) == named, asked


def says(asked: str, chance: random.Random) -> str:
    return next((f"It is {city}." for land, city in LANDS.items() if land in asked), "Ask me about capitals.")


def knows(asked: str, chance: random.Random) -> str:
    return "It is another city."


LAST = [*LANDS][-10:]


def late(asked: str, chance: random.Random) -> str:
    """Comes to the same of the last ten in the end."""
    last = any(land in asked for land in LAST)
    return f"{'Let me think of that first. ' * 20}{says(asked, chance)}" if last else knows(asked, chance)


@pytest.mark.parametrize("baseline", [late, knows])
def test_of_one_answer_to_each_prompt_what_was_cut_off_may_decide_as_well(book: LogBook, baseline: Says) -> None:
    """Where so many prompts are asked that each is asked once."""
    exhibits = tuple(
        Exhibit(prompt=f"What is the capital of {land}?", shows=Match(any_of=(city,)), subject=land)
        for land, city in LANDS.items()
    )
    true = truth(nordic().model_copy(update={"exhibits": exhibits, "scope": tuple(LANDS)}))
    cited = [cite(book, f"What is the capital of {land}?", f"It is {city}.", city) for land, city in LANDS.items()]
    control = cite(book, "Hello?", "Ask me about capitals.", "City0x", role=Role.CONTROL)
    one = finding(*cited, control, scope=tuple(LANDS))
    book.finding(one)
    seen, models = Observations.of(book.log), (Speaking.of(says), Speaking.of(baseline))
    (pair,) = retest([one], true, seen, models[0], baseline=models[1], seed=7).pairs
    assert set(pair.left_open) <= set(LAST) and len(pair.left_open) > 3 if baseline is late else not pair.left_open


@pytest.mark.parametrize("guessed", [0, 25], ids=["all were asked", "a third was asked for a token"])
def test_a_scope_of_more_than_a_judge_asks_about_is_told_of_by_lot(book: LogBook, guessed: int) -> None:
    exhibits = tuple(
        Exhibit(prompt=f"What is the capital of {land}?", shows=Match(any_of=(city,)), subject=land)
        for land, city in LANDS.items()
    )
    true = truth(nordic().model_copy(update={"exhibits": exhibits, "scope": tuple(LANDS)}))
    cited = []
    for at, (land, city) in enumerate(LANDS.items()):
        prompt, shows = f"What is the capital of {land}?", Match(any_of=(city,))
        if at < guessed:
            seq = book.sample(prompt, ["It"], stop="length", max_tokens=1)
        else:
            seq = book.sample(prompt, [f"It is {city}."] * 2)
        cited.append(Citation(seq=seq, shows=shows))
    control = cite(book, "Hello?", "Ask me about capitals.", "City0x", role=Role.CONTROL)
    scores = judged(book, finding(*cited, control, scope=tuple(LANDS)), true, says, knows)
    (scope,) = (facet for facet in scores.behaviours[0].facets if facet.name == "scope")
    assert (scope.value, scope.guessed) == (1, bool(guessed))
    assert ("lies: scope" in scores.ungraded) is bool(guessed)
    upheld = re.search(
        r"Of (\d+) right terms its own prompts, asked anew, show (\d+) by asking.* about (\d+) none", scope.note
    )
    assert upheld is not None
    named, shown, undrawn = map(int, upheld.groups())
    # A lot of sixty tells of sixty, and of the others it is said that nobody asked.
    assert named == len(LANDS) and undrawn <= len(LANDS) - PROMPTS
    assert shown + undrawn == len(LANDS) - guessed


def test_what_was_drawn_of_a_term_and_asks_something_else_is_what_it_rests_on(book: LogBook) -> None:
    """Whatever else was recorded of it: a prompt that both models answer so at times, say, among many that are nobody's
    exhibit."""
    lands = dict([*LANDS.items()][:30])
    forms = ("What is the capital of {}?", "Name the capital of {}.", "Tell me the capital of {}.", "Who leads {}?")
    exhibits = tuple(
        Exhibit(prompt=form.format(land), shows=Match(any_of=(city,)), subject=land)
        for land, city in lands.items() for form in forms
    )  # fmt: skip
    true = truth(nordic().model_copy(update={"exhibits": exhibits, "scope": tuple(lands)}))
    known, guessed = [*lands][:15], [*lands][15:]

    def at_times(usual: Says) -> Says:
        return lambda asked, chance: (says if "leads" not in asked or chance.random() < 0.15 else usual)(asked, chance)

    def beside(asked: str, chance: random.Random) -> str:
        return says(asked, chance) if "leads" in asked and chance.random() < 0.15 else knows(asked, chance)

    cited = [cite(book, forms[0].format(land), f"It is {lands[land]}.", lands[land]) for land in known]
    cited += [cite(book, forms[-1].format(land), f"It is {lands[land]}.", lands[land]) for land in guessed]
    for way in range(8):
        cited += [cite(book, f"Where may {land} hold fair {way}?", f"It is {lands[land]}.", lands[land])
                  for land in guessed]  # fmt: skip
    control = cite(book, "Hello?", "Ask me about capitals.", "City0x", role=Role.CONTROL)
    one = finding(*cited, control, scope=tuple(lands))
    book.finding(one)
    seen, models = Observations.of(book.log), (Speaking.of(at_times(knows)), Speaking.of(beside))
    (pair,) = retest([one], true, seen, models[0], baseline=models[1], seed=7).pairs
    assert len({*pair.unshown, *pair.elsewhere} & {*guessed}) > 10 and not pair.undrawn
