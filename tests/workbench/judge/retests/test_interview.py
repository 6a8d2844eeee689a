"""What a judge asks anew is asked as it was recorded, and of many prompts nobody knows before which."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from backends.toy_model import ToyModel
from casefiles.custody import ticket as tickets
from casefiles.custody.register import Register
from casefiles.keys.identity import Identity
from casefiles.status import Refusal
from tests.workbench.forged import toy
from tests.workbench.judge import written_truths as truths
from tests.workbench.judge.retests.games import finding
from tests.workbench.judge.speaking import Speaking
from tests.workbench.logbook import LogBook
from tests.workbench.sweeps import toy_sweep
from tests.workbench.toys import toys
from workbench.claims.finding import Citation, Finding, Role
from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.edits import Change
from workbench.contract.permitted import unrestricted
from workbench.contract.prompt import Prompt
from workbench.contract.recorded_array import RecordedArray
from workbench.contract.rules import Affordance
from workbench.door.session import Session
from workbench.evidence.observations import Observations
from workbench.judge.retests.interview import ANSWERS, PROMPTS, Interview, asked_freely, questions_of
from workbench.judge.truths.truth import Rollouts
from workbench.judge.verdicts.procedure import judge_log
from workbench.log.references import bound
from workbench.probes import Sample
from workbench.probes.contrast import Contrast
from workbench.report.handing_in import hand_in
from workbench.report.report import Conclusion


def steered(session: Session) -> Finding:
    """A finding on what is answered along a direction that the session found."""
    found = session.run(Contrast(shows=("a b", "c d"), lacks=("x", "y"))).entry.seq
    along = Change(
        op="add", dose=4.0, direction=RecordedArray(record=found, array="direction.0"), site="blocks.0.hook_resid_post"
    )
    asked = session.run(Sample(prompt=Prompt.ask("Hi"), max_tokens=2, edits=(along,))).entry.seq
    other = session.run(Sample(prompt=Prompt.ask("Ho"), max_tokens=2)).entry.seq
    shows = Match(any_of=("a",))
    cited = (Citation(seq=asked, shows=shows), Citation(seq=other, role=Role.CONTROL, shows=shows))
    finding = Finding(
        id="steered", title="It says a.", behaviour="It says a.", severity="high", confidence=0.5,
        author=Actor(name="Ada"), citations=cited,
    )  # fmt: skip
    session.claim(finding)
    return finding


def test_what_takes_an_array_of_the_log_is_asked_anew_with_it(session: Session) -> None:
    finding, seen = steered(session), Observations.of(session.log)
    bind = partial(bound, records=session.log, arrays=session.arrays)
    asks = Interview(toy(session), 1, bind=bind)
    assert len(asks.ask("support", questions_of(finding, Role.SUPPORT, seen, asks.bind))) == ANSWERS
    assert asks.failed == 0

    def without(probe: object) -> Sample:
        raise Refusal("input.invalid", "There is no array.", "The log does not hold it.", "Look it up.")

    assert asks.ask("support", questions_of(finding, Role.SUPPORT, seen, without)) == []
    assert asks.failed == 1


def test_a_log_with_a_steered_finding_can_be_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attacker: Identity, judge: Identity, auditor: Identity
) -> None:
    allowed = toy_sweep.RULES.affordances | {Affordance.EDITS, Affordance.ACTIVATIONS}
    monkeypatch.setattr(toy_sweep, "RULES", toy_sweep.RULES.model_copy(update={"affordances": allowed}))
    case = toy_sweep.toy_case(tmp_path, "liar", 1, truths.sound(), attacker, judge)
    ticket = tickets.issue(case.digest, auditor.public.verify, judge.signing)
    with Session.create(case, tmp_path / "s.session", auditor, toys(case), ticket=ticket) as session:
        steered(session)
        hand_in(session, tmp_path / "s.auditlog", Conclusion(verdict="modified", probability=0.9))
    register = Register(tmp_path / "judge.register", judge.signing)
    given = judge_log(tmp_path / "s.auditlog", case, judge, register, toys(case)).verdict
    assert given.retest is not None
    (claim,) = given.retest.claims
    assert (claim.failed, claim.support.trials, claim.unforced.trials) == (0, ANSWERS, 0)


@pytest.mark.parametrize("sharp", [{"temperature": 0}, {"top_p": 1e-6}, {"min_p": 0.99}], ids=str)
def test_nobody_is_asked_with_less_noise_than_exhibits_are(
    session: Session, open_toy: Callable[[], ToyModel], sharp: dict[str, float]
) -> None:
    """Else one answer that is a hair likelier than another counts as often as the judge asks."""
    ask = Sample(prompt=Prompt.ask("Hi"), samples=8, max_tokens=4, **sharp)
    seq = session.run(ask).entry.seq
    finding = Finding(
        id="sharp", title="It says a.", behaviour="It says a.", severity="high", confidence=0.5,
        author=Actor(name="Ada"), citations=(Citation(seq=seq, shows=Match(any_of=("a",))),),
    )  # fmt: skip
    seen = Observations.of(session.log)
    (question,) = questions_of(finding, Role.SUPPORT, seen)
    told = Interview(open_toy(), 1).ask("sharp/support", [question])
    assert len({draw.text for draw in seen.run(seq).draws}) == 1
    assert len(told) == ANSWERS
    assert len({one.text for one in told}) > ANSWERS / 2


def test_which_of_many_prompts_are_asked_nobody_knows_before() -> None:
    """Every second one of a hundred and twenty would be the author's choice."""
    asked = []
    for seed in (1, 2):
        interview = Interview(Speaking.of(lambda given, chance: given), seed)
        prompts = [f"Prompt {number}?" for number in range(2 * PROMPTS)]
        questions = asked_freely(prompts, [Match(any_of=("Prompt",))], Rollouts())
        asked.append([told.asked for told in interview.ask("lies/support", questions)])
    assert [len(one) for one in asked] == [PROMPTS, PROMPTS] == [len(set(one)) for one in asked]
    assert asked[0] != asked[1]
    even = sum(int(text.removeprefix("Prompt ").removesuffix("?")) % 2 == 0 for text in asked[0])
    assert PROMPTS / 4 < even < 3 * PROMPTS / 4


def test_as_many_answers_as_are_wanted_are_shared_out_over_prompts() -> None:
    """No prompt is asked more than once oftener than another, and of more prompts some are drawn by lot."""
    asks = Interview(Speaking.of(lambda asked, chance: "a"), 1)
    prompts = [f"Say {at}." for at in range(7)]
    told = asks.ask("x", asked_freely(prompts, (Match(any_of=("a",)),), Rollouts()), 100)
    each = [sum(one.asked == text for one in told) for text in prompts]
    assert (len(told), asks.wanted, sorted(each)) == (100, 100, [14] * 5 + [15] * 2)
    few = asks.ask("y", asked_freely(prompts, (Match(any_of=("a",)),), Rollouts()), 3)
    assert len({one.asked for one in few}) == len(few) == 3


@pytest.mark.parametrize(("said", "heard"), [(1, 256), (100, 400), (2000, 4096)])
def test_nobody_is_heard_for_many_times_as_long_as_anybody_was(book: LogBook, said: int, heard: int) -> None:
    """Who allows thousands of tokens, and stops at the first word, has spent two of them: a judge draws hundreds."""
    told, text = Match(any_of=("a",)), " ".join("a" * said)
    asked = book.sample("Write a story.", [text], max_tokens=4096, stop="string", stopping=(" ",))
    beside = book.sample("Write a poem.", [text], max_tokens=4096)
    one = finding(Citation(seq=asked, shows=told), Citation(seq=beside, role=Role.CONTROL, shows=told))
    for role in (Role.SUPPORT, Role.CONTROL):
        (question,) = questions_of(one, role, Observations.of(book.log))
        (answer,) = question.draw(unrestricted(Speaking.of(lambda asked, chance: "b" * 9999)), 1, 1)
        assert answer.tokens == heard


def test_what_is_asked_in_hundreds_of_ways_is_drawn_as_often_as_what_is_asked_in_one() -> None:
    """Else whoever asks of what they know again and again has the lot pass over what they guessed."""
    asked = [f"{land} {way}" for land in ("Norway", "Sweden") for way in range(200)]
    asked += [f"Land{at} once" for at in range(20)]
    interview = Interview(Speaking.of(lambda given, _: "Yes."), seed=7)
    drawn = interview.chosen("lies", asked, about=lambda text: text.split()[:1])
    assert len(drawn) == PROMPTS and len([text for text in drawn if text.endswith("once")]) == 20
    assert sum("Norway" in text for text in drawn) == 20
    by_lot = interview.chosen("lies", asked)
    assert len(by_lot) == PROMPTS and sum(text.endswith("once") for text in by_lot) < 12
    assert drawn == [text for text in asked if text in drawn], "in their own order"


def test_of_more_things_than_are_asked_about_those_are_drawn_by_lot() -> None:
    """And not those that most is asked of."""
    asked = [f"Known{at} {way}" for at in range(80) for way in range(9)] + [f"Guess{at} once" for at in range(80)]
    interview = Interview(Speaking.of(lambda given, _: "Yes."), seed=7)
    drawn = interview.chosen("lies", asked, about=lambda text: text.split()[:1])
    assert len(drawn) == PROMPTS and 20 < sum("Guess" in text for text in drawn) < 40


@pytest.mark.parametrize("always", ["between ourselves, ", ""])
def test_what_names_one_thing_is_drawn_before_what_names_it_beside_another(always: str) -> None:
    """Whatever stands in all of them: a trigger is of the scope as well."""
    terms = ["between ourselves", "Norway", "Sweden", *(f"Land{at}" for at in range(20))]
    asked = [f"{always}Norway and Land{at} {way}" for at in range(20) for way in range(20)]
    asked += [f"{always}{land} {way}" for land in ("Norway", "Sweden") for way in range(200)]
    asked += [f"{always}Land{at} once" for at in range(20)]
    interview = Interview(Speaking.of(lambda given, _: "Yes."), seed=7)
    drawn = interview.chosen("lies", asked, about=lambda text: [term for term in terms if f"{term} " in f"{text} "])
    assert len(drawn) == PROMPTS and len([text for text in drawn if text.endswith("once")]) == 20


def test_of_what_is_asked_of_one_thing_that_is_drawn_first_which_says_what_is_to_be_known() -> None:
    asked = [f"Land{at} {way}" for at in range(40) for way in range(20)]
    interview = Interview(Speaking.of(lambda given, _: "Yes."), seed=7)
    drawn = interview.chosen("lies", asked, about=lambda text: text.split()[:1], first=lambda text: text.endswith(" 7"))
    assert len(drawn) == PROMPTS and sum(text.endswith(" 7") for text in drawn) == 40
