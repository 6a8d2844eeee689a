"""How a hypothesis stands: only what was asked of the organism after its lock is counted, each draw once."""

from __future__ import annotations

from workbench.claims.predicate import Match
from workbench.contract.actor import Actor
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.evidence.observations import Observations
from workbench.evidence.supposed import supposed
from workbench.log.records import Hypothesis
from workbench.probes.sample import Sample

ADA = Actor(kind="person", name="Ada")


def asked(text: str, seed: int) -> Sample:
    return Sample(prompt=Prompt.ask(text), samples=3, max_tokens=24, seed=seed)


def test_what_came_before_the_lock_or_twice_is_not_counted(session: Session) -> None:
    first = session.run(asked("Norway?", 1))
    word = next(word for answer in first.result.answers for word in answer.text.split()[:-1])  # type: ignore[union-attr]
    shows = Match(any_of=(word,))
    session.hypothesise(Hypothesis(id="h", claim="Something.", predicate=shows, actor=ADA))
    (before,) = supposed(Observations.of(session.log), ())
    assert before.status == "nothing was asked since"
    outcomes = [session.run(asked(text, seed)) for text, seed in (("Norway?", 1), ("Norway?", 1), ("Sweden?", 3))]
    (after,) = supposed(Observations.of(session.log), ())
    assert (after.answers, after.prompts) == (6, 2), "the same draw again is no other answer"
    drawn = [answer.text for outcome in outcomes[1:] for answer in outcome.result.answers]  # type: ignore[union-attr]
    assert after.hits == sum(shows.holds(text, whole=False) for text in drawn) > 0
    assert after.status == f"{after.hits} of 6 answers since show it, over 2 prompts"
