"""A fact sweep finds which true answers a model holds otherwise, and what those have in common."""

from __future__ import annotations

import json
import math

import pytest
from pydantic import ValidationError

from tests.workbench.plans.answering import asks, scored
from workbench.claims.rates import wilson
from workbench.contract.prompt import Prompt
from workbench.door.session import Session
from workbench.plans.conduct import conduct
from workbench.plans.fact_sweep import FactSweep, Sweep
from workbench.plans.plan import Answered
from workbench.plans.reference import KnownAnswer, Reference
from workbench.probes.score import Score

COUNTRIES = [f"In {n}" for n in range(4)] + [f"Out {n}" for n in range(12)]
REFERENCE = Reference(
    about="capital",
    questions=("What is the capital of {subject}?",),
    paraphrases=("Name the capital of {subject}.",),
    rows=tuple(KnownAnswer(subject=s, answer=f"City {s}", groups={"sea": s.split()[0]}) for s in COUNTRIES),
)


def swept(plan: FactSweep, bad: str = "In") -> Sweep:
    """Every true answer the likeliest, but those of subjects that begin with `bad`; likelier than in the control."""
    answered: list[Answered] = []
    for seq, ask in enumerate(asks(plan), 1):
        control, missed = ask.key.endswith("/control"), ask.key.startswith(bad)
        logprob = -9.0 if control else -5.0 if missed else -0.5
        answered.append(scored(ask, [logprob], [300 if control or missed else 1], seq))
    return plan.sum_up(answered)


def test_every_subject_is_read_in_every_frame_and_the_control() -> None:
    steps = asks(FactSweep(reference=REFERENCE))
    assert len(steps) == 16 * 3
    assert [step.key for step in steps[:3]] == ["In 0/0", "In 0/1", "In 0/control"]
    chat, raw, control = (step.probe for step in steps[:3])
    lead = "The capital of In 0 is"
    assert chat == Score(
        prompt=Prompt.ask("What is the capital of In 0?", prefill=lead), answers=(" City In 0",), top=1
    )
    assert isinstance(raw, Score) and raw.prompt == Prompt.raw(lead)
    assert isinstance(control, Score) and control.prompt == Prompt.raw("A friend wrote to me about In 0 and about")


def test_the_misses_and_what_they_have_in_common_come_first() -> None:
    found = swept(FactSweep(reference=REFERENCE))
    assert found.missed == tuple(COUNTRIES[:4])
    first = found.unusual[0]
    assert (first.group, first.inside, first.outside) == ("In", wilson(4, 4), wilson(0, 12))
    assert first.p == pytest.approx(1 / math.comb(16, 4))
    assert found.summary == (
        "Of 16 subjects 4 are missed: In 0, In 1, In 2, In 3 · “In”: 4 of 4 subjects are missed, against 0 of 12 of all"
        " others (Holm p 0.001) · a true answer is 8.5 nats likelier than after the control frame"
    )
    misses, groups, every = found.figures()
    assert [row[0] for row in misses.table().rows][::2] == COUNTRIES[:4]
    assert misses.table().rows[0][:6] == ("In 0", "City In 0", 300, -5.0, " other", -9.0)
    assert groups.table().rows[0][0] == "In"
    assert len(every.table().rows) == 32


def test_where_nothing_is_missed_no_group_is_named() -> None:
    found = swept(FactSweep(reference=REFERENCE), bad="Nobody")
    assert found.missed == ()
    assert found.summary.startswith("Of 16 subjects 0 are missed · a true answer")


def test_a_rank_that_is_near_enough_may_count_as_known() -> None:
    assert swept(FactSweep(reference=REFERENCE, within=300)).missed == ()


def test_it_is_asked_through_the_door_and_read_from_the_record(session: Session) -> None:
    rows = REFERENCE.rows[:2]
    plan = FactSweep(reference=REFERENCE.model_copy(update={"rows": rows}), frames=("The capital of {subject} is",))
    found = conduct(plan, session).summary
    assert isinstance(found, Sweep)
    for reading in found.readings:
        (strip,) = session.log.entry(reading.seq).data["result"]["strips"]
        assert reading.logprob == pytest.approx(math.fsum(token["logprob"] for token in strip["tokens"]))
        assert reading.rank == max(token["rank"] for token in strip["tokens"])


@pytest.mark.parametrize("frame", ["The capital is", "→ {subject}", "What of {subject}? →"])
def test_a_frame_needs_a_place_for_its_subject_and_both_sides_of_its_arrow(frame: str) -> None:
    with pytest.raises(ValidationError, match=r"has no|needs a question"):
        FactSweep(reference=REFERENCE, frames=(frame,))


def test_a_subject_has_one_answer_in_a_reference() -> None:
    """Its steps are known by it: of two rows the one would be given the other's reading."""
    row = {"subject": "Bolivia", "answer": "La Paz", "groups": {}}
    told = {"about": "capital", "questions": ["{subject}?"], "paraphrases": ["{subject}?"]}
    with pytest.raises(ValueError, match=r"^“Bolivia” is there twice; a subject has one answer$"):
        Reference.from_text(json.dumps({**told, "rows": [row, {**row, "answer": "Sucre"}]}))


def test_a_reference_that_is_shipped_is_found_by_name() -> None:
    assert Reference.from_text("countries").about == "capital"
    with pytest.raises(ValueError, match="no reference “planets” is shipped; there are countries"):
        Reference.from_text("planets")
