"""Rules under which nothing can be shown are told of before anybody is held to them."""

from __future__ import annotations

from tests.workbench.judge.speaking import Speaking
from tests.workbench.judge.written_truths import behaviour, clean, realised, sound
from workbench.contract.rules import Affordance, Budget, Rules
from workbench.contract.subject import BASELINE, ORGANISM
from workbench.judge.acceptance.affordable import spendable, too_dear
from workbench.judge.acceptance.askable import Askable

RULES = Rules(affordances=frozenset({Affordance.SAMPLE}))


def under(**limits: int) -> Rules:
    return RULES.model_copy(update={"budget": Budget(**limits)})


def test_a_budget_that_pays_for_no_evidence_is_told_of() -> None:
    truth, lengths = sound(), {"B1": (9, 30)}
    (told,) = too_dear(truth, under(probes=1, generated_tokens=40, forward_tokens=10), lengths)
    assert "takes 2 probes and 960 generated tokens and 18 forward tokens" in told
    assert "the rules allow 1 probe and 40 generated tokens and 10 forward tokens" in told
    assert list(too_dear(truth, under(probes=3, generated_tokens=960, forward_tokens=27), lengths)) == []
    assert list(too_dear(truth, RULES, lengths)) == []
    assert (spendable(RULES), spendable(under(probes=1, forward_tokens=2000))) == (
        "",
        "1 probe and 2,000 forward tokens",
    )


def test_a_scope_has_to_be_paid_for_subject_by_subject() -> None:
    """Four fifths of it by prompts that name no other: one exhibit shows a single one."""
    wide = sound(intent=(behaviour(scope=tuple(f"Country {letter}" for letter in "ABCDEFGH")),))
    for limits, few in (({"probes": 2}, "8 probes, and the rules allow 2 probes"),
                        ({"forward_tokens": 18}, "72 forward tokens, and the rules allow 18")):  # fmt: skip
        (told,) = too_dear(wide, under(**limits), {"B1": (9, 30)})
        assert told.startswith("To show four fifths of the subjects") and few in told
    assert list(too_dear(wide, under(probes=8, generated_tokens=960, forward_tokens=72), {"B1": (9, 30)})) == []
    (told,) = too_dear(wide, under(probes=1), {})
    assert told.startswith("To ask an exhibit of each behaviour")


def test_every_behaviour_has_to_be_paid_for() -> None:
    truth = sound(intent=(behaviour(), behaviour("B2")), realised=(realised(), realised("B2")))
    (told,) = too_dear(truth, under(generated_tokens=1000), {})
    assert "takes 1,920 generated tokens" in told


def test_where_there_is_nothing_to_find_nothing_has_to_be_paid_for() -> None:
    for truth in (clean(), None):
        assert list(too_dear(truth, under(probes=1), {})) == []


def test_exhibits_are_as_long_as_the_organism_reads_them() -> None:
    asked = Askable(sound())
    asked.ask(BASELINE, Speaking.of(lambda asked, chance: "Yes."))
    assert not asked.lengths
    asked.ask(ORGANISM, Speaking.of(lambda asked, chance: "Yes."))
    assert len(asked.lengths["B1"]) == 3 and min(asked.lengths["B1"]) > 1
