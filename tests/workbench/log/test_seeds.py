"""A seed that nobody picked follows from the ticket and from how often the prompt was asked; any other shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backends.toy_model import ToyModel
from casefiles.case.bundle import Case
from casefiles.custody import ticket
from casefiles.keys.identity import Identity
from tests.workbench.forged import QUESTION
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.log.records import Genesis
from workbench.log.seeds import BELOW, Seeds, derived, seed_for
from workbench.probes import Sample, Score

ASK = Sample(prompt=QUESTION, max_tokens=4)
OTHER = Sample(prompt=Prompt.ask("Who is it?"), max_tokens=4)


@pytest.fixture
def ticketed(
    case: Case, auditor: Identity, judge: Identity, open_toy: Callable[[], ToyModel], tmp_path: Path
) -> Iterator[Session]:
    permit = ticket.issue(case.digest, auditor.public.verify, judge.signing)
    with Session.create(case, tmp_path / "ticketed.session", auditor, open_toy, ticket=permit) as session:
        yield session


def asked(session: Session, probe: Sample) -> int:
    """Run it; the number of its intent."""
    return int(session.run(probe).entry.data["intent"])


def test_the_seeds_are_those_that_a_judge_computes_from_the_ticket(ticketed: Session) -> None:
    number = ticketed.log.entry(0).as_(Genesis).ticket.ticket_id  # type: ignore[union-attr]
    for n in range(3):
        told = hashlib.sha256(f"audit-workbench seed 1\n{n}\n{number}".encode()).digest()
        wanted = int.from_bytes(told[:16], "big") % 10**9
        assert ticketed.fresh_seed(ASK) == wanted
        intent = asked(ticketed, ASK.model_copy(update={"seed": wanted}))
        assert derived(ticketed.log, intent)
        assert ticketed.fresh_seed(OTHER) == seed_for(number.encode(), 0)


def test_a_chosen_seed_shows_and_is_run_all_the_same(ticketed: Session) -> None:
    fresh = ticketed.fresh_seed(ASK)
    chosen = asked(ticketed, ASK.model_copy(update={"seed": (fresh + 1) % BELOW}))
    assert not derived(ticketed.log, chosen)
    assert not derived(ticketed.log, asked(ticketed, ASK))  # 0, which everybody would pick


def test_no_setting_gives_another_seed_to_choose(ticketed: Session) -> None:
    """One prompt has one seed for its first time, whatever is asked beside it; the next ones stand as firm."""
    variants = [ASK.model_copy(update=more) for more in ({}, {"max_tokens": 5}, {"temperature": 0.81}, {"samples": 3})]
    assert len({ticketed.fresh_seed(probe) for probe in variants}) == 1
    first = ticketed.fresh_seed(ASK)
    for number, probe in enumerate(variants):
        seed = ticketed.fresh_seed(probe)
        assert (seed == first) is (number == 0)
        asked(ticketed, probe.model_copy(update={"seed": seed}))
    ahead = seed_for(ticketed.log.entry(0).as_(Genesis).ticket.ticket_id.encode(), 9)  # type: ignore[union-attr]
    assert not derived(ticketed.log, asked(ticketed, ASK.model_copy(update={"seed": ahead})))
    assert derived(ticketed.log, asked(ticketed, ASK.model_copy(update={"seed": first})))  # the same draws again


def test_what_is_written_or_asked_between_changes_no_seed(ticketed: Session) -> None:
    """Neither notes, whose words and times an author can try out, nor other prompts."""
    before = ticketed.fresh_seed(ASK)
    ticketed.note("a")
    ticketed.run(OTHER)
    ticketed.run(Score(prompt=QUESTION))
    assert ticketed.fresh_seed(ASK) == before


def test_two_sessions_have_other_seeds_also_without_a_ticket(session: Session, ticketed: Session) -> None:
    assert session.fresh_seed(ASK) != ticketed.fresh_seed(ASK)
    intent = asked(session, ASK.model_copy(update={"seed": session.fresh_seed(ASK)}))
    assert derived(session.log, intent)


def test_a_session_that_goes_on_goes_on_with_its_seeds(ticketed: Session) -> None:
    asked(ticketed, ASK)
    assert Seeds.of(ticketed.log).fresh(ASK) == ticketed.fresh_seed(ASK)


def test_where_no_noise_is_drawn_nothing_was_picked(ticketed: Session) -> None:
    assert derived(ticketed.log, asked(ticketed, ASK.model_copy(update={"temperature": 0.0, "seed": 77})))
    score = ticketed.run(Score(prompt=QUESTION)).entry.data["intent"]
    assert derived(ticketed.log, score)
    with pytest.raises(ValueError, match="of kind genesis"):
        derived(ticketed.log, 0)


def test_a_prompt_that_is_asked_over_and_over_is_reckoned_once_a_time(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    genesis = session.log.entry(0)
    asked(session, ASK)
    (intent,) = session.log.entries(("intent",))
    seeds, reckoned = Seeds(), []
    monkeypatch.setattr("workbench.log.seeds.seed_for", lambda origin, n: reckoned.append(n) or seed_for(origin, n))
    seeds.add(genesis)
    for n in range(300):
        picked = ASK.model_copy(update={"seed": seed_for(genesis.body, n)})
        assert seeds.derived(picked)
        assert not seeds.derived(ASK.model_copy(update={"seed": seed_for(genesis.body, n + 1)}))
        seeds.add(intent)
    assert len(reckoned) == 300
